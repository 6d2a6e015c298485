/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _DNETMAP_ADDRTREE_H
#define _DNETMAP_ADDRTREE_H

#include <linux/bitops.h>
#include <linux/rcupdate.h>
#include <linux/types.h>

struct dnetmap_record;

/* One level per octet of an address; one slot per value of the octet. */
#define DNETMAP_ADDRTREE_LEVELS	4
#define DNETMAP_ADDRTREE_SLOTS	256

/**
 * enum dnetmap_addrtree_mark - marks of a slot: it is, or has below it, ...
 * @DNETMAP_ADDRTREE_FREE: an address without a record
 * @DNETMAP_ADDRTREE_GONE: a record that is %DNETMAP_GONE
 * @DNETMAP_ADDRTREE_MARKS: number of marks
 */
enum dnetmap_addrtree_mark {
	DNETMAP_ADDRTREE_FREE,
	DNETMAP_ADDRTREE_GONE,
	DNETMAP_ADDRTREE_MARKS
};

/**
 * struct dnetmap_addrtree_node - the addresses that share their leading octets
 * @slot: by the next octet: pointers to nodes or, on the last level, to
 *	records; read under RCU, changed under &dnetmap_net.lock, which also
 *	guards the other members
 * @marks: for each &enum dnetmap_addrtree_mark, a bit per slot
 * @used: number of slots that are not empty
 * @rcu: for freeing
 */
struct dnetmap_addrtree_node {
	void __rcu	*slot[DNETMAP_ADDRTREE_SLOTS];
	unsigned long	marks[DNETMAP_ADDRTREE_MARKS]
			     [BITS_TO_LONGS(DNETMAP_ADDRTREE_SLOTS)];
	unsigned int	used;
	struct rcu_head	rcu;
};

/* Nodes that a new record needs at most: all levels below the root. */
#define DNETMAP_ADDRTREE_NODES	(DNETMAP_ADDRTREE_LEVELS - 1)

/**
 * struct dnetmap_addrtree_spare - preallocated nodes
 * @first: the first one, or NULL; each has the next one in its first slot
 * @count: number of nodes
 *
 * For callers that can sleep, and whose memory cgroup is charged.
 */
struct dnetmap_addrtree_spare {
	struct dnetmap_addrtree_node	*first;
	unsigned int			count;
};

/**
 * struct dnetmap_addrtree - records by postnat address
 * @root: the node for the first octet
 * @nodes: number of nodes below @root; guarded by &dnetmap_net.lock
 * @nodes_max: bound on @nodes; never changes
 */
struct dnetmap_addrtree {
	struct dnetmap_addrtree_node	root;
	u32				nodes;
	u32				nodes_max;
};

/* The last-level node of an address, or NULL. */
static __always_inline struct dnetmap_addrtree_node *
dnetmap_addrtree_leaf(const struct dnetmap_addrtree *tree, u32 addr)
{
	struct dnetmap_addrtree_node *node;

	node = rcu_dereference_raw(tree->root.slot[addr >> 24]);
	if (unlikely(!node))
		return NULL;
	node = rcu_dereference_raw(node->slot[addr >> 16 & 0xff]);
	if (unlikely(!node))
		return NULL;
	return rcu_dereference_raw(node->slot[addr >> 8 & 0xff]);
}

/**
 * dnetmap_addrtree_find() - the record of an address
 * @tree: the tree
 * @addr: the address, host order
 *
 * Reads a cache line of each node on the way. A node of the upper levels is
 * shared by at least 65,536 addresses.
 *
 * Context: RCU read side, or &dnetmap_net.lock held.
 * Return: the record or NULL.
 */
static __always_inline struct dnetmap_record *
dnetmap_addrtree_find(const struct dnetmap_addrtree *tree, u32 addr)
{
	const struct dnetmap_addrtree_node *leaf;

	leaf = dnetmap_addrtree_leaf(tree, addr);
	return leaf ? rcu_dereference_raw(leaf->slot[addr & 0xff]) : NULL;
}

/**
 * dnetmap_addrtree_has_room() - may a tree grow?
 * @tree: the tree, &dnetmap_net.lock held
 * @nodes: by how many nodes
 *
 * Return: true if it may, within its bound.
 */
static inline bool dnetmap_addrtree_has_room(const struct dnetmap_addrtree *tree,
					     unsigned int nodes)
{
	return tree->nodes_max - tree->nodes >= nodes;
}

/**
 * dnetmap_addrtree_nodes_between() - nodes that an address needs beside another
 * @addr: the address, host order
 * @other: another address that has a record, host order
 *
 * Return: the number of nodes on the path of @addr that are not on that of
 * @other.
 */
static inline unsigned int dnetmap_addrtree_nodes_between(u32 addr, u32 other)
{
	u32 differ = addr ^ other;

	return !!(differ >> 24) + !!(differ >> 16) + !!(differ >> 8);
}

struct dnetmap_record *
dnetmap_addrtree_next(const struct dnetmap_addrtree *tree, u64 *addr, u32 last);
bool dnetmap_addrtree_next_marked(const struct dnetmap_addrtree *tree,
				  enum dnetmap_addrtree_mark mark,
				  u64 *addr, u32 last);
int dnetmap_addrtree_insert(struct dnetmap_addrtree *tree, u32 addr,
			    struct dnetmap_record *r,
			    struct dnetmap_addrtree_spare *spare);
void dnetmap_addrtree_replace(struct dnetmap_addrtree *tree, u32 addr,
			      struct dnetmap_record *r);
void dnetmap_addrtree_remove(struct dnetmap_addrtree *tree, u32 addr);
void dnetmap_addrtree_mark_gone(struct dnetmap_addrtree *tree, u32 addr);
void dnetmap_addrtree_unmark_gone(struct dnetmap_addrtree *tree, u32 addr);

int dnetmap_addrtree_spare_fill(struct dnetmap_addrtree_spare *spare,
				unsigned int count);
void dnetmap_addrtree_spare_drain(struct dnetmap_addrtree_spare *spare);

void dnetmap_addrtree_init(struct dnetmap_addrtree *tree, size_t bytes_max);
void dnetmap_addrtree_destroy(struct dnetmap_addrtree *tree,
			      void (*release)(struct dnetmap_record *r));
int dnetmap_addrtree_cache_init(void);
void dnetmap_addrtree_cache_exit(void);

#endif /* _DNETMAP_ADDRTREE_H */
