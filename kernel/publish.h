/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _DNETMAP_PUBLISH_H
#define _DNETMAP_PUBLISH_H

#include <linux/types.h>
#include <linux/workqueue.h>

#include "event.h"

struct net;
struct sk_buff;

/**
 * struct dnetmap_publisher - sends the events of a namespace to who listens
 * @net: the namespace
 * @work: sends events; @reader belongs to it
 * @reader: its position in the events
 */
struct dnetmap_publisher {
	struct net			*net;
	struct delayed_work		work;
	struct dnetmap_event_reader	reader;
};

int dnetmap_publish_put(struct sk_buff *skb, const struct dnetmap_events *events,
			const struct dnetmap_event *event, u64 number, s64 offset);
s64 dnetmap_publish_offset(void);
void dnetmap_publisher_init(struct dnetmap_publisher *publisher,
			    struct dnetmap_events *events);
void dnetmap_publisher_wake(struct dnetmap_publisher *publisher);
void dnetmap_publisher_stop(struct dnetmap_publisher *publisher);

#endif /* _DNETMAP_PUBLISH_H */
