// SPDX-License-Identifier: GPL-2.0-only
/*
 * Expiry: bindings end when their time comes, even if no packet comes across
 * them.
 *
 * Theory of operation
 *
 * Each active dynamic binding is in the due queue (due.c), by a time that is
 * not later than its expiry. When that time comes, the binding is checked: it
 * is ended if its expiry has passed, and requeued otherwise. A binding without
 * traffic costs nothing until then, and one that is hit a thousand times within
 * its TTL is requeued once.
 *
 * Working off the queue up to now therefore ends bindings in the order of their
 * expiries, however TTLs are mixed: before a binding is ended, all that were
 * queued for an earlier time have been checked, and a binding with an earlier
 * expiry was queued for an earlier time. So the log lines come in that order.
 *
 * The queue is worked off in batches, each in a critical section of its own:
 *
 * - by the work that the alarm queues;
 * - before a command is run, and before a prefix is ended or flushed
 *   (dnetmap_expiry_catch_up);
 * - first of all by any code that needs to know which addresses are idle now,
 *   as an address may be reallocated from the very moment of its expiry. This
 *   is only one batch, or a few for a packet that finds no address: after a
 *   suspend, or by some user's design, a million bindings may be due at once,
 *   and a softirq must not process all of them.
 *
 * Code that comes across a binding past its expiry ends it by itself, even if
 * bindings that are due earlier have not been checked yet.
 */
#include <linux/sched.h>

#include "binding.h"
#include "compat.h"
#include "due.h"
#include "expiry.h"
#include "net.h"

/**
 * dnetmap_expiry_advance() - end bindings that are past their expiry
 * @dn: the namespace, &dnetmap_net.lock held
 * @now: dnetmap_now()
 * @batch: number of bindings to check at most. Bounds how long the lock is
 *	held, as users control how many bindings are due
 *
 * Return: true if no due binding is left.
 */
bool dnetmap_expiry_advance(struct dnetmap_net *dn, s64 now,
			    unsigned int batch)
{
	struct dnetmap_record *r;

	lockdep_assert_held(&dn->lock);
	while ((r = dnetmap_due_first(dn)) && r->queued.time <= now) {
		if (!batch--)
			return false;
		/* Hit since: requeued, and checked again if due by now. */
		if (atomic64_read(&r->state) != r->queued.time ||
		    !dnetmap_binding_expire(dn, r, now))
			dnetmap_due_requeue(dn, r);
	}
	return true;
}

/**
 * dnetmap_expiry_catch_up() - end all bindings that are past their expiry
 * @dn: the namespace
 *
 * Leaves out those whose expiry comes while it runs, so that it always ends.
 *
 * Context: process; sleeps.
 */
void dnetmap_expiry_catch_up(struct dnetmap_net *dn)
{
	s64 now = dnetmap_now();
	bool done;

	do {
		spin_lock_bh(&dn->lock);
		done = dnetmap_expiry_advance(dn, now, DNETMAP_EXPIRY_BATCH);
		spin_unlock_bh(&dn->lock);
		cond_resched();
	} while (!done);
}

static void dnetmap_expiry_work(struct work_struct *work)
{
	struct dnetmap_net *dn = container_of(work, struct dnetmap_net,
					      expiry_work);

	/* Until now @alarm_at was in the past, so nobody has set the alarm. */
	dnetmap_expiry_catch_up(dn);
	spin_lock_bh(&dn->lock);
	dn->alarm_at = KTIME_MAX;
	dnetmap_due_head_changed(dn);
	spin_unlock_bh(&dn->lock);
}

static enum hrtimer_restart dnetmap_expiry_alarm(struct hrtimer *alarm)
{
	struct dnetmap_net *dn = container_of(alarm, struct dnetmap_net, alarm);

	queue_work(dnetmap_wq, &dn->expiry_work);
	return HRTIMER_NORESTART;
}

/**
 * dnetmap_expiry_init() - set up the expiry of a namespace's bindings
 * @dn: the namespace
 */
void dnetmap_expiry_init(struct dnetmap_net *dn)
{
	atomic64_set(&dn->quiet_until, KTIME_MAX);
	dn->alarm_at = KTIME_MAX;
	INIT_WORK(&dn->expiry_work, dnetmap_expiry_work);
	hrtimer_setup(&dn->alarm, dnetmap_expiry_alarm, CLOCK_BOOTTIME,
		      HRTIMER_MODE_ABS_SOFT);
}

/**
 * dnetmap_expiry_close() - stop the alarm and the expiry work
 * @dn: the namespace, with &dnetmap_net.closed set
 *
 * Context: process; sleeps.
 */
void dnetmap_expiry_close(struct dnetmap_net *dn)
{
	hrtimer_cancel(&dn->alarm);
	cancel_work_sync(&dn->expiry_work);
}
