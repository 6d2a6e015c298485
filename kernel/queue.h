/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _DNETMAP_QUEUE_H
#define _DNETMAP_QUEUE_H

#include <linux/rbtree.h>
#include <linux/types.h>

/**
 * struct dnetmap_queued - an entry of a queue
 * @node: in &dnetmap_queue.tree
 * @time: CLOCK_BOOTTIME in ns; the lowest is the head of the queue
 */
struct dnetmap_queued {
	struct rb_node	node;
	s64		time;
};

/**
 * struct dnetmap_queue - a queue ordered by time; entries with the same time
 *	are in the order in which they were added
 * @tree: of &struct dnetmap_queued; its leftmost entry is cached
 * @last: the last entry, or NULL
 *
 * A zeroed queue is empty. Guarded by &dnetmap_net.lock.
 */
struct dnetmap_queue {
	struct rb_root_cached	tree;
	struct dnetmap_queued	*last;
};

static inline struct dnetmap_queued *dnetmap_queued_or_null(struct rb_node *node)
{
	return rb_entry_safe(node, struct dnetmap_queued, node);
}

static inline struct dnetmap_queued *
dnetmap_queue_first(const struct dnetmap_queue *queue)
{
	return dnetmap_queued_or_null(rb_first_cached(&queue->tree));
}

static inline struct dnetmap_queued *
dnetmap_queue_after(const struct dnetmap_queued *queued)
{
	return dnetmap_queued_or_null(rb_next(&queued->node));
}

bool dnetmap_queue_add(struct dnetmap_queue *queue,
		       struct dnetmap_queued *queued, s64 time);
void dnetmap_queue_remove(struct dnetmap_queue *queue,
			  struct dnetmap_queued *queued);
void dnetmap_queue_move(struct dnetmap_queue *queue,
			struct dnetmap_queued *queued, s64 time);

#endif /* _DNETMAP_QUEUE_H */
