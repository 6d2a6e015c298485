// SPDX-License-Identifier: GPL-2.0-only
/*
 * Queues ordered by time: bindings that are due, by their expiry (due.c); idle
 * records, by the end of their bindings; and prefixes with idle records, by the
 * time of the first of these (idle.c).
 *
 * A new entry usually belongs at the end, as most TTLs are alike and as
 * bindings end in order of time. Adding it there needs no search. Anywhere
 * else, adding takes time logarithmic in the length of the queue. That also
 * bounds the cost of an operation if an attacker chooses the times.
 */
#include <linux/compiler.h>

#include "queue.h"

/**
 * dnetmap_queue_add() - add an entry to a queue
 * @queue: the queue, &dnetmap_net.lock held
 * @queued: the entry, in no queue
 * @time: its time
 *
 * Return: true if it is the head of the queue now.
 */
bool dnetmap_queue_add(struct dnetmap_queue *queue,
		       struct dnetmap_queued *queued, s64 time)
{
	struct rb_node **link = &queue->tree.rb_root.rb_node;
	struct dnetmap_queued *last = queue->last;
	struct rb_node *parent = NULL;
	bool first = true;

	/* Hits read it without the lock. */
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
 * dnetmap_queue_remove() - remove an entry from a queue
 * @queue: the queue, &dnetmap_net.lock held
 * @queued: the entry
 */
void dnetmap_queue_remove(struct dnetmap_queue *queue,
			  struct dnetmap_queued *queued)
{
	if (queue->last == queued)
		queue->last = dnetmap_queued_or_null(rb_prev(&queued->node));
	rb_erase_cached(&queued->node, &queue->tree);
}

/**
 * dnetmap_queue_move() - change the time of an entry
 * @queue: the queue, &dnetmap_net.lock held
 * @queued: the entry
 * @time: its new time
 *
 * Costs nothing if the entry keeps its place, as it does if it is the only one.
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
