/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _DNETMAP_EVENT_H
#define _DNETMAP_EVENT_H

#include <linux/list.h>
#include <linux/spinlock.h>
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
};

/* An event; &enum dnetmap_event_kind says which members are used. */
struct dnetmap_event {
	u8	kind;
	u8	len;
	__be32	prenat;
	__be32	postnat;
};

struct dnetmap_event_page;

/**
 * struct dnetmap_events - the numbered events of a namespace
 * @lock: excludes readers from each other, and from the publication of new
 *	state; taken before &dnetmap_net.lock; in process context only
 * @net: the namespace
 * @pages: pages of events, oldest first
 * @page_count: number of pages
 * @page_max: bound on @page_count; never changes
 * @next: number of the next event
 * @readers: all readers; changes only while there is no &dnetmap_net
 *
 * The code that adds events holds the &dnetmap_net.lock of the namespace's state.
 * Readers hold @lock, and that lock, too, if there is state.
 */
struct dnetmap_events {
	spinlock_t		lock; /* process context only */
	struct net		*net;
	struct list_head	pages;
	unsigned int		page_count;
	unsigned int		page_max;
	u64			next;
	struct list_head	readers;
};

/**
 * struct dnetmap_event_reader - a reader of a namespace's events
 * @list: in &dnetmap_events.readers
 * @events: the events
 * @work: queued when there is an event; never changes
 * @page: the page that has the first event from @next on, or NULL if there is
 *	none
 * @next: number of the next event that it reads
 */
struct dnetmap_event_reader {
	struct list_head		list;
	struct dnetmap_events		*events;
	struct delayed_work		*work;
	struct dnetmap_event_page	*page;
	u64				next;
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

void dnetmap_events_init(struct dnetmap_events *events, struct net *net);
void dnetmap_events_destroy(struct dnetmap_events *events);
void dnetmap_events_open(struct dnetmap_net *dn);
void dnetmap_events_close(struct dnetmap_net *dn);

void dnetmap_event_reader_add(struct dnetmap_event_reader *reader,
			      struct dnetmap_events *events,
			      struct delayed_work *work);
u64 dnetmap_event_reader_remove(struct dnetmap_event_reader *reader);
u64 dnetmap_event_reader_waiting(struct dnetmap_event_reader *reader);
unsigned int dnetmap_event_reader_next(struct dnetmap_event_reader *reader,
				       struct dnetmap_event *to,
				       unsigned int max, u64 *lost);

int dnetmap_event_start(void);
void dnetmap_event_stop(void);

#endif /* _DNETMAP_EVENT_H */
