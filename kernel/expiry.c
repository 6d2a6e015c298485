// SPDX-License-Identifier: GPL-2.0-only
/*
 * Expiry: bindings end when their time comes, with no packet to notice it.
 *
 * Theory of operation
 *
 * Each active dynamic binding is in the namespace's due queue, by the expiry that
 * it had when it was queued. Hits move the expiry and leave
 * the queue alone, so the queued time is not later than the expiry. When it
 * comes, the binding is looked at: past its expiry it is ended, else it is
 * queued again. An idle binding costs nothing until then, and one that is hit
 * a thousand times in its TTL costs one queueing. The hit that brings the
 * expiry forward, by a shorter TTL, queues the binding anew at once.
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
 *
 * The alarm is an hrtimer on CLOCK_BOOTTIME, as a timer of jiffies would sleep
 * on after a suspend.
 */
#include <linux/sched.h>

#include "binding.h"
#include "compat.h"
#include "expiry.h"
#include "netns.h"
#include "pool.h"

/* How long after the first of them expiries are looked at together. */
#define DNETMAP_EXPIRY_SLACK	(200 * NSEC_PER_MSEC)

static struct dnetmap_binding *dnetmap_expiry_first(struct dnetmap_net *dn)
{
	return dnetmap_binding_queued(dnetmap_queue_first(&dn->due));
}

/* The head of the queue may be another: pass it on. */
static void dnetmap_expiry_head_changed(struct dnetmap_net *dn)
{
	struct dnetmap_binding *first = dnetmap_expiry_first(dn);
	s64 when;

	atomic64_set(&dn->quiet_until, first ? first->queued.time : KTIME_MAX);
	if (!first || first->queued.time >= dn->alarm_at || dn->closed)
		return;
	when = max_t(s64, first->queued.time,
		     dnetmap_now() + DNETMAP_EXPIRY_SLACK);
	if (when >= dn->alarm_at)
		return;
	dn->alarm_at = when;
	hrtimer_start_range_ns(&dn->alarm, when, DNETMAP_EXPIRY_SLACK,
			       HRTIMER_MODE_ABS_SOFT);
}

/**
 * dnetmap_expiry_enqueue() - queue a binding for its expiry
 * @dn: the namespace, &dnetmap_net.lock held
 * @b: the binding, in no queue
 * @expires: CLOCK_BOOTTIME in ns, not later than its expiry
 */
void dnetmap_expiry_enqueue(struct dnetmap_net *dn, struct dnetmap_binding *b,
			    s64 expires)
{
	lockdep_assert_held(&dn->lock);
	b->queue = DNETMAP_QUEUE_DUE;
	if (dnetmap_queue_add(&dn->due, &b->queued, expires))
		dnetmap_expiry_head_changed(dn);
}

/**
 * dnetmap_expiry_dequeue() - take a binding out of the due queue
 * @dn: the namespace, &dnetmap_net.lock held
 * @b: the binding, in that queue or not
 */
void dnetmap_expiry_dequeue(struct dnetmap_net *dn, struct dnetmap_binding *b)
{
	lockdep_assert_held(&dn->lock);
	if (b->queue != DNETMAP_QUEUE_DUE)
		return;
	b->queue = DNETMAP_QUEUE_NONE;
	dnetmap_queue_remove(&dn->due, &b->queued);
	dnetmap_expiry_head_changed(dn);
}

/**
 * dnetmap_expiry_requeue() - queue a binding for the expiry that it has now
 * @dn: the namespace, &dnetmap_net.lock held
 * @b: the binding; where it has ended it leaves the queue, and where it is not
 *	in the queue it stays out
 *
 * Once, and again for each hit that brings the expiry forward meanwhile.
 */
void dnetmap_expiry_requeue(struct dnetmap_net *dn, struct dnetmap_binding *b)
{
	s64 state = atomic64_read(&b->state);

	while (b->queue == DNETMAP_QUEUE_DUE) {
		dnetmap_expiry_dequeue(dn, b);
		if (state < 0)
			return;
		dnetmap_expiry_enqueue(dn, b, state);
		/*
		 * Pairs with the cmpxchg of a hit: either the hit that brings
		 * the expiry forward sees the time queued here, and hastens it,
		 * or its expiry is seen here. The latter, where it sees but a
		 * half of that time, as it may where a word has 32 bits: it came
		 * before the other.
		 */
		smp_mb();
		state = atomic64_read(&b->state);
		if (state >= b->queued.time)
			return;
	}
}

/**
 * dnetmap_expiry_hasten() - a hit has brought a binding's expiry forward
 * @dn: the namespace
 * @b: the binding, which may have ended since
 *
 * Context: RCU read side; takes &dnetmap_net.lock.
 */
void dnetmap_expiry_hasten(struct dnetmap_net *dn, struct dnetmap_binding *b)
{
	spin_lock_bh(&dn->lock);
	dnetmap_expiry_requeue(dn, b);
	spin_unlock_bh(&dn->lock);
}

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
	while ((b = dnetmap_expiry_first(dn)) && b->queued.time <= now) {
		if (!batch--)
			return false;
		/* Hit since: it comes up again in its place, if that is past. */
		if (atomic64_read(&b->state) != b->queued.time ||
		    !dnetmap_binding_expire(dn, b, now))
			dnetmap_expiry_requeue(dn, b);
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
	dnetmap_expiry_head_changed(dn);
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
