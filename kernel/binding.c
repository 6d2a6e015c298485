// SPDX-License-Identifier: GPL-2.0-only
/*
 * Bindings and the tables that hold them.
 *
 * Theory of operation
 *
 * A record, &struct dnetmap_binding, ties a prenat address to a postnat one.
 * A namespace has two indexes of its records: a hash table by prenat address
 * for packets that go out, and a tree by postnat address (addrtree.c) for
 * packets that come in, for finding the lowest unused address, and for reading
 * in order of address. Packets search both under RCU. Everything but a hit is
 * done under &dnetmap_net.lock, which also gives events their order in the log.
 *
 * The pair of a record never changes. A new pair is a new record, and the old
 * one is freed after a grace period, so a reader sees a pair whole or not at
 * all.
 *
 * The state is one word: the expiry in nanoseconds, the largest there is for a
 * static binding, and the sign bit once the binding has ended. A hit is a
 * cmpxchg from a state that lies in the future; whoever ends a binding sets the
 * bit atomically, too. The first to succeed decides: a hit never revives what
 * the log has called ended, and an expiry never overtakes a hit that came
 * before it.
 *
 * The life of a record:
 *
 *   born      dnetmap_pool_give() finds an address, alone (the lowest without
 *             a record) or by taking over the longest idle record. The record
 *             enters both indexes ended and vacant: nobody uses or lists it.
 *   active    dnetmap_binding_activate() logs `add`, puts it in the due queue
 *             (expiry.c) and sets its state: from here on, hits find it.
 *   hit       dnetmap_hit() (hit.h), without a lock. It moves the expiry only;
 *             the due queue catches up when the old expiry comes.
 *   idle      dnetmap_binding_expire() sets the ended bit, logs `timeout` and
 *             queues it in its prefix, by when it ended (pool.c). It stays in
 *             both indexes: its host may get it back (activate again), or its
 *             address goes to another.
 *   vacant    its host has moved to another address, or the binding has been
 *             removed (dnetmap_binding_vacate): out of the hash table, but
 *             the idle queue remembers since when the address is free. An
 *             address that two prefixes share is not remembered, so that
 *             either may give it.
 *   gone      ended with all records of its prefix, which is removed or flushed
 *             (dnetmap_binding_cut; records.c). A sweep erases it, or before
 *             that whoever needs its address, or meets it as its host's.
 *   erased    out of the indexes and queues; freed by RCU, or by the sweep.
 *
 * The hit path reads, beyond the packet, its conntrack entry and the rule, the
 * namespace's pointer to &dnetmap_net, the head of that, and the hash bucket,
 * and it writes the binding: one cache line each, and where many hosts are
 * active, the last two are the ones that are not in a cache.
 */
#include <linux/err.h>
#include <linux/rcupdate.h>
#include <linux/sched.h>
#include <linux/sizes.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/workqueue.h>

#include "binding.h"
#include "expiry.h"
#include "log.h"
#include "lookup.h"
#include "netns.h"
#include "pool.h"
#include "prefix.h"
#include "records.h"

/* What somebody else's root may make the kernel keep, however he scatters. */
#define DNETMAP_TREE_BYTES_TENANT	SZ_8M

static struct kmem_cache *dnetmap_binding_cache;

/**
 * dnetmap_binding_next() - walk records in order of postnat address
 * @dn: the namespace
 * @addr: where to start, host order; set to the address of what is found.
 *	64 bits, so that the address after 255.255.255.255 is none
 * @last: where to stop, host order
 *
 * Context: RCU read side, or &dnetmap_net.lock held.
 * Return: the first record from @addr to @last, or NULL.
 */
struct dnetmap_binding *dnetmap_binding_next(struct dnetmap_net *dn,
					     u64 *addr, u32 last)
{
	return dnetmap_addrtree_next(&dn->by_postnat, addr, last);
}

/**
 * dnetmap_binding_next_gone() - find a record that is to be swept away
 * @dn: the namespace, &dnetmap_net.lock held
 * @addr: as for dnetmap_binding_next()
 * @last: where to stop, host order
 *
 * Return: the first such record, or NULL.
 */
struct dnetmap_binding *dnetmap_binding_next_gone(struct dnetmap_net *dn,
						  u64 *addr, u32 last)
{
	lockdep_assert_held(&dn->lock);
	if (likely(!dn->gone) ||
	    !dnetmap_addrtree_next_marked(&dn->by_postnat,
					  DNETMAP_ADDRTREE_GONE, addr, last))
		return NULL;
	return dnetmap_addrtree_find(&dn->by_postnat, *addr);
}

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
 * dnetmap_binding_alloc() - a record for a host, not yet of any address
 * @prenat: the host's private address
 * @flags: GFP_KERNEL_ACCOUNT where a process asks for it, and may sleep
 *
 * Return: a record, ended and vacant, or NULL.
 */
struct dnetmap_binding *dnetmap_binding_alloc(__be32 prenat, gfp_t flags)
{
	struct dnetmap_binding *b;

	b = kmem_cache_alloc(dnetmap_binding_cache, flags);
	if (!b)
		return NULL;
	atomic64_set(&b->state, DNETMAP_ENDED);
	b->prenat = prenat;
	b->flags = DNETMAP_VACANT;
	b->queue = DNETMAP_QUEUE_NONE;
	return b;
}

static void dnetmap_binding_free_now(struct rcu_head *rcu)
{
	kmem_cache_free(dnetmap_binding_cache,
			container_of(rcu, struct dnetmap_binding, rcu));
}

/**
 * dnetmap_binding_free() - free a record that no index holds any more
 * @b: the record; readers may still look at it
 */
void dnetmap_binding_free(struct dnetmap_binding *b)
{
	call_rcu(&b->rcu, dnetmap_binding_free_now);
}

/* What sweeps have erased, and nobody has freed yet. */
static LIST_HEAD(dnetmap_swept);
static DEFINE_SPINLOCK(dnetmap_swept_lock); /* process context only */

static void dnetmap_binding_free_swept_work(struct work_struct *work)
{
	struct dnetmap_binding *b, *next;
	LIST_HEAD(swept);

	spin_lock(&dnetmap_swept_lock);
	list_splice_init(&dnetmap_swept, &swept);
	spin_unlock(&dnetmap_swept_lock);
	synchronize_rcu();
	list_for_each_entry_safe(b, next, &swept, list) {
		kmem_cache_free(dnetmap_binding_cache, b);
		cond_resched();
	}
}

static DECLARE_WORK(dnetmap_swept_work, dnetmap_binding_free_swept_work);

/**
 * dnetmap_binding_free_swept() - free what a sweep has erased
 * @swept: records, by &dnetmap_binding.list; readers may still look at them
 *
 * Not by call_rcu() for each: RCU frees thousands in one go, in softirq.
 *
 * Context: process.
 */
void dnetmap_binding_free_swept(struct list_head *swept)
{
	if (list_empty(swept))
		return;
	spin_lock(&dnetmap_swept_lock);
	list_splice(swept, &dnetmap_swept);
	spin_unlock(&dnetmap_swept_lock);
	queue_work(dnetmap_wq, &dnetmap_swept_work);
}

/**
 * dnetmap_binding_take() - let a record be found by its postnat address
 * @dn: the namespace, &dnetmap_net.lock held
 * @b: the record
 * @spare: nodes that it may need, or NULL
 *
 * Return: as dnetmap_addrtree_insert().
 */
int dnetmap_binding_take(struct dnetmap_net *dn, struct dnetmap_binding *b,
			 struct dnetmap_addrtree_spare *spare)
{
	int err;

	lockdep_assert_held(&dn->lock);
	err = dnetmap_addrtree_insert(&dn->by_postnat, ntohl(b->postnat), b,
				      spare);
	if (!err)
		dn->records++;
	return err;
}

/**
 * dnetmap_binding_take_lowest() - give a record the lowest address without one
 * @dn: the namespace, &dnetmap_net.lock held
 * @b: the record, of no address yet
 * @first: lowest address allowed, host order
 * @last: highest address allowed, host order
 *
 * Return: 0, -EBUSY where each address has a record, -ENOSPC where the tree may
 * not grow for the lowest that has none, or -ENOMEM.
 */
int dnetmap_binding_take_lowest(struct dnetmap_net *dn,
				struct dnetmap_binding *b, u32 first, u32 last)
{
	u64 addr = first;
	int err;

	lockdep_assert_held(&dn->lock);
	if (first > last)
		return -EBUSY;
	b->postnat = htonl(first);
	err = dnetmap_binding_take(dn, b, NULL);
	if (err != -EBUSY ||
	    !dnetmap_addrtree_next_marked(&dn->by_postnat,
					  DNETMAP_ADDRTREE_FREE, &addr, last))
		return err;
	b->postnat = htonl(addr);
	return dnetmap_binding_take(dn, b, NULL);
}

/* An address has lost its record: what was known of the lowest is void. */
static void dnetmap_binding_leave(struct dnetmap_net *dn, u32 addr)
{
	dnetmap_addrtree_remove(&dn->by_postnat, addr);
	dn->records--;
	dn->erasures++;
	dnetmap_prefix_open_of(dn, htonl(addr));
}

/**
 * dnetmap_binding_untake() - undo dnetmap_binding_take() or _take_lowest()
 * @dn: the namespace, &dnetmap_net.lock held
 * @b: the record, not in use yet
 */
void dnetmap_binding_untake(struct dnetmap_net *dn, struct dnetmap_binding *b)
{
	lockdep_assert_held(&dn->lock);
	dnetmap_binding_leave(dn, ntohl(b->postnat));
}

/**
 * dnetmap_binding_host_insert() - let a record be found by its prenat address
 * @dn: the namespace, &dnetmap_net.lock held
 * @b: the record
 * @old: the host's record until now, or NULL; no longer found after success
 *
 * Return: 0, or -ENOMEM, whatever the reason why the hash table cannot grow.
 */
int dnetmap_binding_host_insert(struct dnetmap_net *dn,
				struct dnetmap_binding *b,
				struct dnetmap_binding *old)
{
	int err;

	lockdep_assert_held(&dn->lock);
	if (old)
		err = rhashtable_replace_fast(&dn->by_prenat, &old->by_prenat,
					      &b->by_prenat,
					      dnetmap_prenat_params);
	else
		err = rhashtable_insert_fast(&dn->by_prenat, &b->by_prenat,
					     dnetmap_prenat_params);
	return err ? -ENOMEM : 0;
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
		dnetmap_pool_unidle(dn, b);
	WRITE_ONCE(b->last_hit, dnetmap_seconds(now));
	dnetmap_log_add(dn, b);
	if (unlikely(dnetmap_group_has_passed(&dn->group, b->postnat)))
		dnetmap_records_come_late(dn, b);
	else
		dnetmap_expiry_enqueue(dn, b, now + dnetmap_ttl_ns(ttl));
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
	dnetmap_log_add(dn, b);
	if (dnetmap_group_has_passed(&dn->group, b->postnat))
		dnetmap_records_come_late(dn, b);
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
		dnetmap_expiry_dequeue(dn, b);
		break;
	case DNETMAP_QUEUE_IDLE:
		dnetmap_pool_unidle(dn, b);
		break;
	case DNETMAP_QUEUE_LATE:
		dnetmap_records_unlate(dn, b);
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
	dnetmap_log_timeout(dn, b);
	dnetmap_binding_unqueue(dn, b);
	dnetmap_pool_idle(dn, b);
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
	dnetmap_log_remove(dn, b);
	dnetmap_binding_unqueue(dn, b);
	dnetmap_pool_idle(dn, b);
}

/* Where the line of all is still to come, its end has to be told before that. */
static void dnetmap_binding_ungone(struct dnetmap_net *dn,
				   struct dnetmap_binding *b)
{
	if (b->flags & DNETMAP_CUT && dn->group.untold)
		dnetmap_log_remove(dn, b);
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
		dnetmap_binding_leave(dn, addr);
}

/**
 * dnetmap_binding_erase() - forget a record and its address
 * @dn: the namespace, &dnetmap_net.lock held
 * @b: the record, ended; freed after a grace period
 */
void dnetmap_binding_erase(struct dnetmap_net *dn, struct dnetmap_binding *b)
{
	dnetmap_binding_unindex(dn, b, NULL);
	dnetmap_binding_free(b);
	dnetmap_pool_changed(dn);
}

/**
 * dnetmap_binding_sweep() - forget a record and its address, one of many
 * @dn: the namespace, &dnetmap_net.lock held
 * @b: the record, ended
 * @swept: takes it, for dnetmap_binding_free_swept()
 */
void dnetmap_binding_sweep(struct dnetmap_net *dn, struct dnetmap_binding *b,
			   struct list_head *swept)
{
	dnetmap_binding_unindex(dn, b, NULL);
	list_add(&b->list, swept);
	dnetmap_pool_changed(dn);
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
	dnetmap_binding_free(b);
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
	dnetmap_records_unlate(dn, b);
	if (atomic64_fetch_or(DNETMAP_ENDED, &b->state) >= 0)
		flags |= DNETMAP_CUT;
	dnetmap_binding_set_flags(b, flags);
	dnetmap_addrtree_mark_gone(&dn->by_postnat, ntohl(b->postnat));
	dn->gone++;
	dnetmap_prefix_open_of(dn, b->postnat);
	dnetmap_pool_changed(dn);
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

/**
 * dnetmap_binding_table_init() - make a namespace's indexes
 * @dn: the namespace
 *
 * Return: 0 or -ENOMEM.
 */
int dnetmap_binding_table_init(struct dnetmap_net *dn)
{
	struct rhashtable_params params = dnetmap_prenat_params;

	/* It makes room for a third more than this, of 131072 at most. */
	params.nelem_hint = clamp(dnetmap_hash_size * 3 / 4, 1U,
				  (unsigned int)U16_MAX);
	dnetmap_addrtree_init(&dn->by_postnat,
			      dnetmap_net_is_tenant(dn->net) ?
			      DNETMAP_TREE_BYTES_TENANT : SIZE_MAX);
	return rhashtable_init(&dn->by_prenat, &params);
}

static void dnetmap_binding_release(struct dnetmap_binding *b)
{
	kmem_cache_free(dnetmap_binding_cache, b);
}

/**
 * dnetmap_binding_table_destroy() - free a namespace's indexes and records
 * @dn: the namespace, which nobody sees any more
 *
 * Context: process, after a grace period; sleeps.
 */
void dnetmap_binding_table_destroy(struct dnetmap_net *dn)
{
	rhashtable_destroy(&dn->by_prenat);
	dnetmap_addrtree_destroy(&dn->by_postnat, dnetmap_binding_release);
}

/**
 * dnetmap_binding_init() - prepare for bindings, once for the module
 *
 * Return: 0 or -ENOMEM.
 */
int __init dnetmap_binding_init(void)
{
	int err;

	dnetmap_binding_cache = KMEM_CACHE(dnetmap_binding, SLAB_HWCACHE_ALIGN);
	if (!dnetmap_binding_cache)
		return -ENOMEM;
	err = dnetmap_addrtree_cache_init();
	if (err)
		kmem_cache_destroy(dnetmap_binding_cache);
	return err;
}

/**
 * dnetmap_binding_exit() - undo dnetmap_binding_init()
 *
 * Context: process, with no namespace left; waits for records being freed.
 */
void dnetmap_binding_exit(void)
{
	rcu_barrier();
	dnetmap_addrtree_cache_exit();
	kmem_cache_destroy(dnetmap_binding_cache);
}
