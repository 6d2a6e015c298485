// SPDX-License-Identifier: GPL-2.0-only
/*
 * Prefixes: the subnets that rules draw postnat addresses from.
 *
 * Theory of operation
 *
 * A prefix exists from its first rule to its last. It is found by its block
 * (address and length) in a hash table, so a rule needs no pointer to it, and
 * a list keeps the order of creation. &dnetmap_pernet.mutex serialises creation
 * and removal; &dnetmap_net.lock is taken besides where softirqs must not see
 * halves.
 *
 * Prefixes may overlap, and then one lies within the other. Of the bindings
 * in an address range, each is held through one prefix, which lists it when it
 * is idle; &dnetmap_binding.prefix_len says which, as an address and a length
 * make a block. What lies "in" a prefix is a matter of addresses alone.
 *
 * The end of a prefix comes after its last rule has gone, or where it is
 * persistent, with the command that makes it so no longer. It leaves the list,
 * so that nobody takes addresses from it; its records come to their end
 * (records.c), which is logged, and are erased; and its files are removed. Where
 * somebody is in one of them, be it with the command that ended the prefix, all
 * that is left of it stays until he is out (proc.c), and if a rule names it
 * meanwhile, it begins anew: what he does then is done to its new life. The files
 * are there before the prefix is in the list, too, and a command that comes then
 * finds it as it does one that has ended.
 */
#include <linux/bitops.h>
#include <linux/err.h>
#include <linux/in.h>
#include <linux/rhashtable.h>
#include <linux/slab.h>

#include "binding.h"
#include "expiry.h"
#include "hash.h"
#include "log.h"
#include "netns.h"
#include "param.h"
#include "pool.h"
#include "prefix.h"
#include "proc.h"
#include "records.h"

static __always_inline u32 dnetmap_block_hash(const void *key, u32 len,
					      u32 seed)
{
	const struct dnetmap_block *block = key;

	return dnetmap_hash((u64)block->len << 32 | ntohl(block->addr), seed);
}

static __always_inline int
dnetmap_prefix_differs(struct rhashtable_compare_arg *arg, const void *obj)
{
	const struct dnetmap_prefix *prefix = obj;

	return !dnetmap_block_equal(&prefix->block, arg->key);
}

static const struct rhashtable_params dnetmap_prefix_params = {
	.head_offset		= offsetof(struct dnetmap_prefix, by_block),
	.key_offset		= offsetof(struct dnetmap_prefix, block),
	.key_len		= sizeof_field(struct dnetmap_prefix, block),
	.hashfn			= dnetmap_block_hash,
	.obj_cmpfn		= dnetmap_prefix_differs,
	.nelem_hint		= 3,
	.automatic_shrinking	= true,
};

/**
 * dnetmap_prefix_find() - find a prefix by its block
 * @dn: the namespace
 * @block: the block
 *
 * The newest prefix, mostly the only one, is found without a search.
 *
 * Context: RCU read side, or &dnetmap_net.lock or &dnetmap_pernet.mutex held.
 * Return: the prefix or NULL.
 */
struct dnetmap_prefix *dnetmap_prefix_find(struct dnetmap_net *dn,
					   const struct dnetmap_block *block)
{
	struct dnetmap_prefix *recent = READ_ONCE(dn->recent);

	if (likely(recent) && dnetmap_block_equal(&recent->block, block))
		return recent;
	return rhashtable_lookup_fast(&dn->prefixes, block,
				      dnetmap_prefix_params);
}

/**
 * dnetmap_prefix_of() - find the prefix of a length that an address lies in
 * @dn: the namespace
 * @addr: the address
 * @len: length of the prefix
 *
 * Context: as for dnetmap_prefix_find().
 * Return: the prefix or NULL.
 */
struct dnetmap_prefix *dnetmap_prefix_of(struct dnetmap_net *dn,
					 __be32 addr, u32 len)
{
	struct dnetmap_block block = {
		.addr	= addr & htonl(dnetmap_mask(len)),
		.len	= len,
	};

	return dnetmap_prefix_find(dn, &block);
}

/* The number of prefixes that an address lies in, counted up to @enough. */
static unsigned int dnetmap_prefix_count(struct dnetmap_net *dn, __be32 addr,
					 unsigned int enough)
{
	u32 lengths = READ_ONCE(dn->lengths);
	struct dnetmap_prefix *prefix;
	unsigned int count = 0;

	for (; lengths && count < enough; lengths &= lengths - 1) {
		prefix = dnetmap_prefix_of(dn, addr, ffs(lengths));
		/* What has ended is found as long as its files are there. */
		if (prefix && READ_ONCE(prefix->listed))
			count++;
	}
	return count;
}

/**
 * dnetmap_prefix_covers() - does an address lie in any prefix?
 * @dn: the namespace
 * @addr: the address
 *
 * Costs two comparisons for an address outside the range of all prefixes, as
 * a private one should be, and else a look-up for each length in use.
 *
 * Context: RCU read side.
 * Return: true where it does.
 */
bool dnetmap_prefix_covers(struct dnetmap_net *dn, __be32 addr)
{
	u32 host = ntohl(addr);

	if (likely(host < READ_ONCE(dn->pool_first) ||
		   host > READ_ONCE(dn->pool_last)))
		return false;
	return dnetmap_prefix_count(dn, addr, 1);
}

/**
 * dnetmap_prefix_shared() - does an address lie in two prefixes or more?
 * @dn: the namespace
 * @addr: the address
 *
 * Context: as for dnetmap_prefix_find().
 * Return: true where it does.
 */
bool dnetmap_prefix_shared(struct dnetmap_net *dn, __be32 addr)
{
	return dnetmap_prefix_count(dn, addr, 2) == 2;
}

/**
 * dnetmap_prefix_oldest_of() - find the oldest prefix that an address lies in
 * @dn: the namespace, &dnetmap_net.lock held
 * @addr: the address
 *
 * Costs a look-up for each length in use, however many prefixes there are.
 *
 * Return: the prefix, of those in the list, or NULL.
 */
struct dnetmap_prefix *dnetmap_prefix_oldest_of(struct dnetmap_net *dn,
						__be32 addr)
{
	struct dnetmap_prefix *prefix, *oldest = NULL;
	u32 lengths;

	lockdep_assert_held(&dn->lock);
	for (lengths = dn->lengths; lengths; lengths &= lengths - 1) {
		prefix = dnetmap_prefix_of(dn, addr, ffs(lengths));
		if (prefix && prefix->listed &&
		    (!oldest || prefix->number < oldest->number))
			oldest = prefix;
	}
	return oldest;
}

/**
 * dnetmap_prefix_overlaps() - does a prefix share addresses with another?
 * @prefix: the prefix, in the list or not, &dnetmap_net.lock held
 *
 * Return: true where it does with one in the list.
 */
bool dnetmap_prefix_overlaps(const struct dnetmap_prefix *prefix)
{
	struct dnetmap_net *dn = prefix->dn;
	u32 first = dnetmap_block_first(&prefix->block);
	u32 last = dnetmap_block_last(&prefix->block);
	struct dnetmap_prefix *other;

	lockdep_assert_held(&dn->lock);
	list_for_each_entry(other, &dn->prefix_list, list)
		if (other != prefix &&
		    first <= dnetmap_block_last(&other->block) &&
		    last >= dnetmap_block_first(&other->block))
			return true;
	return false;
}

/* What all prefixes have in common, after one has come or gone. */
static void dnetmap_prefix_survey(struct dnetmap_net *dn)
{
	u32 first = U32_MAX, last = 0;
	struct dnetmap_prefix *prefix;
	u32 lengths = 0;

	lockdep_assert_held(&dn->lock);
	list_for_each_entry(prefix, &dn->prefix_list, list) {
		first = min(first, dnetmap_block_first(&prefix->block));
		last = max(last, dnetmap_block_last(&prefix->block));
		lengths |= BIT(prefix->block.len - 1);
	}
	WRITE_ONCE(dn->pool_first, first);
	WRITE_ONCE(dn->pool_last, last);
	WRITE_ONCE(dn->lengths, lengths);
	dnetmap_pool_changed(dn);
}

/* Take a prefix off the list, if nothing keeps it. */
static bool dnetmap_prefix_unlist(struct dnetmap_prefix *prefix, bool *overlaps)
{
	struct dnetmap_net *dn = prefix->dn;
	bool ends;

	spin_lock_bh(&dn->lock);
	ends = prefix->listed && !prefix->rules && !prefix->persistent;
	if (ends) {
		WRITE_ONCE(prefix->listed, false);
		WRITE_ONCE(prefix->ended, true);
		list_move_tail(&prefix->list, &dn->ended_prefixes);
		dnetmap_prefix_survey(dn);
		*overlaps = dnetmap_prefix_overlaps(prefix);
	}
	spin_unlock_bh(&dn->lock);
	return ends;
}

/* End a prefix, if nothing keeps it, and all that is held through it. */
static void dnetmap_prefix_end(struct dnetmap_prefix *prefix)
{
	struct dnetmap_net *dn = prefix->dn;
	bool overlaps;

	dnetmap_net_assert_locked(dn->net);
	if (!dnetmap_prefix_unlist(prefix, &overlaps))
		return;
	if (overlaps)
		dnetmap_records_pass_on(prefix);
	dnetmap_expiry_catch_up(dn);
	spin_lock_bh(&dn->lock);
	dnetmap_expiry_advance(dn, dnetmap_now(), DNETMAP_EXPIRY_ALL);
	dnetmap_records_abandon(prefix, false);
	dnetmap_log_prefix_removed(dn, prefix);
	spin_unlock_bh(&dn->lock);
	dnetmap_records_sweep(prefix);
}

/* What is left to do for a prefix that has ended, when nobody is in its files. */
static void dnetmap_prefix_remove(struct dnetmap_prefix *prefix)
{
	struct dnetmap_net *dn = prefix->dn;

	if (!dnetmap_proc_prefix_remove(prefix))
		return;
	list_del(&prefix->list);
	spin_lock_bh(&dn->lock);
	list_del(&prefix->unused);
	rhashtable_remove_fast(&dn->prefixes, &prefix->by_block,
			       dnetmap_prefix_params);
	if (dn->recent == prefix)
		WRITE_ONCE(dn->recent, NULL);
	spin_unlock_bh(&dn->lock);
	kfree_rcu(prefix, rcu);
}

/* One that has lost its last rule; and may have got another since. */
static struct dnetmap_prefix *dnetmap_prefix_next_unused(struct dnetmap_net *dn)
{
	struct dnetmap_prefix *prefix;

	spin_lock_bh(&dn->lock);
	prefix = list_first_entry_or_null(&dn->unused_prefixes,
					  struct dnetmap_prefix, unused);
	if (prefix)
		list_del_init(&prefix->unused);
	spin_unlock_bh(&dn->lock);
	return prefix;
}

/**
 * dnetmap_prefix_reap() - end the prefixes that nothing keeps, and remove those
 *	that have ended
 * @dn: the namespace
 *
 * Context: process, &dnetmap_pernet.mutex held; sleeps.
 */
void dnetmap_prefix_reap(struct dnetmap_net *dn)
{
	struct dnetmap_prefix *prefix, *next;

	dnetmap_net_assert_locked(dn->net);
	while ((prefix = dnetmap_prefix_next_unused(dn)))
		dnetmap_prefix_end(prefix);
	list_for_each_entry_safe(prefix, next, &dn->ended_prefixes, list)
		dnetmap_prefix_remove(prefix);
}

/* A prefix that dnetmap_prefix_begin() is to begin, as one that has ended. */
static struct dnetmap_prefix *
dnetmap_prefix_create(struct dnetmap_net *dn, const struct dnetmap_block *block)
{
	struct dnetmap_prefix *prefix;
	int err;

	prefix = kzalloc(sizeof(*prefix), GFP_KERNEL_ACCOUNT);
	if (!prefix)
		return ERR_PTR(-ENOMEM);
	prefix->dn = dn;
	prefix->block = *block;
	prefix->first = dnetmap_block_first(block);
	prefix->last = dnetmap_block_last(block);
	if (!dnetmap_whole_prefix && block->len <= 30) {
		prefix->first++;
		prefix->last--;
	}
	/* No host's, whatever the prefix. */
	if (prefix->last == INADDR_BROADCAST)
		prefix->last--;
	INIT_LIST_HEAD(&prefix->idle);
	INIT_LIST_HEAD(&prefix->unused);
	err = rhashtable_insert_fast(&dn->prefixes, &prefix->by_block,
				     dnetmap_prefix_params);
	if (err) {
		kfree(prefix);
		return ERR_PTR(err);
	}
	list_add_tail(&prefix->list, &dn->ended_prefixes);
	return prefix;
}

/* Let a prefix be drawn from: one that is new, or has ended and is still there. */
static int dnetmap_prefix_begin(struct dnetmap_prefix *prefix)
{
	struct dnetmap_net *dn = prefix->dn;
	bool overlaps;
	int err;

	WRITE_ONCE(prefix->ended, false);
	err = dnetmap_proc_prefix_add(prefix);
	if (err) {
		WRITE_ONCE(prefix->ended, true);
		return err;
	}

	spin_lock_bh(&dn->lock);
	prefix->number = dn->prefixes_made++;
	prefix->lowest = prefix->first;
	WRITE_ONCE(prefix->shortage.told, false);
	list_move_tail(&prefix->list, &dn->prefix_list);
	WRITE_ONCE(prefix->listed, true);
	/* The release pairs with the address dependency of a reader. */
	smp_store_release(&dn->recent, prefix);
	dnetmap_prefix_survey(dn);
	dnetmap_log_prefix_new(dn, prefix);
	overlaps = dnetmap_prefix_overlaps(prefix);
	spin_unlock_bh(&dn->lock);
	if (overlaps)
		dnetmap_records_forget_vacant(prefix);
	return 0;
}

/**
 * dnetmap_prefix_get() - a rule names a prefix
 * @dn: the namespace
 * @block: the prefix, created where it does not exist yet
 *
 * Context: process, &dnetmap_pernet.mutex held; sleeps.
 * Return: 0 or an error, after which dnetmap_prefix_reap() is to see to what is
 * left.
 */
int dnetmap_prefix_get(struct dnetmap_net *dn, const struct dnetmap_block *block)
{
	struct dnetmap_prefix *prefix = dnetmap_prefix_find(dn, block);
	int err;

	dnetmap_net_assert_locked(dn->net);
	if (!prefix)
		prefix = dnetmap_prefix_create(dn, block);
	if (IS_ERR(prefix))
		return PTR_ERR(prefix);
	if (!prefix->listed) {
		err = dnetmap_prefix_begin(prefix);
		if (err)
			return err;
	}
	spin_lock_bh(&dn->lock);
	prefix->rules++;
	spin_unlock_bh(&dn->lock);
	return 0;
}

/**
 * dnetmap_prefix_put() - a rule that named a prefix is gone
 * @prefix: the prefix, &dnetmap_net.lock held
 *
 * Return: true where that leaves it for dnetmap_prefix_reap().
 */
bool dnetmap_prefix_put(struct dnetmap_prefix *prefix)
{
	struct dnetmap_net *dn = prefix->dn;

	lockdep_assert_held(&dn->lock);
	if (--prefix->rules || prefix->persistent)
		return false;
	if (list_empty(&prefix->unused))
		list_add_tail(&prefix->unused, &dn->unused_prefixes);
	return true;
}

/**
 * dnetmap_prefix_set_persistent() - let a prefix outlive its rules, or not
 * @prefix: the prefix
 * @on: where false, and no rule is left, this is the end of the prefix
 *
 * Context: process; where @on is false, &dnetmap_pernet.mutex held, and sleeps.
 * Return: 0, or -ENOENT where the prefix has ended before.
 */
int dnetmap_prefix_set_persistent(struct dnetmap_prefix *prefix, bool on)
{
	struct dnetmap_net *dn = prefix->dn;
	bool listed;

	spin_lock_bh(&dn->lock);
	listed = prefix->listed;
	if (listed)
		WRITE_ONCE(prefix->persistent, on);
	spin_unlock_bh(&dn->lock);
	if (!listed)
		return -ENOENT;
	if (!on)
		dnetmap_prefix_end(prefix);
	return 0;
}

/**
 * dnetmap_prefix_end_all() - end the prefixes that persist without a rule
 * @dn: the namespace, without rules
 *
 * Context: process, &dnetmap_pernet.mutex held; sleeps.
 */
void dnetmap_prefix_end_all(struct dnetmap_net *dn)
{
	struct dnetmap_prefix *prefix;

	dnetmap_net_assert_locked(dn->net);
	do {
		spin_lock_bh(&dn->lock);
		prefix = list_first_entry_or_null(&dn->prefix_list,
						  struct dnetmap_prefix, list);
		spin_unlock_bh(&dn->lock);
		if (prefix)
			dnetmap_prefix_set_persistent(prefix, false);
	} while (prefix);
	dnetmap_prefix_reap(dn);
}

/**
 * dnetmap_prefix_flush() - remove all bindings that lie in a prefix
 * @prefix: the prefix
 *
 * Context: process; sleeps.
 * Return: 0, or -ENOENT where the prefix has ended before.
 */
int dnetmap_prefix_flush(struct dnetmap_prefix *prefix)
{
	struct dnetmap_net *dn = prefix->dn;
	bool listed;

	dnetmap_expiry_catch_up(dn);
	spin_lock_bh(&dn->lock);
	listed = prefix->listed;
	if (listed) {
		dnetmap_expiry_advance(dn, dnetmap_now(), DNETMAP_EXPIRY_ALL);
		dnetmap_records_abandon(prefix, true);
		dnetmap_log_prefix_flushed(dn, prefix);
	}
	spin_unlock_bh(&dn->lock);
	if (!listed)
		return -ENOENT;
	dnetmap_records_sweep(prefix);
	return 0;
}

/**
 * dnetmap_prefix_table_init() - make a namespace's index of prefixes
 * @dn: the namespace
 *
 * Return: 0 or -ENOMEM.
 */
int dnetmap_prefix_table_init(struct dnetmap_net *dn)
{
	INIT_LIST_HEAD(&dn->prefix_list);
	INIT_LIST_HEAD(&dn->unused_prefixes);
	INIT_LIST_HEAD(&dn->ended_prefixes);
	dn->pool_first = U32_MAX;
	return rhashtable_init(&dn->prefixes, &dnetmap_prefix_params);
}

static void dnetmap_prefix_free(void *ptr, void *arg)
{
	kfree(ptr);
}

/**
 * dnetmap_prefix_table_destroy() - free a namespace's prefixes
 * @dn: the namespace, which nobody sees any more
 *
 * Context: process, after a grace period; sleeps.
 */
void dnetmap_prefix_table_destroy(struct dnetmap_net *dn)
{
	rhashtable_free_and_destroy(&dn->prefixes, dnetmap_prefix_free, NULL);
}
