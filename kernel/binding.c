// SPDX-License-Identifier: GPL-2.0-only
/*
 * Bindings: the tie between a private (prenat) and a public (postnat) address,
 * from its beginning to its end.
 *
 * Theory of operation
 *
 * A record is a &struct dnetmap_record in memory; packets find it through the
 * indexes of record.c. A binding is the tie that the record stands for while it
 * is active or expired (see record.h). A hit takes no lock; everything else is
 * done under &dnetmap_net.lock, which also defines the order of events.
 *
 * The state is one 64-bit word: the expiry in nanoseconds (S64_MAX for a static
 * binding), with the sign bit set once the binding has ended. A hit is a
 * cmpxchg that succeeds only while the expiry lies in the future. Code that
 * ends a binding sets the sign bit atomically, too. The first to succeed wins:
 * a hit never revives a binding whose end has been logged, and an expiry never
 * overrides a hit that came before it.
 *
 * The states of a record, and what causes each transition:
 *
 *   born      dnetmap_pool_give() finds an address: the lowest one without a
 *             record, or that of the longest idle record, which it replaces.
 *             For a static binding, dnetmap_pool_give_static() takes the
 *             address that the command names. The new record enters both
 *             indexes ended and vacant, so no packet uses it and /proc does not
 *             list it.
 *   active    dnetmap_binding_activate() adds an `add` event, puts the record
 *             in the due queue (due.c) and sets its state: from here on, hits
 *             use it. Called for the packet of a new flow (assign.c); static
 *             bindings are activated by a command.
 *   hit       dnetmap_hit() (hit.h), for a packet, without a lock. It moves
 *             only the expiry; the due queue catches up when the old expiry
 *             comes.
 *   idle      dnetmap_binding_expire() sets the ended bit, adds a `timeout`
 *             event and puts the record in its prefix's idle queue, by the time
 *             at which the binding ended (idle.c). Called by the expiry work
 *             (expiry.c), or earlier by code that comes across the binding.
 *             dnetmap_binding_end() does the same before the expiry, with a
 *             `remove` event, for a command. The record stays in both indexes:
 *             its host may get the binding back (active again), or another host
 *             may get the address.
 *   vacant    dnetmap_binding_vacate(): the host has moved to another address,
 *             has two bindings in one scope (scope.c), or a command has removed
 *             the binding (dnetmap_binding_remove).
 *             The record is out of the hash table, but stays in the idle queue,
 *             which knows since when the address is free. A record whose
 *             address lies in two prefixes is erased instead, so that either
 *             prefix may allocate the address.
 *   gone      dnetmap_binding_cut(): ended together with all records of its
 *             prefix, which is being removed or flushed (record_bulk.c). The
 *             sweep erases the record. Code that needs its address, or looks
 *             for a binding of its host, erases it earlier.
 *   erased    dnetmap_binding_erase(), _sweep(), _replace(): out of all indexes
 *             and queues; freed after a grace period.
 *
 * Besides the packet, its conntrack entry and the rule, the hit path reads the
 * namespace's pointer to &dnetmap_net, the head of that structure and the hash
 * bucket, and it writes the record: one cache line each. With many active
 * hosts, the bucket and the record are the two that miss the cache.
 */
#include <linux/rcupdate.h>
#include <linux/spinlock.h>

#include "binding.h"
#include "due.h"
#include "event.h"
#include "group.h"
#include "idle.h"
#include "net.h"
#include "param.h"
#include "prefix_index.h"

/* Make a binding active until a time; @ttl is the same in seconds. */
static __always_inline void dnetmap_binding_start(struct dnetmap_net *dn,
						  struct dnetmap_record *r,
						  s64 now, s64 expires, s32 ttl)
{
	lockdep_assert_held(&dn->lock);
	if (r->queue == DNETMAP_QUEUE_IDLE)
		dnetmap_tally_reactivate(&dnetmap_idle_remove(dn, r)->tally);
	WRITE_ONCE(r->last_hit, dnetmap_seconds(now));
	dnetmap_event_add(dn, r, now, ttl);
	if (unlikely(dnetmap_group_has_passed(&dn->group, r->postnat)))
		dnetmap_group_add_late(dn, r);
	else
		dnetmap_due_add(dn, r, expires);
	/* Hits and /proc readers must see everything else first. */
	atomic64_set_release(&r->state, expires);
	dnetmap_record_set_flags(r, 0);
}

/**
 * dnetmap_binding_activate() - make a new or expired binding active
 * @dn: the namespace, &dnetmap_net.lock held
 * @r: the record, ended, in both indexes; if it is not idle, its binding is new,
 *	and the caller has counted it
 * @now: dnetmap_now()
 * @ttl: the rule's TTL in seconds; if negative, the default TTL is used
 */
void dnetmap_binding_activate(struct dnetmap_net *dn,
			      struct dnetmap_record *r, s64 now, s32 ttl)
{
	if (ttl < 0)
		ttl = READ_ONCE(dnetmap_default_ttl);
	dnetmap_binding_start(dn, r, now, now + dnetmap_ttl_ns(ttl), ttl);
}

/**
 * dnetmap_binding_activate_until() - as dnetmap_binding_activate(), until a time
 * @dn: the namespace, &dnetmap_net.lock held
 * @r: the record, as for dnetmap_binding_activate()
 * @now: dnetmap_now()
 * @expires: CLOCK_BOOTTIME in ns
 */
void dnetmap_binding_activate_until(struct dnetmap_net *dn,
				    struct dnetmap_record *r, s64 now,
				    s64 expires)
{
	dnetmap_binding_start(dn, r, now, expires,
			      dnetmap_seconds(expires - now));
}

/**
 * dnetmap_binding_prolong() - set the expiry of an active binding
 * @dn: the namespace, &dnetmap_net.lock held
 * @r: the binding
 * @now: dnetmap_now()
 * @expires: CLOCK_BOOTTIME in ns
 *
 * Return: true if done; false if it is static or has ended.
 */
bool dnetmap_binding_prolong(struct dnetmap_net *dn, struct dnetmap_record *r,
			     s64 now, s64 expires)
{
	s64 state = atomic64_read(&r->state);

	lockdep_assert_held(&dn->lock);
	do {
		if (state == DNETMAP_STATIC || !dnetmap_state_active(state, now))
			return false;
	} while (!atomic64_try_cmpxchg(&r->state, &state, expires));
	dnetmap_due_requeue(dn, r);
	return true;
}

/**
 * dnetmap_binding_activate_static() - make a static binding active
 * @dn: the namespace, &dnetmap_net.lock held
 * @r: the record, as for dnetmap_binding_activate()
 * @now: dnetmap_now()
 */
void dnetmap_binding_activate_static(struct dnetmap_net *dn,
				     struct dnetmap_record *r, s64 now)
{
	lockdep_assert_held(&dn->lock);
	if (r->queue == DNETMAP_QUEUE_IDLE)
		dnetmap_tally_reactivate(&dnetmap_idle_remove(dn, r)->tally);
	dnetmap_prefix_of(dn, r->postnat, r->prefix_len)->tally.statics++;
	WRITE_ONCE(r->last_hit, dnetmap_seconds(now));
	dnetmap_event_add(dn, r, now, -1);
	if (dnetmap_group_has_passed(&dn->group, r->postnat))
		dnetmap_group_add_late(dn, r);
	atomic64_set_release(&r->state, DNETMAP_STATIC);
	dnetmap_record_set_flags(r, 0);
}

/*
 * Take a record out of whichever queue it is in, if any. Returns the prefix that
 * holds it, if it was idle.
 */
static struct dnetmap_prefix *dnetmap_binding_unqueue(struct dnetmap_net *dn,
						      struct dnetmap_record *r)
{
	switch ((enum dnetmap_record_queue)r->queue) {
	case DNETMAP_QUEUE_NONE:
		break;
	case DNETMAP_QUEUE_DUE:
		dnetmap_due_remove(dn, r);
		break;
	case DNETMAP_QUEUE_IDLE:
		return dnetmap_idle_remove(dn, r);
	case DNETMAP_QUEUE_LATE:
		dnetmap_group_remove_late(dn, r);
		break;
	}
	return NULL;
}

/* An active binding has become an expired one, idle. Returns the counts. */
static struct dnetmap_tally *dnetmap_binding_rest(struct dnetmap_net *dn,
						  struct dnetmap_record *r)
{
	struct dnetmap_tally *tally;

	dnetmap_binding_unqueue(dn, r);
	tally = &dnetmap_idle_add(dn, r)->tally;
	tally->active--;
	tally->expired++;
	return tally;
}

/**
 * dnetmap_binding_expire() - end a binding whose expiry has passed
 * @dn: the namespace, &dnetmap_net.lock held
 * @r: the binding
 * @now: dnetmap_now()
 *
 * Return: true if this call ended it.
 */
bool dnetmap_binding_expire(struct dnetmap_net *dn, struct dnetmap_record *r,
			    s64 now)
{
	s64 state;

	lockdep_assert_held(&dn->lock);
	state = atomic64_read(&r->state);
	do {
		if (state < 0 || dnetmap_state_active(state, now))
			return false;
	} while (!atomic64_try_cmpxchg(&r->state, &state,
				       state | DNETMAP_ENDED));
	dnetmap_event_timeout(dn, r, now);
	dnetmap_binding_rest(dn, r)->timed_out++;
	return true;
}

/**
 * dnetmap_binding_end() - end a binding before its expiry, if it is active
 * @dn: the namespace, &dnetmap_net.lock held
 * @r: the binding, static or dynamic; idle afterwards
 * @now: dnetmap_now()
 * @reason: why
 */
void dnetmap_binding_end(struct dnetmap_net *dn, struct dnetmap_record *r,
			 s64 now, enum dnetmap_event_reason reason)
{
	struct dnetmap_tally *tally;
	bool was_static;

	lockdep_assert_held(&dn->lock);
	dnetmap_binding_expire(dn, r, now);
	if (dnetmap_record_ended(r))
		return;
	was_static = dnetmap_record_static(r);
	atomic64_set(&r->state, now | DNETMAP_ENDED);
	dnetmap_event_remove(dn, r, now, reason);
	tally = dnetmap_binding_rest(dn, r);
	tally->statics -= was_static;
	tally->removed++;
}

/*
 * A record that is erased or replaced is no longer gone. If it was cut and the
 * group's log line is still to come, it needs a `remove` line of its own now.
 */
static void dnetmap_binding_ungone(struct dnetmap_net *dn,
				   struct dnetmap_record *r)
{
	if (r->flags & DNETMAP_CUT && dn->group.untold)
		dnetmap_event_remove(dn, r, dnetmap_now(),
				     DNETMAP_REASON_PREFIX);
	dn->gone--;
	dnetmap_addrtree_unmark_gone(&dn->by_postnat, ntohl(r->postnat));
}

/**
 * dnetmap_binding_unindex() - take a record out of all indexes and queues
 * @dn: the namespace, &dnetmap_net.lock held
 * @r: the record, ended; the caller frees it after a grace period
 * @heir: the record that takes over its address, or NULL
 */
static void dnetmap_binding_unindex(struct dnetmap_net *dn,
				    struct dnetmap_record *r,
				    struct dnetmap_record *heir)
{
	u32 addr = ntohl(r->postnat);
	struct dnetmap_prefix *prefix;

	lockdep_assert_held(&dn->lock);
	prefix = dnetmap_binding_unqueue(dn, r);
	if (prefix && !r->flags)
		prefix->tally.expired--;
	if (!(r->flags & DNETMAP_VACANT))
		dnetmap_record_host_remove(dn, r);
	if (r->flags & DNETMAP_GONE)
		dnetmap_binding_ungone(dn, r);
	if (heir)
		dnetmap_addrtree_replace(&dn->by_postnat, addr, heir);
	else
		dnetmap_record_leave(dn, addr);
}

/**
 * dnetmap_binding_erase() - remove a record; its address has none afterwards
 * @dn: the namespace, &dnetmap_net.lock held
 * @r: the record, ended; freed after a grace period
 */
void dnetmap_binding_erase(struct dnetmap_net *dn, struct dnetmap_record *r)
{
	dnetmap_binding_unindex(dn, r, NULL);
	dnetmap_record_free(r);
	dnetmap_net_changed(dn);
}

/**
 * dnetmap_binding_sweep() - as dnetmap_binding_erase(), for one record of many
 * @dn: the namespace, &dnetmap_net.lock held
 * @r: the record, ended
 * @swept: list that @r is added to, for dnetmap_record_free_swept()
 */
void dnetmap_binding_sweep(struct dnetmap_net *dn, struct dnetmap_record *r,
			   struct list_head *swept)
{
	dnetmap_binding_unindex(dn, r, NULL);
	list_add(&r->list, swept);
	dnetmap_net_changed(dn);
}

/**
 * dnetmap_binding_replace() - pass a record's address on to another record
 * @dn: the namespace, &dnetmap_net.lock held
 * @r: the record that has the address, ended; freed after a grace period
 * @heir: the record that takes the address over
 */
void dnetmap_binding_replace(struct dnetmap_net *dn, struct dnetmap_record *r,
			     struct dnetmap_record *heir)
{
	dnetmap_binding_unindex(dn, r, heir);
	dnetmap_record_free(r);
}

/**
 * dnetmap_binding_cut() - end a binding as one of a group (record_bulk.c)
 * @dn: the namespace, &dnetmap_net.lock held
 * @r: the record, in any state; marked %DNETMAP_GONE, for the sweep to erase
 * @now: dnetmap_now()
 *
 * A binding past its expiry gets its own `timeout` line; any other that was
 * active is covered by the group's line (%DNETMAP_CUT).
 */
void dnetmap_binding_cut(struct dnetmap_net *dn, struct dnetmap_record *r,
			 s64 now)
{
	u8 flags = r->flags | DNETMAP_GONE;
	struct dnetmap_tally *tally;
	s64 state;

	lockdep_assert_held(&dn->lock);
	if (r->flags & DNETMAP_GONE)
		return;
	dnetmap_binding_expire(dn, r, now);
	dnetmap_group_remove_late(dn, r);
	tally = &dnetmap_prefix_of(dn, r->postnat, r->prefix_len)->tally;
	state = atomic64_fetch_or(DNETMAP_ENDED, &r->state);
	if (state >= 0) {
		flags |= DNETMAP_CUT;
		tally->active--;
		tally->statics -= state == DNETMAP_STATIC;
		tally->removed++;
	} else if (!r->flags) {
		tally->expired--;
	}
	dnetmap_record_set_flags(r, flags);
	dnetmap_addrtree_mark_gone(&dn->by_postnat, ntohl(r->postnat));
	dn->gone++;
	dnetmap_prefix_open_of(dn, r->postnat);
	dnetmap_net_changed(dn);
}

/**
 * dnetmap_binding_forget() - an expired binding has lost its host
 * @dn: the namespace, &dnetmap_net.lock held
 * @r: its record, idle, no longer in the index by prenat address; vacant
 *	afterwards
 */
void dnetmap_binding_forget(struct dnetmap_net *dn, struct dnetmap_record *r)
{
	lockdep_assert_held(&dn->lock);
	if (!r->flags)
		dnetmap_prefix_of(dn, r->postnat,
				  r->prefix_len)->tally.expired--;
	dnetmap_record_set_flags(r, r->flags | DNETMAP_VACANT);
}

/**
 * dnetmap_binding_vacate() - mark a record as having no host any more
 * @dn: the namespace, &dnetmap_net.lock held
 * @r: the record, idle, no longer in the index by prenat address
 *
 * The record keeps its place in the idle queue, unless its address lies in two
 * prefixes: then it is erased.
 */
void dnetmap_binding_vacate(struct dnetmap_net *dn, struct dnetmap_record *r)
{
	lockdep_assert_held(&dn->lock);
	dnetmap_binding_forget(dn, r);
	if (dnetmap_prefix_shared(dn, r->postnat))
		dnetmap_binding_erase(dn, r);
}

/**
 * dnetmap_binding_remove() - end a binding and free its address
 * @dn: the namespace, &dnetmap_net.lock held
 * @r: the binding, static or dynamic, active or expired
 * @now: dnetmap_now()
 */
void dnetmap_binding_remove(struct dnetmap_net *dn, struct dnetmap_record *r,
			    s64 now)
{
	dnetmap_binding_end(dn, r, now, DNETMAP_REASON_DELETED);
	dnetmap_record_host_remove(dn, r);
	dnetmap_binding_vacate(dn, r);
}

