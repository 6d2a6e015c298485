// SPDX-License-Identifier: GPL-2.0-only
/*
 * The namespace's life: what DNETMAP keeps for it, from its first rule to its
 * last, or to its end.
 *
 * A namespace that is deleted ends in either order: its rules first, when
 * iptable_nat was loaded after this module, or this module's state first, and
 * the rules find nothing to let go of (dnetmap_net() is NULL then). In
 * both, the pointer to the state outlives the rules: the core frees it only
 * after the last exit handler of the namespace has run.
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
/* Its work may wait for readers, who may be many, and stall. */
static struct workqueue_struct *dnetmap_reap_wq;

unsigned int dnetmap_pernet_id __read_mostly;

static struct dnetmap_pernet *dnetmap_pernet(const struct net *net)
{
	return net_generic(net, dnetmap_pernet_id);
}

/**
 * dnetmap_net_lock() - keep rules of a namespace from coming and going
 * @net: the namespace
 *
 * Context: process; sleeps.
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

	dnetmap_log_finish(dn);
	dnetmap_binding_table_destroy(dn);
	dnetmap_prefix_table_destroy(dn);
	kvfree(dn);
}

static void dnetmap_net_unref(struct dnetmap_net *dn)
{
	if (refcount_dec_and_test(&dn->refs))
		queue_rcu_work(dnetmap_wq, &dn->free_work);
}

static void dnetmap_net_reap(struct work_struct *work);

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
	refcount_set(&dn->refs, 1);
	INIT_WORK(&dn->reap_work, dnetmap_net_reap);
	INIT_RCU_WORK(&dn->free_work, dnetmap_net_free);
	dnetmap_expiry_init(dn);
	dnetmap_log_init(dn);
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
	RCU_INIT_POINTER(dnetmap_pernet(dn->net)->dn, NULL);
	dnetmap_proc_net_remove(dn);
	spin_lock_bh(&dn->lock);
	dn->closed = true;
	spin_unlock_bh(&dn->lock);
	dnetmap_expiry_close(dn);
	dnetmap_log_close(dn);
}

static void dnetmap_net_end(struct dnetmap_net *dn)
{
	dnetmap_net_close(dn);
	dnetmap_net_unref(dn);
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
		dnetmap_net_end(dn);
}

static void dnetmap_net_reap(struct work_struct *work)
{
	struct dnetmap_net *dn = container_of(work, struct dnetmap_net,
					      reap_work);
	struct net *net = dn->net;

	dnetmap_net_lock(net);
	if (!dn->closed)
		dnetmap_net_settle(dn);
	dnetmap_net_unlock(net);
	dnetmap_net_unref(dn);
	put_net(net);
}

/**
 * dnetmap_net_reap_later() - see to what is left unused
 * @dn: the namespace
 *
 * Context: RCU read side, or a handler of one of its files, which keeps them.
 */
void dnetmap_net_reap_later(struct dnetmap_net *dn)
{
	/* One that dies takes all with it, and so has one that was closed. */
	if (!maybe_get_net(dn->net))
		return;
	if (refcount_inc_not_zero(&dn->refs)) {
		if (queue_work(dnetmap_reap_wq, &dn->reap_work))
			return;
		dnetmap_net_unref(dn);
	}
	put_net(dn->net);
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
 * Return: 0, where all is in place that the rule needs, or an error.
 */
int dnetmap_net_get(struct net *net, const struct dnetmap_block *block)
{
	struct dnetmap_net *dn = dnetmap_net_get_or_create(net);
	struct dnetmap_prefix *prefix;

	if (IS_ERR(dn))
		return PTR_ERR(dn);
	if (block) {
		prefix = dnetmap_prefix_get(dn, block);
		if (IS_ERR(prefix)) {
			dnetmap_net_settle(dn);
			return PTR_ERR(prefix);
		}
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
 * What that leaves unused goes: before this returns, for a task of user space.
 * But nf_tables lets go of the rules of all namespaces from one thread, which
 * must not wait for the readers of one; it leaves that to work.
 *
 * Context: process; sleeps.
 */
void dnetmap_net_put(struct net *net, const struct dnetmap_block *block)
{
	struct dnetmap_net *dn;

	rcu_read_lock();
	dn = dnetmap_net(net);
	/* The namespace may have taken all with it before its rules go. */
	if (dn && dnetmap_net_uncount(dn, block))
		dnetmap_net_reap_later(dn);
	if (dn && (current->flags & PF_KTHREAD ||
		   !refcount_inc_not_zero(&dn->refs)))
		dn = NULL;
	rcu_read_unlock();
	if (!dn)
		return;
	flush_work(&dn->reap_work);
	dnetmap_net_unref(dn);
}

/**
 * dnetmap_net_unget() - a rule that has just come is refused
 * @net: the namespace
 * @block: the prefix that the rule names, or NULL
 *
 * Context: process, &dnetmap_pernet.mutex held; sleeps.
 */
void dnetmap_net_unget(struct net *net, const struct dnetmap_block *block)
{
	struct dnetmap_net *dn = dnetmap_net_locked(net);

	if (dnetmap_net_uncount(dn, block))
		dnetmap_net_settle(dn);
}

/*
 * The namespace goes, silently, with everything; or the module does, and there
 * can be nothing left but prefixes that persist without a rule.
 */
static void __net_exit dnetmap_pernet_exit(struct net *net)
{
	struct dnetmap_net *dn;

	dnetmap_net_lock(net);
	dn = dnetmap_net_locked(net);
	if (dn) {
		if (check_net(net))
			dnetmap_prefix_end_all(dn);
		refcount_inc(&dn->refs);
		dnetmap_net_end(dn);
	}
	dnetmap_net_unlock(net);
	if (!dn)
		return;
	/* Where the module goes, so does the mutex that it takes. */
	flush_work(&dn->reap_work);
	dnetmap_net_unref(dn);
}

static int __net_init dnetmap_pernet_init(struct net *net)
{
	mutex_init(&dnetmap_pernet(net)->mutex);
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
	int err;

	dnetmap_wq = alloc_workqueue("dnetmap", WQ_UNBOUND, 0);
	if (!dnetmap_wq)
		return -ENOMEM;
	dnetmap_reap_wq = alloc_workqueue("dnetmap_reap", WQ_UNBOUND, 0);
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
	/* Reaping of state that is closed already: it takes the mutex, too. */
	flush_workqueue(dnetmap_reap_wq);
	unregister_pernet_subsys(&dnetmap_pernet_ops);
	/* Grace periods have been started, and they queue the last work. */
	rcu_barrier();
	destroy_workqueue(dnetmap_reap_wq);
	destroy_workqueue(dnetmap_wq);
}
