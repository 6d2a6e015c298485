// SPDX-License-Identifier: GPL-2.0-only
/*
 * Events: what has happened to bindings and prefixes, in its order.
 *
 * Theory of operation
 *
 * Whoever makes an event holds &dnetmap_net.lock, which gives the event its place
 * among all others of the namespace. It takes 12 bytes, and a reader is called for
 * that takes it later, so that a slow one never holds up a packet.
 *
 * Events wait in pages that are allocated as they fill. There is a bound on
 * them, and the allocation may fail: an event without a place is counted, and
 * the count takes a place before the next event that has one, or is taken by the
 * reader when there is nothing else.
 *
 * The parameter disable_log is heeded when an event is made, and so is whether the
 * namespace may write to the log at all (net.netfilter.nf_log_all_netns).
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
#include "prefixes.h"
#include "record.h"

/*
 * What may wait, in bytes: the ends of a million bindings at once, and for a
 * namespace of somebody else's root, of all that it may hold, and to spare.
 */
#define DNETMAP_EVENT_BYTES		SZ_16M
#define DNETMAP_EVENT_BYTES_TENANT	SZ_1M
/* Pages for which the memory is touched that is reserved for packets. */
#define DNETMAP_EVENT_PAGES_ATOMIC	16
/* Well within the second that a line may take. */
#define DNETMAP_EVENT_DELAY	msecs_to_jiffies(100)

struct workqueue_struct *dnetmap_event_wq;

/* Itself silent, as it is asked from the packet path. */
static struct ratelimit_state dnetmap_event_no_memory_rate =
	RATELIMIT_STATE_INIT_FLAGS(dnetmap_event_no_memory_rate,
				   DEFAULT_RATELIMIT_INTERVAL,
				   DEFAULT_RATELIMIT_BURST,
				   RATELIMIT_MSG_ON_RELEASE);

/**
 * dnetmap_event_permitted() - may a namespace write to the kernel's log?
 * @net: the namespace
 *
 * Context: any.
 * Return: true where the LOG target may, too.
 */
bool dnetmap_event_permitted(const struct net *net)
{
	return net_eq(net, &init_net) || sysctl_nf_log_all_netns;
}

static struct dnetmap_event_page *dnetmap_event_page_last(struct dnetmap_events *events)
{
	struct dnetmap_event_page *page;

	if (!list_empty(&events->pages)) {
		page = list_last_entry(&events->pages, struct dnetmap_event_page,
				       list);
		if (page->used < DNETMAP_EVENT_PAGE_SIZE)
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

/* What was lost takes its place in the order, once there is one. */
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
	/* A namespace that dies takes all with it silently. */
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
				  const struct dnetmap_binding *b)
{
	struct dnetmap_event event = {
		.kind	= kind,
		.a	= b->prenat,
		.b	= b->postnat,
	};

	if (!READ_ONCE(dnetmap_disable_log))
		dnetmap_event_put(dn, &event);
}

static void dnetmap_event_prefix(struct dnetmap_net *dn,
				 enum dnetmap_event_kind kind,
				 const struct dnetmap_prefix *prefix)
{
	struct dnetmap_event event = {
		.kind	= kind,
		.len	= prefix->block.len,
		.b	= prefix->block.addr,
	};

	dnetmap_event_put(dn, &event);
}

/**
 * dnetmap_event_add() - a binding has come into force
 * @dn: its namespace, &dnetmap_net.lock held
 * @b: the binding
 */
void dnetmap_event_add(struct dnetmap_net *dn, const struct dnetmap_binding *b)
{
	dnetmap_event_binding(dn, DNETMAP_EVENT_ADD, b);
}

/**
 * dnetmap_event_timeout() - a binding has expired
 * @dn: its namespace, &dnetmap_net.lock held
 * @b: the binding
 */
void dnetmap_event_timeout(struct dnetmap_net *dn,
			   const struct dnetmap_binding *b)
{
	dnetmap_event_binding(dn, DNETMAP_EVENT_TIMEOUT, b);
}

/**
 * dnetmap_event_remove() - a binding has been ended before its time
 * @dn: its namespace, &dnetmap_net.lock held
 * @b: the binding
 */
void dnetmap_event_remove(struct dnetmap_net *dn, const struct dnetmap_binding *b)
{
	dnetmap_event_binding(dn, DNETMAP_EVENT_REMOVE, b);
}

/**
 * dnetmap_event_prefix_new() - a prefix exists
 * @dn: its namespace, &dnetmap_net.lock held
 * @prefix: the prefix
 */
void dnetmap_event_prefix_new(struct dnetmap_net *dn,
			      const struct dnetmap_prefix *prefix)
{
	dnetmap_event_prefix(dn, DNETMAP_EVENT_PREFIX_NEW, prefix);
}

/**
 * dnetmap_event_prefix_removed() - a prefix is gone, and all its bindings with it
 * @dn: its namespace, &dnetmap_net.lock held
 * @prefix: the prefix
 */
void dnetmap_event_prefix_removed(struct dnetmap_net *dn,
				  const struct dnetmap_prefix *prefix)
{
	dnetmap_event_prefix(dn, DNETMAP_EVENT_PREFIX_REMOVED, prefix);
}

/**
 * dnetmap_event_prefix_flushed() - all bindings of a prefix are gone
 * @dn: the namespace, &dnetmap_net.lock held
 * @prefix: the prefix
 */
void dnetmap_event_prefix_flushed(struct dnetmap_net *dn,
				  const struct dnetmap_prefix *prefix)
{
	dnetmap_event_prefix(dn, DNETMAP_EVENT_PREFIX_FLUSHED, prefix);
}

/**
 * dnetmap_event_no_address() - a host went without an address
 * @dn: the namespace, &dnetmap_net.lock held
 * @prenat: the host
 * @prefix: what the rule named, or NULL
 */
void dnetmap_event_no_address(struct dnetmap_net *dn, __be32 prenat,
			      const struct dnetmap_prefix *prefix)
{
	struct dnetmap_event event = {
		.kind	= DNETMAP_EVENT_NO_ADDRESS,
		.len	= prefix ? prefix->block.len : 0,
		.a	= prenat,
		.b	= prefix ? prefix->block.addr : 0,
	};

	if (!READ_ONCE(dnetmap_disable_log))
		dnetmap_event_put(dn, &event);
}

/**
 * dnetmap_event_no_memory() - a host went without a binding for want of memory
 * @dn: the namespace, &dnetmap_net.lock held
 * @prenat: the host
 */
void dnetmap_event_no_memory(struct dnetmap_net *dn, __be32 prenat)
{
	struct dnetmap_event event = {
		.kind	= DNETMAP_EVENT_NO_MEMORY,
		.a	= prenat,
	};

	/* Those of silent namespaces do not count. */
	if (dnetmap_event_permitted(dn->net) &&
	    __ratelimit(&dnetmap_event_no_memory_rate))
		dnetmap_event_put(dn, &event);
}

/**
 * dnetmap_events_init() - prepare for events
 * @events: of state that nobody sees yet, or of what such state had
 * @net: the namespace
 * @reader: is started when there are any
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
 * dnetmap_events_pop() - take the oldest page, or where there is none, the count of
 *	what was lost
 * @events: the events; their lock is held, or nobody else sees them
 * @lost: set where there is no page
 *
 * Return: the page, to be freed by kfree(), or NULL.
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
 * dnetmap_event_page_discard() - forget a page
 * @page: the page; freed
 * @from: the first of its events that counts
 *
 * Return: how many events it had, from there on.
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
 * dnetmap_events_discard() - forget what no reader has taken yet
 * @events: the events; their lock is held, or nobody else sees them
 *
 * Return: how many they were.
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
 * dnetmap_events_append() - pass events on, behind others
 * @events: those, as far as there is a place
 * @more: the events; none is left there. Both locks are held
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
