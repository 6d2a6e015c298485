// SPDX-License-Identifier: GPL-2.0-only
/*
 * Netlink requests for events: the history of what publish.c sends as it happens.
 *
 * A dump goes by the numbers of events, so it continues where it was, whatever is
 * added or dropped meanwhile. It ends where no more events are.
 */
#include <net/genetlink.h>
#include <net/sock.h>

#include "event.h"
#include "net.h"
#include "nl.h"
#include "nl_gen.h"
#include "publish.h"

/* Events that are read at a time. */
#define DNETMAP_NL_EVENT_BATCH	16

/**
 * struct dnetmap_nl_event_dump - where a dump of events is
 * @begun: there was a first call
 * @next: number of the next event
 */
struct dnetmap_nl_event_dump {
	bool	begun;
	u64	next;
};

static int dnetmap_nl_event_put(struct sk_buff *skb, struct netlink_callback *cb,
				const struct dnetmap_events *events,
				const struct dnetmap_event *event, u64 number,
				s64 offset)
{
	void *header = dnetmap_nl_header(skb, NETLINK_CB(cb->skb).portid,
					 cb->nlh->nlmsg_seq, NLM_F_MULTI,
					 DNETMAP_CMD_EVENT_GET);

	if (!header)
		return -EMSGSIZE;
	if (dnetmap_publish_put(skb, events, event, number, offset)) {
		genlmsg_cancel(skb, header);
		return -EMSGSIZE;
	}
	genlmsg_end(skb, header);
	return 0;
}

/* Events that are not for the history were made for others, and are dumped, too. */
static int dnetmap_nl_event_dump(struct sk_buff *skb, struct netlink_callback *cb,
				 struct dnetmap_events *events,
				 struct dnetmap_nl_event_dump *dump)
{
	struct dnetmap_event batch[DNETMAP_NL_EVENT_BATCH];
	s64 offset = dnetmap_publish_offset();
	unsigned int count, i;

	while ((count = dnetmap_events_read(events, batch, DNETMAP_NL_EVENT_BATCH,
					    &dump->next)))
		for (i = 0; i < count; i++, dump->next++)
			if (dnetmap_nl_event_put(skb, cb, events, &batch[i],
						 dump->next, offset))
				return skb->len;
	return skb->len;
}

/**
 * dnetmap_nl_event_get_dumpit() - dump the events that are kept
 * @skb: where
 * @cb: the dump
 *
 * Context: process; sleeps.
 * Return: the length of @skb, 0 at the end, or an error.
 */
int dnetmap_nl_event_get_dumpit(struct sk_buff *skb, struct netlink_callback *cb)
{
	struct dnetmap_pernet *pernet = dnetmap_pernet(sock_net(skb->sk));
	struct dnetmap_nl_event_dump *dump = (void *)cb->ctx;
	struct nlattr *from;

	if (!dump->begun) {
		if (!dnetmap_nl_may_read(cb->skb))
			return -EPERM;
		dnetmap_publisher_wake(&pernet->publisher);
		from = dnetmap_dump_attrs(cb)[DNETMAP_A_EVENT_SEQ];
		dump->next = from ? nla_get_u64(from) : 1;
		dump->begun = true;
	}
	return dnetmap_nl_event_dump(skb, cb, &pernet->events, dump);
}
