// SPDX-License-Identifier: GPL-2.0-only
/*
 * Groups: bindings that are ended together, with one log line for all of them.
 * This file has the list of late bindings: those that came after a running
 * flush had passed their address. record_bulk.c ends them.
 */
#include "group.h"
#include "net.h"
#include "record.h"

/**
 * dnetmap_group_add_late() - add a new binding to the late ones
 * @dn: the namespace, &dnetmap_net.lock held
 * @r: the binding, in no queue; the running flush has passed its address
 */
void dnetmap_group_add_late(struct dnetmap_net *dn,
			    struct dnetmap_record *r)
{
	lockdep_assert_held(&dn->lock);
	/* Keeps hits from requeueing it: its expiry is not waited for. */
	WRITE_ONCE(r->queued.time, S64_MIN);
	r->queue = DNETMAP_QUEUE_LATE;
	list_add_tail(&r->list, &dn->group.late);
}

/**
 * dnetmap_group_remove_late() - undo dnetmap_group_add_late()
 * @dn: the namespace, &dnetmap_net.lock held
 * @r: the binding, late or not
 */
void dnetmap_group_remove_late(struct dnetmap_net *dn, struct dnetmap_record *r)
{
	lockdep_assert_held(&dn->lock);
	if (r->queue != DNETMAP_QUEUE_LATE)
		return;
	r->queue = DNETMAP_QUEUE_NONE;
	list_del(&r->list);
}
