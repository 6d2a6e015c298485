// SPDX-License-Identifier: GPL-2.0-only
/*
 * The namespace's life: what DNETMAP keeps for it, from its first rule to its
 * last, or to its end.
 *
 * Theory of operation
 *
 * A rule that comes makes what it needs, and one that goes removes what it leaves
 * unused, under the namespace's mutex. Neither waits for those who read or write
 * files in /proc, who may be anybody, and sleep on memory of their own making: a
 * prefix in whose files somebody is when its end comes is removed by work once he
 * is out (proc.c), and until then the state stays, too.
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
#include <linux/mm.h>
#include <linux/rcupdate.h>
#include <linux/slab.h>

#include "binding.h"
#include "expiry.h"
#include "log.h"
#include "netns.h"
#include "pool.h"
#include "prefix.h"
#include "proc.h"

struct workqueue_struct *dnetmap_wq;
unsigned int dnetmap_pernet_id __read_mostly;

static struct dnetmap_pernet *dnetmap_pernet(const struct net *net)
{
	return net_generic(net, dnetmap_pernet_id);
}

/**
 * dnetmap_net_lock() - keep prefixes and state of a namespace from coming and
 *	going
 * @net: the namespace
 *
 * Context: process, in a handler of a file, too; sleeps.
 */
void dnetmap_net_lock(const struct net *net)
{
	mutex_lock(&dnetmap_pernet(net)->mutex);
}

/**
 * dnetmap_net_unlock() - undo dnetmap_net_lock()
 * @net: the namespace
 */
void dnetmap_net_unlock(const struct net *net)
{
	mutex_unlock(&dnetmap_pernet(net)->mutex);
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
static void dnetmap_net_settle(const struct net *net)
{
	struct dnetmap_net *dn = dnetmap_net_locked(net);
	bool unused;

	if (!dn)
		return;
	dnetmap_prefix_reap(dn);
	spin_lock_bh(&dn->lock);
	unused = !dn->rules && list_empty(&dn->prefix_list) &&
		 list_empty(&dn->ended_prefixes);
	spin_unlock_bh(&dn->lock);
	if (unused)
		dnetmap_net_close(dn);
}

static void dnetmap_net_reap(const struct net *net)
{
	dnetmap_net_lock(net);
	dnetmap_net_settle(net);
	dnetmap_net_unlock(net);
}

static void dnetmap_net_reap_work(struct work_struct *work)
{
	struct dnetmap_pernet *pernet = container_of(work,
						     struct dnetmap_pernet,
						     reap_work);
	struct net *net = pernet->net;

	dnetmap_net_reap(net);
	put_net(net);
}

/**
 * dnetmap_net_reap_later() - see to what is left unused
 * @net: the namespace, with a reference
 *
 * Context: any.
 */
void dnetmap_net_reap_later(struct net *net)
{
	get_net(net);
	if (!queue_work(dnetmap_wq, &dnetmap_pernet(net)->reap_work))
		put_net(net);
}

static struct dnetmap_net *dnetmap_net_get_or_create(struct net *net)
{
	return dnetmap_net_locked(net) ?: dnetmap_net_create(net);
}

static int dnetmap_net_count(struct net *net, const struct dnetmap_block *block)
{
	struct dnetmap_net *dn = dnetmap_net_get_or_create(net);
	int err;

	if (IS_ERR(dn))
		return PTR_ERR(dn);
	if (block) {
		err = dnetmap_prefix_get(dn, block);
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
 *
 * Context: process; sleeps.
 * Return: 0, where all is in place that the rule needs, or an error.
 */
int dnetmap_net_get(struct net *net, const struct dnetmap_block *block)
{
	int err;

	dnetmap_net_lock(net);
	err = dnetmap_net_count(net, block);
	if (err)
		dnetmap_net_settle(net);
	dnetmap_net_unlock(net);
	return err;
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
 * What that leaves unused goes before this returns, but for files that somebody
 * is in, and for a namespace that dies, and takes all with it in silence.
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
	if (unused && check_net(net))
		dnetmap_net_reap(net);
}

static int __net_init dnetmap_pernet_init(struct net *net)
{
	struct dnetmap_pernet *pernet = dnetmap_pernet(net);

	pernet->net = net;
	mutex_init(&pernet->mutex);
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
	/* Where the module goes, who has just left a file may have asked for it. */
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
	err = register_pernet_subsys(&dnetmap_pernet_ops);
	if (err)
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
	/* Grace periods have been started, and they queue the last work. */
	rcu_barrier();
	destroy_workqueue(dnetmap_wq);
}
