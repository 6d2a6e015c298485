// SPDX-License-Identifier: GPL-2.0-only
/*
 * Idle queues: for each prefix, the records whose address may be given to another
 * host, in the order in which their bindings ended.
 *
 * Theory of operation
 *
 * The head of a prefix's queue is what it gives next when each address has a record.
 * Prefixes with idle records are in a queue of their own, by the time of their head,
 * so the longest idle record of the namespace is found without a search.
 */
#include "idle.h"
#include "net.h"
#include "prefixes.h"
#include "record.h"

/**
 * dnetmap_idle_add() - an address may be given to another host from now on
 * @dn: the namespace, &dnetmap_net.lock held
 * @b: its record, in no queue
 */
void dnetmap_idle_add(struct dnetmap_net *dn, struct dnetmap_binding *b)
{
	s64 ended_at = dnetmap_state_expiry(atomic64_read(&b->state));
	struct dnetmap_prefix *prefix;
	bool is_empty;

	lockdep_assert_held(&dn->lock);
	prefix = dnetmap_prefix_of(dn, b->postnat, b->prefix_len);
	is_empty = !dnetmap_queue_first(&prefix->idle);
	b->queue = DNETMAP_QUEUE_IDLE;
	if (dnetmap_queue_add(&prefix->idle, &b->queued, ended_at)) {
		if (is_empty)
			dnetmap_queue_add(&dn->idle_prefixes,
					  &prefix->longest_idle, ended_at);
		else
			dnetmap_queue_move(&dn->idle_prefixes,
					   &prefix->longest_idle, ended_at);
	}
	dnetmap_prefix_open(prefix);
	dn->idle++;
	dnetmap_net_changed(dn);
}

/**
 * dnetmap_idle_remove() - an address is not to be given any more
 * @dn: the namespace, &dnetmap_net.lock held
 * @b: its record, idle or not
 */
void dnetmap_idle_remove(struct dnetmap_net *dn, struct dnetmap_binding *b)
{
	struct dnetmap_prefix *prefix;
	struct dnetmap_queued *first;

	lockdep_assert_held(&dn->lock);
	if (b->queue != DNETMAP_QUEUE_IDLE)
		return;
	prefix = dnetmap_prefix_of(dn, b->postnat, b->prefix_len);
	b->queue = DNETMAP_QUEUE_NONE;
	dnetmap_queue_remove(&prefix->idle, &b->queued);
	first = dnetmap_queue_first(&prefix->idle);
	if (!first) {
		dnetmap_queue_remove(&dn->idle_prefixes, &prefix->longest_idle);
		dnetmap_prefix_close_full(prefix);
	} else if (first->time != prefix->longest_idle.time) {
		dnetmap_queue_move(&dn->idle_prefixes, &prefix->longest_idle,
				   first->time);
	}
	dn->idle--;
}
