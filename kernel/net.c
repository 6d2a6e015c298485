// SPDX-License-Identifier: GPL-2.0-only
/*
 * The state of a namespace: how it is found, what guards it, and the
 * workqueues. netns.c creates and removes the state.
 */
#include <linux/rcupdate.h>

#include "net.h"

struct workqueue_struct *dnetmap_wq;
struct workqueue_struct *dnetmap_reap_wq;
unsigned int dnetmap_pernet_id __read_mostly;

/**
 * dnetmap_net_assert_locked() - assert that &dnetmap_pernet.mutex is held
 * @net: the namespace
 */
void dnetmap_net_assert_locked(const struct net *net)
{
	lockdep_assert_held(&dnetmap_pernet(net)->mutex);
}

/**
 * dnetmap_net_locked() - the state of a namespace, for holders of the mutex
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

/**
 * dnetmap_net_reap_later() - queue the work that removes what is unused
 * @net: the namespace; nothing is queued if it is being deleted, as its exit
 *	handler removes everything
 *
 * Context: any.
 */
void dnetmap_net_reap_later(struct net *net)
{
	if (!maybe_get_net(net))
		return;
	if (!queue_work(dnetmap_reap_wq, &dnetmap_pernet(net)->reap_work))
		put_net(net);
}

/**
 * dnetmap_net_steer() - set &dnetmap_pernet.plain
 * @dn: the namespace, &dnetmap_net.lock held; call this when what it depends on
 *	has changed
 */
void dnetmap_net_steer(struct dnetmap_net *dn)
{
	bool plain = !dn->mixed_prefixes && !dn->closed;

	lockdep_assert_held(&dn->lock);
	rcu_assign_pointer(dnetmap_pernet(dn->net)->plain, plain ? dn : NULL);
}

/**
 * dnetmap_net_start() - create the workqueues, once for the module
 *
 * Return: 0 or -ENOMEM.
 */
int __init dnetmap_net_start(void)
{
	dnetmap_wq = alloc_workqueue("dnetmap", WQ_UNBOUND, 0);
	if (!dnetmap_wq)
		return -ENOMEM;
	/*
	 * Each namespace has one reap work; let those of many run in parallel.
	 */
	dnetmap_reap_wq = alloc_workqueue("dnetmap_reap", WQ_UNBOUND,
					  WQ_MAX_ACTIVE);
	if (dnetmap_reap_wq)
		return 0;
	destroy_workqueue(dnetmap_wq);
	return -ENOMEM;
}

/**
 * dnetmap_net_stop() - undo dnetmap_net_start()
 *
 * Context: process, with no namespace left; waits for all queued work.
 */
void dnetmap_net_stop(void)
{
	destroy_workqueue(dnetmap_reap_wq);
	destroy_workqueue(dnetmap_wq);
}
