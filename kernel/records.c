// SPDX-License-Identifier: GPL-2.0-only
/*
 * The records in a prefix, all together: what becomes of them when prefixes
 * come and go.
 *
 * Theory of operation
 *
 * There may be a million of them, so whatever is done to all is done in batches,
 * each in a critical section of its own. Softirqs get their turn in between, and
 * records come and go.
 *
 * The end of a prefix, and a flush, end all bindings that are there, and the log
 * has one line for them: they are a group. &dnetmap_pernet.mutex lets there be one
 * group at a time in a namespace. Its end has three steps:
 *
 *   cut     Each binding is ended and marked as gone, without a line of its own,
 *           unless its time has come. From here on it serves no packet.
 *   tell    The line is written.
 *   sweep   What is gone is taken from the indexes, and freed.
 *
 * The line is the end of all of them at once. So until it is written, a binding
 * that has been cut has not ended as far as the log knows. Whoever needs its
 * address, or has a new one for its host, erases it first, and that writes its
 * own `remove` line: in the log, too, nobody has an address that another has.
 * A binding that nobody meets has no line but that of all.
 *
 * When a prefix ends, it has left the list before, and nobody is given an
 * address of it. Of its records, those that lie in another prefix too are not
 * cut, but pass to that one. No rule can come meanwhile, and so no such prefix.
 *
 * A flushed prefix is drawn from while it is flushed. What comes ahead of the
 * flush will be met; what comes behind it would outlive the line that ends it. It
 * is put in a list of its own, and the flush comes back to it until there is
 * none. Where that does not come about, as new hosts come faster, the flush shuts
 * what it has passed: no address of that is given until its line. So a flush
 * removes what was there when it began, and what has come until its line. What is
 * late is not in the due queue: the flush is nearer than any
 * expiry that matters, and until it comes, the binding expires where somebody
 * meets it.
 */
#include <linux/sched.h>

#include "binding.h"
#include "event.h"
#include "group.h"
#include "idle.h"
#include "net.h"
#include "prefixes.h"
#include "records.h"

/*
 * Records to visit in one critical section: a tenth of a millisecond, whoever has
 * made the prefix how large.
 */
#define DNETMAP_RECORDS_BATCH	64
/* Batches of late bindings that a flush ends before it lets no more of them come. */
#define DNETMAP_RECORDS_LATE	1024

/**
 * struct dnetmap_visit - what is done to the records in a prefix
 * @prefix: the prefix
 * @next: dnetmap_record_next(), or _next_gone()
 * @act: called with &dnetmap_net.lock held; may erase the record
 * @flushes: &dnetmap_group.next keeps step
 * @now: dnetmap_now()
 * @swept: what @act has erased
 */
struct dnetmap_visit {
	struct dnetmap_prefix	*prefix;
	struct dnetmap_binding	*(*next)(struct dnetmap_net *dn, u64 *addr,
					 u32 last);
	void			(*act)(struct dnetmap_visit *visit,
				       struct dnetmap_binding *b);
	bool			flushes;
	s64			now;
	struct list_head	swept;
};

/* One critical section of it. Returns true where there is more. */
static bool dnetmap_visit_batch(struct dnetmap_visit *visit, u64 *addr)
{
	struct dnetmap_net *dn = visit->prefix->dn;
	u32 last = dnetmap_block_last(&visit->prefix->block);
	struct dnetmap_binding *b = NULL;
	unsigned int batch;

	spin_lock_bh(&dn->lock);
	visit->now = dnetmap_now();
	for (batch = 0; batch < DNETMAP_RECORDS_BATCH; batch++) {
		b = visit->next(dn, addr, last);
		if (!b)
			break;
		visit->act(visit, b);
		++*addr;
	}
	if (visit->flushes)
		dn->group.next = b ? *addr : (u64)last + 1;
	spin_unlock_bh(&dn->lock);
	return b;
}

/* Visit the records in a prefix, in batches. Others come and go in between. */
static void dnetmap_records_visit(struct dnetmap_visit *visit)
{
	u64 addr = dnetmap_block_first(&visit->prefix->block);

	while (dnetmap_visit_batch(visit, &addr))
		cond_resched();
}

/* An address that has come to be shared is not remembered. */
static void dnetmap_record_forget_vacant(struct dnetmap_visit *visit,
					 struct dnetmap_binding *b)
{
	if (b->flags & DNETMAP_VACANT)
		dnetmap_binding_sweep(visit->prefix->dn, b, &visit->swept);
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
	struct dnetmap_visit visit = {
		.prefix	= prefix,
		.next	= dnetmap_record_next,
		.act	= dnetmap_record_forget_vacant,
		.swept	= LIST_HEAD_INIT(visit.swept),
	};

	dnetmap_records_visit(&visit);
	dnetmap_record_free_swept(&visit.swept);
}

static void dnetmap_record_pass_on(struct dnetmap_net *dn,
				   struct dnetmap_binding *b,
				   const struct dnetmap_prefix *heir)
{
	bool idle = b->queue == DNETMAP_QUEUE_IDLE;

	if (idle)
		dnetmap_idle_remove(dn, b);
	b->prefix_len = heir->block.len;
	if (idle)
		dnetmap_idle_add(dn, b);
}

static void dnetmap_record_cut(struct dnetmap_visit *visit,
			       struct dnetmap_binding *b)
{
	dnetmap_binding_cut(visit->prefix->dn, b, visit->now);
}

/* Cut what is held through the prefix. */
static void dnetmap_record_cut_own(struct dnetmap_visit *visit,
				   struct dnetmap_binding *b)
{
	if (b->prefix_len == visit->prefix->block.len)
		dnetmap_record_cut(visit, b);
}

/* The same, where others may take it over. */
static void dnetmap_record_cut_or_pass_on(struct dnetmap_visit *visit,
					  struct dnetmap_binding *b)
{
	struct dnetmap_net *dn = visit->prefix->dn;
	struct dnetmap_prefix *heir;

	if (b->prefix_len != visit->prefix->block.len)
		return;
	heir = dnetmap_prefix_oldest_of(dn, b->postnat);
	if (heir)
		dnetmap_record_pass_on(dn, b, heir);
	else
		dnetmap_record_cut(visit, b);
}

static void dnetmap_record_sweep(struct dnetmap_visit *visit,
				 struct dnetmap_binding *b)
{
	dnetmap_binding_sweep(visit->prefix->dn, b, &visit->swept);
}

/* Erase the gone. */
static void dnetmap_records_sweep(struct dnetmap_prefix *prefix)
{
	struct dnetmap_visit visit = {
		.prefix	= prefix,
		.next	= dnetmap_record_next_gone,
		.act	= dnetmap_record_sweep,
		.swept	= LIST_HEAD_INIT(visit.swept),
	};

	dnetmap_records_visit(&visit);
	dnetmap_record_free_swept(&visit.swept);
}

/* From here on, bindings may end that the log has no line of yet. */
static void dnetmap_group_begin(struct dnetmap_prefix *prefix, bool flush)
{
	struct dnetmap_net *dn = prefix->dn;

	dnetmap_net_assert_locked(dn->net);
	spin_lock_bh(&dn->lock);
	dn->group.untold = true;
	dn->group.shut = false;
	dn->group.first = dnetmap_block_first(&prefix->block);
	dn->group.next = flush ? dn->group.first : 0;
	spin_unlock_bh(&dn->lock);
}

/**
 * dnetmap_records_end() - end what is held through a prefix, but for what others
 *	take over, and tell the log that the prefix has ended
 * @prefix: the prefix, off the list
 * @overlaps: whether there are others that it lies in, or that lie in it
 *
 * Context: process, &dnetmap_pernet.mutex held; sleeps.
 */
void dnetmap_records_end(struct dnetmap_prefix *prefix, bool overlaps)
{
	struct dnetmap_visit visit = {
		.prefix	= prefix,
		.next	= dnetmap_record_next,
		.act	= overlaps ? dnetmap_record_cut_or_pass_on :
				     dnetmap_record_cut_own,
	};
	struct dnetmap_net *dn = prefix->dn;

	dnetmap_group_begin(prefix, false);
	dnetmap_records_visit(&visit);
	spin_lock_bh(&dn->lock);
	dnetmap_event_prefix_removed(dn, prefix);
	dn->group.untold = false;
	spin_unlock_bh(&dn->lock);
	dnetmap_records_sweep(prefix);
}

/*
 * End some that are late, and where @shut, let no more come. With none left, that is
 * all; returns true then.
 */
static bool dnetmap_records_flushed(struct dnetmap_prefix *prefix, bool shut)
{
	struct dnetmap_net *dn = prefix->dn;
	struct dnetmap_group *group = &dn->group;
	s64 now = dnetmap_now();
	unsigned int batch;
	bool all;

	spin_lock_bh(&dn->lock);
	group->shut = shut;
	for (batch = 0; batch < DNETMAP_RECORDS_BATCH; batch++) {
		if (list_empty(&group->late))
			break;
		dnetmap_binding_cut(dn, list_first_entry(&group->late,
							 struct dnetmap_binding,
							 list), now);
	}
	all = list_empty(&group->late);
	if (all) {
		dnetmap_event_prefix_flushed(dn, prefix);
		group->untold = false;
		group->shut = false;
		group->next = 0;
	}
	spin_unlock_bh(&dn->lock);
	return all;
}

/**
 * dnetmap_records_flush() - remove all bindings that lie in a prefix
 * @prefix: the prefix
 *
 * Context: process, &dnetmap_pernet.mutex held; sleeps.
 */
void dnetmap_records_flush(struct dnetmap_prefix *prefix)
{
	struct dnetmap_visit visit = {
		.prefix		= prefix,
		.next		= dnetmap_record_next,
		.act		= dnetmap_record_cut,
		.flushes	= true,
	};
	unsigned int batches = 0;

	dnetmap_group_begin(prefix, true);
	dnetmap_records_visit(&visit);
	while (!dnetmap_records_flushed(prefix, batches++ >= DNETMAP_RECORDS_LATE))
		cond_resched();
	dnetmap_records_sweep(prefix);
}
