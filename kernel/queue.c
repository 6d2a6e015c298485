// SPDX-License-Identifier: GPL-2.0-only
/*
 * Queues in the order of a time: of bindings that are due, by their expiry
 * (due.c); of bindings that are idle, by their end; and of the prefixes that
 * have idle ones, by the end of the first (idle.c).
 *
 * What is added mostly belongs at the end, as TTLs are mostly alike, and as
 * bindings are noticed in the order in which they end. There it costs no search.
 * Anywhere else it costs one of as many steps as the logarithm of the length:
 * that bounds what anybody can make an insertion or a removal cost.
 */
#include <linux/compiler.h>

#include "queue.h"

/**
 * dnetmap_queue_add() - queue something
 * @queue: the queue, &dnetmap_net.lock held
 * @queued: what is in no queue
 * @time: its time
 *
 * Return: true where it is the first of the queue.
 */
bool dnetmap_queue_add(struct dnetmap_queue *queue,
		       struct dnetmap_queued *queued, s64 time)
{
	struct rb_node **link = &queue->tree.rb_root.rb_node;
	struct dnetmap_queued *last = queue->last;
	struct rb_node *parent = NULL;
	bool first = true;

	/* A hit peeks at it. */
	WRITE_ONCE(queued->time, time);
	if (!last || time >= last->time)
		queue->last = queued;
	if (likely(last) && likely(time >= last->time)) {
		parent = &last->node;
		link = &parent->rb_right;
		first = false;
	}
	while (*link) {
		parent = *link;
		if (time < dnetmap_queued_or_null(parent)->time) {
			link = &parent->rb_left;
		} else {
			link = &parent->rb_right;
			first = false;
		}
	}
	rb_link_node(&queued->node, parent, link);
	rb_insert_color_cached(&queued->node, &queue->tree, first);
	return first;
}

/**
 * dnetmap_queue_remove() - undo dnetmap_queue_add()
 * @queue: the queue, &dnetmap_net.lock held
 * @queued: what is in it
 */
void dnetmap_queue_remove(struct dnetmap_queue *queue,
			  struct dnetmap_queued *queued)
{
	if (queue->last == queued)
		queue->last = dnetmap_queued_or_null(rb_prev(&queued->node));
	rb_erase_cached(&queued->node, &queue->tree);
}

/**
 * dnetmap_queue_move() - give what is queued another time
 * @queue: the queue, &dnetmap_net.lock held
 * @queued: what is in it
 * @time: its new time
 *
 * Costs nothing where it keeps its place, as where it is alone.
 */
void dnetmap_queue_move(struct dnetmap_queue *queue,
			struct dnetmap_queued *queued, s64 time)
{
	struct dnetmap_queued *after = dnetmap_queue_after(queued);

	if (time >= queued->time && (!after || time < after->time)) {
		queued->time = time;
		return;
	}
	dnetmap_queue_remove(queue, queued);
	dnetmap_queue_add(queue, queued, time);
}
