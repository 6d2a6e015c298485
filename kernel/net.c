// SPDX-License-Identifier: GPL-2.0-only
/*
 * The state of a namespace: how it is found, what guards it, and the queues for its
 * work. netns.c makes it and removes it.
 */
#include <linux/rcupdate.h>

#include "net.h"

struct workqueue_struct *dnetmap_wq;
struct workqueue_struct *dnetmap_reap_wq;
unsigned int dnetmap_pernet_id __read_mostly;

/**
 * dnetmap_net_assert_locked() - say that &dnetmap_pernet.mutex is held
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

/**
 * dnetmap_net_reap_later() - see to what is left unused
 * @net: the namespace, which takes all with it where it is about to end
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
 * dnetmap_net_start() - prepare for work, once for the module
 *
 * Return: 0 or -ENOMEM.
 */
int __init dnetmap_net_start(void)
{
	dnetmap_wq = alloc_workqueue("dnetmap", WQ_UNBOUND, 0);
	if (!dnetmap_wq)
		return -ENOMEM;
	/* Of each namespace's work, one at most; as many at once as there can be. */
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
 * Context: process, with no namespace left; waits for all work.
 */
void dnetmap_net_stop(void)
{
	destroy_workqueue(dnetmap_reap_wq);
	destroy_workqueue(dnetmap_wq);
}
