// SPDX-License-Identifier: GPL-2.0-only
/*
 * Idle queues: for each prefix, the records whose addresses may be allocated to
 * another host, in the order in which their bindings ended.
 *
 * Theory of operation
 *
 * Once every address of a prefix has a record, the prefix allocates the address
 * at the head of its queue. The prefixes with idle records are themselves in a
 * queue, ordered by the time of their heads, so that the longest idle record of
 * the namespace is found without a search.
 */
#include "idle.h"
#include "net.h"
#include "prefix_index.h"
#include "record.h"

/**
 * dnetmap_idle_add() - allow an address to be allocated to another host
 * @dn: the namespace, &dnetmap_net.lock held
 * @r: its record, ended, in no queue
 *
 * Return: the prefix that holds the record.
 */
struct dnetmap_prefix *dnetmap_idle_add(struct dnetmap_net *dn,
					struct dnetmap_record *r)
{
	s64 ended_at = dnetmap_state_expiry(atomic64_read(&r->state));
	struct dnetmap_prefix *prefix;
	bool is_empty;

	lockdep_assert_held(&dn->lock);
	prefix = dnetmap_prefix_of(dn, r->postnat, r->prefix_len);
	is_empty = !dnetmap_queue_first(&prefix->idle);
	r->queue = DNETMAP_QUEUE_IDLE;
	if (dnetmap_queue_add(&prefix->idle, &r->queued, ended_at)) {
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
	return prefix;
}

/**
 * dnetmap_idle_remove() - undo dnetmap_idle_add()
 * @dn: the namespace, &dnetmap_net.lock held
 * @r: the record, idle
 *
 * Return: the prefix that holds the record.
 */
struct dnetmap_prefix *dnetmap_idle_remove(struct dnetmap_net *dn,
					   struct dnetmap_record *r)
{
	struct dnetmap_prefix *prefix;
	struct dnetmap_queued *first;

	lockdep_assert_held(&dn->lock);
	prefix = dnetmap_prefix_of(dn, r->postnat, r->prefix_len);
	r->queue = DNETMAP_QUEUE_NONE;
	dnetmap_queue_remove(&prefix->idle, &r->queued);
	first = dnetmap_queue_first(&prefix->idle);
	if (!first) {
		dnetmap_queue_remove(&dn->idle_prefixes, &prefix->longest_idle);
		dnetmap_prefix_close_full(prefix);
	} else if (first->time != prefix->longest_idle.time) {
		dnetmap_queue_move(&dn->idle_prefixes, &prefix->longest_idle,
				   first->time);
	}
	dn->idle--;
	return prefix;
}
