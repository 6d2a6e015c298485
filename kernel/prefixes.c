// SPDX-License-Identifier: GPL-2.0-only
/*
 * The prefixes that a namespace has, and how each of them is found.
 *
 * Theory of operation
 *
 * There may be tens of thousands, and they may overlap: blocks of addresses are
 * disjoint, or one lies within the other. Nothing here looks at all of them.
 *
 *   by block    a hash table, searched under RCU. A rule names a block, so it
 *               needs no pointer. What has ended is in it until it is freed.
 *   by address  the same table, once for each length in use: an address lies in
 *               one block of each length. 25 look-ups at most.
 *   in order of address   a tree of those that are listed, for what all of them
 *               have in common: the lowest address and the highest.
 *   by age      a list of those that are listed, and a tree of those of them that
 *               may have an address to give: they are open.
 *
 * A prefix is closed when it was asked for an address and had none, and is opened
 * by whatever may change that: an address in it loses its record, or a record that
 * is held through it becomes idle, or gone. So a rule that names no prefix, and
 * gets its address from the first that has one, looks at those only that have come
 * to be full since it looked last, be there ten thousand before it.
 */
#include <linux/bitops.h>
#include <linux/rbtree.h>
#include <linux/rhashtable.h>
#include <linux/slab.h>

#include "hash.h"
#include "net.h"
#include "prefixes.h"

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

/* The same, unless it has ended: that is found as long as its files are there. */
static struct dnetmap_prefix *
dnetmap_prefix_listed_of(struct dnetmap_net *dn, __be32 addr, u32 len)
{
	struct dnetmap_prefix *prefix = dnetmap_prefix_of(dn, addr, len);

	return prefix && READ_ONCE(prefix->listed) ? prefix : NULL;
}

/* The number of prefixes that an address lies in, counted up to @enough. */
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
		prefix = dnetmap_prefix_listed_of(dn, addr, ffs(lengths));
		if (prefix && (!oldest || prefix->number < oldest->number))
			oldest = prefix;
	}
	return oldest;
}

/* In order of address: the first that begins behind an address. */
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
 * dnetmap_prefix_overlaps() - does a prefix share addresses with another?
 * @prefix: the prefix, in the list or not, &dnetmap_net.lock held
 *
 * Return: true where it does with one in the list.
 */
bool dnetmap_prefix_overlaps(const struct dnetmap_prefix *prefix)
{
	u32 first = dnetmap_block_first(&prefix->block);
	u32 last = dnetmap_block_last(&prefix->block);
	struct dnetmap_net *dn = prefix->dn;
	unsigned int itself = prefix->listed;
	struct dnetmap_prefix *other;

	lockdep_assert_held(&dn->lock);
	/* The other has its first address, or lies within it behind that. */
	if (dnetmap_prefix_count(dn, prefix->block.addr, itself + 1) > itself)
		return true;
	other = dnetmap_prefix_behind(dn, first);
	return other && dnetmap_block_first(&other->block) <= last;
}

/* The largest that an address lies in, which lies in one at least. */
static struct dnetmap_prefix *dnetmap_prefix_largest_of(struct dnetmap_net *dn,
							__be32 addr)
{
	struct dnetmap_prefix *prefix = NULL;
	u32 lengths;

	for (lengths = dn->lengths; lengths && !prefix; lengths &= lengths - 1)
		prefix = dnetmap_prefix_listed_of(dn, addr, ffs(lengths));
	return prefix;
}

/* What all prefixes have in common, after one has come or gone. */
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
		/* What ends behind the last to begin has that in it. */
		prefix = rb_entry(tail, struct dnetmap_prefix, by_addr);
		prefix = dnetmap_prefix_largest_of(dn, prefix->block.addr);
		last = dnetmap_block_last(&prefix->block);
	}
	WRITE_ONCE(dn->pool_first, first);
	WRITE_ONCE(dn->pool_last, last);
	dnetmap_net_changed(dn);
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
		link = first < dnetmap_block_first(&other->block) ?
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
 * dnetmap_prefix_open() - a prefix may have an address to give
 * @prefix: the prefix, &dnetmap_net.lock held; nothing is done where it is not
 *	in the list
 */
void dnetmap_prefix_open(struct dnetmap_prefix *prefix)
{
	lockdep_assert_held(&prefix->dn->lock);
	if (prefix->open || !prefix->listed)
		return;
	prefix->open = true;
	prefix->dn->full_prefixes--;
	dnetmap_prefix_link_open(prefix);
}

/**
 * dnetmap_prefix_open_of() - the prefixes that an address lies in may have it to
 *	give
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
 * dnetmap_prefix_close() - a prefix has no address to give
 * @prefix: the prefix, &dnetmap_net.lock held
 *
 * That is until dnetmap_prefix_open(), and not for the namespace's bound, which
 * is nothing of the prefix's.
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
 * dnetmap_prefix_close_full() - close a prefix that has nothing to give
 * @prefix: the prefix, &dnetmap_net.lock held
 *
 * Where that is known without a search, as it is when addresses are given one after
 * the other. It may stay open else.
 */
void dnetmap_prefix_close_full(struct dnetmap_prefix *prefix)
{
	const struct dnetmap_net *dn = prefix->dn;

	if (prefix->lowest > prefix->last && prefix->erasures == dn->erasures &&
	    !dnetmap_queue_first(&prefix->idle) && !dn->gone)
		dnetmap_prefix_close(prefix);
}

/**
 * dnetmap_prefix_first_open() - the oldest prefix that may have an address to give
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
 * dnetmap_prefix_list() - let a prefix be drawn from: the youngest of all
 * @prefix: the prefix, in the hash table and in some list, &dnetmap_net.lock held
 */
void dnetmap_prefix_list(struct dnetmap_prefix *prefix)
{
	struct dnetmap_net *dn = prefix->dn;
	u32 len = prefix->block.len;

	lockdep_assert_held(&dn->lock);
	prefix->number = dn->prefixes_made++;
	list_move_tail(&prefix->list, &dn->prefix_list);
	WRITE_ONCE(prefix->listed, true);
	/* The release pairs with the address dependency of a reader. */
	smp_store_release(&dn->recent, prefix);
	if (!dn->length_uses[len - 1]++)
		WRITE_ONCE(dn->lengths, dn->lengths | BIT(len - 1));
	dnetmap_prefix_link_addr(prefix);
	dn->full_prefixes++;
	dnetmap_prefix_open(prefix);
	dnetmap_prefixes_survey(dn);
}

/**
 * dnetmap_prefix_unlist() - let nobody draw from a prefix any more
 * @prefix: the prefix, in the list, &dnetmap_net.lock held
 * @list: where it goes instead
 */
void dnetmap_prefix_unlist(struct dnetmap_prefix *prefix, struct list_head *list)
{
	struct dnetmap_net *dn = prefix->dn;
	u32 len = prefix->block.len;

	lockdep_assert_held(&dn->lock);
	dnetmap_prefix_close(prefix);
	dn->full_prefixes--;
	rb_erase(&prefix->by_addr, &dn->prefixes_by_addr);
	if (!--dn->length_uses[len - 1])
		WRITE_ONCE(dn->lengths, dn->lengths & ~BIT(len - 1));
	WRITE_ONCE(prefix->listed, false);
	list_move_tail(&prefix->list, list);
	dnetmap_prefixes_survey(dn);
}

/**
 * dnetmap_prefix_index() - let a prefix be found by its block
 * @prefix: the prefix, which is not found yet
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
 * @prefix: the prefix, not in the list, &dnetmap_net.lock held; whoever has found
 *	it under RCU may still look at it
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
	INIT_LIST_HEAD(&dn->ending_prefixes);
	INIT_LIST_HEAD(&dn->ended_prefixes);
	dn->prefixes_by_addr = RB_ROOT;
	dn->open_prefixes = RB_ROOT_CACHED;
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
