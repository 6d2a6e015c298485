// SPDX-License-Identifier: GPL-2.0-only
/*
 * All records in a prefix: what happens to them when prefixes begin, end, or
 * are flushed.
 *
 * Theory of operation
 *
 * A prefix may have a million records, so they are processed in batches, each
 * in a critical section of its own. Softirqs run in between, and records are
 * added and erased.
 *
 * The end of a prefix ends all bindings that it holds, and a flush all that are
 * in it; one log line stands for all of them: they are a group.
 * &dnetmap_pernet.mutex ensures that a namespace has one group at a time. A
 * group ends in three steps:
 *
 *   cut     Each binding is ended and its record is marked as gone. It gets no
 *           log line of its own, unless it was past its expiry. From here on it
 *           serves no packet.
 *   tell    The group's line is logged.
 *   sweep   The gone records are taken out of the indexes and freed.
 *
 * As far as the log tells, all of these bindings end with the group's line. So
 * until then, a binding that was cut is still active for readers of the log.
 * Code that needs its address, or has a new binding for its host, erases its
 * record first, which logs a `remove` line for it. So the log never shows an
 * address that two hosts have at the same time. Any other binding of the group
 * has no line but the group's.
 *
 * A prefix that ends has left the list before, so no address is allocated from
 * it. Its records whose address also lies in another listed prefix are not cut;
 * that prefix inherits them, and they move to its scope (scope.c). The mutex
 * keeps rules from being added meanwhile, and so no new prefix can appear.
 *
 * A prefix that is flushed stays in use. A flush walks its addresses upwards.
 * New bindings at addresses ahead of it will be met. New bindings at addresses
 * that it has passed would survive the line that says they are gone. They are
 * put in a list of their own, the late bindings, and the flush cuts these until
 * the list is empty. If that does not happen because new hosts come faster, the
 * flush shuts the addresses that it has passed: none of them is allocated
 * before its line. So a flush removes all bindings that existed when it began,
 * and all that came before its line. Late bindings are not in the due queue:
 * the flush will come sooner than any expiry that matters. Until then, such a
 * binding expires when some code comes across it.
 */
#include <linux/sched.h>

#include "binding.h"
#include "event.h"
#include "group.h"
#include "net.h"
#include "prefix_index.h"
#include "record_bulk.h"
#include "scope.h"

/*
 * Records to process in one critical section, which takes a tenth of a
 * millisecond: another user may have made the prefix large.
 */
#define DNETMAP_RECORDS_BATCH	64
/* Batches of late bindings that a flush cuts before it shuts what it passed. */
#define DNETMAP_RECORDS_LATE	1024

/**
 * struct dnetmap_visit - a walk over the records in a prefix
 * @prefix: the prefix
 * @next: dnetmap_record_next(), or dnetmap_record_next_gone()
 * @act: called for each record with &dnetmap_net.lock held; may erase it
 * @flushes: the walk is a flush, and has to update &dnetmap_group.next
 * @now: dnetmap_now(), for each batch
 * @swept: records that @act has erased and the caller has to free
 */
struct dnetmap_visit {
	struct dnetmap_prefix	*prefix;
	struct dnetmap_record	*(*next)(struct dnetmap_net *dn, u64 *addr,
					 u32 last);
	void			(*act)(struct dnetmap_visit *visit,
				       struct dnetmap_record *r);
	bool			flushes;
	s64			now;
	struct list_head	swept;
};

/* One critical section of a walk. Returns true if there may be more records. */
static bool dnetmap_visit_batch(struct dnetmap_visit *visit, u64 *addr)
{
	struct dnetmap_net *dn = visit->prefix->dn;
	u32 last = dnetmap_block_last(&visit->prefix->block);
	struct dnetmap_record *r = NULL;
	unsigned int batch;

	spin_lock_bh(&dn->lock);
	visit->now = dnetmap_now();
	for (batch = 0; batch < DNETMAP_RECORDS_BATCH; batch++) {
		r = visit->next(dn, addr, last);
		if (!r)
			break;
		visit->act(visit, r);
		++*addr;
	}
	if (visit->flushes)
		dn->group.next = r ? *addr : (u64)last + 1;
	spin_unlock_bh(&dn->lock);
	return r;
}

/* Walk the records in a prefix, in batches. Records change in between. */
static void dnetmap_records_visit(struct dnetmap_visit *visit)
{
	u64 addr = dnetmap_block_first(&visit->prefix->block);

	while (dnetmap_visit_batch(visit, &addr))
		cond_resched();
}

/* A vacant record is erased once two prefixes share its address. */
static void dnetmap_record_forget_vacant(struct dnetmap_visit *visit,
					 struct dnetmap_record *r)
{
	if (r->flags & DNETMAP_VACANT)
		dnetmap_binding_sweep(visit->prefix->dn, r, &visit->swept);
}

/**
 * dnetmap_records_forget_vacant() - erase the vacant records in a prefix that
 *	now overlaps with another one
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

/* Move a record to the scope of a prefix, which holds it from now on. */
static void dnetmap_record_move(struct dnetmap_visit *visit,
				struct dnetmap_record *r,
				struct dnetmap_prefix *holder)
{
	struct dnetmap_net *dn = visit->prefix->dn;
	struct dnetmap_record *loser;

	loser = dnetmap_scope_move(dn, r, holder, visit->now);
	if (loser != r && holder != visit->prefix && !r->flags &&
	    !dnetmap_record_ended(r))
		dnetmap_event_pass(dn, r);
	if (!loser)
		return;
	dnetmap_binding_forget(dn, loser);
	if (dnetmap_prefix_shared(dn, loser->postnat))
		dnetmap_binding_sweep(dn, loser, &visit->swept);
}

/* Move a record that the prefix holds to the prefix's scope. */
static void dnetmap_record_settle(struct dnetmap_visit *visit,
				  struct dnetmap_record *r)
{
	struct dnetmap_prefix *prefix = visit->prefix;

	if (r->prefix_len == prefix->block.len && r->own != prefix->own)
		dnetmap_record_move(visit, r, prefix);
}

/**
 * dnetmap_records_settle() - move the bindings that a prefix holds to the scope
 *	that they are of, after the prefix has turned
 * @prefix: the prefix
 *
 * Context: process, &dnetmap_pernet.mutex held; sleeps.
 */
void dnetmap_records_settle(struct dnetmap_prefix *prefix)
{
	struct dnetmap_visit visit = {
		.prefix	= prefix,
		.next	= dnetmap_record_next,
		.act	= dnetmap_record_settle,
		.swept	= LIST_HEAD_INIT(visit.swept),
	};

	dnetmap_records_visit(&visit);
	dnetmap_record_free_swept(&visit.swept);
}

static void dnetmap_record_cut(struct dnetmap_visit *visit,
			       struct dnetmap_record *r)
{
	dnetmap_binding_cut(visit->prefix->dn, r, visit->now);
}

/* Cut a record that the prefix holds. */
static void dnetmap_record_cut_held(struct dnetmap_visit *visit,
				    struct dnetmap_record *r)
{
	if (r->prefix_len == visit->prefix->block.len)
		dnetmap_record_cut(visit, r);
}

/*
 * As dnetmap_record_cut_own(), but if another prefix contains the address, that
 * prefix inherits the record instead.
 */
static void dnetmap_record_cut_or_pass_on(struct dnetmap_visit *visit,
					  struct dnetmap_record *r)
{
	struct dnetmap_net *dn = visit->prefix->dn;
	struct dnetmap_prefix *heir;

	if (r->prefix_len != visit->prefix->block.len)
		return;
	heir = dnetmap_prefix_oldest_of(dn, r->postnat);
	if (heir)
		dnetmap_record_move(visit, r, heir);
	else
		dnetmap_record_cut(visit, r);
}

static void dnetmap_record_sweep(struct dnetmap_visit *visit,
				 struct dnetmap_record *r)
{
	dnetmap_binding_sweep(visit->prefix->dn, r, &visit->swept);
}

/* Erase all records that are gone. */
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

/*
 * Begin a group: from here on, bindings end that the log has no line for yet.
 */
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
 * dnetmap_records_end() - end the records that a prefix holds, except those
 *	that another prefix inherits, and log that the prefix is removed
 * @prefix: the prefix, not listed any more
 * @overlaps: it lies in another listed prefix, or another one lies in it
 *
 * Context: process, &dnetmap_pernet.mutex held; sleeps.
 */
void dnetmap_records_end(struct dnetmap_prefix *prefix, bool overlaps)
{
	struct dnetmap_visit visit = {
		.prefix	= prefix,
		.next	= dnetmap_record_next,
		.act	= overlaps ? dnetmap_record_cut_or_pass_on :
				     dnetmap_record_cut_held,
		.swept	= LIST_HEAD_INIT(visit.swept),
	};
	struct dnetmap_net *dn = prefix->dn;

	dnetmap_group_begin(prefix, false);
	dnetmap_records_visit(&visit);
	spin_lock_bh(&dn->lock);
	dnetmap_event_prefix_removed(dn, prefix);
	dn->group.untold = false;
	spin_unlock_bh(&dn->lock);
	dnetmap_record_free_swept(&visit.swept);
	dnetmap_records_sweep(prefix);
}

/*
 * Cut a batch of late bindings. If @shut, no new ones come. Once there are none
 * left, log the group's line, end the flush and return true.
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
							 struct dnetmap_record,
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
 * dnetmap_records_flush() - remove all bindings in a prefix
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
