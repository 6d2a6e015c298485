// SPDX-License-Identifier: GPL-2.0-only
/*
 * The life of a namespace's state, from the first rule to the last, or to the
 * end of the namespace.
 *
 * Theory of operation
 *
 * Adding a rule creates what the rule needs, under &dnetmap_pernet.mutex ("the
 * mutex" below). Removing a rule drops its counts under &dnetmap_net.lock; what
 * is unused then is removed later, by &dnetmap_pernet.reap_work ("the work"
 * below).
 *
 * Who waits for whom: an unprivileged user can become root of a namespace of
 * his own. He can write to /proc files from memory whose page faults he never
 * lets finish (userfaultfd, FUSE), and he can starve a process of his that
 * holds a lock. No other user may ever wait for such a process.
 *
 *   removing a rule   waits for spinlocks only. nf_tables removes rules in a
 *                     worker that serves all namespaces.
 *   adding a rule     may wait for another rule being added to the same
 *                     namespace, and for the work. It waits in the process that
 *                     adds the rule. With iptables-legacy that process holds no
 *                     lock then; with nf_tables it holds the mutex of its
 *                     namespace's transactions. Another process of the
 *                     namespace may wait for that mutex, and meanwhile hold a
 *                     lock of all namespaces. That is true of any transaction
 *                     that gets no processor time, whatever its rules.
 *                     DNETMAP's make it no worse: no file handler and no
 *                     command takes the mutex, and the work handles only what
 *                     is pending when it begins, not what arrives meanwhile.
 *   the work          never waits for the mutex: if a rule being added holds
 *                     it, the work is queued again when the mutex is released.
 *                     The work may wait for a process that is just opening a
 *                     /proc file or has just closed it, as the removal of any
 *                     /proc file does. That is why it has a workqueue of its
 *                     own, apart from expiries. Ending the records of a prefix
 *                     may take long, but takes processor time only.
 *   namespace exit    runs when no process is left that could hold the mutex.
 *   module exit       runs when there are no rules and no /proc handler runs.
 *                     It ends persistent prefixes and prints what is left of
 *                     the log before it takes the lock that serialises the
 *                     creation and deletion of namespaces.
 *
 * A prefix that ends while a handler of one of its files runs is removed when
 * the last handler has left (proc.c). Until then the state stays, too.
 *
 * When a namespace is deleted, the order depends on the order of module
 * loading. If iptable_nat was loaded after this module, the rules are removed
 * first. Else this module's state is removed first, and the rules find nothing
 * to release (dnetmap_net() returns NULL). In either case &struct
 * dnetmap_pernet outlives the rules: the core frees it only after the
 * namespace's last exit handler.
 *
 * State that can no longer be reached is freed after a grace period, from work,
 * as freeing a hash table may sleep.
 */
#include <linux/err.h>
#include <linux/jiffies.h>
#include <linux/mm.h>
#include <linux/rcupdate.h>
#include <linux/sched.h>
#include <linux/slab.h>

#include "binding.h"
#include "block.h"
#include "event.h"
#include "expiry.h"
#include "log.h"
#include "net.h"
#include "netns.h"
#include "prefix.h"
#include "prefix_index.h"
#include "proc.h"
#include "publish.h"
#include "record.h"

/* How long module exit waits for log lines: as long as a line may be late. */
#define DNETMAP_NETNS_LOG_TIME	HZ
/* How long a netlink request waits for rules that are being added. */
#define DNETMAP_NETNS_LOCK_TIME	HZ

static void dnetmap_net_free(struct work_struct *work)
{
	struct dnetmap_net *dn = container_of(to_rcu_work(work),
					      struct dnetmap_net, free_work);

	dnetmap_record_table_destroy(dn);
	dnetmap_prefix_table_destroy(dn);
	kvfree(dn);
}

static struct dnetmap_net *dnetmap_net_create(struct net *net)
{
	struct dnetmap_net *dn;
	int err;

	dn = kvzalloc(sizeof(*dn), GFP_KERNEL_ACCOUNT);
	if (!dn)
		return ERR_PTR(-ENOMEM);
	dn->net = net;
	/* Differs from the seen_at of a shortage that has not seen anything. */
	dn->changes = 1;
	INIT_LIST_HEAD(&dn->group.late);
	spin_lock_init(&dn->lock);
	INIT_RCU_WORK(&dn->free_work, dnetmap_net_free);
	dnetmap_expiry_init(dn);
	err = dnetmap_record_table_init(dn);
	if (err)
		goto err_free;
	err = dnetmap_prefix_table_init(dn);
	if (err)
		goto err_records;
	err = dnetmap_proc_net_add(dn);
	if (err)
		goto err_prefixes;
	dnetmap_events_open(dn);
	spin_lock_bh(&dn->lock);
	dnetmap_net_steer(dn);
	spin_unlock_bh(&dn->lock);
	return dn;

err_prefixes:
	dnetmap_prefix_table_destroy(dn);
err_records:
	dnetmap_record_table_destroy(dn);
err_free:
	kvfree(dn);
	return ERR_PTR(err);
}

/*
 * From here on no new reader finds the state, none of its work runs, and
 * nothing of it is left in /proc. Packets that found it earlier may still use
 * it, until the grace period ends.
 */
static void dnetmap_net_close(struct dnetmap_net *dn)
{
	dnetmap_net_assert_locked(dn->net);
	dnetmap_proc_net_remove(dn);
	dnetmap_events_close(dn);
	RCU_INIT_POINTER(dnetmap_pernet(dn->net)->dn, NULL);
	spin_lock_bh(&dn->lock);
	dnetmap_net_steer(dn);
	spin_unlock_bh(&dn->lock);
	dnetmap_expiry_close(dn);
	queue_rcu_work(dnetmap_reap_wq, &dn->free_work);
}

/* Remove ended prefixes, except those with a handler running in their files. */
static void dnetmap_net_remove_prefixes(struct dnetmap_net *dn)
{
	struct dnetmap_prefix *prefix, *next;

	list_for_each_entry_safe(prefix, next, &dn->ended_prefixes, list) {
		if (dnetmap_proc_prefix_remove(prefix))
			dnetmap_prefix_free(prefix);
		cond_resched();
	}
}

/*
 * Remove prefixes that nothing keeps, and then the state, if nothing keeps it.
 */
static void dnetmap_net_settle(const struct net *net)
{
	struct dnetmap_net *dn = dnetmap_net_locked(net);
	bool unused;

	if (!dn)
		return;
	dnetmap_prefix_reap(dn);
	dnetmap_net_remove_prefixes(dn);
	spin_lock_bh(&dn->lock);
	unused = !dn->rules && list_empty(&dn->prefix_list) &&
		 list_empty(&dn->ending_prefixes) &&
		 list_empty(&dn->ended_prefixes);
	spin_unlock_bh(&dn->lock);
	if (unused)
		dnetmap_net_close(dn);
}

static void dnetmap_net_reap(struct work_struct *work)
{
	struct dnetmap_pernet *pernet = container_of(work,
						     struct dnetmap_pernet,
						     reap_work);
	struct net *net = pernet->net;

	WRITE_ONCE(pernet->reap_missed, true);
	/*
	 * Pairs with dnetmap_net_unlock(): either the holder of the mutex sees
	 * reap_missed there, or the trylock here succeeds.
	 */
	smp_mb();
	if (mutex_trylock(&pernet->mutex)) {
		WRITE_ONCE(pernet->reap_missed, false);
		dnetmap_net_settle(net);
		mutex_unlock(&pernet->mutex);
	}
	put_net(net);
}

static void dnetmap_net_lock(const struct net *net)
{
	mutex_lock(&dnetmap_pernet(net)->mutex);
}

static void dnetmap_net_unlock(struct net *net)
{
	struct dnetmap_pernet *pernet = dnetmap_pernet(net);

	mutex_unlock(&pernet->mutex);
	/* Pairs with dnetmap_net_reap(). */
	smp_mb();
	if (READ_ONCE(pernet->reap_missed))
		dnetmap_net_reap_later(net);
}

static struct dnetmap_net *dnetmap_net_find_or_create(struct net *net)
{
	return dnetmap_net_locked(net) ?: dnetmap_net_create(net);
}

/* Count a rule that names a prefix; begin the prefix if it is not listed. */
static int dnetmap_net_prefix_get(struct dnetmap_net *dn,
				  const struct dnetmap_block *block,
				  u8 flags)
{
	struct dnetmap_prefix *prefix = dnetmap_prefix_find_or_create(dn, block);
	int err;

	if (IS_ERR(prefix))
		return PTR_ERR(prefix);
	if (dnetmap_prefix_rule_add(prefix, flags))
		return 0;
	dnetmap_prefix_prepare(prefix);
	err = dnetmap_proc_prefix_add(prefix);
	if (err)
		dnetmap_prefix_abandon(prefix);
	else
		dnetmap_prefix_begin(prefix, true, flags);
	return err;
}

/* Make a prefix that no rule names. */
static int dnetmap_net_prefix_create(struct net *net,
				     const struct dnetmap_block *block)
{
	struct dnetmap_net *dn = dnetmap_net_find_or_create(net);
	struct dnetmap_prefix *prefix;
	int err;

	if (IS_ERR(dn))
		return PTR_ERR(dn);
	prefix = dnetmap_prefix_find_or_create(dn, block);
	if (IS_ERR(prefix))
		return PTR_ERR(prefix);
	if (READ_ONCE(prefix->listed))
		return -EEXIST;
	dnetmap_prefix_prepare(prefix);
	err = dnetmap_proc_prefix_add(prefix);
	if (err)
		dnetmap_prefix_abandon(prefix);
	else
		dnetmap_prefix_begin(prefix, false, 0);
	return err;
}

/*
 * Take the mutex, unless that takes too long: a netlink request must not wait for a
 * process that adds a rule and is kept from running.
 */
static bool dnetmap_net_lock_soon(const struct net *net)
{
	unsigned long deadline = jiffies + DNETMAP_NETNS_LOCK_TIME;

	while (!mutex_trylock(&dnetmap_pernet(net)->mutex)) {
		if (time_after(jiffies, deadline))
			return false;
		schedule_timeout_uninterruptible(1);
	}
	return true;
}

/**
 * dnetmap_net_prefix_make() - make a prefix that no rule names, and that persists
 * @net: the namespace
 * @block: the prefix, valid
 *
 * Context: process; sleeps; takes &dnetmap_pernet.mutex.
 * Return: 0; -EEXIST if there is such a prefix; -EBUSY if the mutex was held for too
 * long; or another error.
 */
int dnetmap_net_prefix_make(struct net *net, const struct dnetmap_block *block)
{
	int err;

	if (!dnetmap_net_lock_soon(net))
		return -EBUSY;
	err = dnetmap_net_prefix_create(net, block);
	dnetmap_net_unlock(net);
	if (err)
		dnetmap_net_reap_later(net);
	return err;
}

/* Count a rule that is being added, and create what it needs. */
static int dnetmap_net_count(struct net *net, const struct dnetmap_block *block,
			     u8 flags)
{
	struct dnetmap_net *dn = dnetmap_net_find_or_create(net);
	int err;

	if (IS_ERR(dn))
		return PTR_ERR(dn);
	if (block) {
		err = dnetmap_net_prefix_get(dn, block, flags);
		if (err)
			return err;
	}
	spin_lock_bh(&dn->lock);
	dn->rules++;
	spin_unlock_bh(&dn->lock);
	return 0;
}

/**
 * dnetmap_net_rule_add() - count a rule that is being added to a namespace
 * @net: the namespace
 * @block: the prefix that the rule names, or NULL
 * @flags: those of the rule, &enum xt_dnetmap_flags
 *
 * Creates the namespace's state and the prefix as needed.
 *
 * Context: process; sleeps; takes &dnetmap_pernet.mutex.
 * Return: 0 or an error.
 */
int dnetmap_net_rule_add(struct net *net, const struct dnetmap_block *block,
			 u8 flags)
{
	int err;

	dnetmap_net_lock(net);
	err = dnetmap_net_count(net, block, flags);
	dnetmap_net_unlock(net);
	if (err)
		dnetmap_net_reap_later(net);
	return err;
}

/*
 * Undo dnetmap_net_count(). Returns true if the reap work has something to do
 * now.
 */
static bool dnetmap_net_uncount(struct dnetmap_net *dn,
				const struct dnetmap_block *block, u8 flags)
{
	bool todo;

	spin_lock_bh(&dn->lock);
	todo = !--dn->rules;
	if (block && dnetmap_prefix_rule_remove(dnetmap_prefix_find(dn, block),
						flags))
		todo = true;
	spin_unlock_bh(&dn->lock);
	return todo;
}

/**
 * dnetmap_net_rule_remove() - drop the count of a rule that is being removed
 * @net: the namespace
 * @block: the prefix that the rule named, or NULL
 * @flags: as for dnetmap_net_rule_add()
 *
 * If nothing keeps the prefix any more, no address is allocated from it after
 * this call. The reap work does the rest soon, and settles a prefix that has
 * turned; it leaves out prefixes with a
 * running file handler until that is done, and it does not run at all for a
 * namespace that is being deleted, whose exit removes everything without a log
 * line.
 *
 * Context: process; takes spinlocks and waits for nothing else.
 */
void dnetmap_net_rule_remove(struct net *net, const struct dnetmap_block *block,
			     u8 flags)
{
	struct dnetmap_net *dn;
	bool todo;

	rcu_read_lock();
	dn = dnetmap_net(net);
	/*
	 * On namespace exit the state may have been removed before the rules.
	 */
	todo = dn && dnetmap_net_uncount(dn, block, flags);
	rcu_read_unlock();
	if (todo)
		dnetmap_net_reap_later(net);
}

/*
 * The end of a namespace's state. Either the namespace is being deleted, and
 * all goes without a log line; or the module is being unloaded, and there can
 * be nothing left but persistent prefixes without rules. In that case their log
 * lines may be printed until @deadline, in jiffies.
 */
static void dnetmap_net_end(struct net *net, unsigned long deadline)
{
	struct dnetmap_pernet *pernet = dnetmap_pernet(net);
	struct dnetmap_net *dn;

	dnetmap_net_lock(net);
	dn = dnetmap_net_locked(net);
	if (dn) {
		if (check_net(net)) {
			dnetmap_prefix_end_all(dn);
			dnetmap_net_remove_prefixes(dn);
		}
		dnetmap_net_close(dn);
	}
	dnetmap_net_unlock(net);
	/*
	 * On module exit, a /proc handler that has just left may have queued
	 * the work.
	 */
	flush_work(&pernet->reap_work);
	dnetmap_log_printer_stop(&pernet->printer, deadline);
	dnetmap_publisher_stop(&pernet->publisher);
	dnetmap_events_destroy(&pernet->events);
}

static void __net_exit dnetmap_pernet_exit(struct net *net)
{
	dnetmap_net_end(net, jiffies);
}

/*
 * Module exit. There are no more rules, and nobody can enter a /proc handler,
 * so a namespace whose state ends here leaves nothing to do for its exit
 * handler, which runs under the lock that serialises namespace creation and
 * deletion. The reference to the current namespace keeps its place in the list.
 */
static void dnetmap_netns_end_all(void)
{
	unsigned long deadline = jiffies + DNETMAP_NETNS_LOG_TIME;
	struct net *net, *held = NULL;

	rcu_read_lock();
	for_each_net_rcu(net) {
		if (!maybe_get_net(net))
			continue;
		rcu_read_unlock();
		if (held)
			put_net(held);
		held = net;
		dnetmap_net_end(net, deadline);
		rcu_read_lock();
	}
	rcu_read_unlock();
	if (held)
		put_net(held);
}

static int __net_init dnetmap_pernet_init(struct net *net)
{
	struct dnetmap_pernet *pernet = dnetmap_pernet(net);

	pernet->net = net;
	mutex_init(&pernet->mutex);
	INIT_WORK(&pernet->reap_work, dnetmap_net_reap);
	dnetmap_events_init(&pernet->events, net);
	dnetmap_log_printer_init(&pernet->printer, &pernet->events);
	dnetmap_publisher_init(&pernet->publisher, &pernet->events);
	return 0;
}

static struct pernet_operations dnetmap_pernet_ops = {
	.init	= dnetmap_pernet_init,
	.exit	= dnetmap_pernet_exit,
	.id	= &dnetmap_pernet_id,
	.size	= sizeof(struct dnetmap_pernet),
};

/**
 * dnetmap_netns_init() - register for all namespaces
 *
 * Return: 0 or an error.
 */
int dnetmap_netns_init(void)
{
	return register_pernet_subsys(&dnetmap_pernet_ops);
}

/**
 * dnetmap_netns_exit() - undo dnetmap_netns_init()
 *
 * Context: process; sleeps. The work that is queued then is waited for by
 * dnetmap_net_stop().
 */
void dnetmap_netns_exit(void)
{
	dnetmap_netns_end_all();
	unregister_pernet_subsys(&dnetmap_pernet_ops);
	/*
	 * Wait for the RCU callbacks that queue the last
	 * &dnetmap_net.free_work.
	 */
	rcu_barrier();
}
