// SPDX-License-Identifier: GPL-2.0-only
/*
 * Expiry: bindings end when their time comes, with no packet to notice it.
 *
 * Theory of operation
 *
 * Each active dynamic binding is in the due queue (due.c), by a time that is not later
 * than its expiry. When that comes, the binding is looked at: past its expiry it is
 * ended, else it is queued again. An idle binding costs nothing until then, and one
 * that is hit a thousand times in its TTL costs one queueing.
 *
 * It follows that whoever works off the queue up to now ends bindings in the
 * order of their expiries, however TTLs are mixed: before a binding is ended,
 * all that were queued for an earlier time have been looked at, and a binding
 * with an earlier expiry was. So their lines come in that order.
 *
 * The queue is worked off in batches, each in a critical section of its own: by
 * the work that the alarm starts; by a command and by what ends a prefix or
 * flushes it, before they begin (dnetmap_expiry_catch_up); and first thing by
 * everybody who needs to know what is idle now, as an address may be given from
 * the instant of its expiry. The latter is a batch, or a few where it finds
 * nothing: a million bindings may be due at once, where somebody has seen to that
 * or after a suspend, and softirqs do not do the work of them all. Whoever meets a
 * binding that is past its expiry, behind others that have not been looked at,
 * ends that by itself.
 */
#include <linux/sched.h>

#include "binding.h"
#include "compat.h"
#include "due.h"
#include "expiry.h"
#include "net.h"

/**
 * dnetmap_expiry_advance() - end what is past its expiry
 * @dn: the namespace, &dnetmap_net.lock held
 * @now: dnetmap_now()
 * @batch: bindings to look at, at most. So many have the lock held: as many as
 *	anybody likes may be due
 *
 * Return: true where nothing is left to look at.
 */
bool dnetmap_expiry_advance(struct dnetmap_net *dn, s64 now,
			    unsigned int batch)
{
	struct dnetmap_binding *b;

	lockdep_assert_held(&dn->lock);
	while ((b = dnetmap_due_first(dn)) && b->queued.time <= now) {
		if (!batch--)
			return false;
		/* Hit since: it comes up again in its place, if that is past. */
		if (atomic64_read(&b->state) != b->queued.time ||
		    !dnetmap_binding_expire(dn, b, now))
			dnetmap_due_requeue(dn, b);
	}
	return true;
}

/**
 * dnetmap_expiry_catch_up() - end what is past its expiry, however much it is
 * @dn: the namespace
 *
 * What comes to be past it meanwhile is left: nobody keeps this from its end.
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

	/* The alarm lies in the past, so nobody has set it anew meanwhile. */
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
 * dnetmap_expiry_init() - prepare a namespace's due queue
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
 * dnetmap_expiry_close() - no more expiries
 * @dn: the namespace, &dnetmap_net.closed
 *
 * Context: process; sleeps.
 */
void dnetmap_expiry_close(struct dnetmap_net *dn)
{
	hrtimer_cancel(&dn->alarm);
	cancel_work_sync(&dn->expiry_work);
}
