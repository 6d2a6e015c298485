// SPDX-License-Identifier: GPL-2.0-only
/*
 * Records by postnat address: a tree with a level for each octet.
 *
 * Theory of operation
 *
 * For an inbound packet, the look-up of the record of its destination is four
 * loads, inline. (An xarray, with its levels of six bits and its tagged
 * entries, was measured: its look-up took twice the time of all the rest of the
 * hit path.) Packets search under RCU; everything else is done under
 * &dnetmap_net.lock.
 *
 * The tree grows with the addresses that have a record. A node that has become
 * empty is freed.
 *
 * A full leaf of 256 records costs eight bytes per record. An address that is
 * alone in its /24 costs a leaf of its own; one that is alone in its /16 or /8
 * costs one or two more nodes. Smaller leaves, or leaves of several sizes,
 * would cost instructions for each inbound packet. Instead, the number of nodes
 * is bounded if the addresses are chosen by a tenant. The nodes that a command
 * needs are allocated before the lock is taken, and charged to the process
 * (struct dnetmap_addrtree_spare). Nodes for packets are not charged.
 *
 * Each slot of a node has two marks: for addresses without a record, and for
 * records that are gone. A slot's mark is set while it is set for any slot
 * below. So the lowest such address is found by looking at one node per level,
 * whatever the number of records.
 */
#include <linux/bitmap.h>
#include <linux/err.h>
#include <linux/minmax.h>
#include <linux/sched.h>
#include <linux/slab.h>

#include "addrtree.h"

#define DNETMAP_ADDRTREE_LEAF	(DNETMAP_ADDRTREE_LEVELS - 1)

static struct kmem_cache *dnetmap_addrtree_cache;

/* Position of a level's octet in the address, in bits from the right. */
static unsigned int dnetmap_addrtree_shift(unsigned int level)
{
	return (DNETMAP_ADDRTREE_LEAF - level) * BITS_PER_BYTE;
}

static unsigned int dnetmap_addrtree_octet(u32 addr, unsigned int level)
{
	return addr >> dnetmap_addrtree_shift(level) & 0xff;
}

/*
 * Go from @addr to slot @octet of the node that @addr lies below on this level.
 * Returns the first address below that slot, or @addr itself if it lies there.
 */
static u64 dnetmap_addrtree_skip(u64 addr, unsigned int level,
				 unsigned int octet)
{
	unsigned int shift = dnetmap_addrtree_shift(level);
	unsigned int slots = octet - dnetmap_addrtree_octet(addr, level);

	return slots ? ((addr >> shift) + slots) << shift : addr;
}

/*
 * The first address below the next non-empty slot after that of @addr; if the
 * node has no such slot, the first address behind the node.
 */
static u64 dnetmap_addrtree_after(const struct dnetmap_addrtree_node *node,
				  u64 addr, unsigned int level)
{
	unsigned int octet = dnetmap_addrtree_octet(addr, level);

	while (++octet < DNETMAP_ADDRTREE_SLOTS)
		if (rcu_access_pointer(node->slot[octet]))
			break;
	return dnetmap_addrtree_skip(addr, level, octet);
}

/* The entry for an address: a node of the next level, or a record. */
static void *dnetmap_addrtree_below(const struct dnetmap_addrtree_node *node,
				    u32 addr, unsigned int level)
{
	unsigned int octet = dnetmap_addrtree_octet(addr, level);

	return rcu_dereference_raw(node->slot[octet]);
}

/* The nodes from the root to an address; NULL where there is none. */
struct dnetmap_addrtree_path {
	struct dnetmap_addrtree_node *node[DNETMAP_ADDRTREE_LEVELS];
};

static struct dnetmap_addrtree_path
dnetmap_addrtree_path(struct dnetmap_addrtree *tree, u32 addr)
{
	struct dnetmap_addrtree_node *node = &tree->root;
	struct dnetmap_addrtree_path path = {};
	unsigned int level;

	for (level = 0; node && level < DNETMAP_ADDRTREE_LEVELS; level++) {
		path.node[level] = node;
		node = dnetmap_addrtree_below(node, addr, level);
	}
	return path;
}

/* Set a mark for an address, on all levels. */
static void dnetmap_addrtree_mark(const struct dnetmap_addrtree_path *path,
				  u32 addr, enum dnetmap_addrtree_mark mark)
{
	unsigned int level = DNETMAP_ADDRTREE_LEVELS;

	while (level--)
		__set_bit(dnetmap_addrtree_octet(addr, level),
			  path->node[level]->marks[mark]);
}

/*
 * Clear a mark for an address. If a node has no such mark left, clear the mark
 * of its slot in the node above, too, and so on.
 */
static void dnetmap_addrtree_unmark(const struct dnetmap_addrtree_path *path,
				    u32 addr, enum dnetmap_addrtree_mark mark)
{
	unsigned int level = DNETMAP_ADDRTREE_LEVELS;
	unsigned long *marks;

	do {
		marks = path->node[--level]->marks[mark];
		__clear_bit(dnetmap_addrtree_octet(addr, level), marks);
	} while (level && bitmap_empty(marks, DNETMAP_ADDRTREE_SLOTS));
}

/**
 * dnetmap_addrtree_next() - walk records in order of address
 * @tree: the tree
 * @addr: where to start; set to the address of the record found. 64 bits, so
 *	that incrementing 255.255.255.255 does not wrap around
 * @last: where to stop
 *
 * Context: RCU read side, or &dnetmap_net.lock held.
 * Return: the first record from @addr to @last, or NULL.
 */
struct dnetmap_record *
dnetmap_addrtree_next(const struct dnetmap_addrtree *tree, u64 *addr, u32 last)
{
	const struct dnetmap_addrtree_node *node;
	unsigned int level;
	void *below;

	while (*addr <= last) {
		node = &tree->root;
		level = 0;
		while ((below = dnetmap_addrtree_below(node, *addr, level)) &&
		       level < DNETMAP_ADDRTREE_LEAF) {
			node = below;
			level++;
		}
		if (below)
			return below;
		*addr = dnetmap_addrtree_after(node, *addr, level);
	}
	return NULL;
}

/**
 * dnetmap_addrtree_next_marked() - find the lowest address with a mark
 * @tree: the tree, &dnetmap_net.lock held
 * @mark: the mark
 * @addr: where to start; set to the address found, or to one above @last
 * @last: where to stop
 *
 * Return: true if there is one.
 */
bool dnetmap_addrtree_next_marked(const struct dnetmap_addrtree *tree,
				  enum dnetmap_addrtree_mark mark,
				  u64 *addr, u32 last)
{
	const struct dnetmap_addrtree_node *node;
	unsigned int level, octet;

	while (*addr <= last) {
		node = &tree->root;
		level = 0;
		do {
			octet = dnetmap_addrtree_octet(*addr, level);
			octet = find_next_bit(node->marks[mark],
					      DNETMAP_ADDRTREE_SLOTS, octet);
			*addr = dnetmap_addrtree_skip(*addr, level, octet);
			if (octet == DNETMAP_ADDRTREE_SLOTS)
				break;
			/* An empty slot: every address below it is free. */
			node = rcu_dereference_raw(node->slot[octet]);
		} while (++level < DNETMAP_ADDRTREE_LEVELS && node);
		if (octet < DNETMAP_ADDRTREE_SLOTS)
			return *addr <= last;
	}
	return false;
}

static void dnetmap_addrtree_node_init(struct dnetmap_addrtree_node *node)
{
	bitmap_fill(node->marks[DNETMAP_ADDRTREE_FREE], DNETMAP_ADDRTREE_SLOTS);
}

static void dnetmap_addrtree_node_free(struct rcu_head *rcu)
{
	kmem_cache_free(dnetmap_addrtree_cache,
			container_of(rcu, struct dnetmap_addrtree_node, rcu));
}

static struct dnetmap_addrtree_node *dnetmap_addrtree_node_alloc(gfp_t flags)
{
	struct dnetmap_addrtree_node *node;

	node = kmem_cache_zalloc(dnetmap_addrtree_cache, flags);
	if (node)
		dnetmap_addrtree_node_init(node);
	return node;
}

static struct dnetmap_addrtree_node *
dnetmap_addrtree_spare_take(struct dnetmap_addrtree_spare *spare)
{
	struct dnetmap_addrtree_node *node = spare->first;

	spare->first = rcu_dereference_protected(node->slot[0], true);
	RCU_INIT_POINTER(node->slot[0], NULL);
	spare->count--;
	return node;
}

/* Take a preallocated node or, if there is none left, allocate one; or NULL. */
static struct dnetmap_addrtree_node *
dnetmap_addrtree_node_get(struct dnetmap_addrtree_spare *spare)
{
	if (spare && spare->count)
		return dnetmap_addrtree_spare_take(spare);
	return dnetmap_addrtree_node_alloc(GFP_ATOMIC | __GFP_NOWARN);
}

/* Free the empty nodes on the path of an address. */
static void dnetmap_addrtree_prune(struct dnetmap_addrtree *tree,
				   const struct dnetmap_addrtree_path *path,
				   u32 addr)
{
	unsigned int level = DNETMAP_ADDRTREE_LEVELS;
	struct dnetmap_addrtree_node *node, *parent;
	unsigned int octet;

	while (--level) {
		node = path->node[level];
		if (!node)
			continue;
		if (node->used)
			return;
		parent = path->node[level - 1];
		octet = dnetmap_addrtree_octet(addr, level - 1);
		RCU_INIT_POINTER(parent->slot[octet], NULL);
		parent->used--;
		tree->nodes--;
		call_rcu(&node->rcu, dnetmap_addrtree_node_free);
	}
}

/*
 * Create the missing nodes on the path of an address. Returns the last-level
 * node, or an error pointer with the tree unchanged.
 */
static struct dnetmap_addrtree_node *
dnetmap_addrtree_grow(struct dnetmap_addrtree *tree, u32 addr,
		      struct dnetmap_addrtree_spare *spare)
{
	struct dnetmap_addrtree_path path = dnetmap_addrtree_path(tree, addr);
	struct dnetmap_addrtree_node *node, *parent;
	unsigned int level = 0, octet;

	while (path.node[level + 1])
		level++;
	if (DNETMAP_ADDRTREE_LEAF - level > tree->nodes_max - tree->nodes)
		return ERR_PTR(-ENOSPC);
	for (parent = path.node[level]; level < DNETMAP_ADDRTREE_LEAF; level++) {
		node = dnetmap_addrtree_node_get(spare);
		if (!node) {
			path = dnetmap_addrtree_path(tree, addr);
			dnetmap_addrtree_prune(tree, &path, addr);
			return ERR_PTR(-ENOMEM);
		}
		octet = dnetmap_addrtree_octet(addr, level);
		rcu_assign_pointer(parent->slot[octet], node);
		parent->used++;
		tree->nodes++;
		parent = node;
	}
	return parent;
}

/**
 * dnetmap_addrtree_insert() - add a record
 * @tree: the tree, &dnetmap_net.lock held
 * @addr: its address, host order
 * @r: the record
 * @spare: nodes to use before any is allocated, or NULL
 *
 * Return: 0; -EBUSY if the address has a record; -ENOSPC if the tree may not
 * grow as needed; or -ENOMEM.
 */
int dnetmap_addrtree_insert(struct dnetmap_addrtree *tree, u32 addr,
			    struct dnetmap_record *r,
			    struct dnetmap_addrtree_spare *spare)
{
	struct dnetmap_addrtree_node *leaf = dnetmap_addrtree_leaf(tree, addr);
	struct dnetmap_addrtree_path path;

	if (unlikely(!leaf)) {
		leaf = dnetmap_addrtree_grow(tree, addr, spare);
		if (IS_ERR(leaf))
			return PTR_ERR(leaf);
	}
	if (rcu_access_pointer(leaf->slot[addr & 0xff]))
		return -EBUSY;
	rcu_assign_pointer(leaf->slot[addr & 0xff], r);
	__clear_bit(addr & 0xff, leaf->marks[DNETMAP_ADDRTREE_FREE]);
	if (unlikely(++leaf->used == DNETMAP_ADDRTREE_SLOTS)) {
		path = dnetmap_addrtree_path(tree, addr);
		dnetmap_addrtree_unmark(&path, addr, DNETMAP_ADDRTREE_FREE);
	}
	return 0;
}

/**
 * dnetmap_addrtree_replace() - replace the record of an address
 * @tree: the tree, &dnetmap_net.lock held
 * @addr: the address, which has a record
 * @r: the new record
 */
void dnetmap_addrtree_replace(struct dnetmap_addrtree *tree, u32 addr,
			      struct dnetmap_record *r)
{
	rcu_assign_pointer(dnetmap_addrtree_leaf(tree, addr)->slot[addr & 0xff],
			   r);
}

/**
 * dnetmap_addrtree_remove() - remove the record of an address
 * @tree: the tree, &dnetmap_net.lock held
 * @addr: the address, which has a record that is not marked as gone
 */
void dnetmap_addrtree_remove(struct dnetmap_addrtree *tree, u32 addr)
{
	struct dnetmap_addrtree_path path = dnetmap_addrtree_path(tree, addr);
	struct dnetmap_addrtree_node *leaf = path.node[DNETMAP_ADDRTREE_LEAF];

	RCU_INIT_POINTER(leaf->slot[addr & 0xff], NULL);
	leaf->used--;
	dnetmap_addrtree_mark(&path, addr, DNETMAP_ADDRTREE_FREE);
	dnetmap_addrtree_prune(tree, &path, addr);
}

/**
 * dnetmap_addrtree_mark_gone() - mark the record of an address as gone
 * @tree: the tree, &dnetmap_net.lock held
 * @addr: the address, which has a record
 */
void dnetmap_addrtree_mark_gone(struct dnetmap_addrtree *tree, u32 addr)
{
	struct dnetmap_addrtree_path path = dnetmap_addrtree_path(tree, addr);

	dnetmap_addrtree_mark(&path, addr, DNETMAP_ADDRTREE_GONE);
}

/**
 * dnetmap_addrtree_unmark_gone() - undo dnetmap_addrtree_mark_gone()
 * @tree: the tree, &dnetmap_net.lock held
 * @addr: the address, which has a record
 */
void dnetmap_addrtree_unmark_gone(struct dnetmap_addrtree *tree, u32 addr)
{
	struct dnetmap_addrtree_path path = dnetmap_addrtree_path(tree, addr);

	dnetmap_addrtree_unmark(&path, addr, DNETMAP_ADDRTREE_GONE);
}

/**
 * dnetmap_addrtree_spare_fill() - preallocate nodes
 * @spare: zeroed, or filled before
 * @count: how many there are to be; %DNETMAP_ADDRTREE_NODES do for any record
 *
 * Context: process; sleeps, and charges the memory cgroup of the process.
 * Return: 0 or -ENOMEM.
 */
int dnetmap_addrtree_spare_fill(struct dnetmap_addrtree_spare *spare,
				unsigned int count)
{
	struct dnetmap_addrtree_node *node;

	while (spare->count < count) {
		node = dnetmap_addrtree_node_alloc(GFP_KERNEL_ACCOUNT);
		if (!node)
			return -ENOMEM;
		RCU_INIT_POINTER(node->slot[0], spare->first);
		spare->first = node;
		spare->count++;
		cond_resched();
	}
	return 0;
}

/**
 * dnetmap_addrtree_spare_drain() - free the nodes that were not needed
 * @spare: the nodes
 */
void dnetmap_addrtree_spare_drain(struct dnetmap_addrtree_spare *spare)
{
	while (spare->count)
		kmem_cache_free(dnetmap_addrtree_cache,
				dnetmap_addrtree_spare_take(spare));
}

/**
 * dnetmap_addrtree_init() - make an empty tree
 * @tree: the tree, zeroed
 * @bytes_max: bound on the memory of its nodes; SIZE_MAX for none
 */
void dnetmap_addrtree_init(struct dnetmap_addrtree *tree, size_t bytes_max)
{
	dnetmap_addrtree_node_init(&tree->root);
	tree->nodes_max = min_t(size_t, bytes_max / sizeof(tree->root), U32_MAX);
}

/* Free everything below a node. Recurses once per octet of an address. */
static void dnetmap_addrtree_clear(struct dnetmap_addrtree_node *node,
				   unsigned int level,
				   void (*release)(struct dnetmap_record *r))
{
	unsigned int octet;
	void *entry;

	for (octet = 0; octet < DNETMAP_ADDRTREE_SLOTS; octet++) {
		entry = rcu_dereference_raw(node->slot[octet]);
		if (!entry)
			continue;
		if (level == DNETMAP_ADDRTREE_LEAF) {
			release(entry);
			continue;
		}
		dnetmap_addrtree_clear(entry, level + 1, release);
		kmem_cache_free(dnetmap_addrtree_cache, entry);
	}
	cond_resched();
}

/**
 * dnetmap_addrtree_destroy() - free a tree and all records in it
 * @tree: the tree, which nothing references any more
 * @release: frees a record
 *
 * Context: process; sleeps.
 */
void dnetmap_addrtree_destroy(struct dnetmap_addrtree *tree,
			      void (*release)(struct dnetmap_record *r))
{
	dnetmap_addrtree_clear(&tree->root, 0, release);
}

/**
 * dnetmap_addrtree_cache_init() - create the slab cache, once for the module
 *
 * Return: 0 or -ENOMEM.
 */
int __init dnetmap_addrtree_cache_init(void)
{
	dnetmap_addrtree_cache = KMEM_CACHE(dnetmap_addrtree_node, 0);
	return dnetmap_addrtree_cache ? 0 : -ENOMEM;
}

/**
 * dnetmap_addrtree_cache_exit() - undo dnetmap_addrtree_cache_init()
 *
 * Context: process, after rcu_barrier(): RCU callbacks use the cache.
 */
void dnetmap_addrtree_cache_exit(void)
{
	kmem_cache_destroy(dnetmap_addrtree_cache);
}
