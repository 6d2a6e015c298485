// SPDX-License-Identifier: GPL-2.0-only
/*
 * Events: what has happened to bindings and prefixes, in order.
 *
 * Theory of operation
 *
 * Events are added with &dnetmap_net.lock held, which defines their order
 * within the namespace. An event takes 12 bytes. Adding one queues the work of
 * the namespace's printer (log.c), which takes the events later, so that a slow
 * printer never holds up a packet.
 *
 * Events wait in pages, which are allocated as they fill up. Their number is
 * bounded, and the allocation may fail: an event that finds no place is dropped
 * and counted. The count is put in front of the next event that finds a place,
 * or the printer takes the count when no page is left.
 *
 * The parameter disable_log is checked when an event is added, and so is
 * whether the namespace may write to the log at all
 * (net.netfilter.nf_log_all_netns).
 */
#include <linux/kernel.h>
#include <linux/ratelimit.h>
#include <linux/sizes.h>
#include <linux/slab.h>
#include <net/net_namespace.h>
#include <net/netfilter/nf_log.h>

#include "event.h"
#include "net.h"
#include "param.h"
#include "prefix_index.h"
#include "record.h"

/*
 * Bound on the waiting events, in bytes. Enough for the ends of a million
 * bindings at once; for a tenant, enough for all that it may hold, and some
 * more.
 */
#define DNETMAP_EVENT_BYTES		SZ_16M
#define DNETMAP_EVENT_BYTES_TENANT	SZ_1M
/* While fewer pages than this wait, a new one may use the atomic reserves. */
#define DNETMAP_EVENT_PAGES_ATOMIC	16
/* Well within the second that a line may be late. */
#define DNETMAP_EVENT_DELAY	msecs_to_jiffies(100)

struct workqueue_struct *dnetmap_event_wq;

/* Prints no message of its own, as it is used in the packet path. */
static struct ratelimit_state dnetmap_event_no_memory_rate =
	RATELIMIT_STATE_INIT_FLAGS(dnetmap_event_no_memory_rate,
				   DEFAULT_RATELIMIT_INTERVAL,
				   DEFAULT_RATELIMIT_BURST,
				   RATELIMIT_MSG_ON_RELEASE);

/**
 * dnetmap_event_permitted() - may a namespace write to the kernel log?
 * @net: the namespace
 *
 * Context: any.
 * Return: true if it may; the LOG target has the same condition.
 */
bool dnetmap_event_permitted(const struct net *net)
{
	return net_eq(net, &init_net) || sysctl_nf_log_all_netns;
}

/* The last page, if it has room; otherwise a new page; or NULL. */
static struct dnetmap_event_page *dnetmap_event_page_last(struct dnetmap_events *events)
{
	struct dnetmap_event_page *page;

	if (!list_empty(&events->pages)) {
		page = list_last_entry(&events->pages, struct dnetmap_event_page,
				       list);
		if (page->used < DNETMAP_EVENTS_PER_PAGE)
			return page;
	}
	if (events->page_count >= events->page_max)
		return NULL;
	page = kmalloc(PAGE_SIZE, __GFP_NOWARN |
		       (events->page_count < DNETMAP_EVENT_PAGES_ATOMIC ?
			GFP_ATOMIC : GFP_NOWAIT));
	if (!page)
		return NULL;
	page->used = 0;
	list_add_tail(&page->list, &events->pages);
	events->page_count++;
	return page;
}

static bool dnetmap_event_place(struct dnetmap_events *events,
				const struct dnetmap_event *event)
{
	struct dnetmap_event_page *page = dnetmap_event_page_last(events);

	if (!page)
		return false;
	page->events[page->used++] = *event;
	return true;
}

/* Put the count of lost events in its place, if there is room again. */
static void dnetmap_event_place_lost(struct dnetmap_events *events)
{
	struct dnetmap_event lost = {
		.kind	= DNETMAP_EVENT_LOST,
		.count	= events->lost,
	};

	if (events->lost && dnetmap_event_place(events, &lost))
		events->lost = 0;
}

static void dnetmap_event_put(struct dnetmap_net *dn,
			      const struct dnetmap_event *event)
{
	struct dnetmap_events *events = &dn->events;

	lockdep_assert_held(&dn->lock);
	/* A namespace that is being deleted logs nothing. */
	if (dn->closed || !check_net(dn->net) || !dnetmap_event_permitted(dn->net))
		return;
	dnetmap_event_place_lost(events);
	if (events->lost || !dnetmap_event_place(events, event))
		events->lost++;
	queue_delayed_work(dnetmap_event_wq, events->reader,
			   DNETMAP_EVENT_DELAY);
}

static void dnetmap_event_binding(struct dnetmap_net *dn,
				  enum dnetmap_event_kind kind,
				  const struct dnetmap_record *r)
{
	struct dnetmap_event event = {
		.kind		= kind,
		.prenat		= r->prenat,
		.postnat	= r->postnat,
	};

	if (!READ_ONCE(dnetmap_disable_log))
		dnetmap_event_put(dn, &event);
}

static void dnetmap_event_prefix(struct dnetmap_net *dn,
				 enum dnetmap_event_kind kind,
				 const struct dnetmap_prefix *prefix)
{
	struct dnetmap_event event = {
		.kind		= kind,
		.len		= prefix->block.len,
		.postnat	= prefix->block.addr,
	};

	dnetmap_event_put(dn, &event);
}

/**
 * dnetmap_event_add() - a binding has become active
 * @dn: its namespace, &dnetmap_net.lock held
 * @r: the binding
 */
void dnetmap_event_add(struct dnetmap_net *dn, const struct dnetmap_record *r)
{
	dnetmap_event_binding(dn, DNETMAP_EVENT_ADD, r);
}

/**
 * dnetmap_event_timeout() - a binding has expired
 * @dn: its namespace, &dnetmap_net.lock held
 * @r: the binding
 */
void dnetmap_event_timeout(struct dnetmap_net *dn,
			   const struct dnetmap_record *r)
{
	dnetmap_event_binding(dn, DNETMAP_EVENT_TIMEOUT, r);
}

/**
 * dnetmap_event_remove() - a binding has been ended before its expiry
 * @dn: its namespace, &dnetmap_net.lock held
 * @r: the binding
 */
void dnetmap_event_remove(struct dnetmap_net *dn, const struct dnetmap_record *r)
{
	dnetmap_event_binding(dn, DNETMAP_EVENT_REMOVE, r);
}

/**
 * dnetmap_event_prefix_new() - a prefix has been listed
 * @dn: its namespace, &dnetmap_net.lock held
 * @prefix: the prefix
 */
void dnetmap_event_prefix_new(struct dnetmap_net *dn,
			      const struct dnetmap_prefix *prefix)
{
	dnetmap_event_prefix(dn, DNETMAP_EVENT_PREFIX_NEW, prefix);
}

/**
 * dnetmap_event_prefix_removed() - a prefix and all its bindings have ended
 * @dn: its namespace, &dnetmap_net.lock held
 * @prefix: the prefix
 */
void dnetmap_event_prefix_removed(struct dnetmap_net *dn,
				  const struct dnetmap_prefix *prefix)
{
	dnetmap_event_prefix(dn, DNETMAP_EVENT_PREFIX_REMOVED, prefix);
}

/**
 * dnetmap_event_prefix_flushed() - all bindings in a prefix have been removed
 * @dn: the namespace, &dnetmap_net.lock held
 * @prefix: the prefix
 */
void dnetmap_event_prefix_flushed(struct dnetmap_net *dn,
				  const struct dnetmap_prefix *prefix)
{
	dnetmap_event_prefix(dn, DNETMAP_EVENT_PREFIX_FLUSHED, prefix);
}

/**
 * dnetmap_event_no_address() - a host did not get an address
 * @dn: the namespace, &dnetmap_net.lock held
 * @prenat: the host
 * @prefix: the prefix that the rule named, or NULL
 */
void dnetmap_event_no_address(struct dnetmap_net *dn, __be32 prenat,
			      const struct dnetmap_prefix *prefix)
{
	struct dnetmap_event event = {
		.kind		= DNETMAP_EVENT_NO_ADDRESS,
		.len		= prefix ? prefix->block.len : 0,
		.prenat		= prenat,
		.postnat	= prefix ? prefix->block.addr : 0,
	};

	if (!READ_ONCE(dnetmap_disable_log))
		dnetmap_event_put(dn, &event);
}

/**
 * dnetmap_event_no_memory() - a host did not get a binding for lack of memory
 * @dn: the namespace, &dnetmap_net.lock held
 * @prenat: the host
 */
void dnetmap_event_no_memory(struct dnetmap_net *dn, __be32 prenat)
{
	struct dnetmap_event event = {
		.kind	= DNETMAP_EVENT_NO_MEMORY,
		.prenat	= prenat,
	};

	/* Namespaces that may not log do not use up the rate limit. */
	if (dnetmap_event_permitted(dn->net) &&
	    __ratelimit(&dnetmap_event_no_memory_rate))
		dnetmap_event_put(dn, &event);
}

/**
 * dnetmap_events_init() - initialise a queue of events
 * @events: the queue, zeroed: of new state, or of a printer
 * @net: the namespace
 * @reader: the printer's work, queued when an event is added
 */
void dnetmap_events_init(struct dnetmap_events *events, const struct net *net,
			 struct delayed_work *reader)
{
	INIT_LIST_HEAD(&events->pages);
	events->page_max = (dnetmap_net_is_tenant(net) ?
			    DNETMAP_EVENT_BYTES_TENANT : DNETMAP_EVENT_BYTES) /
			   PAGE_SIZE;
	events->reader = reader;
}

/**
 * dnetmap_events_pop() - take the oldest page or, if there is none, the count
 *	of lost events
 * @events: the events, with their lock held, or not shared
 * @lost: set if there is no page
 *
 * Return: the page, which the caller frees by kfree(), or NULL.
 */
struct dnetmap_event_page *dnetmap_events_pop(struct dnetmap_events *events,
					      u32 *lost)
{
	struct dnetmap_event_page *page;

	page = list_first_entry_or_null(&events->pages, struct dnetmap_event_page,
					list);
	if (page) {
		list_del(&page->list);
		events->page_count--;
	} else {
		*lost = events->lost;
		events->lost = 0;
	}
	return page;
}

/**
 * dnetmap_event_page_discard() - drop a page
 * @page: the page; freed
 * @from: index of the first event to count
 *
 * Return: the number of events from there on.
 */
u32 dnetmap_event_page_discard(struct dnetmap_event_page *page,
			       unsigned int from)
{
	u32 count = 0;

	for (; from < page->used; from++)
		count += page->events[from].kind == DNETMAP_EVENT_LOST ?
			 page->events[from].count : 1;
	kfree(page);
	return count;
}

/**
 * dnetmap_events_discard() - drop all waiting events
 * @events: the events, with their lock held, or not shared
 *
 * Return: how many they were, lost ones included.
 */
u32 dnetmap_events_discard(struct dnetmap_events *events)
{
	struct dnetmap_event_page *page;
	u32 count = 0, lost = 0;

	while ((page = dnetmap_events_pop(events, &lost)))
		count += dnetmap_event_page_discard(page, 0);
	return count + lost;
}

/**
 * dnetmap_events_append() - move events to the end of another queue
 * @events: the other queue; events that it has no room for are counted as lost
 * @more: the events; empty afterwards
 *
 * Context: the locks of both are held.
 */
void dnetmap_events_append(struct dnetmap_events *events,
			   struct dnetmap_events *more)
{
	struct dnetmap_event_page *page;

	dnetmap_event_place_lost(events);
	while (!events->lost && more->page_count &&
	       events->page_count < events->page_max) {
		page = list_first_entry(&more->pages, struct dnetmap_event_page,
					list);
		list_move_tail(&page->list, &events->pages);
		more->page_count--;
		events->page_count++;
	}
	events->lost += dnetmap_events_discard(more);
}

/**
 * dnetmap_event_start() - create the printers' workqueue, once for the module
 *
 * Return: 0 or -ENOMEM.
 */
int __init dnetmap_event_start(void)
{
	dnetmap_event_wq = alloc_workqueue("dnetmap_event", WQ_UNBOUND, 0);
	return dnetmap_event_wq ? 0 : -ENOMEM;
}

/**
 * dnetmap_event_stop() - undo dnetmap_event_start()
 *
 * Context: process, with no namespace left.
 */
void dnetmap_event_stop(void)
{
	destroy_workqueue(dnetmap_event_wq);
}
