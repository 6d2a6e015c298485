/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _DNETMAP_TALLY_H
#define _DNETMAP_TALLY_H

#include <linux/minmax.h>
#include <linux/types.h>

/**
 * struct dnetmap_tally - the bindings that a prefix holds, counted
 * @active: active ones, with static ones. A binding counts until its end is
 *	noticed, which dnetmap_expiry_catch_up() does
 * @statics: static ones
 * @expired: expired ones
 * @peak: the largest @active so far
 * @added: new bindings so far
 * @reactivated: expired bindings that became active again
 * @timed_out: bindings that have expired
 * @removed: bindings that were ended before their expiry
 * @recycled: expired bindings that gave way to one of another host
 *
 * Guarded by &dnetmap_net.lock. Hits change nothing here.
 */
struct dnetmap_tally {
	u32	active;
	u32	statics;
	u32	expired;
	u32	peak;
	u64	added;
	u64	reactivated;
	u64	timed_out;
	u64	removed;
	u64	recycled;
};

/* An active binding comes: a new one, or one that another prefix held. */
static inline void dnetmap_tally_come(struct dnetmap_tally *tally)
{
	tally->active++;
	tally->peak = max(tally->peak, tally->active);
}

/* A host without a binding gets one. */
static inline void dnetmap_tally_add(struct dnetmap_tally *tally)
{
	tally->added++;
	dnetmap_tally_come(tally);
}

/* An expired binding becomes active. */
static inline void dnetmap_tally_reactivate(struct dnetmap_tally *tally)
{
	tally->expired--;
	tally->reactivated++;
	dnetmap_tally_come(tally);
}

#endif /* _DNETMAP_TALLY_H */
