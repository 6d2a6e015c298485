// SPDX-License-Identifier: GPL-2.0-only
/*
 * Publishing: reads the events (event.c) and sends them to those who listen by
 * netlink.
 *
 * Theory of operation
 *
 * Each namespace has a publisher, a reader of its events, with work of its own. So
 * the kernel log, which may be slow, and those who listen do not wait for each
 * other. Several events go into one datagram: a listener's buffer is charged for
 * the memory of each datagram, most of which a single event would leave unused.
 *
 * A listener that does not keep up loses datagrams. The kernel tells it so
 * (ENOBUFS), and the numbers of the events tell how many it has lost. The history
 * may have them.
 *
 * While nobody listens, the publisher passes events without a look. Who begins to
 * listen, asks for the table, and takes the events after the number that comes
 * with it, misses none: the publisher passes only events that were there before
 * it found that nobody listens. Without a history, no events are made for it
 * then. It is woken by any request to the family.
 *
 * When the module is removed, the family goes first, and what ends with it is not
 * published.
 */
#include <linux/sched.h>
#include <linux/timekeeping.h>
#include <net/genetlink.h>

#include <linux/dnetmap.h>

#include "block.h"
#include "event.h"
#include "nl.h"
#include "publish.h"

/* Of a datagram: some 50 events. */
#define DNETMAP_PUBLISH_BYTES	8000
/* Events that are read at a time. */
#define DNETMAP_PUBLISH_BATCH	16

/* How the family calls what the log tells in lines. */
static const u8 dnetmap_publish_kind[] = {
	[DNETMAP_EVENT_ADD]		= DNETMAP_EVENT_KIND_ADD,
	[DNETMAP_EVENT_TIMEOUT]		= DNETMAP_EVENT_KIND_END,
	[DNETMAP_EVENT_REMOVE]		= DNETMAP_EVENT_KIND_END,
	[DNETMAP_EVENT_PASS]		= DNETMAP_EVENT_KIND_PASS,
	[DNETMAP_EVENT_PREFIX_NEW]	= DNETMAP_EVENT_KIND_PREFIX_NEW,
	[DNETMAP_EVENT_PREFIX_SET]	= DNETMAP_EVENT_KIND_PREFIX_SET,
	[DNETMAP_EVENT_PREFIX_REMOVED]	= DNETMAP_EVENT_KIND_PREFIX_END,
	[DNETMAP_EVENT_PREFIX_FLUSHED]	= DNETMAP_EVENT_KIND_FLUSH,
	[DNETMAP_EVENT_NO_ADDRESS]	= DNETMAP_EVENT_KIND_NO_ADDRESS,
	[DNETMAP_EVENT_NO_MEMORY]	= DNETMAP_EVENT_KIND_NO_MEMORY,
};

static const u8 dnetmap_publish_reason[] = {
	[DNETMAP_REASON_DELETED]	= DNETMAP_END_REASON_DELETED,
	[DNETMAP_REASON_REPLACED]	= DNETMAP_END_REASON_REPLACED,
	[DNETMAP_REASON_RIVAL]		= DNETMAP_END_REASON_RIVAL,
	[DNETMAP_REASON_PREFIX]		= DNETMAP_END_REASON_PREFIX,
};

static bool dnetmap_publish_is_binding(const struct dnetmap_event *event)
{
	return event->kind <= DNETMAP_EVENT_PASS;
}

static bool dnetmap_publish_has_flags(const struct dnetmap_event *event)
{
	return event->kind == DNETMAP_EVENT_PREFIX_NEW ||
	       event->kind == DNETMAP_EVENT_PREFIX_SET;
}

/* The attributes that only bindings have. */
static int dnetmap_publish_put_binding(struct sk_buff *skb,
				       const struct dnetmap_event *event)
{
	if (nla_put_be32(skb, DNETMAP_A_EVENT_POSTNAT, event->postnat))
		return -EMSGSIZE;
	if (event->kind == DNETMAP_EVENT_TIMEOUT)
		return nla_put_u32(skb, DNETMAP_A_EVENT_REASON,
				   DNETMAP_END_REASON_TIMEOUT);
	if (event->kind == DNETMAP_EVENT_REMOVE)
		return nla_put_u32(skb, DNETMAP_A_EVENT_REASON,
				   dnetmap_publish_reason[event->detail]);
	if (event->kind != DNETMAP_EVENT_ADD)
		return 0;
	if (event->ttl < 0)
		return nla_put_u32(skb, DNETMAP_A_EVENT_STATE,
				   DNETMAP_BINDING_STATE_STATIC);
	return nla_put_u32(skb, DNETMAP_A_EVENT_STATE,
			   DNETMAP_BINDING_STATE_ACTIVE) ?:
	       nla_put_u64_64bit(skb, DNETMAP_A_EVENT_TTL,
				 (u64)event->ttl * MSEC_PER_SEC,
				 DNETMAP_A_EVENT_PAD);
}

static int dnetmap_publish_put_prefix(struct sk_buff *skb,
				      const struct dnetmap_event *event)
{
	if (!event->len)
		return 0;
	return nla_put_be32(skb, DNETMAP_A_EVENT_PREFIX,
			    event->postnat & htonl(dnetmap_mask(event->len))) ?:
	       nla_put_u32(skb, DNETMAP_A_EVENT_PREFIX_LEN, event->len);
}

/**
 * dnetmap_publish_offset() - what to add to a time since boot for the real time
 *
 * Return: ns.
 */
s64 dnetmap_publish_offset(void)
{
	return ktime_get_real_ns() - ktime_get_boottime_ns();
}

/**
 * dnetmap_publish_put() - put the attributes of an event into a message
 * @skb: the message
 * @events: the events that it is of
 * @event: the event
 * @number: its number
 * @offset: dnetmap_publish_offset()
 *
 * Return: 0, or -EMSGSIZE if there is no room.
 */
int dnetmap_publish_put(struct sk_buff *skb, const struct dnetmap_events *events,
			const struct dnetmap_event *event, u64 number, s64 offset)
{
	if (nla_put_u64_64bit(skb, DNETMAP_A_EVENT_SEQ, number,
			      DNETMAP_A_EVENT_PAD) ||
	    nla_put_u64_64bit(skb, DNETMAP_A_EVENT_INCARNATION,
			      READ_ONCE(events->incarnation), DNETMAP_A_EVENT_PAD) ||
	    nla_put_u32(skb, DNETMAP_A_EVENT_KIND,
			dnetmap_publish_kind[event->kind]) ||
	    nla_put_u64_64bit(skb, DNETMAP_A_EVENT_BOOTTIME, event->time,
			      DNETMAP_A_EVENT_PAD) ||
	    nla_put_u64_64bit(skb, DNETMAP_A_EVENT_REALTIME,
			      event->time + offset, DNETMAP_A_EVENT_PAD))
		return -EMSGSIZE;
	if (event->prenat &&
	    nla_put_be32(skb, DNETMAP_A_EVENT_PRENAT, event->prenat))
		return -EMSGSIZE;
	if (dnetmap_publish_is_binding(event) &&
	    dnetmap_publish_put_binding(skb, event))
		return -EMSGSIZE;
	if (dnetmap_publish_has_flags(event) &&
	    nla_put_u32(skb, DNETMAP_A_EVENT_FLAGS, event->detail))
		return -EMSGSIZE;
	return dnetmap_publish_put_prefix(skb, event);
}

static void dnetmap_publish_event(struct sk_buff *skb,
				  const struct dnetmap_events *events,
				  const struct dnetmap_event *event, u64 number,
				  s64 offset)
{
	void *header = dnetmap_nl_header(skb, 0, 0, 0, DNETMAP_CMD_EVENT_NTF);

	if (!header)
		return;
	if (dnetmap_publish_put(skb, events, event, number, offset))
		genlmsg_cancel(skb, header);
	else
		genlmsg_end(skb, header);
}

/* Is there room for a batch more? */
static bool dnetmap_publish_has_room(const struct sk_buff *skb)
{
	return skb_tailroom(skb) >= DNETMAP_PUBLISH_BYTES / 3;
}

/* Fill a datagram with what is waiting. */
static void dnetmap_publish_fill(struct dnetmap_publisher *publisher,
				 struct sk_buff *skb)
{
	struct dnetmap_event_reader *reader = &publisher->reader;
	struct dnetmap_event events[DNETMAP_PUBLISH_BATCH];
	s64 offset = dnetmap_publish_offset();
	unsigned int count, i;
	u64 lost;

	do {
		count = dnetmap_event_reader_next(reader, events,
						  DNETMAP_PUBLISH_BATCH, &lost);
		for (i = 0; i < count; i++)
			dnetmap_publish_event(skb, reader->events, &events[i],
					      reader->next - count + i, offset);
	} while (count && dnetmap_publish_has_room(skb));
}

static void dnetmap_publish_work(struct work_struct *work)
{
	struct dnetmap_publisher *publisher =
		container_of(to_delayed_work(work), struct dnetmap_publisher,
			     work);
	struct dnetmap_event_reader *reader = &publisher->reader;
	struct dnetmap_event_mark mark;
	struct sk_buff *skb;

	while (check_net(publisher->net)) {
		dnetmap_event_reader_mark(reader, &mark);
		if (mark.next == reader->next)
			return;
		if (!dnetmap_nl_has_listeners(publisher->net)) {
			dnetmap_event_reader_rest(reader, &mark);
			return;
		}
		skb = nlmsg_new(DNETMAP_PUBLISH_BYTES, GFP_KERNEL);
		if (!skb) {
			/* The events wait. */
			queue_delayed_work(dnetmap_event_wq, &publisher->work,
					   HZ / 10);
			return;
		}
		dnetmap_publish_fill(publisher, skb);
		if (skb->len)
			dnetmap_nl_multicast(publisher->net, skb);
		else
			nlmsg_free(skb);
		cond_resched();
	}
}

/**
 * dnetmap_publisher_init() - set up the publisher of a namespace
 * @publisher: the publisher
 * @events: the namespace's events
 */
void dnetmap_publisher_init(struct dnetmap_publisher *publisher,
			    struct dnetmap_events *events)
{
	publisher->net = events->net;
	INIT_DELAYED_WORK(&publisher->work, dnetmap_publish_work);
	dnetmap_event_reader_add(&publisher->reader, events, &publisher->work,
				 DNETMAP_EVENT_TO_GROUP);
}

/**
 * dnetmap_publisher_wake() - somebody may be listening
 * @publisher: the publisher
 *
 * Context: process.
 */
void dnetmap_publisher_wake(struct dnetmap_publisher *publisher)
{
	if (dnetmap_nl_has_listeners(publisher->net))
		dnetmap_event_reader_wake(&publisher->reader);
}

/**
 * dnetmap_publisher_stop() - stop a publisher for good
 * @publisher: the publisher
 *
 * Context: process, with the namespace's state removed; sleeps.
 */
void dnetmap_publisher_stop(struct dnetmap_publisher *publisher)
{
	struct dnetmap_event_mark mark;

	cancel_delayed_work_sync(&publisher->work);
	dnetmap_event_reader_mark(&publisher->reader, &mark);
	dnetmap_event_reader_rest(&publisher->reader, &mark);
	dnetmap_event_reader_remove(&publisher->reader);
}
