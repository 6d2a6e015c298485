// SPDX-License-Identifier: GPL-2.0-only
/*
 * The life of a prefix: a subnet that rules allocate postnat addresses from.
 *
 * Theory of operation
 *
 * A prefix exists from its first rule to its last; prefix_index.c finds it.
 *
 * Prefixes may overlap, and then one lies within the other. Each record is held
 * by exactly one of the prefixes that contain its address: that prefix has it
 * in its idle queue when it is idle. &dnetmap_record.prefix_len says which
 * one, as an address and a length define a block. "In a prefix", by contrast,
 * only means that the address lies in the prefix's block.
 *
 * A prefix ends in three steps. The code that ends it (by removing the last
 * rule or, for a persistent prefix, by a command) takes only the first of them:
 *
 *   left     Under &dnetmap_net.lock the prefix leaves the list, so that no
 *            more addresses are allocated from it (dnetmap_prefix_leave). Rules
 *            are removed by a worker that all namespaces share, so this step
 *            must neither sleep nor depend on the number of bindings.
 *   ended    Its records are ended (record_bulk.c), which is logged, and erased.
 *   removed  Its /proc files are removed (netns.c), and it is freed. This has
 *            to wait while a handler of one of these files runs, such as the
 *            command that ended the prefix.
 *
 * The other steps are done by the reap work, with &dnetmap_pernet.mutex held
 * (dnetmap_prefix_reap), and so is a flush. The writer of a command only waits
 * for the work: if he is kept from running, nobody else waits for him.
 *
 * If a rule names a prefix that has ended but is not removed yet, the prefix
 * begins again, and running handlers of its files then act on its new life. The
 * files are also created before the prefix enters the list: a command that
 * comes in between is refused, as one that comes after the end is.
 *
 * A rule with --persistent makes its prefix persistent if it is the first such
 * rule; persist.c says when. These rules are counted when they are added, so
 * that a change of the table does not affect the prefix: iptables-legacy then
 * checks all rules again before it releases the old ones.
 */
#include <linux/err.h>
#include <linux/in.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/wait_bit.h>
#include <linux/netfilter/xt_DNETMAP.h>

#include "event.h"
#include "expiry.h"
#include "net.h"
#include "param.h"
#include "prefix.h"
#include "prefix_index.h"
#include "record_bulk.h"

/*
 * If nothing keeps the prefix any more, take it off the list, so that no more
 * addresses are allocated from it; dnetmap_prefix_reap() does the rest. Returns
 * true in that case.
 */
static bool dnetmap_prefix_leave(struct dnetmap_prefix *prefix)
{
	struct dnetmap_net *dn = prefix->dn;

	lockdep_assert_held(&dn->lock);
	if (!prefix->listed || prefix->rules || prefix->persistent)
		return false;
	WRITE_ONCE(prefix->ending, true);
	WRITE_ONCE(prefix->barred, true);
	dnetmap_prefix_unlist(prefix, &dn->ending_prefixes);
	return true;
}

/* End all records that the prefix holds. */
static void dnetmap_prefix_end_records(struct dnetmap_prefix *prefix)
{
	struct dnetmap_net *dn = prefix->dn;
	bool overlaps;

	spin_lock_bh(&dn->lock);
	overlaps = dnetmap_prefix_overlaps(prefix);
	spin_unlock_bh(&dn->lock);
	dnetmap_expiry_catch_up(dn);
	dnetmap_records_end(prefix, overlaps);
}

/* Wake up those who wait in dnetmap_prefix_wait(). */
static void dnetmap_prefix_wake(struct dnetmap_prefix *prefix)
{
	/*
	 * Pairs with the barrier of a waiter (wait_var_event): either the
	 * waiter sees the new value, or it is seen in the wait queue.
	 */
	smp_mb();
	wake_up_var(prefix);
}

/* How long those wait for the reap work who may not wait long. */
#define DNETMAP_PREFIX_WAIT	HZ

static bool dnetmap_prefix_ended(const struct dnetmap_prefix *prefix, u32 unused)
{
	return !READ_ONCE(prefix->ending);
}

static bool dnetmap_prefix_flushed(const struct dnetmap_prefix *prefix, u32 flush)
{
	return (s32)(READ_ONCE(prefix->flushed) - flush) >= 0;
}

/*
 * Wait until the reap work has @done what @which stands for, in a handler of the
 * prefix, which keeps it from being freed; if the handler is not @patient, for a
 * short time. Returning early because of a fatal signal is harmless. Returns 0 or
 * -ETIMEDOUT.
 */
static int dnetmap_prefix_wait(struct dnetmap_prefix *prefix,
			       bool (*done)(const struct dnetmap_prefix *, u32),
			       u32 which, bool patient)
{
	if (patient) {
		wait_var_event_killable(prefix, done(prefix, which));
		return 0;
	}
	return wait_var_event_timeout(prefix, done(prefix, which),
				      DNETMAP_PREFIX_WAIT) ? 0 : -ETIMEDOUT;
}

/* End a prefix that has left the list. Only its files remain. */
static void dnetmap_prefix_end(struct dnetmap_prefix *prefix)
{
	struct dnetmap_net *dn = prefix->dn;

	dnetmap_net_assert_locked(dn->net);
	dnetmap_prefix_end_records(prefix);
	spin_lock_bh(&dn->lock);
	list_move_tail(&prefix->list, &dn->ended_prefixes);
	list_del_init(&prefix->flush);
	list_del_init(&prefix->settle);
	WRITE_ONCE(prefix->unsettled, false);
	WRITE_ONCE(prefix->flushed, prefix->flushes);
	WRITE_ONCE(prefix->ending, false);
	spin_unlock_bh(&dn->lock);
	dnetmap_prefix_wake(prefix);
}

/* The first prefix of a list of @dn's that &dnetmap_prefix.list is in. */
static struct dnetmap_prefix *dnetmap_prefix_first_of(struct dnetmap_net *dn,
						      struct list_head *list)
{
	struct dnetmap_prefix *prefix;

	spin_lock_bh(&dn->lock);
	prefix = list_first_entry_or_null(list, struct dnetmap_prefix, list);
	spin_unlock_bh(&dn->lock);
	return prefix;
}

static void dnetmap_prefix_end_left(struct dnetmap_net *dn)
{
	struct dnetmap_prefix *prefix;

	while ((prefix = dnetmap_prefix_first_of(dn, &dn->ending_prefixes)))
		dnetmap_prefix_end(prefix);
}

/*
 * Take the next prefix off @todo; @flushes is the number of requests to serve.
 */
static struct dnetmap_prefix *dnetmap_prefix_next_flush(struct dnetmap_net *dn,
							struct list_head *todo,
							u32 *flushes)
{
	struct dnetmap_prefix *prefix;

	spin_lock_bh(&dn->lock);
	prefix = list_first_entry_or_null(todo, struct dnetmap_prefix, flush);
	if (prefix) {
		list_del_init(&prefix->flush);
		*flushes = prefix->flushes;
	}
	spin_unlock_bh(&dn->lock);
	return prefix;
}

static void dnetmap_prefix_flush_records(struct dnetmap_prefix *prefix)
{
	struct dnetmap_net *dn = prefix->dn;

	dnetmap_net_assert_locked(dn->net);
	/*
	 * It has left the list meanwhile: dnetmap_prefix_end() ends its
	 * records.
	 */
	if (!READ_ONCE(prefix->listed))
		return;
	dnetmap_expiry_catch_up(dn);
	dnetmap_records_flush(prefix);
}

/*
 * Move the bindings that the prefix holds to the scope that they are of. If it
 * turns meanwhile, the reap work has to do it again.
 */
static void dnetmap_prefix_settle(struct dnetmap_prefix *prefix)
{
	struct dnetmap_net *dn = prefix->dn;

	dnetmap_net_assert_locked(dn->net);
	spin_lock_bh(&dn->lock);
	list_del_init(&prefix->settle);
	spin_unlock_bh(&dn->lock);
	dnetmap_expiry_catch_up(dn);
	dnetmap_records_settle(prefix);
	spin_lock_bh(&dn->lock);
	if (list_empty(&prefix->settle))
		WRITE_ONCE(prefix->unsettled, false);
	spin_unlock_bh(&dn->lock);
}

static struct dnetmap_prefix *dnetmap_prefix_next_turned(struct dnetmap_net *dn,
							 struct list_head *todo)
{
	struct dnetmap_prefix *prefix;

	spin_lock_bh(&dn->lock);
	prefix = list_first_entry_or_null(todo, struct dnetmap_prefix, settle);
	spin_unlock_bh(&dn->lock);
	return prefix;
}

/*
 * Settle the prefixes that have turned by now; for those that turn later, the
 * work is queued again.
 */
static void dnetmap_prefix_settle_turned(struct dnetmap_net *dn)
{
	struct dnetmap_prefix *prefix;
	LIST_HEAD(todo);

	spin_lock_bh(&dn->lock);
	list_splice_init(&dn->settle_prefixes, &todo);
	spin_unlock_bh(&dn->lock);
	while ((prefix = dnetmap_prefix_next_turned(dn, &todo)))
		dnetmap_prefix_settle(prefix);
}

/*
 * Run the flushes that are pending now. Later requests are left to the next run
 * of the work: a rule being added waits for this run, and a stream of requests
 * must not make it longer.
 */
static void dnetmap_prefix_flush_wanted(struct dnetmap_net *dn)
{
	struct dnetmap_prefix *prefix;
	u32 flushes;
	LIST_HEAD(todo);
	bool more;

	spin_lock_bh(&dn->lock);
	list_splice_init(&dn->flush_prefixes, &todo);
	spin_unlock_bh(&dn->lock);
	while ((prefix = dnetmap_prefix_next_flush(dn, &todo, &flushes))) {
		dnetmap_prefix_flush_records(prefix);
		WRITE_ONCE(prefix->flushed, flushes);
		dnetmap_prefix_wake(prefix);
	}
	spin_lock_bh(&dn->lock);
	more = !list_empty(&dn->flush_prefixes);
	spin_unlock_bh(&dn->lock);
	if (more)
		dnetmap_net_reap_later(dn->net);
}

/**
 * dnetmap_prefix_reap() - end the prefixes that have left, settle those that have
 *	turned, and run flushes
 * @dn: the namespace
 *
 * Context: process, &dnetmap_pernet.mutex held; sleeps.
 */
void dnetmap_prefix_reap(struct dnetmap_net *dn)
{
	dnetmap_net_assert_locked(dn->net);
	dnetmap_prefix_end_left(dn);
	dnetmap_prefix_settle_turned(dn);
	dnetmap_prefix_flush_wanted(dn);
}

/**
 * dnetmap_prefix_free() - free a prefix after a grace period
 * @prefix: the prefix, in &dnetmap_net.ended_prefixes, without files
 *
 * Context: process, &dnetmap_pernet.mutex held.
 */
void dnetmap_prefix_free(struct dnetmap_prefix *prefix)
{
	struct dnetmap_net *dn = prefix->dn;

	dnetmap_net_assert_locked(dn->net);
	list_del(&prefix->list);
	spin_lock_bh(&dn->lock);
	dnetmap_prefix_unindex(prefix);
	spin_unlock_bh(&dn->lock);
	kfree_rcu(prefix, rcu);
}

/* Create a prefix, in the same state as one that has ended. */
static struct dnetmap_prefix *
dnetmap_prefix_create(struct dnetmap_net *dn, const struct dnetmap_block *block)
{
	struct dnetmap_prefix *prefix;
	int err;

	prefix = kzalloc(sizeof(*prefix), GFP_KERNEL_ACCOUNT);
	if (!prefix)
		return ERR_PTR(-ENOMEM);
	prefix->dn = dn;
	prefix->block = *block;
	prefix->first = dnetmap_block_first(block);
	prefix->last = dnetmap_block_last(block);
	if (!dnetmap_whole_prefix && block->len <= 30) {
		prefix->first++;
		prefix->last--;
	}
	/* 255.255.255.255 belongs to no host. */
	if (prefix->last == INADDR_BROADCAST)
		prefix->last--;
	INIT_LIST_HEAD(&prefix->flush);
	INIT_LIST_HEAD(&prefix->settle);
	err = dnetmap_prefix_index(prefix);
	if (err) {
		kfree(prefix);
		return ERR_PTR(err);
	}
	list_add_tail(&prefix->list, &dn->ended_prefixes);
	return prefix;
}

/*
 * The count of rules has changed: let what depends on it follow. Returns true if
 * the prefix has turned, so that dnetmap_prefix_settle() has to be called.
 */
static bool dnetmap_prefix_rules_changed(struct dnetmap_prefix *prefix)
{
	bool turns = prefix->listed && prefix->own != !!prefix->own_rules;
	struct dnetmap_net *dn = prefix->dn;
	bool mixed;

	lockdep_assert_held(&dn->lock);
	if (turns) {
		dnetmap_prefix_turn(prefix);
		dnetmap_event_prefix_set(dn, prefix);
	}
	mixed = prefix->own && prefix->rules > prefix->own_rules;
	if (mixed != prefix->mixed) {
		prefix->mixed = mixed;
		dn->mixed_prefixes += mixed ? 1 : -1;
		dnetmap_net_steer(dn);
	}
	return turns;
}

/*
 * Count a rule; the first one with --persistent is to make the prefix persist,
 * and the first one with --own makes it own at once.
 */
static void dnetmap_prefix_count_rule(struct dnetmap_prefix *prefix, u8 flags)
{
	lockdep_assert_held(&prefix->dn->lock);
	prefix->rules++;
	if (flags & XT_DNETMAP_PERSISTENT && !prefix->persistent_rules++)
		prefix->wanted = true;
	if (flags & XT_DNETMAP_OWN)
		prefix->own_rules++;
	dnetmap_prefix_rules_changed(prefix);
}

/**
 * dnetmap_prefix_rule_add() - count another rule of a listed prefix
 * @prefix: the prefix
 * @flags: those of the rule, &enum xt_dnetmap_flags
 *
 * Context: process, &dnetmap_pernet.mutex held; sleeps.
 * Return: true if done; false, with nothing changed, if the prefix is not
 * listed. The mutex keeps anybody else from beginning it.
 */
bool dnetmap_prefix_rule_add(struct dnetmap_prefix *prefix, u8 flags)
{
	struct dnetmap_net *dn = prefix->dn;
	bool listed, unsettled;

	spin_lock_bh(&dn->lock);
	listed = prefix->listed;
	if (listed)
		dnetmap_prefix_count_rule(prefix, flags);
	unsettled = listed && prefix->unsettled;
	spin_unlock_bh(&dn->lock);
	if (unsettled)
		dnetmap_prefix_settle(prefix);
	return listed;
}

/**
 * dnetmap_prefix_find_or_create() - find or create the prefix that a rule names
 * @dn: the namespace
 * @block: the prefix's block
 *
 * Context: process, &dnetmap_pernet.mutex held; sleeps.
 * Return: the prefix, which may have ended; or an error pointer. If the caller
 * does not begin a new prefix, the reap work has to remove it.
 */
struct dnetmap_prefix *
dnetmap_prefix_find_or_create(struct dnetmap_net *dn,
			      const struct dnetmap_block *block)
{
	dnetmap_net_assert_locked(dn->net);
	return dnetmap_prefix_find(dn, block) ?:
	       dnetmap_prefix_create(dn, block);
}

/**
 * dnetmap_prefix_prepare() - let handlers enter the files of an ended prefix
 * @prefix: the prefix, which has ended
 *
 * First step of a prefix's beginning; dnetmap_prefix_begin() is the second.
 *
 * Context: process, &dnetmap_pernet.mutex held; sleeps.
 */
void dnetmap_prefix_prepare(struct dnetmap_prefix *prefix)
{
	/*
	 * Prefixes that left earlier must not pass their records on to this
	 * one.
	 */
	dnetmap_prefix_end_left(prefix->dn);
	WRITE_ONCE(prefix->barred, false);
}

/**
 * dnetmap_prefix_abandon() - undo dnetmap_prefix_prepare()
 * @prefix: the prefix
 *
 * Context: process, &dnetmap_pernet.mutex held.
 */
void dnetmap_prefix_abandon(struct dnetmap_prefix *prefix)
{
	WRITE_ONCE(prefix->barred, true);
}

/**
 * dnetmap_prefix_begin() - list a prefix: rules may allocate from it
 * @prefix: the prefix, after dnetmap_prefix_prepare(), with its files
 * @named: a rule names it; otherwise it is persistent
 * @flags: those of this rule, &enum xt_dnetmap_flags
 *
 * Context: process, &dnetmap_pernet.mutex held; sleeps.
 */
void dnetmap_prefix_begin(struct dnetmap_prefix *prefix, bool named, u8 flags)
{
	struct dnetmap_net *dn = prefix->dn;
	bool overlaps;

	spin_lock_bh(&dn->lock);
	prefix->lowest = prefix->first;
	prefix->tally = (struct dnetmap_tally){};
	WRITE_ONCE(prefix->shortage.told, false);
	atomic64_set(&prefix->shortage.refused, 0);
	WRITE_ONCE(prefix->own, flags & XT_DNETMAP_OWN);
	WRITE_ONCE(prefix->persistent, !named);
	dnetmap_prefix_list(prefix);
	if (named)
		dnetmap_prefix_count_rule(prefix, flags);
	dnetmap_event_prefix_new(dn, prefix);
	overlaps = dnetmap_prefix_overlaps(prefix);
	spin_unlock_bh(&dn->lock);
	if (overlaps)
		dnetmap_records_forget_vacant(prefix);
}

/**
 * dnetmap_prefix_rule_remove() - drop the count of a rule that named a prefix
 * @prefix: the prefix, &dnetmap_net.lock held
 * @flags: as for dnetmap_prefix_rule_add()
 *
 * Return: true if the prefix has left the list or has turned, so that
 * dnetmap_prefix_reap() has to be called.
 */
bool dnetmap_prefix_rule_remove(struct dnetmap_prefix *prefix, u8 flags)
{
	bool left, turns;

	lockdep_assert_held(&prefix->dn->lock);
	prefix->rules--;
	prefix->persistent_rules -= !!(flags & XT_DNETMAP_PERSISTENT);
	prefix->own_rules -= !!(flags & XT_DNETMAP_OWN);
	left = dnetmap_prefix_leave(prefix);
	turns = dnetmap_prefix_rules_changed(prefix);
	return left || turns;
}

/* Set whether a prefix is persistent. */
static void dnetmap_prefix_set_flag(struct dnetmap_prefix *prefix, bool on)
{
	lockdep_assert_held(&prefix->dn->lock);
	if (prefix->persistent == on)
		return;
	WRITE_ONCE(prefix->persistent, on);
	/* If nothing keeps it now, its end is what will be told. */
	if (prefix->listed && (on || prefix->rules))
		dnetmap_event_prefix_set(prefix->dn, prefix);
}

/**
 * dnetmap_prefix_grant() - a rule with --persistent is in force
 * @prefix: the prefix
 *
 * Makes the prefix persistent, unless it had another such rule when this one
 * was added: a command may have changed the setting since that one came.
 */
void dnetmap_prefix_grant(struct dnetmap_prefix *prefix)
{
	struct dnetmap_net *dn = prefix->dn;

	spin_lock_bh(&dn->lock);
	if (prefix->wanted)
		dnetmap_prefix_set_flag(prefix, true);
	prefix->wanted = false;
	spin_unlock_bh(&dn->lock);
}

/**
 * dnetmap_prefix_wanted() - is a rule yet to make its prefix persistent?
 * @dn: the namespace, in which the rule is counted
 * @block: the prefix's block
 *
 * Return: true if dnetmap_prefix_grant() would make it persistent.
 */
bool dnetmap_prefix_wanted(struct dnetmap_net *dn,
			   const struct dnetmap_block *block)
{
	bool wanted;

	spin_lock_bh(&dn->lock);
	wanted = dnetmap_prefix_find(dn, block)->wanted;
	spin_unlock_bh(&dn->lock);
	return wanted;
}

/* Returns 1 if the prefix has left the list now, -ENOENT if it had before. */
static int dnetmap_prefix_persist(struct dnetmap_prefix *prefix, bool on)
{
	struct dnetmap_net *dn = prefix->dn;
	int ret = -ENOENT;

	spin_lock_bh(&dn->lock);
	if (prefix->listed) {
		dnetmap_prefix_set_flag(prefix, on);
		ret = dnetmap_prefix_leave(prefix);
	}
	spin_unlock_bh(&dn->lock);
	return ret;
}

/**
 * dnetmap_prefix_set_persistent() - set whether a prefix outlives its rules
 * @prefix: the prefix
 * @on: false ends the prefix if it has no rule
 * @patient: wait for any time until the reap work has ended its records
 *
 * Context: process, in a handler of the prefix; if the prefix ends, sleeps.
 * Return: 0; -ENOENT if the prefix is not listed; or -ETIMEDOUT if its records are
 * still being ended.
 */
int dnetmap_prefix_set_persistent(struct dnetmap_prefix *prefix, bool on,
				  bool patient)
{
	int ret = dnetmap_prefix_persist(prefix, on);

	if (ret <= 0)
		return ret;
	dnetmap_net_reap_later(prefix->dn->net);
	return dnetmap_prefix_wait(prefix, dnetmap_prefix_ended, 0, patient);
}

/**
 * dnetmap_prefix_delete() - end a prefix that no rule names
 * @prefix: the prefix
 *
 * Context: process, in a handler of the prefix; sleeps for a short time.
 * Return: 0; -EBUSY if rules name it; or as dnetmap_prefix_set_persistent().
 */
int dnetmap_prefix_delete(struct dnetmap_prefix *prefix)
{
	bool named;

	spin_lock_bh(&prefix->dn->lock);
	named = prefix->rules;
	spin_unlock_bh(&prefix->dn->lock);
	return named ? -EBUSY :
		       dnetmap_prefix_set_persistent(prefix, false, false);
}

/**
 * dnetmap_prefix_end_all() - end all persistent prefixes
 * @dn: the namespace, which has no rules
 *
 * Context: process, &dnetmap_pernet.mutex held; sleeps.
 */
void dnetmap_prefix_end_all(struct dnetmap_net *dn)
{
	struct dnetmap_prefix *prefix;

	dnetmap_net_assert_locked(dn->net);
	while ((prefix = dnetmap_prefix_first_of(dn, &dn->prefix_list)))
		dnetmap_prefix_persist(prefix, false);
	dnetmap_prefix_reap(dn);
}

/**
 * dnetmap_prefix_flush() - remove all bindings in a prefix
 * @prefix: the prefix
 * @patient: wait for any time until the reap work has done it, or the prefix ends
 *
 * Context: process, in a handler of the prefix; sleeps.
 * Return: 0; -ENOENT if the prefix is not listed; or -ETIMEDOUT if it is still
 * being flushed.
 */
int dnetmap_prefix_flush(struct dnetmap_prefix *prefix, bool patient)
{
	struct dnetmap_net *dn = prefix->dn;
	u32 mine = 0;
	bool listed;

	spin_lock_bh(&dn->lock);
	listed = prefix->listed;
	if (listed) {
		mine = ++prefix->flushes;
		if (list_empty(&prefix->flush))
			list_add_tail(&prefix->flush, &dn->flush_prefixes);
	}
	spin_unlock_bh(&dn->lock);
	if (!listed)
		return -ENOENT;
	dnetmap_net_reap_later(dn->net);
	return dnetmap_prefix_wait(prefix, dnetmap_prefix_flushed, mine, patient);
}
