// SPDX-License-Identifier: GPL-2.0-only
/*
 * Groups: bindings that end together and share one line of the log. Here is the list
 * of those that come to a prefix behind a flush that is under way: late bindings.
 * records.c ends them.
 */
#include "group.h"
#include "net.h"
#include "record.h"

/**
 * dnetmap_group_add_late() - a binding has come that a flush has passed
 * @dn: the namespace, &dnetmap_net.lock held
 * @b: the binding, in no queue
 */
void dnetmap_group_add_late(struct dnetmap_net *dn,
			    struct dnetmap_binding *b)
{
	lockdep_assert_held(&dn->lock);
	/* No hit has to bring an expiry forward that is not waited for. */
	WRITE_ONCE(b->queued.time, S64_MIN);
	b->queue = DNETMAP_QUEUE_LATE;
	list_add_tail(&b->list, &dn->group.late);
}

/**
 * dnetmap_group_remove_late() - undo dnetmap_group_add_late()
 * @dn: the namespace, &dnetmap_net.lock held
 * @b: the binding, late or not
 */
void dnetmap_group_remove_late(struct dnetmap_net *dn, struct dnetmap_binding *b)
{
	lockdep_assert_held(&dn->lock);
	if (b->queue != DNETMAP_QUEUE_LATE)
		return;
	b->queue = DNETMAP_QUEUE_NONE;
	list_del(&b->list);
}
