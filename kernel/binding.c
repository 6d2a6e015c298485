// SPDX-License-Identifier: GPL-2.0-only
/*
 * Bindings: a private host's address tied to a public one, from the beginning to
 * the end.
 *
 * Theory of operation
 *
 * A binding has a record (record.c), by which packets find it. Everything but a hit
 * is done under &dnetmap_net.lock, which also gives events their order.
 *
 * The state is one word: the expiry in nanoseconds, the largest there is for a
 * static binding, and the sign bit once the binding has ended. A hit is a
 * cmpxchg from a state that lies in the future; whoever ends a binding sets the
 * bit atomically, too. The first to succeed decides: a hit never revives what
 * an event has called ended, and an expiry never overtakes a hit that came
 * before it.
 *
 * The states of a record, and who causes each transition:
 *
 *   born      dnetmap_pool_give() finds an address, unused (the lowest without
 *             a record) or by taking over the longest idle record. The record
 *             enters both indexes ended and vacant: nobody uses or lists it.
 *   active    dnetmap_binding_activate() makes the event `add`, puts the binding in
 *             the due queue (due.c) and sets its state: from here on, hits find it.
 *             For a packet of a new flow (assign.c); static ones for a command.
 *   hit       dnetmap_hit() (hit.h), for a packet, without a lock. It moves the
 *             expiry only; the due queue catches up when the old expiry comes.
 *   idle      dnetmap_binding_expire() sets the ended bit, makes the event `timeout`
 *             and queues the record in its prefix, by when the binding ended
 *             (idle.c): for the work of expiry.c, or whoever meets it first.
 *             dnetmap_binding_end() does so before its time, with the event `remove`,
 *             for a command. The record stays in both indexes: its host may get the
 *             binding back (activate again), or its address goes to another.
 *   vacant    dnetmap_binding_vacate(): its host has moved to another address, or a
 *             command has removed the binding (dnetmap_binding_remove). It is out of
 *             the hash table, but the idle queue remembers since when the address is
 *             free. An address that two prefixes share is not remembered, so that
 *             either may give it.
 *   gone      dnetmap_binding_cut(): ended with all records of its prefix, which is
 *             removed or flushed (records.c). A sweep erases it, or before that
 *             whoever needs its address, or meets it as its host's.
 *   erased    dnetmap_binding_erase(), _sweep(), _replace(): out of the indexes and
 *             queues; freed after a grace period.
 *
 * The hit path reads, beyond the packet, its conntrack entry and the rule, the
 * namespace's pointer to &dnetmap_net, the head of that, and the hash bucket,
 * and it writes the binding: one cache line each, and where many hosts are
 * active, the last two are the ones that are not in a cache.
 */
#include <linux/rcupdate.h>
#include <linux/spinlock.h>

#include "binding.h"
#include "due.h"
#include "event.h"
#include "group.h"
#include "idle.h"
#include "lookup.h"
#include "net.h"
#include "param.h"
#include "prefixes.h"

/**
 * dnetmap_binding_of_host() - find a host's binding, unless that is gone
 * @dn: the namespace, &dnetmap_net.lock held
 * @prenat: the host's private address
 *
 * Context: RCU read side.
 * Return: the binding, active or expired, or NULL.
 */
struct dnetmap_binding *dnetmap_binding_of_host(struct dnetmap_net *dn,
						__be32 prenat)
{
	struct dnetmap_binding *b = dnetmap_binding_by_prenat(dn, prenat);

	lockdep_assert_held(&dn->lock);
	if (!b || !(b->flags & DNETMAP_GONE))
		return b;
	dnetmap_binding_erase(dn, b);
	return NULL;
}

/**
 * dnetmap_binding_activate() - bring a binding into force, anew or again
 * @dn: the namespace, &dnetmap_net.lock held
 * @b: the binding, ended, in both indexes
 * @now: dnetmap_now()
 * @ttl: the rule's TTL in seconds; the default takes the place of a negative
 */
void dnetmap_binding_activate(struct dnetmap_net *dn,
			      struct dnetmap_binding *b, s64 now, s32 ttl)
{
	lockdep_assert_held(&dn->lock);
	if (ttl < 0)
		ttl = READ_ONCE(dnetmap_default_ttl);
	if (b->queue == DNETMAP_QUEUE_IDLE)
		dnetmap_idle_remove(dn, b);
	WRITE_ONCE(b->last_hit, dnetmap_seconds(now));
	dnetmap_event_add(dn, b);
	if (unlikely(dnetmap_group_has_passed(&dn->group, b->postnat)))
		dnetmap_group_add_late(dn, b);
	else
		dnetmap_due_add(dn, b, now + dnetmap_ttl_ns(ttl));
	/* All of it is in place before a hit or a reader of /proc sees it. */
	atomic64_set_release(&b->state, now + dnetmap_ttl_ns(ttl));
	dnetmap_binding_set_flags(b, 0);
}

/**
 * dnetmap_binding_activate_static() - bring a static binding into force
 * @dn: the namespace, &dnetmap_net.lock held
 * @b: the binding, ended, in both indexes, in no queue
 * @now: dnetmap_now()
 */
void dnetmap_binding_activate_static(struct dnetmap_net *dn,
				     struct dnetmap_binding *b, s64 now)
{
	lockdep_assert_held(&dn->lock);
	WRITE_ONCE(b->last_hit, dnetmap_seconds(now));
	dnetmap_event_add(dn, b);
	if (dnetmap_group_has_passed(&dn->group, b->postnat))
		dnetmap_group_add_late(dn, b);
	atomic64_set_release(&b->state, DNETMAP_STATIC);
	dnetmap_binding_set_flags(b, 0);
}

/* Take a record out of the queue that it is in, if it is. */
static void dnetmap_binding_unqueue(struct dnetmap_net *dn,
				    struct dnetmap_binding *b)
{
	switch ((enum dnetmap_binding_queue)b->queue) {
	case DNETMAP_QUEUE_NONE:
		break;
	case DNETMAP_QUEUE_DUE:
		dnetmap_due_remove(dn, b);
		break;
	case DNETMAP_QUEUE_IDLE:
		dnetmap_idle_remove(dn, b);
		break;
	case DNETMAP_QUEUE_LATE:
		dnetmap_group_remove_late(dn, b);
		break;
	}
}

/**
 * dnetmap_binding_expire() - end a binding that is past its expiry
 * @dn: the namespace, &dnetmap_net.lock held
 * @b: the binding
 * @now: dnetmap_now()
 *
 * Return: true where this call ended it.
 */
bool dnetmap_binding_expire(struct dnetmap_net *dn, struct dnetmap_binding *b,
			    s64 now)
{
	s64 state;

	lockdep_assert_held(&dn->lock);
	state = atomic64_read(&b->state);
	do {
		if (state < 0 || dnetmap_state_active(state, now))
			return false;
	} while (!atomic64_try_cmpxchg(&b->state, &state,
				       state | DNETMAP_ENDED));
	dnetmap_event_timeout(dn, b);
	dnetmap_binding_unqueue(dn, b);
	dnetmap_idle_add(dn, b);
	return true;
}

/**
 * dnetmap_binding_end() - end a binding before its time, if it is in force
 * @dn: the namespace, &dnetmap_net.lock held
 * @b: the binding, static or dynamic; idle afterwards
 * @now: dnetmap_now()
 */
void dnetmap_binding_end(struct dnetmap_net *dn, struct dnetmap_binding *b,
			 s64 now)
{
	lockdep_assert_held(&dn->lock);
	dnetmap_binding_expire(dn, b, now);
	if (dnetmap_binding_ended(b))
		return;
	atomic64_set(&b->state, now | DNETMAP_ENDED);
	dnetmap_event_remove(dn, b);
	dnetmap_binding_unqueue(dn, b);
	dnetmap_idle_add(dn, b);
}

/* Where the line of all is still to come, its end has to be told before that. */
static void dnetmap_binding_ungone(struct dnetmap_net *dn,
				   struct dnetmap_binding *b)
{
	if (b->flags & DNETMAP_CUT && dn->group.untold)
		dnetmap_event_remove(dn, b);
	dn->gone--;
	dnetmap_addrtree_unmark_gone(&dn->by_postnat, ntohl(b->postnat));
}

/**
 * dnetmap_binding_unindex() - take a record out of indexes and queues
 * @dn: the namespace, &dnetmap_net.lock held
 * @b: the record, ended; to be freed after a grace period
 * @heir: the record that takes over its address, or NULL
 */
static void dnetmap_binding_unindex(struct dnetmap_net *dn,
				    struct dnetmap_binding *b,
				    struct dnetmap_binding *heir)
{
	u32 addr = ntohl(b->postnat);

	lockdep_assert_held(&dn->lock);
	dnetmap_binding_unqueue(dn, b);
	if (!(b->flags & DNETMAP_VACANT))
		rhashtable_remove_fast(&dn->by_prenat, &b->by_prenat,
				       dnetmap_prenat_params);
	if (b->flags & DNETMAP_GONE)
		dnetmap_binding_ungone(dn, b);
	if (heir)
		dnetmap_addrtree_replace(&dn->by_postnat, addr, heir);
	else
		dnetmap_record_leave(dn, addr);
}

/**
 * dnetmap_binding_erase() - forget a record and its address
 * @dn: the namespace, &dnetmap_net.lock held
 * @b: the record, ended; freed after a grace period
 */
void dnetmap_binding_erase(struct dnetmap_net *dn, struct dnetmap_binding *b)
{
	dnetmap_binding_unindex(dn, b, NULL);
	dnetmap_record_free(b);
	dnetmap_net_changed(dn);
}

/**
 * dnetmap_binding_sweep() - forget a record and its address, one of many
 * @dn: the namespace, &dnetmap_net.lock held
 * @b: the record, ended
 * @swept: takes it, for dnetmap_record_free_swept()
 */
void dnetmap_binding_sweep(struct dnetmap_net *dn, struct dnetmap_binding *b,
			   struct list_head *swept)
{
	dnetmap_binding_unindex(dn, b, NULL);
	list_add(&b->list, swept);
	dnetmap_net_changed(dn);
}

/**
 * dnetmap_binding_replace() - pass an address to another record
 * @dn: the namespace, &dnetmap_net.lock held
 * @b: the record that has it, ended; freed after a grace period
 * @heir: the record that takes it over
 */
void dnetmap_binding_replace(struct dnetmap_net *dn, struct dnetmap_binding *b,
			     struct dnetmap_binding *heir)
{
	dnetmap_binding_unindex(dn, b, heir);
	dnetmap_record_free(b);
}

/**
 * dnetmap_binding_cut() - a binding comes to its end with all others
 * @dn: the namespace, &dnetmap_net.lock held
 * @b: the binding, in whatever state; to be erased soon
 * @now: dnetmap_now()
 */
void dnetmap_binding_cut(struct dnetmap_net *dn, struct dnetmap_binding *b,
			 s64 now)
{
	u8 flags = b->flags | DNETMAP_GONE;

	lockdep_assert_held(&dn->lock);
	if (b->flags & DNETMAP_GONE)
		return;
	dnetmap_binding_expire(dn, b, now);
	dnetmap_group_remove_late(dn, b);
	if (atomic64_fetch_or(DNETMAP_ENDED, &b->state) >= 0)
		flags |= DNETMAP_CUT;
	dnetmap_binding_set_flags(b, flags);
	dnetmap_addrtree_mark_gone(&dn->by_postnat, ntohl(b->postnat));
	dn->gone++;
	dnetmap_prefix_open_of(dn, b->postnat);
	dnetmap_net_changed(dn);
}

/**
 * dnetmap_binding_vacate() - a binding has lost its host
 * @dn: the namespace, &dnetmap_net.lock held
 * @b: the binding, idle, no longer found by its prenat address
 *
 * The address keeps its place in the idle queue, unless two prefixes share it.
 */
void dnetmap_binding_vacate(struct dnetmap_net *dn, struct dnetmap_binding *b)
{
	lockdep_assert_held(&dn->lock);
	dnetmap_binding_set_flags(b, b->flags | DNETMAP_VACANT);
	if (dnetmap_prefix_shared(dn, b->postnat))
		dnetmap_binding_erase(dn, b);
}

/**
 * dnetmap_binding_remove() - end a binding and free its address
 * @dn: the namespace, &dnetmap_net.lock held
 * @b: the binding, static or dynamic, active or expired
 * @now: dnetmap_now()
 */
void dnetmap_binding_remove(struct dnetmap_net *dn, struct dnetmap_binding *b,
			    s64 now)
{
	dnetmap_binding_end(dn, b, now);
	rhashtable_remove_fast(&dn->by_prenat, &b->by_prenat,
			       dnetmap_prenat_params);
	dnetmap_binding_vacate(dn, b);
}

