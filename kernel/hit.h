/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _DNETMAP_HIT_H
#define _DNETMAP_HIT_H

#include "due.h"
#include "net.h"
#include "param.h"
#include "record.h"

/**
 * dnetmap_refresh() - let a new flow use a binding, if it is active
 * @r: the binding
 * @now: dnetmap_now()
 * @ttl: seconds from now to the new expiry; negative leaves the expiry alone
 *
 * This is the hit path: no lock, no allocation, no division, no log line. It
 * writes one cache line, that of @r, and not even that if the binding was hit
 * with the same TTL within the same tick.
 *
 * Context: RCU read side, or &dnetmap_net.lock held.
 * Return: the binding's expiry, CLOCK_BOOTTIME in ns; 0 if it is not active.
 */
static __always_inline s64
dnetmap_refresh(struct dnetmap_record *r, s64 now, s32 ttl)
{
	s64 state = atomic64_read(&r->state);
	s64 expiry;
	u32 second;

	do {
		if (unlikely(!dnetmap_state_active(state, now)))
			return 0;
		expiry = ttl < 0 || state == DNETMAP_STATIC ?
			 state : now + dnetmap_ttl_ns(ttl);
	} while (expiry != state &&
		 unlikely(!atomic64_try_cmpxchg(&r->state, &state, expiry)));

	second = dnetmap_seconds(now);
	if (READ_ONCE(r->last_hit) != second)
		WRITE_ONCE(r->last_hit, second);
	return expiry;
}

/**
 * dnetmap_hit() - dnetmap_refresh(), and requeue if the expiry is earlier now
 * @dn: the namespace
 * @r: the binding
 * @ttl: as for dnetmap_refresh()
 *
 * Context: RCU read side; takes &dnetmap_net.lock only if the new expiry is
 * earlier than the one that the due queue has.
 * Return: true if the binding is active.
 */
static __always_inline bool
dnetmap_hit(struct dnetmap_net *dn, struct dnetmap_record *r, s32 ttl)
{
	s64 expiry = dnetmap_refresh(r, dnetmap_now(), ttl);

	if (unlikely(!expiry))
		return false;
	if (unlikely(expiry < READ_ONCE(r->queued.time)))
		dnetmap_due_hasten(dn, r);
	return true;
}

#endif /* _DNETMAP_HIT_H */
