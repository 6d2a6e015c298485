/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _DNETMAP_EVENT_H
#define _DNETMAP_EVENT_H

#include <linux/list.h>
#include <linux/spinlock.h>
#include <linux/types.h>
#include <linux/workqueue.h>

#include "param.h"

struct dnetmap_record;
struct dnetmap_net;
struct dnetmap_prefix;
struct net;

/**
 * enum dnetmap_event_type - what has happened, and which fields tell more
 * @DNETMAP_EVENT_ADD: a binding became active: @prenat, @postnat, @len, @ttl
 * @DNETMAP_EVENT_TIMEOUT: a binding expired: @prenat, @postnat, @len
 * @DNETMAP_EVENT_REMOVE: a binding was ended: @prenat, @postnat, @len, @detail
 *	is an &enum dnetmap_event_reason
 * @DNETMAP_EVENT_PASS: an active binding is held by another prefix from now on:
 *	@prenat, @postnat, @len; not for the log
 * @DNETMAP_EVENT_PREFIX_NEW: @postnat / @len, @detail are its flags
 * @DNETMAP_EVENT_PREFIX_SET: its flags have changed: the same; not for the log
 * @DNETMAP_EVENT_PREFIX_REMOVED: @postnat / @len
 * @DNETMAP_EVENT_PREFIX_FLUSHED: @postnat / @len
 * @DNETMAP_EVENT_NO_ADDRESS: @prenat, @postnat / @len, or @len 0 for any prefix
 * @DNETMAP_EVENT_NO_MEMORY: @prenat
 *
 * For a binding, @postnat and @len name the prefix that holds it.
 */
enum dnetmap_event_type {
	DNETMAP_EVENT_ADD,
	DNETMAP_EVENT_TIMEOUT,
	DNETMAP_EVENT_REMOVE,
	DNETMAP_EVENT_PASS,
	DNETMAP_EVENT_PREFIX_NEW,
	DNETMAP_EVENT_PREFIX_SET,
	DNETMAP_EVENT_PREFIX_REMOVED,
	DNETMAP_EVENT_PREFIX_FLUSHED,
	DNETMAP_EVENT_NO_ADDRESS,
	DNETMAP_EVENT_NO_MEMORY,
};

/**
 * enum dnetmap_event_reason - why a binding was ended before its expiry
 * @DNETMAP_REASON_DELETED: by a command that names it
 * @DNETMAP_REASON_REPLACED: another binding takes its host or its address
 * @DNETMAP_REASON_RIVAL: its host has another binding in the same scope
 * @DNETMAP_REASON_PREFIX: its prefix ends or is flushed, and its host or its
 *	address had a new binding before that was told
 */
enum dnetmap_event_reason {
	DNETMAP_REASON_DELETED,
	DNETMAP_REASON_REPLACED,
	DNETMAP_REASON_RIVAL,
	DNETMAP_REASON_PREFIX,
};

/**
 * enum dnetmap_event_reader_kind - who reads an event
 * @DNETMAP_EVENT_TO_LOG: the kernel log
 * @DNETMAP_EVENT_TO_GROUP: those who listen by netlink
 * @DNETMAP_EVENT_TO_HISTORY: those who ask later
 */
enum dnetmap_event_reader_kind {
	DNETMAP_EVENT_TO_LOG		= 1 << 0,
	DNETMAP_EVENT_TO_GROUP		= 1 << 1,
	DNETMAP_EVENT_TO_HISTORY	= 1 << 2,
};

/**
 * struct dnetmap_event - an event
 * @time: when it happened, CLOCK_BOOTTIME in ns
 * @prenat: a host
 * @postnat: the address of a binding, or the first one of a prefix
 * @ttl: seconds; -1 for a static binding
 * @kind: &enum dnetmap_event_type, which says what else is used
 * @len: length of a prefix
 * @detail: as @kind says
 * @to: &enum dnetmap_event_reader_kind, those that it is for
 */
struct dnetmap_event {
	s64	time;
	__be32	prenat;
	__be32	postnat;
	s32	ttl;
	u8	kind;
	u8	len;
	u8	detail;
	u8	to;
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
 * @history: number of events that are kept for those who ask later; never
 *	changes
 * @next: number of the next event; the first one is 1
 * @lost: number of events that were lost for all
 * @incarnation: a random number; events of two incarnations have nothing to do
 *	with each other
 * @wanted: &enum dnetmap_event_reader_kind, of those readers that want events
 *	now, beside the log
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
	unsigned int		history;
	u64			next;
	u64			lost;
	u64			incarnation;
	u8			wanted;
	struct list_head	readers;
};

/**
 * struct dnetmap_event_reader - a reader of a namespace's events
 * @list: in &dnetmap_events.readers
 * @events: the events
 * @work: queued when there is an event; never changes
 * @to: &enum dnetmap_event_reader_kind of the events that it wants; never
 *	changes
 * @page: the page that has the first event from @next on, or NULL if there is
 *	none
 * @next: number of the next event that it reads
 * @wakes: counts calls of dnetmap_event_reader_wake()
 */
struct dnetmap_event_reader {
	struct list_head		list;
	struct dnetmap_events		*events;
	struct delayed_work		*work;
	u8				to;
	struct dnetmap_event_page	*page;
	u64				next;
	u32				wakes;
};

/**
 * struct dnetmap_event_mark - where the events were at some time
 * @next: &dnetmap_events.next
 * @wakes: &dnetmap_event_reader.wakes
 */
struct dnetmap_event_mark {
	u64	next;
	u32	wakes;
};

extern struct workqueue_struct *dnetmap_event_wq;

bool dnetmap_event_permitted(const struct net *net);

void dnetmap_event_binding(struct dnetmap_net *dn, enum dnetmap_event_type type,
			   const struct dnetmap_record *r, s64 now, u8 detail,
			   s32 ttl);

/* Can anybody want the event of a binding? */
static inline bool dnetmap_event_sought(void)
{
	return atomic_read(&dnetmap_event_sinks);
}

/**
 * dnetmap_event_add() - a binding has become active
 * @dn: its namespace, &dnetmap_net.lock held
 * @r: the binding
 * @now: dnetmap_now()
 * @ttl: in seconds; -1 for a static binding
 */
static inline void dnetmap_event_add(struct dnetmap_net *dn,
				     const struct dnetmap_record *r, s64 now,
				     s32 ttl)
{
	if (dnetmap_event_sought())
		dnetmap_event_binding(dn, DNETMAP_EVENT_ADD, r, now, 0, ttl);
}

/**
 * dnetmap_event_timeout() - a binding has expired
 * @dn: its namespace, &dnetmap_net.lock held
 * @r: the binding
 * @now: dnetmap_now()
 */
static inline void dnetmap_event_timeout(struct dnetmap_net *dn,
					 const struct dnetmap_record *r, s64 now)
{
	if (dnetmap_event_sought())
		dnetmap_event_binding(dn, DNETMAP_EVENT_TIMEOUT, r, now, 0, 0);
}

/**
 * dnetmap_event_remove() - a binding has been ended before its expiry
 * @dn: its namespace, &dnetmap_net.lock held
 * @r: the binding
 * @now: dnetmap_now()
 * @reason: why
 */
static inline void dnetmap_event_remove(struct dnetmap_net *dn,
					const struct dnetmap_record *r, s64 now,
					enum dnetmap_event_reason reason)
{
	if (dnetmap_event_sought())
		dnetmap_event_binding(dn, DNETMAP_EVENT_REMOVE, r, now, reason, 0);
}

void dnetmap_event_pass(struct dnetmap_net *dn, const struct dnetmap_record *r);
void dnetmap_event_prefix_new(struct dnetmap_net *dn,
			      const struct dnetmap_prefix *prefix);
void dnetmap_event_prefix_set(struct dnetmap_net *dn,
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
			      struct delayed_work *work, u8 to);
u64 dnetmap_event_reader_remove(struct dnetmap_event_reader *reader);
void dnetmap_event_reader_wake(struct dnetmap_event_reader *reader);
void dnetmap_event_reader_mark(struct dnetmap_event_reader *reader,
			       struct dnetmap_event_mark *mark);
void dnetmap_event_reader_rest(struct dnetmap_event_reader *reader,
			       const struct dnetmap_event_mark *mark);
u64 dnetmap_event_reader_waiting(struct dnetmap_event_reader *reader);
unsigned int dnetmap_event_reader_next(struct dnetmap_event_reader *reader,
				       struct dnetmap_event *to,
				       unsigned int max, u64 *lost);
unsigned int dnetmap_events_read(struct dnetmap_events *events,
				 struct dnetmap_event *to, unsigned int max,
				 u64 *number);
u64 dnetmap_events_number(struct dnetmap_events *events);

int dnetmap_event_start(void);
void dnetmap_event_stop(void);

#endif /* _DNETMAP_EVENT_H */
