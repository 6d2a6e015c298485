// SPDX-License-Identifier: GPL-2.0-only
/*
 * The records in a prefix, all together: what becomes of them when prefixes
 * come and go.
 *
 * Theory of operation
 *
 * There may be a million of them, so softirqs get their turn every few hundred
 * (dnetmap_records_visit), and records come and go meanwhile.
 *
 * When a prefix ends, those of its records that lie in another prefix too pass
 * to that one, in batches. Then, in one critical section, all that is left is
 * marked ended and gone (dnetmap_records_abandon), and the removal is logged:
 * it is the end of them all at once, and no hit comes after it. Last, the gone
 * are swept from the indexes, in batches. A flush marks and sweeps in the same
 * way.
 */
#include <linux/list_sort.h>
#include <linux/sched.h>

#include "binding.h"
#include "netns.h"
#include "pool.h"
#include "prefix.h"
#include "records.h"

/* Records to visit in one critical section. */
#define DNETMAP_RECORDS_BATCH	256

/* dnetmap_binding_next(), or _next_gone(). */
typedef struct dnetmap_binding *(*dnetmap_next_fn)(struct dnetmap_net *dn,
						   u64 *addr, u32 last);
/* Called with &dnetmap_net.lock held; may erase the record. */
typedef void (*dnetmap_visit_fn)(struct dnetmap_prefix *prefix,
				 struct dnetmap_binding *b);

/* Visit the records in a prefix, in batches. Others come and go in between. */
static void dnetmap_records_visit(struct dnetmap_prefix *prefix,
				  dnetmap_next_fn next, dnetmap_visit_fn visit)
{
	struct dnetmap_net *dn = prefix->dn;
	u64 addr = dnetmap_block_first(&prefix->block);
	u32 last = dnetmap_block_last(&prefix->block);
	struct dnetmap_binding *b;
	unsigned int batch;

	do {
		spin_lock_bh(&dn->lock);
		for (batch = 0; batch < DNETMAP_RECORDS_BATCH; batch++) {
			b = next(dn, &addr, last);
			if (!b)
				break;
			visit(prefix, b);
			addr++;
		}
		spin_unlock_bh(&dn->lock);
		cond_resched();
	} while (b);
}

/* An address that has come to be shared is not remembered. */
static void dnetmap_record_forget_vacant(struct dnetmap_prefix *prefix,
					 struct dnetmap_binding *b)
{
	if (b->flags & DNETMAP_VACANT)
		dnetmap_binding_erase(prefix->dn, b);
}

/**
 * dnetmap_records_forget_vacant() - forget the freed addresses of a prefix that
 *	has come to share them
 * @prefix: the prefix
 *
 * Context: process; sleeps.
 */
void dnetmap_records_forget_vacant(struct dnetmap_prefix *prefix)
{
	dnetmap_records_visit(prefix, dnetmap_binding_next,
			      dnetmap_record_forget_vacant);
}

static void dnetmap_record_pass_on(struct dnetmap_prefix *prefix,
				   struct dnetmap_binding *b)
{
	struct dnetmap_prefix *heir;

	if (b->prefix_len != prefix->block.len)
		return;
	heir = dnetmap_prefix_oldest_of(prefix->dn, b->postnat);
	if (!heir)
		return;
	b->prefix_len = heir->block.len;
	if (b->queue == DNETMAP_QUEUE_IDLE) {
		list_move_tail(&b->idle, &heir->idle);
		dnetmap_prefix_open(heir);
		heir->unsorted = true;
	}
}

/**
 * dnetmap_records_pass_on() - pass what is held through a prefix to others that
 *	it lies in
 * @prefix: the prefix, off the list; dnetmap_records_abandon() is to follow
 *
 * Context: process; sleeps.
 */
void dnetmap_records_pass_on(struct dnetmap_prefix *prefix)
{
	dnetmap_records_visit(prefix, dnetmap_binding_next,
			      dnetmap_record_pass_on);
}

static int dnetmap_records_idle_order(void *priv, const struct list_head *l,
				      const struct list_head *r)
{
	struct dnetmap_binding *a = list_entry(l, struct dnetmap_binding, idle);
	struct dnetmap_binding *b = list_entry(r, struct dnetmap_binding, idle);

	return dnetmap_state_expiry(atomic64_read(&a->state)) >
	       dnetmap_state_expiry(atomic64_read(&b->state));
}

static void dnetmap_records_sort_idle(struct dnetmap_net *dn)
{
	struct dnetmap_prefix *prefix;

	lockdep_assert_held(&dn->lock);
	list_for_each_entry(prefix, &dn->prefix_list, list) {
		if (prefix->unsorted)
			list_sort(NULL, &prefix->idle,
				  dnetmap_records_idle_order);
		prefix->unsorted = false;
	}
}

/**
 * dnetmap_records_abandon() - end the records in a prefix, in one critical
 *	section
 * @prefix: the prefix, &dnetmap_net.lock held, expiry advanced
 * @all: all that lie in it, as for a flush; else those held through it and not
 *	to be passed on
 *
 * Finds those too that have come since dnetmap_records_pass_on(), and heirs
 * that have.
 */
void dnetmap_records_abandon(struct dnetmap_prefix *prefix, bool all)
{
	struct dnetmap_net *dn = prefix->dn;
	u64 addr = dnetmap_block_first(&prefix->block);
	u32 last = dnetmap_block_last(&prefix->block);
	bool heirs = !all && dnetmap_prefix_overlaps(prefix);
	struct dnetmap_binding *b;

	lockdep_assert_held(&dn->lock);
	for (; (b = dnetmap_binding_next(dn, &addr, last)); addr++) {
		if (heirs)
			dnetmap_record_pass_on(prefix, b);
		if (all || b->prefix_len == prefix->block.len)
			dnetmap_binding_abandon(dn, b);
	}
	dnetmap_records_sort_idle(dn);
	dnetmap_pool_changed(dn);
}

static void dnetmap_record_erase(struct dnetmap_prefix *prefix,
				 struct dnetmap_binding *b)
{
	dnetmap_binding_erase(prefix->dn, b);
}

/**
 * dnetmap_records_sweep() - erase the gone
 * @prefix: the prefix that they lie in
 *
 * Context: process; sleeps.
 */
void dnetmap_records_sweep(struct dnetmap_prefix *prefix)
{
	dnetmap_records_visit(prefix, dnetmap_binding_next_gone,
			      dnetmap_record_erase);
}
