/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _DNETMAP_EVENT_H
#define _DNETMAP_EVENT_H

#include <linux/list.h>
#include <linux/types.h>
#include <linux/workqueue.h>

struct dnetmap_record;
struct dnetmap_net;
struct dnetmap_prefix;
struct net;

/**
 * enum dnetmap_event_kind - what has happened, and which fields tell more
 * @DNETMAP_EVENT_ADD: @prenat, @postnat
 * @DNETMAP_EVENT_TIMEOUT: @prenat, @postnat
 * @DNETMAP_EVENT_REMOVE: @prenat, @postnat
 * @DNETMAP_EVENT_PREFIX_NEW: @postnat / @len
 * @DNETMAP_EVENT_PREFIX_REMOVED: @postnat / @len
 * @DNETMAP_EVENT_PREFIX_FLUSHED: @postnat / @len
 * @DNETMAP_EVENT_NO_ADDRESS: @prenat, @postnat / @len, or @len 0 for any prefix
 * @DNETMAP_EVENT_NO_MEMORY: @prenat
 * @DNETMAP_EVENT_LOST: @count events that found no place
 */
enum dnetmap_event_kind {
	DNETMAP_EVENT_ADD,
	DNETMAP_EVENT_TIMEOUT,
	DNETMAP_EVENT_REMOVE,
	DNETMAP_EVENT_PREFIX_NEW,
	DNETMAP_EVENT_PREFIX_REMOVED,
	DNETMAP_EVENT_PREFIX_FLUSHED,
	DNETMAP_EVENT_NO_ADDRESS,
	DNETMAP_EVENT_NO_MEMORY,
	DNETMAP_EVENT_LOST,
};

/* An event; &enum dnetmap_event_kind says which members are used. */
struct dnetmap_event {
	u8		kind;
	u8		len;
	union {
		__be32	prenat;
		u32	count;
	};
	__be32		postnat;
};

/* A page of events: @used of @events, oldest first. */
struct dnetmap_event_page {
	struct list_head	list;
	unsigned int		used;
	struct dnetmap_event	events[];
};

#define DNETMAP_EVENTS_PER_PAGE						\
	((PAGE_SIZE - sizeof(struct dnetmap_event_page)) /		\
	 sizeof(struct dnetmap_event))

/**
 * struct dnetmap_events - a queue of events that wait for the printer (log.c)
 * @pages: pages of events, oldest first
 * @page_count: number of pages
 * @page_max: bound on @page_count; never changes
 * @lost: events that were dropped since the last one that found a place
 * @reader: the printer's work, queued when an event is added; never changes
 *
 * &dnetmap_net.events is guarded by &dnetmap_net.lock.
 */
struct dnetmap_events {
	struct list_head		pages;
	unsigned int			page_count;
	unsigned int			page_max;
	u32				lost;
	struct delayed_work		*reader;
};

extern struct workqueue_struct *dnetmap_event_wq;

bool dnetmap_event_permitted(const struct net *net);

void dnetmap_event_add(struct dnetmap_net *dn, const struct dnetmap_record *r);
void dnetmap_event_timeout(struct dnetmap_net *dn,
			   const struct dnetmap_record *r);
void dnetmap_event_remove(struct dnetmap_net *dn,
			  const struct dnetmap_record *r);
void dnetmap_event_prefix_new(struct dnetmap_net *dn,
			      const struct dnetmap_prefix *prefix);
void dnetmap_event_prefix_removed(struct dnetmap_net *dn,
				  const struct dnetmap_prefix *prefix);
void dnetmap_event_prefix_flushed(struct dnetmap_net *dn,
				  const struct dnetmap_prefix *prefix);
void dnetmap_event_no_address(struct dnetmap_net *dn, __be32 prenat,
			      const struct dnetmap_prefix *prefix);
void dnetmap_event_no_memory(struct dnetmap_net *dn, __be32 prenat);

void dnetmap_events_init(struct dnetmap_events *events, const struct net *net,
			 struct delayed_work *reader);
struct dnetmap_event_page *dnetmap_events_pop(struct dnetmap_events *events,
					      u32 *lost);
u32 dnetmap_event_page_discard(struct dnetmap_event_page *page,
			       unsigned int from);
u32 dnetmap_events_discard(struct dnetmap_events *events);
void dnetmap_events_append(struct dnetmap_events *events,
			   struct dnetmap_events *more);

int dnetmap_event_start(void);
void dnetmap_event_stop(void);

#endif /* _DNETMAP_EVENT_H */
