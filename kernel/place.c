// SPDX-License-Identifier: GPL-2.0-only
/*
 * Placing: bindings that a request or a command names, rather than a packet.
 *
 * Theory of operation
 *
 * Bindings are placed all or none. What has to be allocated is allocated before
 * the lock is taken, and charged to the process: records, and the nodes of the
 * tree that addresses in their order may need. Then, in one critical section:
 *
 *   check    For each binding, its prefix, and then what is in its way: a record that
 *            its host has in the same scope, and one that has its address. If
 *            such a record is an active binding, that is an error, unless @force.
 *            Two bindings for the same address, or for a host in the same scope,
 *            are an error. Nothing has changed so far but what anybody may do:
 *            bindings past their expiry have been ended, records that are gone
 *            erased.
 *   reserve  Records enter the indexes where nothing is in the way: ended and
 *            vacant, so nobody uses them. The hash table may have no memory for
 *            one. Then these records leave the indexes again.
 *   commit   Records take the place of those that are in the way, whose bindings
 *            end before, and all become what they are to be. Nothing here can
 *            fail: a record that takes the place of another one needs no memory.
 *
 * A host may leave one address for another while a second host takes the first,
 * in the same request. So all old records leave the index by prenat address before
 * any of them leaves the index by postnat address.
 *
 * A pair that exists in the same scope keeps its record. If the request names
 * another prefix of that scope than the one that holds it, the record passes to that
 * prefix; but a static pair that is to be static stays as it is. So does an active
 * pair that is to be expired, unless @force.
 */
#include <linux/sched.h>
#include <linux/sort.h>

#include "binding.h"
#include "due.h"
#include "event.h"
#include "expiry.h"
#include "idle.h"
#include "lookup.h"
#include "net.h"
#include "place.h"
#include "pool.h"
#include "prefix_index.h"
#include "scope.h"

static int dnetmap_place_cmp(__be32 a, __be32 b)
{
	return ntohl(a) < ntohl(b) ? -1 : a != b;
}

static int dnetmap_place_by_postnat(const void *a, const void *b)
{
	const struct dnetmap_place *x = a, *y = b;

	return dnetmap_place_cmp(x->postnat, y->postnat);
}

static int dnetmap_place_by_prenat(const void *a, const void *b)
{
	const struct dnetmap_place *x = a, *y = b;

	return dnetmap_place_cmp(x->prenat, y->prenat);
}

static int dnetmap_place_refuse(struct dnetmap_placing *placing,
				const struct dnetmap_place *place, int err)
{
	placing->bad = place->index;
	return err;
}

static int dnetmap_place_in_the_way(struct dnetmap_placing *placing,
				    const struct dnetmap_place *place,
				    __be32 prenat, __be32 postnat)
{
	placing->rival.prenat = prenat;
	placing->rival.postnat = postnat;
	return dnetmap_place_refuse(placing, place, -EEXIST);
}

/*
 * Count the nodes that the addresses need, and look for addresses that come twice:
 * in the order of addresses. Leaves the order of hosts.
 */
static int dnetmap_place_survey(struct dnetmap_placing *placing)
{
	struct dnetmap_place *place = placing->places;
	unsigned int i;

	sort(place, placing->count, sizeof(*place), dnetmap_place_by_postnat, NULL);
	placing->needs = DNETMAP_ADDRTREE_NODES;
	for (i = 1; i < placing->count; i++) {
		if (place[i].postnat == place[i - 1].postnat)
			return dnetmap_place_in_the_way(placing, &place[i],
							place[i - 1].prenat,
							place[i - 1].postnat);
		placing->needs +=
			dnetmap_addrtree_nodes_between(ntohl(place[i].postnat),
						       ntohl(place[i - 1].postnat));
	}
	sort(place, placing->count, sizeof(*place), dnetmap_place_by_prenat, NULL);
	return 0;
}

/* Preallocate; the caller calls dnetmap_place_free() in any case. */
static int dnetmap_place_alloc(struct dnetmap_placing *placing)
{
	struct dnetmap_place *place = placing->places;
	unsigned int i;

	for (i = 0; i < placing->count; i++, place++) {
		place->record = dnetmap_record_alloc(place->prenat,
						     GFP_KERNEL_ACCOUNT);
		if (!place->record)
			return -ENOMEM;
		cond_resched();
	}
	return dnetmap_addrtree_spare_fill(&placing->nodes, placing->needs);
}

static void dnetmap_place_free(struct dnetmap_placing *placing)
{
	unsigned int i;

	dnetmap_addrtree_spare_drain(&placing->nodes);
	for (i = 0; i < placing->count; i++)
		if (placing->places[i].record)
			dnetmap_record_free(placing->places[i].record);
}

static struct dnetmap_prefix *
dnetmap_place_prefix(struct dnetmap_net *dn, const struct dnetmap_place *place)
{
	struct dnetmap_prefix *prefix;

	if (!place->block.len)
		return dnetmap_prefix_oldest_of(dn, place->postnat);
	prefix = dnetmap_prefix_find(dn, &place->block);
	return prefix && prefix->listed ? prefix : NULL;
}

static struct dnetmap_prefix *dnetmap_place_holder(struct dnetmap_net *dn,
						   const struct dnetmap_record *r)
{
	return dnetmap_prefix_of(dn, r->postnat, r->prefix_len);
}

/* Is there an active binding, which only force may end? */
static bool dnetmap_place_hindered(struct dnetmap_placing *placing,
				   struct dnetmap_record *r, s64 now)
{
	if (!r || r->flags)
		return false;
	dnetmap_binding_expire(placing->dn, r, now);
	return !placing->force && !dnetmap_record_ended(r);
}

/* Does the host come twice in the same scope? Those of a host come one by one. */
static bool dnetmap_place_twice(const struct dnetmap_placing *placing,
				const struct dnetmap_place *place)
{
	const struct dnetmap_place *other = place;

	while (other-- > placing->places && other->prenat == place->prenat)
		if (other->prefix == place->prefix ||
		    (!other->prefix->own && !place->prefix->own))
			return true;
	return false;
}

/* Find the prefix, and let nothing that is gone or has still to move be in the way. */
static int dnetmap_place_prepare(struct dnetmap_placing *placing,
				 struct dnetmap_place *place, s64 now)
{
	struct dnetmap_net *dn = placing->dn;
	struct dnetmap_record *r;

	place->prefix = dnetmap_place_prefix(dn, place);
	if (!place->prefix)
		return dnetmap_place_refuse(placing, place, -ENOENT);
	if (!dnetmap_place_is_valid(place->prefix, place->prenat, place->postnat))
		return dnetmap_place_refuse(placing, place, -EINVAL);
	if (dnetmap_place_twice(placing, place))
		return dnetmap_place_in_the_way(placing, place, place->prenat, 0);
	r = dnetmap_record_by_postnat(dn, place->postnat);
	if (r && r->flags & DNETMAP_GONE)
		dnetmap_binding_erase(dn, r);
	dnetmap_scope_find(dn, place->prefix, place->prenat, now);
	return 0;
}

/* Look what is in the way. Erases nothing, as other places may have seen it. */
static int dnetmap_place_look(struct dnetmap_placing *placing,
			      struct dnetmap_place *place, s64 now)
{
	struct dnetmap_net *dn = placing->dn;
	struct dnetmap_record *r;

	place->by_prenat = dnetmap_scope_look(dn, place->prefix, place->prenat);
	place->by_postnat = dnetmap_record_by_postnat(dn, place->postnat);
	place->same = NULL;
	if (place->by_prenat && place->by_prenat == place->by_postnat) {
		place->same = place->by_prenat;
		if (!place->block.len)
			place->prefix = dnetmap_place_holder(dn, place->same);
		dnetmap_binding_expire(dn, place->same, now);
		return 0;
	}
	r = place->by_prenat;
	if (dnetmap_place_hindered(placing, r, now))
		return dnetmap_place_in_the_way(placing, place, r->prenat, r->postnat);
	r = place->by_postnat;
	if (dnetmap_place_hindered(placing, r, now))
		return dnetmap_place_in_the_way(placing, place, r->prenat, r->postnat);
	return 0;
}

static bool dnetmap_place_is_active(const struct dnetmap_record *r)
{
	return r && !r->flags && !dnetmap_record_ended(r);
}

/* Will the binding be active? */
static bool dnetmap_place_stays(const struct dnetmap_placing *placing,
				const struct dnetmap_place *place)
{
	return place->state != DNETMAP_PLACE_EXPIRED ||
	       (!placing->force && dnetmap_place_is_active(place->same));
}

/*
 * How many records more will there be that cannot be dropped, as they are not idle?
 * A record that is in the way of two places, by its host and by its address, makes
 * room once: it is marked.
 */
static int dnetmap_place_growth(struct dnetmap_placing *placing)
{
	struct dnetmap_place *place, *end = placing->places + placing->count;
	int growth = 0;

	for (place = placing->places; place < end; place++) {
		growth += dnetmap_place_stays(placing, place);
		growth -= dnetmap_place_is_active(place->by_postnat);
		if (place->by_postnat)
			place->by_postnat->queue |= DNETMAP_QUEUE_MARK;
	}
	for (place = placing->places; place < end; place++)
		if (dnetmap_place_is_active(place->by_prenat))
			growth -= !(place->by_prenat->queue & DNETMAP_QUEUE_MARK);
	for (place = placing->places; place < end; place++)
		if (place->by_postnat)
			place->by_postnat->queue &= ~DNETMAP_QUEUE_MARK;
	return growth;
}

/*
 * Is there room? Those that are idle afterwards are dropped then. Records that are
 * gone make room at once.
 */
static bool dnetmap_place_room(struct dnetmap_placing *placing)
{
	struct dnetmap_net *dn = placing->dn;
	s64 limit = (s64)dnetmap_pool_limit(dn) - dnetmap_place_growth(placing);

	while ((s64)dn->records - dn->idle > limit)
		if (!dnetmap_pool_drop_gone(dn))
			return false;
	return true;
}

static int dnetmap_place_check_all(struct dnetmap_placing *placing, s64 now)
{
	struct dnetmap_net *dn = placing->dn;
	bool more = false;
	unsigned int i;
	int err;

	for (i = 0; i < placing->count; i++) {
		err = dnetmap_place_prepare(placing, &placing->places[i], now);
		if (err)
			return err;
	}
	for (i = 0; i < placing->count; i++) {
		err = dnetmap_place_look(placing, &placing->places[i], now);
		if (err)
			return err;
		more |= !placing->places[i].by_postnat;
	}
	if (!dnetmap_place_room(placing))
		return -ENOSPC;
	if (!more || dnetmap_addrtree_has_room(&dn->by_postnat, placing->needs))
		return 0;
	return dnetmap_pool_drop_idle(dn, placing->needs) ? -EAGAIN : -ENOSPC;
}

/* Let a record enter the indexes where nothing is in its way. */
static int dnetmap_place_reserve(struct dnetmap_placing *placing,
				 struct dnetmap_place *place)
{
	struct dnetmap_net *dn = placing->dn;
	struct dnetmap_record *r = place->record;
	int err;

	if (place->same)
		return 0;
	r->postnat = place->postnat;
	dnetmap_scope_join(place->prefix, r);
	if (!place->by_postnat) {
		err = dnetmap_record_take(dn, r, &placing->nodes);
		if (err)
			return err;
	}
	if (place->by_prenat)
		return 0;
	err = dnetmap_record_host_insert(dn, r, NULL);
	if (err && !place->by_postnat)
		dnetmap_record_leave(dn, ntohl(r->postnat));
	return err;
}

static void dnetmap_place_unreserve(struct dnetmap_placing *placing,
				    struct dnetmap_place *place)
{
	struct dnetmap_net *dn = placing->dn;

	if (place->same)
		return;
	if (!place->by_prenat)
		dnetmap_record_host_remove(dn, place->record);
	if (!place->by_postnat)
		dnetmap_record_leave(dn, ntohl(place->postnat));
}

static int dnetmap_place_reserve_all(struct dnetmap_placing *placing)
{
	unsigned int i;
	int err;

	for (i = 0; i < placing->count; i++) {
		err = dnetmap_place_reserve(placing, &placing->places[i]);
		if (!err)
			continue;
		while (i--)
			dnetmap_place_unreserve(placing, &placing->places[i]);
		return err;
	}
	return 0;
}

/* Take the place of the record that the host had. */
static void dnetmap_place_take_host(struct dnetmap_placing *placing,
				    struct dnetmap_place *place, s64 now)
{
	struct dnetmap_net *dn = placing->dn;
	struct dnetmap_record *old = place->by_prenat;

	if (place->same || !old)
		return;
	place->left = old->postnat;
	dnetmap_binding_end(dn, old, now, DNETMAP_REASON_REPLACED);
	WARN_ON_ONCE(dnetmap_record_host_insert(dn, place->record, old));
	dnetmap_binding_forget(dn, old);
}

/* Is the one that has the address the expired binding of another host? */
static bool dnetmap_place_recycles(const struct dnetmap_place *place)
{
	const struct dnetmap_record *old = place->by_postnat;

	return dnetmap_record_ended(old) && !old->flags &&
	       old->prenat != place->prenat;
}

/* Take the place of the record that had the address. */
static void dnetmap_place_take_addr(struct dnetmap_placing *placing,
				    struct dnetmap_place *place, s64 now)
{
	struct dnetmap_net *dn = placing->dn;

	if (place->same || !place->by_postnat)
		return;
	if (dnetmap_place_recycles(place))
		dnetmap_place_holder(dn, place->by_postnat)->tally.recycled++;
	dnetmap_binding_end(dn, place->by_postnat, now, DNETMAP_REASON_REPLACED);
	dnetmap_binding_replace(dn, place->by_postnat, place->record);
}

static s64 dnetmap_place_ns(const struct dnetmap_place *place)
{
	return place->ms * NSEC_PER_MSEC;
}

static void dnetmap_place_expired(struct dnetmap_net *dn,
				  struct dnetmap_record *r, s64 ended)
{
	WRITE_ONCE(r->last_hit, dnetmap_seconds(max_t(s64, ended, 0)));
	atomic64_set(&r->state, ended | DNETMAP_ENDED);
	dnetmap_idle_add(dn, r)->tally.expired++;
	dnetmap_record_set_flags(r, 0);
}

/* Let a record that is in the indexes be what it is to be. */
static void dnetmap_place_begin(struct dnetmap_placing *placing,
				struct dnetmap_place *place,
				struct dnetmap_record *r, s64 now)
{
	struct dnetmap_net *dn = placing->dn;

	if (place->state == DNETMAP_PLACE_EXPIRED) {
		dnetmap_place_expired(dn, r, now - dnetmap_place_ns(place));
		return;
	}
	if (r->queue != DNETMAP_QUEUE_IDLE)
		dnetmap_tally_add(&place->prefix->tally);
	if (place->state == DNETMAP_PLACE_STATIC)
		dnetmap_binding_activate_static(dn, r, now);
	else
		dnetmap_binding_activate_until(dn, r, now,
					       now + dnetmap_place_ns(place));
}

/* The pair exists and is active: can it be what it is to be without an end? */
static bool dnetmap_place_goes_on(struct dnetmap_placing *placing,
				  struct dnetmap_place *place, s64 now)
{
	struct dnetmap_net *dn = placing->dn;
	struct dnetmap_record *r = place->same;

	if (place->state == DNETMAP_PLACE_STATIC)
		return dnetmap_record_static(r);
	if (place->state == DNETMAP_PLACE_EXPIRED)
		return !placing->force;
	if (!dnetmap_binding_prolong(dn, r, now, now + dnetmap_place_ns(place)))
		return false;
	if (dnetmap_place_holder(dn, r) != place->prefix) {
		dnetmap_scope_hand_over(dn, r, place->prefix);
		dnetmap_event_pass(dn, r);
	}
	return true;
}

/* The pair exists: let it be what it is to be. */
static void dnetmap_place_refresh(struct dnetmap_placing *placing,
				  struct dnetmap_place *place, s64 now)
{
	struct dnetmap_net *dn = placing->dn;
	struct dnetmap_record *r = place->same;

	if (!dnetmap_record_ended(r)) {
		if (dnetmap_place_goes_on(placing, place, now))
			return;
		dnetmap_binding_end(dn, r, now, DNETMAP_REASON_REPLACED);
	}
	if (dnetmap_place_holder(dn, r) != place->prefix)
		dnetmap_scope_hand_over(dn, r, place->prefix);
	if (place->state != DNETMAP_PLACE_EXPIRED)
		dnetmap_place_begin(placing, place, r, now);
}

/* The record that a host has left has no host any more. */
static void dnetmap_place_vacate(struct dnetmap_net *dn, __be32 postnat)
{
	struct dnetmap_record *old = dnetmap_record_by_postnat(dn, postnat);

	if (old && old->flags & DNETMAP_VACANT)
		dnetmap_binding_vacate(dn, old);
}

static void dnetmap_place_commit(struct dnetmap_placing *placing, s64 now)
{
	struct dnetmap_net *dn = placing->dn;
	struct dnetmap_place *place;
	unsigned int i;

	for (i = 0; i < placing->count; i++)
		dnetmap_place_take_host(placing, &placing->places[i], now);
	for (i = 0; i < placing->count; i++)
		dnetmap_place_take_addr(placing, &placing->places[i], now);
	for (i = 0; i < placing->count; i++) {
		place = &placing->places[i];
		if (place->same) {
			dnetmap_place_refresh(placing, place, now);
			continue;
		}
		dnetmap_place_begin(placing, place, place->record, now);
		place->record = NULL;
	}
	for (i = 0; i < placing->count; i++)
		if (!placing->places[i].same && placing->places[i].by_prenat)
			dnetmap_place_vacate(dn, placing->places[i].left);
	while (dn->records > dnetmap_pool_limit(dn) &&
	       dnetmap_pool_drop_longest_idle(dn))
		;
}

/*
 * One critical section. All bindings whose expiry had passed before have been
 * ended; of those that came due since, only one batch is checked, as for a packet.
 */
static int dnetmap_place_section(struct dnetmap_placing *placing)
{
	struct dnetmap_net *dn = placing->dn;
	s64 now = dnetmap_now();
	int err;

	rcu_read_lock();
	spin_lock_bh(&dn->lock);
	dnetmap_expiry_advance(dn, now, DNETMAP_EXPIRY_BATCH);
	err = dnetmap_place_check_all(placing, now) ?:
	      dnetmap_place_reserve_all(placing);
	if (!err)
		dnetmap_place_commit(placing, now);
	spin_unlock_bh(&dn->lock);
	rcu_read_unlock();
	return err;
}

/**
 * dnetmap_place_all() - place bindings, all or none
 * @placing: the bindings; the state of the namespace does not go away meanwhile
 *
 * Context: process; sleeps.
 * Return: 0; -ENOENT if there is no such prefix; -EINVAL if a host or an address
 * cannot be; -EEXIST if a binding is in the way; -ENOSPC if the namespace may not
 * have more records; or -ENOMEM.
 */
int dnetmap_place_all(struct dnetmap_placing *placing)
{
	int err;

	might_sleep();
	placing->bad = 0;
	err = dnetmap_place_survey(placing) ?: dnetmap_place_alloc(placing) ?:
	      -EAGAIN;
	/* The loop ends: each -EAGAIN means that idle records were erased. */
	while (err == -EAGAIN) {
		dnetmap_expiry_catch_up(placing->dn);
		err = dnetmap_place_section(placing);
		cond_resched();
	}
	dnetmap_place_free(placing);
	return err;
}
