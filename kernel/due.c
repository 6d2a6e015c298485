// SPDX-License-Identifier: GPL-2.0-only
/*
 * The due queue: active dynamic bindings in the order in which they have to be
 * checked for expiry, and the alarm for the first of them.
 *
 * Theory of operation
 *
 * A binding is queued by the expiry that it has at that time. Hits move the
 * expiry to a later time and leave the queue alone, so the queued time is never
 * later than the expiry. A hit with a shorter TTL may move the expiry to an
 * earlier time; then it requeues the binding at once (dnetmap_due_hasten).
 *
 * The alarm is an hrtimer on CLOCK_BOOTTIME: a jiffies timer would not count
 * the time of a suspend. The work that it queues is in expiry.c.
 */
#include "due.h"
#include "net.h"

/* Expiries that are at most this far apart may share an alarm. */
#define DNETMAP_DUE_SLACK	(200 * NSEC_PER_MSEC)

/**
 * dnetmap_due_first() - the binding to check first
 * @dn: the namespace, &dnetmap_net.lock held
 *
 * Return: the binding or NULL.
 */
struct dnetmap_record *dnetmap_due_first(struct dnetmap_net *dn)
{
	return dnetmap_record_queued(dnetmap_queue_first(&dn->due));
}

/**
 * dnetmap_due_head_changed() - update what depends on the head of the queue
 * @dn: the namespace, &dnetmap_net.lock held
 *
 * That is the alarm and &dnetmap_net.quiet_until. The alarm is only ever
 * brought forward.
 */
void dnetmap_due_head_changed(struct dnetmap_net *dn)
{
	struct dnetmap_record *first = dnetmap_due_first(dn);
	s64 when;

	atomic64_set(&dn->quiet_until, first ? first->queued.time : KTIME_MAX);
	if (!first || first->queued.time >= dn->alarm_at || dn->closed)
		return;
	when = max_t(s64, first->queued.time,
		     dnetmap_now() + DNETMAP_DUE_SLACK);
	if (when >= dn->alarm_at)
		return;
	dn->alarm_at = when;
	hrtimer_start_range_ns(&dn->alarm, when, DNETMAP_DUE_SLACK,
			       HRTIMER_MODE_ABS_SOFT);
}

/**
 * dnetmap_due_add() - put a binding in the due queue
 * @dn: the namespace, &dnetmap_net.lock held
 * @r: the binding, in no queue
 * @expires: CLOCK_BOOTTIME in ns, not later than the binding's expiry
 */
void dnetmap_due_add(struct dnetmap_net *dn, struct dnetmap_record *r,
		     s64 expires)
{
	lockdep_assert_held(&dn->lock);
	r->queue = DNETMAP_QUEUE_DUE;
	if (dnetmap_queue_add(&dn->due, &r->queued, expires))
		dnetmap_due_head_changed(dn);
}

/**
 * dnetmap_due_remove() - take a binding out of the due queue
 * @dn: the namespace, &dnetmap_net.lock held
 * @r: the binding, in that queue
 */
void dnetmap_due_remove(struct dnetmap_net *dn, struct dnetmap_record *r)
{
	lockdep_assert_held(&dn->lock);
	r->queue = DNETMAP_QUEUE_NONE;
	dnetmap_queue_remove(&dn->due, &r->queued);
	dnetmap_due_head_changed(dn);
}

/**
 * dnetmap_due_requeue() - queue a binding by its current expiry
 * @dn: the namespace, &dnetmap_net.lock held
 * @r: the binding; if it has ended it leaves the queue, and if it is not in the
 *	queue nothing is done
 *
 * Repeats that for each hit that moves the expiry to an earlier time meanwhile.
 */
void dnetmap_due_requeue(struct dnetmap_net *dn, struct dnetmap_record *r)
{
	s64 state = atomic64_read(&r->state);

	while (r->queue == DNETMAP_QUEUE_DUE) {
		dnetmap_due_remove(dn, r);
		if (state < 0)
			return;
		dnetmap_due_add(dn, r, state);
		/*
		 * Pairs with the cmpxchg of a hit that brings the expiry
		 * forward: either the hit sees the time queued here, and calls
		 * dnetmap_due_hasten(), or its expiry is seen here. A hit may
		 * read a torn time on a 32-bit machine. That is the second
		 * case: its cmpxchg came before the second half was written.
		 */
		smp_mb();
		state = atomic64_read(&r->state);
		if (state >= r->queued.time)
			return;
	}
}

/**
 * dnetmap_due_hasten() - requeue a binding whose expiry a hit brought forward
 * @dn: the namespace
 * @r: the binding, which may have ended since
 *
 * Context: RCU read side; takes &dnetmap_net.lock.
 */
void dnetmap_due_hasten(struct dnetmap_net *dn, struct dnetmap_record *r)
{
	spin_lock_bh(&dn->lock);
	dnetmap_due_requeue(dn, r);
	spin_unlock_bh(&dn->lock);
}
