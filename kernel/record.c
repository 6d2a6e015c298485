// SPDX-License-Identifier: GPL-2.0-only
/*
 * Records: one for each address that has been allocated, and the two indexes to
 * find them. record.h defines "record" and "binding".
 *
 * Theory of operation
 *
 * A namespace indexes its records twice: in a hash table by prenat address, for
 * outbound packets, and in a tree by postnat address (addrtree.c), for inbound
 * packets, for finding the lowest unused address, and for walking in order of
 * address. Packets search both under RCU (lookup.h). Both are changed under
 * &dnetmap_net.lock.
 *
 * There are two hash tables: one for the bindings of the shared scope, by prenat
 * address, and one for those of all other scopes, by prenat address and prefix
 * (own_index.c). So a look-up in the shared scope costs what it would cost if there
 * were no others.
 *
 * The two addresses of a record never change. A new pair of addresses needs a
 * new record, and the old one is freed after a grace period. So a reader sees
 * either a complete pair or none.
 *
 * This file does not interpret records; the life of a binding is in binding.c.
 */
#include <linux/err.h>
#include <linux/rcupdate.h>
#include <linux/sched.h>
#include <linux/sizes.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/workqueue.h>

#include "lookup.h"
#include "net.h"
#include "own_index.h"
#include "param.h"
#include "prefix_index.h"
#include "record.h"

/* Bound on a tenant's tree, whatever addresses its root chooses. */
#define DNETMAP_TREE_BYTES_TENANT	SZ_8M

static struct kmem_cache *dnetmap_record_cache;

/**
 * dnetmap_record_next() - walk records in order of postnat address
 * @dn: the namespace
 * @addr: where to start, host order; set to the address of the record found.
 *	64 bits, so that incrementing 255.255.255.255 does not wrap around
 * @last: where to stop, host order
 *
 * Context: RCU read side, or &dnetmap_net.lock held.
 * Return: the first record from @addr to @last, or NULL.
 */
struct dnetmap_record *dnetmap_record_next(struct dnetmap_net *dn,
					   u64 *addr, u32 last)
{
	return dnetmap_addrtree_next(&dn->by_postnat, addr, last);
}

/**
 * dnetmap_record_next_gone() - find the next record that is %DNETMAP_GONE
 * @dn: the namespace, &dnetmap_net.lock held
 * @addr: as for dnetmap_record_next()
 * @last: where to stop, host order
 *
 * Return: the first such record from @addr to @last, or NULL.
 */
struct dnetmap_record *dnetmap_record_next_gone(struct dnetmap_net *dn,
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
 * dnetmap_record_alloc() - allocate a record for a host, without a postnat
 *	address
 * @prenat: the host's private address
 * @flags: GFP_KERNEL_ACCOUNT on behalf of a process that may sleep
 *
 * Return: a record, ended and vacant, or NULL.
 */
struct dnetmap_record *dnetmap_record_alloc(__be32 prenat, gfp_t flags)
{
	struct dnetmap_record *r;

	r = kmem_cache_alloc(dnetmap_record_cache, flags);
	if (!r)
		return NULL;
	atomic64_set(&r->state, DNETMAP_ENDED);
	r->prenat = prenat;
	r->flags = DNETMAP_VACANT;
	r->queue = DNETMAP_QUEUE_NONE;
	return r;
}

static void dnetmap_record_free_now(struct rcu_head *rcu)
{
	kmem_cache_free(dnetmap_record_cache,
			container_of(rcu, struct dnetmap_record, rcu));
}

/**
 * dnetmap_record_free() - free a record after a grace period
 * @r: the record, in no index any more; RCU readers may still use it
 */
void dnetmap_record_free(struct dnetmap_record *r)
{
	call_rcu(&r->rcu, dnetmap_record_free_now);
}

/* Records that have been swept and wait to be freed. */
static LIST_HEAD(dnetmap_swept);
static DEFINE_SPINLOCK(dnetmap_swept_lock); /* process context only */

static void dnetmap_record_free_swept_work(struct work_struct *work)
{
	struct dnetmap_record *r, *next;
	LIST_HEAD(swept);

	spin_lock(&dnetmap_swept_lock);
	list_splice_init(&dnetmap_swept, &swept);
	spin_unlock(&dnetmap_swept_lock);
	synchronize_rcu();
	list_for_each_entry_safe(r, next, &swept, list) {
		kmem_cache_free(dnetmap_record_cache, r);
		cond_resched();
	}
}

static DECLARE_WORK(dnetmap_swept_work, dnetmap_record_free_swept_work);

/**
 * dnetmap_record_free_swept() - free the records of a sweep
 * @swept: records, by &dnetmap_record.list; RCU readers may still use them
 *
 * They are freed by work, after one grace period for all. With a call_rcu() for
 * each record, RCU would free thousands in one go, in softirq.
 *
 * Context: process.
 */
void dnetmap_record_free_swept(struct list_head *swept)
{
	if (list_empty(swept))
		return;
	spin_lock(&dnetmap_swept_lock);
	list_splice(swept, &dnetmap_swept);
	spin_unlock(&dnetmap_swept_lock);
	queue_work(dnetmap_reap_wq, &dnetmap_swept_work);
}

/**
 * dnetmap_record_take() - add a record to the index by postnat address
 * @dn: the namespace, &dnetmap_net.lock held
 * @r: the record
 * @spare: preallocated tree nodes, or NULL
 *
 * Return: as dnetmap_addrtree_insert().
 */
int dnetmap_record_take(struct dnetmap_net *dn, struct dnetmap_record *r,
			struct dnetmap_addrtree_spare *spare)
{
	int err;

	lockdep_assert_held(&dn->lock);
	err = dnetmap_addrtree_insert(&dn->by_postnat, ntohl(r->postnat), r,
				      spare);
	if (!err)
		dn->records++;
	return err;
}

/**
 * dnetmap_record_take_lowest() - take the lowest address that has no record
 * @dn: the namespace, &dnetmap_net.lock held
 * @r: the record, without a postnat address yet
 * @first: lowest address allowed, host order
 * @last: highest address allowed, host order
 *
 * Return: 0; -EBUSY if every address has a record; -ENOSPC if the tree may not
 * grow by the nodes that the lowest free address needs; or -ENOMEM.
 */
int dnetmap_record_take_lowest(struct dnetmap_net *dn,
			       struct dnetmap_record *r, u32 first, u32 last)
{
	u64 addr = first;
	int err;

	lockdep_assert_held(&dn->lock);
	if (first > last)
		return -EBUSY;
	r->postnat = htonl(first);
	err = dnetmap_record_take(dn, r, NULL);
	if (err != -EBUSY ||
	    !dnetmap_addrtree_next_marked(&dn->by_postnat,
					  DNETMAP_ADDRTREE_FREE, &addr, last))
		return err;
	r->postnat = htonl(addr);
	return dnetmap_record_take(dn, r, NULL);
}

/**
 * dnetmap_record_leave() - remove a record from the index by postnat address
 * @dn: the namespace, &dnetmap_net.lock held
 * @addr: the address, host order
 *
 * Invalidates every cached &dnetmap_prefix.lowest.
 */
void dnetmap_record_leave(struct dnetmap_net *dn, u32 addr)
{
	lockdep_assert_held(&dn->lock);
	dnetmap_addrtree_remove(&dn->by_postnat, addr);
	dn->records--;
	dn->erasures++;
	dnetmap_prefix_open_of(dn, htonl(addr));
}

static __always_inline int
dnetmap_prenat_differs(struct rhashtable_compare_arg *arg, const void *obj)
{
	return !dnetmap_prenat_is(obj, arg->key);
}

static const struct rhashtable_params dnetmap_prenat_params = {
	.head_offset		= offsetof(struct dnetmap_record, by_prenat),
	.key_offset		= offsetof(struct dnetmap_record, prenat),
	.key_len		= sizeof_field(struct dnetmap_record, prenat),
	.hashfn			= dnetmap_prenat_hash,
	.obj_cmpfn		= dnetmap_prenat_differs,
	.automatic_shrinking	= true,
};

/**
 * dnetmap_record_host_insert() - add a record to the index by prenat address
 * @dn: the namespace, &dnetmap_net.lock held
 * @r: the record, with all that its index has as key
 * @old: the host's record in the same scope until now, or NULL; replaced in the
 *	index on success
 *
 * Return: 0, or -ENOMEM for any reason why the hash table cannot grow.
 */
int dnetmap_record_host_insert(struct dnetmap_net *dn,
			       struct dnetmap_record *r,
			       struct dnetmap_record *old)
{
	int err;

	lockdep_assert_held(&dn->lock);
	if (r->own)
		err = dnetmap_own_insert(dn, r, old);
	else if (old)
		err = rhashtable_replace_fast(&dn->by_prenat, &old->by_prenat,
					      &r->by_prenat,
					      dnetmap_prenat_params);
	else
		err = rhashtable_insert_fast(&dn->by_prenat, &r->by_prenat,
					     dnetmap_prenat_params);
	return err ? -ENOMEM : 0;
}

/**
 * dnetmap_record_host_remove() - undo dnetmap_record_host_insert()
 * @dn: the namespace, &dnetmap_net.lock held
 * @r: the record
 */
void dnetmap_record_host_remove(struct dnetmap_net *dn,
				struct dnetmap_record *r)
{
	lockdep_assert_held(&dn->lock);
	if (r->own)
		dnetmap_own_remove(dn, r);
	else
		rhashtable_remove_fast(&dn->by_prenat, &r->by_prenat,
				       dnetmap_prenat_params);
}

/**
 * dnetmap_record_table_init() - make a namespace's indexes
 * @dn: the namespace
 *
 * Return: 0 or -ENOMEM.
 */
int dnetmap_record_table_init(struct dnetmap_net *dn)
{
	struct rhashtable_params params = dnetmap_prenat_params;
	int err;

	/*
	 * rhashtable adds a third to this 16-bit hint and rounds up: at most
	 * 131072 buckets.
	 */
	params.nelem_hint = clamp(dnetmap_hash_size * 3 / 4, 1U,
				  (unsigned int)U16_MAX);
	dnetmap_addrtree_init(&dn->by_postnat,
			      dnetmap_net_is_tenant(dn->net) ?
			      DNETMAP_TREE_BYTES_TENANT : SIZE_MAX);
	err = rhashtable_init(&dn->by_prenat, &params);
	if (err)
		return err;
	err = dnetmap_own_init(dn);
	if (err)
		rhashtable_destroy(&dn->by_prenat);
	return err;
}

static void dnetmap_record_release(struct dnetmap_record *r)
{
	kmem_cache_free(dnetmap_record_cache, r);
}

/**
 * dnetmap_record_table_destroy() - free a namespace's indexes and records
 * @dn: the namespace, which nothing references any more
 *
 * Context: process, after a grace period; sleeps.
 */
void dnetmap_record_table_destroy(struct dnetmap_net *dn)
{
	dnetmap_own_destroy(dn);
	rhashtable_destroy(&dn->by_prenat);
	dnetmap_addrtree_destroy(&dn->by_postnat, dnetmap_record_release);
}

/**
 * dnetmap_record_init() - create the slab caches, once for the module
 *
 * Return: 0 or -ENOMEM.
 */
int __init dnetmap_record_init(void)
{
	int err;

	dnetmap_record_cache = KMEM_CACHE(dnetmap_record, SLAB_HWCACHE_ALIGN);
	if (!dnetmap_record_cache)
		return -ENOMEM;
	err = dnetmap_addrtree_cache_init();
	if (err)
		kmem_cache_destroy(dnetmap_record_cache);
	return err;
}

/**
 * dnetmap_record_exit() - undo dnetmap_record_init()
 *
 * Context: process, with no namespace left; waits for pending RCU callbacks.
 */
void dnetmap_record_exit(void)
{
	rcu_barrier();
	dnetmap_addrtree_cache_exit();
	kmem_cache_destroy(dnetmap_record_cache);
}
