// SPDX-License-Identifier: GPL-2.0-only
/*
 * The namespace's life: what DNETMAP keeps for it, from its first rule to its
 * last, or to its end.
 *
 * Theory of operation
 *
 * Rules come under the namespace's mutex, which makes what they need. They go
 * without it: a rule is only counted out, and where that leaves a prefix or the
 * state itself unused, work removes it (dnetmap_net_reap_work). That waits for whoever
 * is in the middle of a read of a file that is to go, and he may be anybody, and
 * sleep on memory of his own making. So nobody else waits for him long: a task
 * of user space that removes a rule waits for that work, and one that brings a
 * rule for the mutex, but only a second or two where that is for readers, as
 * both may hold locks of nf_tables which others want. A thread of the kernel's,
 * which may let go of the rules of all namespaces, does not wait at all.
 *
 * A namespace that is deleted ends in either order: its rules first, when
 * iptable_nat was loaded after this module, or this module's state first, and
 * the rules find nothing to let go of (dnetmap_net() is NULL then). In both, the
 * pointer to the state outlives the rules: the core frees it only after the last
 * exit handler of the namespace has run. Nobody is in the middle of a read then,
 * for a handler of a file keeps its namespace alive (proc.c).
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
#include "expiry.h"
#include "log.h"
#include "netns.h"
#include "pool.h"
#include "prefix.h"
#include "proc.h"

/* How long a task bears with readers. */
#define DNETMAP_NET_PATIENCE	HZ

struct workqueue_struct *dnetmap_wq;
/* Its work may wait for readers, who may be many, and stall. */
static struct workqueue_struct *dnetmap_reap_wq;

unsigned int dnetmap_pernet_id __read_mostly;

static struct dnetmap_pernet *dnetmap_pernet(const struct net *net)
{
	return net_generic(net, dnetmap_pernet_id);
}

/**
 * dnetmap_net_lock() - keep rules of a namespace from coming, and all else in
 *	its place
 * @net: the namespace
 *
 * Context: process; sleeps, as long as a reader of a file that is to go likes.
 */
void dnetmap_net_lock(const struct net *net)
{
	mutex_lock(&dnetmap_pernet(net)->mutex);
}

/**
 * dnetmap_net_readers_begin() - from here on, readers are waited for
 * @net: the namespace
 *
 * Context: process, &dnetmap_pernet.mutex held.
 */
void dnetmap_net_readers_begin(const struct net *net)
{
	dnetmap_net_assert_locked(net);
	WRITE_ONCE(dnetmap_pernet(net)->readers_since, jiffies | 1);
}

/**
 * dnetmap_net_readers_end() - undo dnetmap_net_readers_begin()
 * @net: the namespace
 */
void dnetmap_net_readers_end(const struct net *net)
{
	WRITE_ONCE(dnetmap_pernet(net)->readers_since, 0);
}

static bool dnetmap_net_reader_stalls(const struct dnetmap_pernet *pernet)
{
	unsigned long since = READ_ONCE(pernet->readers_since);

	return since && time_after(jiffies, since + DNETMAP_NET_PATIENCE / 2);
}

static bool dnetmap_net_settled(struct dnetmap_pernet *pernet)
{
	return READ_ONCE(pernet->reaps_done) ==
	       atomic_read(&pernet->reaps_wanted);
}

/* Stalled readers elsewhere may leave no worker for us, after all that time. */
static bool dnetmap_net_reap_starves(struct dnetmap_pernet *pernet)
{
	return !dnetmap_net_settled(pernet) &&
	       !(work_busy(&pernet->reap_work) & WORK_BUSY_RUNNING);
}

static bool dnetmap_net_trylock_settled(struct dnetmap_pernet *pernet)
{
	return dnetmap_net_settled(pernet) && mutex_trylock(&pernet->mutex);
}

/*
 * Wait until the namespace is as wanted; but for no reader who stalls, nor where
 * no worker is left. Asked again and again, @wanted must not sleep.
 */
static bool dnetmap_net_wait(struct dnetmap_pernet *pernet,
			     bool (*wanted)(struct dnetmap_pernet *pernet))
{
	while (!dnetmap_net_reader_stalls(pernet)) {
		if (wait_event_timeout(pernet->changed, wanted(pernet),
				       DNETMAP_NET_PATIENCE))
			return true;
		if (dnetmap_net_reap_starves(pernet))
			break;
	}
	return false;
}

/**
 * dnetmap_net_lock_settled() - the same, once all that is unused has gone
 * @net: the namespace
 *
 * Who has many rules to bring, or to remove, waits for a stalled reader once and
 * not for each.
 *
 * Context: process; sleeps, but for no reader longer than a second or two.
 * Return: false where a reader stalls.
 */
bool dnetmap_net_lock_settled(const struct net *net)
{
	return dnetmap_net_wait(dnetmap_pernet(net),
				dnetmap_net_trylock_settled);
}

/**
 * dnetmap_net_unlock() - undo dnetmap_net_lock()
 * @net: the namespace
 */
void dnetmap_net_unlock(const struct net *net)
{
	struct dnetmap_pernet *pernet = dnetmap_pernet(net);

	mutex_unlock(&pernet->mutex);
	wake_up(&pernet->changed);
}

/**
 * dnetmap_net_assert_locked() - say that dnetmap_net_lock() is in force
 * @net: the namespace
 */
void dnetmap_net_assert_locked(const struct net *net)
{
	lockdep_assert_held(&dnetmap_pernet(net)->mutex);
}

/**
 * dnetmap_net_locked() - what is kept for a namespace
 * @net: the namespace
 *
 * Context: process, &dnetmap_pernet.mutex held.
 * Return: as dnetmap_net().
 */
struct dnetmap_net *dnetmap_net_locked(const struct net *net)
{
	struct dnetmap_pernet *pernet = dnetmap_pernet(net);

	return rcu_dereference_protected(pernet->dn,
					 lockdep_is_held(&pernet->mutex));
}

static void dnetmap_net_free(struct work_struct *work)
{
	struct dnetmap_net *dn = container_of(to_rcu_work(work),
					      struct dnetmap_net, free_work);

	dnetmap_binding_table_destroy(dn);
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
	spin_lock_init(&dn->lock);
	INIT_RCU_WORK(&dn->free_work, dnetmap_net_free);
	dnetmap_expiry_init(dn);
	dnetmap_log_init(&dn->log, &dnetmap_pernet(net)->printer);
	err = dnetmap_binding_table_init(dn);
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
	dnetmap_binding_table_destroy(dn);
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
	queue_rcu_work(dnetmap_wq, &dn->free_work);
}

/* See to prefixes, and to the state itself, that nothing is left to keep. */
static void dnetmap_net_settle(struct dnetmap_net *dn)
{
	bool unused;

	dnetmap_net_assert_locked(dn->net);
	dnetmap_prefix_reap(dn);
	spin_lock_bh(&dn->lock);
	unused = !dn->rules && list_empty(&dn->prefix_list);
	spin_unlock_bh(&dn->lock);
	if (unused)
		dnetmap_net_close(dn);
}

static void dnetmap_net_reap_work(struct work_struct *work)
{
	struct dnetmap_pernet *pernet = container_of(work,
						     struct dnetmap_pernet,
						     reap_work);
	int wanted = atomic_read(&pernet->reaps_wanted);
	struct net *net = pernet->net;
	struct dnetmap_net *dn;

	dnetmap_net_lock(net);
	dn = dnetmap_net_locked(net);
	if (dn)
		dnetmap_net_settle(dn);
	WRITE_ONCE(pernet->reaps_done, wanted);
	dnetmap_net_unlock(net);
	put_net(net);
}

/**
 * dnetmap_net_reap_later() - see to what is left unused
 * @net: the namespace
 *
 * Context: any, while the module's rules or files keep the namespace.
 * Return: false in a namespace that dies, and takes all with it.
 */
bool dnetmap_net_reap_later(const struct net *net)
{
	struct dnetmap_pernet *pernet = dnetmap_pernet(net);

	if (!maybe_get_net(pernet->net))
		return false;
	atomic_inc(&pernet->reaps_wanted);
	if (!queue_work(dnetmap_reap_wq, &pernet->reap_work))
		put_net(pernet->net);
	return true;
}

/**
 * dnetmap_net_reap() - the same, and wait for it, but not for long for readers
 * @net: the namespace
 *
 * A thread of the kernel's does not wait at all.
 *
 * Context: process, no lock of ours held; sleeps.
 */
void dnetmap_net_reap(const struct net *net)
{
	if (!dnetmap_net_reap_later(net) || current->flags & PF_KTHREAD)
		return;
	dnetmap_net_wait(dnetmap_pernet(net), dnetmap_net_settled);
}

static struct dnetmap_net *dnetmap_net_get_or_create(struct net *net)
{
	return dnetmap_net_locked(net) ?: dnetmap_net_create(net);
}

/**
 * dnetmap_net_get() - a rule comes to a namespace
 * @net: the namespace
 * @block: the prefix that the rule names, or NULL
 *
 * Context: process, &dnetmap_pernet.mutex held; sleeps.
 * Return: 0, where all is in place that the rule needs; or an error, after which
 * dnetmap_net_reap() is to see to what is left: -EAGAIN where it is in the way.
 */
int dnetmap_net_get(struct net *net, const struct dnetmap_block *block)
{
	struct dnetmap_net *dn = dnetmap_net_get_or_create(net);
	struct dnetmap_prefix *prefix;

	if (IS_ERR(dn))
		return PTR_ERR(dn);
	if (block) {
		prefix = dnetmap_prefix_get(dn, block);
		if (IS_ERR(prefix))
			return PTR_ERR(prefix);
	}
	spin_lock_bh(&dn->lock);
	dn->rules++;
	spin_unlock_bh(&dn->lock);
	return 0;
}

/* Returns true where that leaves something unused. */
static bool dnetmap_net_uncount(struct dnetmap_net *dn,
				const struct dnetmap_block *block)
{
	bool unused;

	spin_lock_bh(&dn->lock);
	unused = !--dn->rules;
	if (block && dnetmap_prefix_put(dnetmap_prefix_find(dn, block)))
		unused = true;
	spin_unlock_bh(&dn->lock);
	return unused;
}

/**
 * dnetmap_net_put() - a rule leaves a namespace
 * @net: the namespace
 * @block: the prefix that the rule named, or NULL
 *
 * What that leaves unused goes: before this returns, for a task of user space,
 * unless a reader stalls.
 *
 * Context: process; sleeps.
 */
void dnetmap_net_put(struct net *net, const struct dnetmap_block *block)
{
	struct dnetmap_net *dn;
	bool unused;

	rcu_read_lock();
	dn = dnetmap_net(net);
	/* The namespace may have taken all with it before its rules go. */
	unused = dn && dnetmap_net_uncount(dn, block);
	rcu_read_unlock();
	if (unused)
		dnetmap_net_reap(net);
}

static int __net_init dnetmap_pernet_init(struct net *net)
{
	struct dnetmap_pernet *pernet = dnetmap_pernet(net);

	pernet->net = net;
	mutex_init(&pernet->mutex);
	init_waitqueue_head(&pernet->changed);
	INIT_WORK(&pernet->reap_work, dnetmap_net_reap_work);
	dnetmap_log_printer_init(&pernet->printer, net);
	return 0;
}

/*
 * The namespace goes, silently, with everything; or the module does, and there
 * can be nothing left but prefixes that persist without a rule.
 */
static void __net_exit dnetmap_pernet_exit(struct net *net)
{
	struct dnetmap_pernet *pernet = dnetmap_pernet(net);
	struct dnetmap_net *dn;

	dnetmap_net_lock(net);
	dn = dnetmap_net_locked(net);
	if (dn) {
		if (check_net(net))
			dnetmap_prefix_end_all(dn);
		dnetmap_net_close(dn);
	}
	dnetmap_net_unlock(net);
	/* Where the module goes, a command may just have asked for it. */
	flush_work(&pernet->reap_work);
	dnetmap_log_printer_stop(&pernet->printer);
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
	int err;

	dnetmap_wq = alloc_workqueue("dnetmap", WQ_UNBOUND, 0);
	if (!dnetmap_wq)
		return -ENOMEM;
	dnetmap_reap_wq = alloc_workqueue("dnetmap_reap", WQ_UNBOUND,
					  WQ_MAX_ACTIVE);
	if (!dnetmap_reap_wq) {
		err = -ENOMEM;
		goto err_wq;
	}
	err = register_pernet_subsys(&dnetmap_pernet_ops);
	if (err)
		goto err_reap_wq;
	return 0;

err_reap_wq:
	destroy_workqueue(dnetmap_reap_wq);
err_wq:
	destroy_workqueue(dnetmap_wq);
	return err;
}

/**
 * dnetmap_netns_exit() - undo dnetmap_netns_init()
 *
 * Context: process; waits for all state to be freed.
 */
void dnetmap_netns_exit(void)
{
	unregister_pernet_subsys(&dnetmap_pernet_ops);
	destroy_workqueue(dnetmap_reap_wq);
	/* Grace periods have been started, and they queue the last work. */
	rcu_barrier();
	destroy_workqueue(dnetmap_wq);
}
