// SPDX-License-Identifier: GPL-2.0-only
/*
 * The prefixes of a namespace, and how they are found.
 *
 * Theory of operation
 *
 * There may be tens of thousands of prefixes, and they may overlap: any two
 * blocks are disjoint, or one lies within the other. No function here visits
 * all of them. The indexes:
 *
 *   by block    A hash table, searched under RCU. A rule names a block, so the
 *               rule needs no pointer. A prefix that has ended stays in the
 *               table until it is freed.
 *   by address  The same table, searched once for each length in use, as an
 *               address lies in one block of each length: 25 look-ups at most.
 *   in order of address   A tree of the listed prefixes, to find the lowest and
 *               the highest address of all of them.
 *   by age      A list of the listed prefixes, and a tree of those of them that
 *               are open, that is, may have a free address for a rule that names
 *               no prefix. Own prefixes are never open (scope.c).
 *
 * A prefix is closed when it was asked for an address and had none. It is
 * opened again by anything that may change that: an address in it loses its
 * record, or a record that it holds becomes idle or gone. A rule that names no
 * prefix allocates from the oldest prefix that has an address. So it only has
 * to look at prefixes that have become full since the last time, even if ten
 * thousand full ones are older.
 */
#include <linux/bitops.h>
#include <linux/rbtree.h>
#include <linux/rhashtable.h>
#include <linux/slab.h>

#include "hash.h"
#include "net.h"
#include "prefix_index.h"

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
 * The newest prefix, often the only one, is found without a hash look-up.
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
 * dnetmap_prefix_of() - find the prefix of a given length containing an address
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

/*
 * The same for listed prefixes: the hash table also has those that have ended.
 */
static struct dnetmap_prefix *
dnetmap_prefix_listed_of(struct dnetmap_net *dn, __be32 addr, u32 len)
{
	struct dnetmap_prefix *prefix = dnetmap_prefix_of(dn, addr, len);

	return prefix && READ_ONCE(prefix->listed) ? prefix : NULL;
}

/*
 * The number of listed prefixes containing an address, counted up to @enough.
 */
static unsigned int dnetmap_prefix_count(struct dnetmap_net *dn, __be32 addr,
					 unsigned int enough)
{
	u32 lengths = READ_ONCE(dn->lengths);
	unsigned int count = 0;

	for (; lengths && count < enough; lengths &= lengths - 1)
		if (dnetmap_prefix_listed_of(dn, addr, ffs(lengths)))
			count++;
	return count;
}

/**
 * dnetmap_prefix_covers() - does an address lie in any prefix?
 * @dn: the namespace
 * @addr: the address
 *
 * Costs two comparisons for an address outside the range of all prefixes, where
 * private addresses should be; otherwise a look-up for each length in use.
 *
 * Context: RCU read side.
 * Return: true if it does.
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
 * Return: true if it does.
 */
bool dnetmap_prefix_shared(struct dnetmap_net *dn, __be32 addr)
{
	return dnetmap_prefix_count(dn, addr, 2) == 2;
}

/**
 * dnetmap_prefix_oldest_of() - find the oldest listed prefix containing an
 *	address
 * @dn: the namespace, &dnetmap_net.lock held
 * @addr: the address
 *
 * Costs a look-up for each length in use, however many prefixes there are.
 *
 * Return: the prefix or NULL.
 */
struct dnetmap_prefix *dnetmap_prefix_oldest_of(struct dnetmap_net *dn,
						__be32 addr)
{
	struct dnetmap_prefix *prefix, *oldest = NULL;
	u32 lengths;

	lockdep_assert_held(&dn->lock);
	for (lengths = dn->lengths; lengths; lengths &= lengths - 1) {
		prefix = dnetmap_prefix_listed_of(dn, addr, ffs(lengths));
		if (prefix && (!oldest || prefix->number < oldest->number))
			oldest = prefix;
	}
	return oldest;
}

/* The first prefix, in order of address, whose first address is above @addr. */
static struct dnetmap_prefix *dnetmap_prefix_behind(struct dnetmap_net *dn,
						    u32 addr)
{
	struct rb_node *node = dn->prefixes_by_addr.rb_node;
	struct dnetmap_prefix *prefix, *found = NULL;

	while (node) {
		prefix = rb_entry(node, struct dnetmap_prefix, by_addr);
		if (dnetmap_block_first(&prefix->block) > addr) {
			found = prefix;
			node = node->rb_left;
		} else {
			node = node->rb_right;
		}
	}
	return found;
}

/**
 * dnetmap_prefix_overlaps() - does a prefix share addresses with a listed one?
 * @prefix: the prefix, listed or not, &dnetmap_net.lock held
 *
 * Return: true if it does with another one.
 */
bool dnetmap_prefix_overlaps(const struct dnetmap_prefix *prefix)
{
	u32 first = dnetmap_block_first(&prefix->block);
	u32 last = dnetmap_block_last(&prefix->block);
	struct dnetmap_net *dn = prefix->dn;
	unsigned int itself = prefix->listed;
	struct dnetmap_prefix *other;

	lockdep_assert_held(&dn->lock);
	/*
	 * Another prefix contains the first address of this one, or it starts
	 * at a higher address and lies within this one.
	 */
	if (dnetmap_prefix_count(dn, prefix->block.addr, itself + 1) > itself)
		return true;
	other = dnetmap_prefix_behind(dn, first);
	return other && dnetmap_block_first(&other->block) <= last;
}

/*
 * The largest listed prefix containing an address, which lies in at least one.
 */
static struct dnetmap_prefix *dnetmap_prefix_largest_of(struct dnetmap_net *dn,
							__be32 addr)
{
	struct dnetmap_prefix *prefix = NULL;
	u32 lengths;

	for (lengths = dn->lengths; lengths && !prefix; lengths &= lengths - 1)
		prefix = dnetmap_prefix_listed_of(dn, addr, ffs(lengths));
	return prefix;
}

/* Update the range of all prefixes, after one was listed or unlisted. */
static void dnetmap_prefixes_survey(struct dnetmap_net *dn)
{
	struct rb_node *head = rb_first(&dn->prefixes_by_addr);
	struct rb_node *tail = rb_last(&dn->prefixes_by_addr);
	u32 first = U32_MAX, last = 0;
	struct dnetmap_prefix *prefix;

	lockdep_assert_held(&dn->lock);
	if (head) {
		prefix = rb_entry(head, struct dnetmap_prefix, by_addr);
		first = dnetmap_block_first(&prefix->block);
		/*
		 * The highest address belongs to the largest prefix containing
		 * the one that starts last: no prefix partly overlaps another.
		 */
		prefix = rb_entry(tail, struct dnetmap_prefix, by_addr);
		prefix = dnetmap_prefix_largest_of(dn, prefix->block.addr);
		last = dnetmap_block_last(&prefix->block);
	}
	WRITE_ONCE(dn->pool_first, first);
	WRITE_ONCE(dn->pool_last, last);
	dnetmap_net_changed(dn);
}

/* Does a block come before a prefix, by address, and then by length? */
static bool dnetmap_prefix_precedes(u32 first, u32 len,
				    const struct dnetmap_prefix *other)
{
	u32 others = dnetmap_block_first(&other->block);

	return first < others || (first == others && len < other->block.len);
}

/**
 * dnetmap_prefix_from() - walk listed prefixes in order of address and length
 * @dn: the namespace, &dnetmap_net.lock held
 * @first: address to begin at, host order
 * @len: length to begin at
 *
 * Return: the first prefix that does not come before this block, or NULL.
 */
struct dnetmap_prefix *dnetmap_prefix_from(struct dnetmap_net *dn, u32 first,
					   u32 len)
{
	struct rb_node *node = dn->prefixes_by_addr.rb_node;
	struct dnetmap_prefix *prefix, *found = NULL;

	lockdep_assert_held(&dn->lock);
	while (node) {
		prefix = rb_entry(node, struct dnetmap_prefix, by_addr);
		if (dnetmap_prefix_precedes(first, len, prefix) ||
		    (first == dnetmap_block_first(&prefix->block) &&
		     len == prefix->block.len)) {
			found = prefix;
			node = node->rb_left;
		} else {
			node = node->rb_right;
		}
	}
	return found;
}

static void dnetmap_prefix_link_addr(struct dnetmap_prefix *prefix)
{
	struct rb_root *root = &prefix->dn->prefixes_by_addr;
	struct rb_node **link = &root->rb_node, *parent = NULL;
	u32 first = dnetmap_block_first(&prefix->block);
	struct dnetmap_prefix *other;

	while (*link) {
		parent = *link;
		other = rb_entry(parent, struct dnetmap_prefix, by_addr);
		link = dnetmap_prefix_precedes(first, prefix->block.len, other) ?
		       &parent->rb_left : &parent->rb_right;
	}
	rb_link_node(&prefix->by_addr, parent, link);
	rb_insert_color(&prefix->by_addr, root);
}

static void dnetmap_prefix_link_open(struct dnetmap_prefix *prefix)
{
	struct rb_root_cached *root = &prefix->dn->open_prefixes;
	struct rb_node **link = &root->rb_root.rb_node, *parent = NULL;
	struct dnetmap_prefix *other;
	bool leftmost = true;

	while (*link) {
		parent = *link;
		other = rb_entry(parent, struct dnetmap_prefix, by_age);
		if (prefix->number < other->number) {
			link = &parent->rb_left;
		} else {
			link = &parent->rb_right;
			leftmost = false;
		}
	}
	rb_link_node(&prefix->by_age, parent, link);
	rb_insert_color_cached(&prefix->by_age, root, leftmost);
}

/**
 * dnetmap_prefix_open() - note that a prefix may have a free address
 * @prefix: the prefix, &dnetmap_net.lock held; ignored if it is not listed
 */
void dnetmap_prefix_open(struct dnetmap_prefix *prefix)
{
	lockdep_assert_held(&prefix->dn->lock);
	if (prefix->open || prefix->own || !prefix->listed)
		return;
	prefix->open = true;
	prefix->dn->full_prefixes--;
	dnetmap_prefix_link_open(prefix);
}

/**
 * dnetmap_prefix_open_of() - note that an address may be free, in all prefixes
 * @dn: the namespace, &dnetmap_net.lock held
 * @addr: the address
 */
void dnetmap_prefix_open_of(struct dnetmap_net *dn, __be32 addr)
{
	struct dnetmap_prefix *prefix;
	u32 lengths;

	lockdep_assert_held(&dn->lock);
	if (likely(!dn->full_prefixes))
		return;
	for (lengths = dn->lengths; lengths; lengths &= lengths - 1) {
		prefix = dnetmap_prefix_listed_of(dn, addr, ffs(lengths));
		if (prefix)
			dnetmap_prefix_open(prefix);
	}
}

/**
 * dnetmap_prefix_close() - note that a prefix has no free address
 * @prefix: the prefix, &dnetmap_net.lock held
 *
 * Holds until dnetmap_prefix_open(). Not to be called if only the namespace's
 * bound on records was in the way: that is not a property of the prefix.
 */
void dnetmap_prefix_close(struct dnetmap_prefix *prefix)
{
	lockdep_assert_held(&prefix->dn->lock);
	if (!prefix->open)
		return;
	prefix->open = false;
	prefix->dn->full_prefixes++;
	rb_erase_cached(&prefix->by_age, &prefix->dn->open_prefixes);
}

/**
 * dnetmap_prefix_close_full() - close a prefix that is known to be full
 * @prefix: the prefix, &dnetmap_net.lock held
 *
 * Closes it only if it is full as far as cached values tell, without a search.
 * That is so while addresses are allocated one after the other. Otherwise the
 * prefix may stay open although it is full.
 */
void dnetmap_prefix_close_full(struct dnetmap_prefix *prefix)
{
	const struct dnetmap_net *dn = prefix->dn;

	if (prefix->lowest > prefix->last && prefix->erasures == dn->erasures &&
	    !dnetmap_queue_first(&prefix->idle) && !dn->gone)
		dnetmap_prefix_close(prefix);
}

/**
 * dnetmap_prefix_first_open() - the oldest prefix that may have a free address
 * @dn: the namespace, &dnetmap_net.lock held
 *
 * Return: the prefix or NULL.
 */
struct dnetmap_prefix *dnetmap_prefix_first_open(struct dnetmap_net *dn)
{
	lockdep_assert_held(&dn->lock);
	return rb_entry_safe(rb_first_cached(&dn->open_prefixes),
			     struct dnetmap_prefix, by_age);
}

/**
 * dnetmap_prefix_turn() - make a prefix own, or make it so no longer
 * @prefix: the prefix, listed, &dnetmap_net.lock held; someone has to call
 *	dnetmap_prefix_settle()
 */
void dnetmap_prefix_turn(struct dnetmap_prefix *prefix)
{
	struct dnetmap_net *dn = prefix->dn;

	lockdep_assert_held(&dn->lock);
	dnetmap_prefix_close(prefix);
	WRITE_ONCE(prefix->unsettled, true);
	WRITE_ONCE(prefix->own, !prefix->own);
	if (prefix->own)
		dn->full_prefixes--;
	else
		dn->full_prefixes++;
	dnetmap_prefix_open(prefix);
	if (list_empty(&prefix->settle))
		list_add_tail(&prefix->settle, &dn->settle_prefixes);
	dnetmap_net_changed(dn);
}

/**
 * dnetmap_prefix_list() - list a prefix, as the youngest one
 * @prefix: the prefix, in the hash table and in a list, &dnetmap_net.lock held
 *
 * From here on, rules may allocate addresses from it.
 */
void dnetmap_prefix_list(struct dnetmap_prefix *prefix)
{
	struct dnetmap_net *dn = prefix->dn;
	u32 len = prefix->block.len;

	lockdep_assert_held(&dn->lock);
	prefix->number = dn->prefixes_made++;
	list_move_tail(&prefix->list, &dn->prefix_list);
	WRITE_ONCE(prefix->listed, true);
	/* Pairs with the address dependency of readers of dn->recent. */
	smp_store_release(&dn->recent, prefix);
	if (!dn->length_uses[len - 1]++)
		WRITE_ONCE(dn->lengths, dn->lengths | BIT(len - 1));
	dnetmap_prefix_link_addr(prefix);
	dn->full_prefixes += !prefix->own;
	dnetmap_prefix_open(prefix);
	dnetmap_prefixes_survey(dn);
}

/**
 * dnetmap_prefix_unlist() - unlist a prefix: rules may not allocate from it
 * @prefix: the prefix, listed, &dnetmap_net.lock held
 * @list: the list that it is moved to
 */
void dnetmap_prefix_unlist(struct dnetmap_prefix *prefix, struct list_head *list)
{
	struct dnetmap_net *dn = prefix->dn;
	u32 len = prefix->block.len;

	lockdep_assert_held(&dn->lock);
	dnetmap_prefix_close(prefix);
	dn->full_prefixes -= !prefix->own;
	rb_erase(&prefix->by_addr, &dn->prefixes_by_addr);
	if (!--dn->length_uses[len - 1])
		WRITE_ONCE(dn->lengths, dn->lengths & ~BIT(len - 1));
	WRITE_ONCE(prefix->listed, false);
	list_move_tail(&prefix->list, list);
	dnetmap_prefixes_survey(dn);
}

/**
 * dnetmap_prefix_index() - add a prefix to the hash table
 * @prefix: the prefix
 *
 * Context: process, &dnetmap_pernet.mutex held; sleeps.
 * Return: 0 or an error.
 */
int dnetmap_prefix_index(struct dnetmap_prefix *prefix)
{
	return rhashtable_insert_fast(&prefix->dn->prefixes, &prefix->by_block,
				      dnetmap_prefix_params);
}

/**
 * dnetmap_prefix_unindex() - undo dnetmap_prefix_index()
 * @prefix: the prefix, not listed, &dnetmap_net.lock held; RCU readers may
 *	still use it, so it may only be freed after a grace period
 */
void dnetmap_prefix_unindex(struct dnetmap_prefix *prefix)
{
	struct dnetmap_net *dn = prefix->dn;

	lockdep_assert_held(&dn->lock);
	rhashtable_remove_fast(&dn->prefixes, &prefix->by_block,
			       dnetmap_prefix_params);
	if (dn->recent == prefix)
		WRITE_ONCE(dn->recent, NULL);
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
	INIT_LIST_HEAD(&dn->flush_prefixes);
	INIT_LIST_HEAD(&dn->settle_prefixes);
	INIT_LIST_HEAD(&dn->ending_prefixes);
	INIT_LIST_HEAD(&dn->ended_prefixes);
	dn->prefixes_by_addr = RB_ROOT;
	dn->open_prefixes = RB_ROOT_CACHED;
	dn->pool_first = U32_MAX;
	return rhashtable_init(&dn->prefixes, &dnetmap_prefix_params);
}

static void dnetmap_prefix_release(void *ptr, void *arg)
{
	kfree(ptr);
}

/**
 * dnetmap_prefix_table_destroy() - free a namespace's prefixes
 * @dn: the namespace, which nothing references any more
 *
 * Context: process, after a grace period; sleeps.
 */
void dnetmap_prefix_table_destroy(struct dnetmap_net *dn)
{
	rhashtable_free_and_destroy(&dn->prefixes, dnetmap_prefix_release, NULL);
}
