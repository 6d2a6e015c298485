// SPDX-License-Identifier: GPL-2.0-only
/*
 * The namespace's life: what DNETMAP keeps for it, from its first rule to its
 * last, or to its end.
 *
 * Theory of operation
 *
 * A rule that comes makes what it needs under the namespace's mutex. One that goes
 * is let go of under the spinlock, and what that leaves unused is removed by work.
 *
 * Who waits for whom: anybody may become root of a namespace of his own, write to
 * files in /proc from memory that never comes, and keep a process that holds a lock
 * from running, by others beside it. So nobody but he may ever wait for it.
 *
 *   a rule goes    waits for nothing but spinlocks. nf_tables does that in a worker
 *                  that others wait for, of all namespaces.
 *   a rule comes   may wait for another that comes to the same namespace, and for the
 *                  work. That is in the process that brings it, which then has no lock
 *                  of iptables-legacy's, but nf_tables' of the namespace. Another
 *                  process of the namespace may wait for that one, and hold a lock of
 *                  all namespaces meanwhile. That is so for each transaction that
 *                  gets no processor, whatever its rules. Ours make it no worse:
 *                  no handler of a file and no command takes the mutex, and the work
 *                  does what is to be done when it begins, not what comes meanwhile.
 *   the work       never waits for the mutex: where a rule that comes has it, the work
 *                  is called for again when that is done. It may wait for who is about
 *                  to open a file or has just closed it, as to remove any file of /proc
 *                  is, and has a queue for that, where expiries are not. What a prefix
 *                  held may take it long, but it takes no more than processor time.
 *   a namespace ends   when nobody is left who could have the mutex.
 *   the module goes    when it has no rules and nobody is in a file. Prefixes that
 *                  persist are ended, and what is left of the log is printed, before
 *                  it takes the lock by which namespaces come and go.
 *
 * A prefix in whose files somebody is when its end comes is removed once he is out
 * (proc.c), and until then the state stays, too.
 *
 * A namespace that is deleted ends in either order: its rules first, when
 * iptable_nat was loaded after this module, or this module's state first, and
 * the rules find nothing to let go of (dnetmap_net() is NULL then). In both, the
 * pointer to the state outlives the rules: the core frees it only after the last
 * exit handler of the namespace has run.
 *
 * State that is no longer reachable is freed after a grace period, from work,
 * as its hash tables can only be freed where sleeping is allowed.
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
#include "prefixes.h"
#include "proc.h"
#include "record.h"

/* How long the removal of the module waits for lines: as late as one may come. */
#define DNETMAP_NETNS_LOG_TIME	HZ

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
	/* Ahead of what a shortage has seen before it has seen anything. */
	dn->changes = 1;
	INIT_LIST_HEAD(&dn->group.late);
	spin_lock_init(&dn->lock);
	INIT_RCU_WORK(&dn->free_work, dnetmap_net_free);
	dnetmap_expiry_init(dn);
	dnetmap_events_init(&dn->events, net, &dnetmap_pernet(net)->printer.work);
	err = dnetmap_record_table_init(dn);
	if (err)
		goto err_free;
	err = dnetmap_prefix_table_init(dn);
	if (err)
		goto err_bindings;
	err = dnetmap_proc_net_add(dn);
	if (err)
		goto err_prefixes;
	rcu_assign_pointer(dnetmap_pernet(net)->dn, dn);
	return dn;

err_prefixes:
	dnetmap_prefix_table_destroy(dn);
err_bindings:
	dnetmap_record_table_destroy(dn);
err_free:
	kvfree(dn);
	return ERR_PTR(err);
}

/*
 * From here on nobody new finds the state, no work of it runs, and nothing of
 * it is left in /proc. Packets that have found it before may still use it.
 */
static void dnetmap_net_close(struct dnetmap_net *dn)
{
	dnetmap_net_assert_locked(dn->net);
	dnetmap_proc_net_remove(dn);
	RCU_INIT_POINTER(dnetmap_pernet(dn->net)->dn, NULL);
	dnetmap_log_close(dn);
	dnetmap_expiry_close(dn);
	queue_rcu_work(dnetmap_reap_wq, &dn->free_work);
}

/* Remove what has ended, but for files that somebody is in. */
static void dnetmap_net_remove_prefixes(struct dnetmap_net *dn)
{
	struct dnetmap_prefix *prefix, *next;

	list_for_each_entry_safe(prefix, next, &dn->ended_prefixes, list) {
		if (dnetmap_proc_prefix_remove(prefix))
			dnetmap_prefix_free(prefix);
		cond_resched();
	}
}

/* See to prefixes, and to the state itself, that nothing is left to keep. */
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
	/* Against dnetmap_net_unlock(): one of us sees the other. */
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
	/* Against dnetmap_net_reap(). */
	smp_mb();
	if (READ_ONCE(pernet->reap_missed))
		dnetmap_net_reap_later(net);
}

static struct dnetmap_net *dnetmap_net_get_or_create(struct net *net)
{
	return dnetmap_net_locked(net) ?: dnetmap_net_create(net);
}

/* A rule of a prefix comes: the first, where nobody draws from it. */
static int dnetmap_net_prefix_get(struct dnetmap_net *dn,
				  const struct dnetmap_block *block,
				  bool persistent)
{
	struct dnetmap_prefix *prefix = dnetmap_prefix_find_or_create(dn, block);
	int err;

	if (IS_ERR(prefix))
		return PTR_ERR(prefix);
	if (dnetmap_prefix_join(prefix, persistent))
		return 0;
	dnetmap_prefix_prepare(prefix);
	err = dnetmap_proc_prefix_add(prefix);
	if (err)
		dnetmap_prefix_abandon(prefix);
	else
		dnetmap_prefix_begin(prefix, persistent);
	return err;
}

static int dnetmap_net_count(struct net *net, const struct dnetmap_block *block,
			     bool persistent)
{
	struct dnetmap_net *dn = dnetmap_net_get_or_create(net);
	int err;

	if (IS_ERR(dn))
		return PTR_ERR(dn);
	if (block) {
		err = dnetmap_net_prefix_get(dn, block, persistent);
		if (err)
			return err;
	}
	spin_lock_bh(&dn->lock);
	dn->rules++;
	spin_unlock_bh(&dn->lock);
	return 0;
}

/**
 * dnetmap_net_get() - a rule comes to a namespace
 * @net: the namespace
 * @block: the prefix that the rule names, or NULL
 * @persistent: the rule asks for that to persist
 *
 * Context: process; sleeps.
 * Return: 0, where all is in place that the rule needs, or an error.
 */
int dnetmap_net_get(struct net *net, const struct dnetmap_block *block,
		    bool persistent)
{
	int err;

	dnetmap_net_lock(net);
	err = dnetmap_net_count(net, block, persistent);
	dnetmap_net_unlock(net);
	if (err)
		dnetmap_net_reap_later(net);
	return err;
}

/* Returns true where that leaves something unused. */
static bool dnetmap_net_uncount(struct dnetmap_net *dn,
				const struct dnetmap_block *block,
				bool persistent)
{
	bool unused;

	spin_lock_bh(&dn->lock);
	unused = !--dn->rules;
	if (block && dnetmap_prefix_put(dnetmap_prefix_find(dn, block),
					persistent))
		unused = true;
	spin_unlock_bh(&dn->lock);
	return unused;
}

/**
 * dnetmap_net_put() - a rule leaves a namespace
 * @net: the namespace
 * @block: the prefix that the rule named, or NULL
 * @persistent: as for dnetmap_net_get()
 *
 * Nobody draws any more from a prefix that this leaves unused. What else there is
 * to do follows soon, but for files that somebody is in, and for a namespace that
 * dies, and takes all with it in silence.
 *
 * Context: process; takes spinlocks and waits for nothing else.
 */
void dnetmap_net_put(struct net *net, const struct dnetmap_block *block,
		     bool persistent)
{
	struct dnetmap_net *dn;
	bool unused;

	rcu_read_lock();
	dn = dnetmap_net(net);
	/* The namespace may have taken all with it before its rules go. */
	unused = dn && dnetmap_net_uncount(dn, block, persistent);
	rcu_read_unlock();
	if (unused)
		dnetmap_net_reap_later(net);
}

/*
 * The namespace goes, silently, with everything; or the module does, and there
 * can be nothing left but prefixes that persist without a rule. Then what there is to
 * log may be printed until @deadline, in jiffies.
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
	/* Where the module goes, who has just left a file may have asked for it. */
	flush_work(&pernet->reap_work);
	dnetmap_log_printer_stop(&pernet->printer, deadline);
}

static void __net_exit dnetmap_pernet_exit(struct net *net)
{
	dnetmap_net_end(net, jiffies);
}

/*
 * The module goes. There are no more rules, and nobody gets into a file, so once a
 * namespace has ended here its exit finds nothing to do: that has the lock by which
 * namespaces come and go. In the list, one that we hold keeps its place.
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
	dnetmap_log_printer_init(&pernet->printer, net);
	return 0;
}

static struct pernet_operations dnetmap_pernet_ops = {
	.init	= dnetmap_pernet_init,
	.exit	= dnetmap_pernet_exit,
	.id	= &dnetmap_pernet_id,
	.size	= sizeof(struct dnetmap_pernet),
};

/**
 * dnetmap_netns_init() - prepare for namespaces
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
 * Context: process; all that is left is on queues, for dnetmap_net_stop().
 */
void dnetmap_netns_exit(void)
{
	dnetmap_netns_end_all();
	unregister_pernet_subsys(&dnetmap_pernet_ops);
	/* Grace periods have been started, and they queue the last work. */
	rcu_barrier();
}
