/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _DNETMAP_ADDRTREE_H
#define _DNETMAP_ADDRTREE_H

#include <linux/bitops.h>
#include <linux/rcupdate.h>
#include <linux/types.h>

struct dnetmap_binding;

/* A level for each octet of an address, and a slot for each of its values. */
#define DNETMAP_ADDRTREE_LEVELS	4
#define DNETMAP_ADDRTREE_SLOTS	256

/**
 * enum dnetmap_addrtree_mark - what a slot may have below it, or is
 * @DNETMAP_ADDRTREE_FREE: an address without a record
 * @DNETMAP_ADDRTREE_GONE: a record that is %DNETMAP_GONE
 * @DNETMAP_ADDRTREE_MARKS: how many there are
 */
enum dnetmap_addrtree_mark {
	DNETMAP_ADDRTREE_FREE,
	DNETMAP_ADDRTREE_GONE,
	DNETMAP_ADDRTREE_MARKS
};

/**
 * struct dnetmap_addrtree_node - the addresses that share their leading octets
 * @slot: by the octet that follows, nodes, and on the last level records; read
 *	under RCU, changed under &dnetmap_net.lock, as all that follows
 * @marks: for each &enum dnetmap_addrtree_mark a bit for each slot
 * @used: slots that are not empty
 * @rcu: for freeing
 */
struct dnetmap_addrtree_node {
	void __rcu	*slot[DNETMAP_ADDRTREE_SLOTS];
	unsigned long	marks[DNETMAP_ADDRTREE_MARKS]
			     [BITS_TO_LONGS(DNETMAP_ADDRTREE_SLOTS)];
	unsigned int	used;
	struct rcu_head	rcu;
};

/* What a record needs at most, where it is the first of its first octet. */
#define DNETMAP_ADDRTREE_NODES	(DNETMAP_ADDRTREE_LEVELS - 1)

/**
 * struct dnetmap_addrtree_spare - nodes that are allocated before they are needed
 * @node: the nodes
 * @count: how many there are
 *
 * For who may sleep, and pays for them.
 */
struct dnetmap_addrtree_spare {
	struct dnetmap_addrtree_node	*node[DNETMAP_ADDRTREE_NODES];
	unsigned int			count;
};

/**
 * struct dnetmap_addrtree - records by postnat address
 * @root: by first octet
 * @nodes: how many there are below @root; guarded by &dnetmap_net.lock
 * @nodes_max: how many there may be; never changes
 */
struct dnetmap_addrtree {
	struct dnetmap_addrtree_node	root;
	u32				nodes;
	u32				nodes_max;
};

/* The node of an address's record, or NULL. */
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
 * Reads a line of each node on the way; those of the upper levels are shared
 * by 65,536 addresses and more.
 *
 * Context: RCU read side, or &dnetmap_net.lock held.
 * Return: the record or NULL.
 */
static __always_inline struct dnetmap_binding *
dnetmap_addrtree_find(const struct dnetmap_addrtree *tree, u32 addr)
{
	const struct dnetmap_addrtree_node *leaf;

	leaf = dnetmap_addrtree_leaf(tree, addr);
	return leaf ? rcu_dereference_raw(leaf->slot[addr & 0xff]) : NULL;
}

/**
 * dnetmap_addrtree_has_room() - may any address get a record?
 * @tree: the tree, &dnetmap_net.lock held
 *
 * Return: false where its bound does not let it grow by as much as that may take.
 */
static inline bool dnetmap_addrtree_has_room(const struct dnetmap_addrtree *tree)
{
	return tree->nodes_max - tree->nodes >= DNETMAP_ADDRTREE_NODES;
}

struct dnetmap_binding *
dnetmap_addrtree_next(const struct dnetmap_addrtree *tree, u64 *addr, u32 last);
bool dnetmap_addrtree_next_marked(const struct dnetmap_addrtree *tree,
				  enum dnetmap_addrtree_mark mark,
				  u64 *addr, u32 last);
int dnetmap_addrtree_insert(struct dnetmap_addrtree *tree, u32 addr,
			    struct dnetmap_binding *b,
			    struct dnetmap_addrtree_spare *spare);
void dnetmap_addrtree_replace(struct dnetmap_addrtree *tree, u32 addr,
			      struct dnetmap_binding *b);
void dnetmap_addrtree_remove(struct dnetmap_addrtree *tree, u32 addr);
void dnetmap_addrtree_mark_gone(struct dnetmap_addrtree *tree, u32 addr);
void dnetmap_addrtree_unmark_gone(struct dnetmap_addrtree *tree, u32 addr);

int dnetmap_addrtree_spare_fill(struct dnetmap_addrtree_spare *spare);
void dnetmap_addrtree_spare_drain(struct dnetmap_addrtree_spare *spare);

void dnetmap_addrtree_init(struct dnetmap_addrtree *tree, size_t bytes_max);
void dnetmap_addrtree_destroy(struct dnetmap_addrtree *tree,
			      void (*release)(struct dnetmap_binding *b));
int dnetmap_addrtree_cache_init(void);
void dnetmap_addrtree_cache_exit(void);

#endif /* _DNETMAP_ADDRTREE_H */
