// SPDX-License-Identifier: GPL-2.0-only
/*
 * Prefixes: the subnets that rules draw postnat addresses from.
 *
 * Theory of operation
 *
 * A prefix exists from its first rule to its last; prefixes.c has how it is found.
 *
 * Prefixes may overlap, and then one lies within the other. Of the bindings
 * in an address range, each is held through one prefix, which lists it when it
 * is idle; &dnetmap_binding.prefix_len says which, as an address and a length
 * make a block. What lies "in" a prefix is a matter of addresses alone.
 *
 * The end of a prefix comes in steps, and who causes it, by removing the last rule
 * or, where it is persistent, by a command, takes but the first of them:
 *
 *   left     under &dnetmap_net.lock it leaves the list, so that nobody takes
 *            addresses from it (dnetmap_prefix_leave). Rules are let go of by a
 *            worker that all namespaces share, which must not wait for anybody, or
 *            for a million bindings.
 *   ended    its records come to their end (records.c), which is logged, and are
 *            erased.
 *   removed  its files go (netns.c), and then it is freed. While somebody is in one of
 *            them, be it with the command that ended the prefix, that has to wait.
 *
 * The other steps are done with &dnetmap_pernet.mutex by work (dnetmap_prefix_reap),
 * and so is a flush, as its part of them: whoever writes a command waits for that,
 * and may be kept from running himself without anybody else's waiting for him.
 * If a rule names the prefix before it is removed, it begins anew, once it has
 * ended: what somebody in its files does then is done to its new life. The files
 * are there before the prefix is in the list, too, and a command that comes then
 * finds it as it does one that has ended.
 *
 * A rule with --persistent makes its prefix persist when it is the first such rule
 * that comes; persist.c says when. The rules that say so are counted from their
 * coming, so that a change of the table, which has iptables-legacy check all rules
 * anew before it lets go of the old ones, is none for the prefix.
 */
#include <linux/err.h>
#include <linux/in.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/wait_bit.h>

#include "event.h"
#include "expiry.h"
#include "net.h"
#include "param.h"
#include "prefix.h"
#include "prefixes.h"
#include "records.h"

/*
 * A prefix that nothing keeps is no longer drawn from; the rest is for
 * dnetmap_prefix_reap() to do. Returns true where that is so.
 */
static bool dnetmap_prefix_leave(struct dnetmap_prefix *prefix)
{
	struct dnetmap_net *dn = prefix->dn;

	lockdep_assert_held(&dn->lock);
	if (!prefix->listed || prefix->rules || prefix->persistent)
		return false;
	WRITE_ONCE(prefix->ending, true);
	WRITE_ONCE(prefix->ended, true);
	dnetmap_prefix_unlist(prefix, &dn->ending_prefixes);
	return true;
}

/* All that was held through a prefix comes to its end. */
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

/* Who waits for the work on a prefix looks whether that is done. */
static void dnetmap_prefix_wake(struct dnetmap_prefix *prefix)
{
	/* Ordered against dnetmap_prefix_wait(): one of us sees the other. */
	smp_mb();
	wake_up_var(prefix);
}

/*
 * In a handler of one of its files, that keeps it. To wait early, where the process
 * is to die, harms nobody.
 */
#define dnetmap_prefix_wait(prefix, condition)				\
	((void)wait_var_event_killable(prefix, condition))

/* What is left of a prefix that has been left is its files. */
static void dnetmap_prefix_end(struct dnetmap_prefix *prefix)
{
	struct dnetmap_net *dn = prefix->dn;

	dnetmap_net_assert_locked(dn->net);
	dnetmap_prefix_end_records(prefix);
	spin_lock_bh(&dn->lock);
	list_move_tail(&prefix->list, &dn->ended_prefixes);
	list_del_init(&prefix->flush);
	WRITE_ONCE(prefix->flushed, prefix->flushes);
	WRITE_ONCE(prefix->ending, false);
	spin_unlock_bh(&dn->lock);
	dnetmap_prefix_wake(prefix);
}

static struct dnetmap_prefix *dnetmap_prefix_first_ending(struct dnetmap_net *dn)
{
	struct dnetmap_prefix *prefix;

	spin_lock_bh(&dn->lock);
	prefix = list_first_entry_or_null(&dn->ending_prefixes,
					  struct dnetmap_prefix, list);
	spin_unlock_bh(&dn->lock);
	return prefix;
}

static void dnetmap_prefix_end_left(struct dnetmap_net *dn)
{
	struct dnetmap_prefix *prefix;

	while ((prefix = dnetmap_prefix_first_ending(dn)))
		dnetmap_prefix_end(prefix);
}

/* One of @todo, and for how many who have asked for it. */
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
	/* Where its end has begun meanwhile, that comes after this. */
	if (!READ_ONCE(prefix->listed))
		return;
	dnetmap_expiry_catch_up(dn);
	dnetmap_records_flush(prefix);
}

/*
 * Flush those that are to be by now. Who asks meanwhile is served by the next work:
 * a rule that comes waits for this one, and not for as long as somebody asks.
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
 * dnetmap_prefix_reap() - end the prefixes that nothing keeps, and flush those that
 *	are to be
 * @dn: the namespace
 *
 * Context: process, &dnetmap_pernet.mutex held; sleeps.
 */
void dnetmap_prefix_reap(struct dnetmap_net *dn)
{
	dnetmap_net_assert_locked(dn->net);
	dnetmap_prefix_end_left(dn);
	dnetmap_prefix_flush_wanted(dn);
}

/**
 * dnetmap_prefix_free() - forget a prefix
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

/* One that has ended, as far as others see. */
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
	/* No host's, whatever the prefix. */
	if (prefix->last == INADDR_BROADCAST)
		prefix->last--;
	INIT_LIST_HEAD(&prefix->flush);
	err = dnetmap_prefix_index(prefix);
	if (err) {
		kfree(prefix);
		return ERR_PTR(err);
	}
	list_add_tail(&prefix->list, &dn->ended_prefixes);
	return prefix;
}

/* A rule that comes is the first, or not, to ask for the prefix to persist. */
static void dnetmap_prefix_count(struct dnetmap_prefix *prefix, bool persistent)
{
	lockdep_assert_held(&prefix->dn->lock);
	prefix->rules++;
	if (persistent && !prefix->persistent_rules++)
		prefix->wanted = true;
}

/**
 * dnetmap_prefix_join() - another rule names a prefix
 * @prefix: the prefix
 * @persistent: the rule asks for it to persist
 *
 * Context: process, &dnetmap_pernet.mutex held.
 * Return: false with nothing done where it is not drawn from; nobody else begins it
 * meanwhile.
 */
bool dnetmap_prefix_join(struct dnetmap_prefix *prefix, bool persistent)
{
	struct dnetmap_net *dn = prefix->dn;
	bool listed;

	spin_lock_bh(&dn->lock);
	listed = prefix->listed;
	if (listed)
		dnetmap_prefix_count(prefix, persistent);
	spin_unlock_bh(&dn->lock);
	return listed;
}

/**
 * dnetmap_prefix_find_or_create() - the prefix that a rule names
 * @dn: the namespace
 * @block: the prefix, created where it does not exist yet
 *
 * Context: process, &dnetmap_pernet.mutex held; sleeps.
 * Return: the prefix, which may have ended; or an error pointer. Where it is not
 * begun, dnetmap_prefix_reap() is to see to it.
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
 * dnetmap_prefix_prepare() - a prefix is to begin, and may have files from here on
 * @prefix: the prefix, which has ended
 *
 * Context: process, &dnetmap_pernet.mutex held; sleeps.
 */
void dnetmap_prefix_prepare(struct dnetmap_prefix *prefix)
{
	/* Those that went before it came have no heir in it. */
	dnetmap_prefix_end_left(prefix->dn);
	WRITE_ONCE(prefix->ended, false);
}

/**
 * dnetmap_prefix_abandon() - undo dnetmap_prefix_prepare()
 * @prefix: the prefix
 *
 * Context: process, &dnetmap_pernet.mutex held.
 */
void dnetmap_prefix_abandon(struct dnetmap_prefix *prefix)
{
	WRITE_ONCE(prefix->ended, true);
}

/**
 * dnetmap_prefix_begin() - let rules draw from a prefix
 * @prefix: the prefix, after dnetmap_prefix_prepare(), with its files
 * @persistent: its first rule asks for it to persist
 *
 * Context: process, &dnetmap_pernet.mutex held; sleeps.
 */
void dnetmap_prefix_begin(struct dnetmap_prefix *prefix, bool persistent)
{
	struct dnetmap_net *dn = prefix->dn;
	bool overlaps;

	spin_lock_bh(&dn->lock);
	prefix->lowest = prefix->first;
	WRITE_ONCE(prefix->shortage.told, false);
	dnetmap_prefix_list(prefix);
	dnetmap_prefix_count(prefix, persistent);
	dnetmap_event_prefix_new(dn, prefix);
	overlaps = dnetmap_prefix_overlaps(prefix);
	spin_unlock_bh(&dn->lock);
	if (overlaps)
		dnetmap_records_forget_vacant(prefix);
}

/**
 * dnetmap_prefix_put() - a rule that named a prefix is gone
 * @prefix: the prefix, &dnetmap_net.lock held
 * @persistent: as for dnetmap_prefix_join()
 *
 * Return: true where that leaves it for dnetmap_prefix_reap().
 */
bool dnetmap_prefix_put(struct dnetmap_prefix *prefix, bool persistent)
{
	lockdep_assert_held(&prefix->dn->lock);
	prefix->rules--;
	prefix->persistent_rules -= persistent;
	return dnetmap_prefix_leave(prefix);
}

/**
 * dnetmap_prefix_grant() - a rule that wants its prefix to persist is in force
 * @prefix: the prefix
 *
 * It does from now on, unless such a rule was there before this one came: then
 * somebody may have decided otherwise since.
 */
void dnetmap_prefix_grant(struct dnetmap_prefix *prefix)
{
	struct dnetmap_net *dn = prefix->dn;

	spin_lock_bh(&dn->lock);
	if (prefix->wanted)
		WRITE_ONCE(prefix->persistent, true);
	prefix->wanted = false;
	spin_unlock_bh(&dn->lock);
}

/**
 * dnetmap_prefix_wanted() - is it for a rule to say that its prefix persists?
 * @dn: the namespace, where the rule is counted
 * @block: the prefix
 *
 * Return: true where dnetmap_prefix_grant() would do something.
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

/* Returns 1 where that is the end of it; or -ENOENT where that was before. */
static int dnetmap_prefix_persist(struct dnetmap_prefix *prefix, bool on)
{
	struct dnetmap_net *dn = prefix->dn;
	int ret = -ENOENT;

	spin_lock_bh(&dn->lock);
	if (prefix->listed) {
		WRITE_ONCE(prefix->persistent, on);
		ret = dnetmap_prefix_leave(prefix);
	}
	spin_unlock_bh(&dn->lock);
	return ret;
}

/**
 * dnetmap_prefix_set_persistent() - let a prefix outlive its rules, or not
 * @prefix: the prefix
 * @on: where false, and no rule is left, this is the end of the prefix
 *
 * Context: process, in a handler of one of its files; sleeps until the work has
 * ended it.
 * Return: 0, or -ENOENT where the prefix has ended before.
 */
int dnetmap_prefix_set_persistent(struct dnetmap_prefix *prefix, bool on)
{
	int ret = dnetmap_prefix_persist(prefix, on);

	if (ret <= 0)
		return ret;
	dnetmap_net_reap_later(prefix->dn->net);
	dnetmap_prefix_wait(prefix, !READ_ONCE(prefix->ending));
	return 0;
}

static struct dnetmap_prefix *dnetmap_prefix_first(struct dnetmap_net *dn)
{
	struct dnetmap_prefix *prefix;

	spin_lock_bh(&dn->lock);
	prefix = list_first_entry_or_null(&dn->prefix_list,
					  struct dnetmap_prefix, list);
	spin_unlock_bh(&dn->lock);
	return prefix;
}

/**
 * dnetmap_prefix_end_all() - end the prefixes that persist without a rule
 * @dn: the namespace, without rules
 *
 * Context: process, &dnetmap_pernet.mutex held; sleeps.
 */
void dnetmap_prefix_end_all(struct dnetmap_net *dn)
{
	struct dnetmap_prefix *prefix;

	dnetmap_net_assert_locked(dn->net);
	while ((prefix = dnetmap_prefix_first(dn)))
		dnetmap_prefix_persist(prefix, false);
	dnetmap_prefix_reap(dn);
}

/**
 * dnetmap_prefix_flush() - remove all bindings that lie in a prefix
 * @prefix: the prefix
 *
 * Context: process, in a handler of one of its files; sleeps until the work has
 * done it, or the prefix ends.
 * Return: 0, or -ENOENT where the prefix has ended before.
 */
int dnetmap_prefix_flush(struct dnetmap_prefix *prefix)
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
	dnetmap_prefix_wait(prefix, (s32)(READ_ONCE(prefix->flushed) - mine) >= 0);
	return 0;
}
