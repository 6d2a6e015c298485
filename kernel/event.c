// SPDX-License-Identifier: GPL-2.0-only
/*
 * Events: what has happened to bindings and prefixes, in order.
 *
 * Theory of operation
 *
 * Events are added with &dnetmap_net.lock held, which defines their order
 * within the namespace. Each gets the next number, from 0 on. An event takes 12
 * bytes. Adding one queues the work of each reader, which reads it later, so
 * that a slow reader never holds up a packet.
 *
 * The events and their numbers outlive the namespace's state: a state that is
 * removed with its rules and created again continues both.
 *
 * Events wait in pages, which are allocated as they fill up. A reader has a
 * position of its own, and readers do not wait for each other: a page is freed
 * once all readers have passed it. The number of pages is bounded. If all are in
 * use, the oldest page is reused, and a reader that has not passed it loses the
 * events in it. If no page can be allocated, the new event is lost for all.
 * Either way a reader sees a gap in the numbers, which is the count of what it
 * has lost.
 *
 * A page has consecutive numbers. There is a gap only between pages, as an event
 * is lost only when the last page is full.
 *
 * The parameter disable_log is checked when an event is added, and so is
 * whether the namespace may write to the log at all
 * (net.netfilter.nf_log_all_netns).
 */
#include <linux/kernel.h>
#include <linux/minmax.h>
#include <linux/ratelimit.h>
#include <linux/sizes.h>
#include <linux/slab.h>
#include <linux/string.h>
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

/* Events, numbered from @first on. */
struct dnetmap_event_page {
	struct list_head	list;
	u64			first;
	unsigned int		used;
	struct dnetmap_event	events[];
};

#define DNETMAP_EVENTS_PER_PAGE						\
	((PAGE_SIZE - sizeof(struct dnetmap_event_page)) /		\
	 sizeof(struct dnetmap_event))

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

static struct dnetmap_event_page *
dnetmap_event_page_first(struct dnetmap_events *events)
{
	return list_first_entry_or_null(&events->pages,
					struct dnetmap_event_page, list);
}

static void dnetmap_event_page_unlink(struct dnetmap_events *events,
				      struct dnetmap_event_page *page)
{
	list_del(&page->list);
	events->page_count--;
}

/* Take the oldest page from the readers that have not passed it. */
static struct dnetmap_event_page *
dnetmap_event_page_reclaim(struct dnetmap_events *events)
{
	struct dnetmap_event_page *page = dnetmap_event_page_first(events);
	struct dnetmap_event_reader *reader;

	dnetmap_event_page_unlink(events, page);
	list_for_each_entry(reader, &events->readers, list)
		if (reader->page == page)
			reader->page = dnetmap_event_page_first(events);
	return page;
}

static struct dnetmap_event_page *
dnetmap_event_page_get(struct dnetmap_events *events)
{
	if (events->page_count >= events->page_max)
		return dnetmap_event_page_reclaim(events);
	return kmalloc(PAGE_SIZE, __GFP_NOWARN |
		       (events->page_count < DNETMAP_EVENT_PAGES_ATOMIC ?
			GFP_ATOMIC : GFP_NOWAIT));
}

/* The page that has room for the next event, or NULL. */
static struct dnetmap_event_page *
dnetmap_event_page_last(struct dnetmap_events *events)
{
	struct dnetmap_event_page *page;

	if (!list_empty(&events->pages)) {
		page = list_last_entry(&events->pages,
				       struct dnetmap_event_page, list);
		if (page->used < DNETMAP_EVENTS_PER_PAGE)
			return page;
	}
	page = dnetmap_event_page_get(events);
	if (!page)
		return NULL;
	page->first = events->next;
	page->used = 0;
	list_add_tail(&page->list, &events->pages);
	events->page_count++;
	return page;
}

static void dnetmap_event_put(struct dnetmap_net *dn,
			      const struct dnetmap_event *event)
{
	struct dnetmap_events *events = dn->events;
	struct dnetmap_event_reader *reader;
	struct dnetmap_event_page *page;

	lockdep_assert_held(&dn->lock);
	/* A namespace that is being deleted logs nothing. */
	if (dn->closed || !check_net(dn->net) ||
	    !dnetmap_event_permitted(dn->net))
		return;
	page = dnetmap_event_page_last(events);
	if (page)
		page->events[page->used++] = *event;
	events->next++;
	list_for_each_entry(reader, &events->readers, list) {
		if (!reader->page)
			reader->page = page;
		queue_delayed_work(dnetmap_event_wq, reader->work,
				   DNETMAP_EVENT_DELAY);
	}
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
 * dnetmap_events_init() - initialise the events of a namespace
 * @events: the events
 * @net: the namespace
 */
void dnetmap_events_init(struct dnetmap_events *events, struct net *net)
{
	spin_lock_init(&events->lock);
	INIT_LIST_HEAD(&events->pages);
	INIT_LIST_HEAD(&events->readers);
	events->net = net;
	events->page_max = (dnetmap_net_is_tenant(net) ?
			    DNETMAP_EVENT_BYTES_TENANT : DNETMAP_EVENT_BYTES) /
			   PAGE_SIZE;
}

/**
 * dnetmap_events_destroy() - free all events of a namespace
 * @events: the events
 *
 * Context: process, when the namespace has neither state nor readers.
 */
void dnetmap_events_destroy(struct dnetmap_events *events)
{
	struct dnetmap_event_page *page, *next;

	list_for_each_entry_safe(page, next, &events->pages, list)
		kfree(page);
	INIT_LIST_HEAD(&events->pages);
	events->page_count = 0;
}

/**
 * dnetmap_events_open() - publish new state, which adds the namespace's events
 *	from now on
 * @dn: the state
 *
 * Context: process, &dnetmap_pernet.mutex held.
 */
void dnetmap_events_open(struct dnetmap_net *dn)
{
	struct dnetmap_pernet *pernet = dnetmap_pernet(dn->net);

	dnetmap_net_assert_locked(dn->net);
	dn->events = &pernet->events;
	/* So that a reader that has found no state needs no other lock. */
	spin_lock(&dn->events->lock);
	rcu_assign_pointer(pernet->dn, dn);
	spin_unlock(&dn->events->lock);
}

/**
 * dnetmap_events_close() - let a state add no more events
 * @dn: the state; later ones may be opened now
 *
 * Context: process, &dnetmap_pernet.mutex held.
 */
void dnetmap_events_close(struct dnetmap_net *dn)
{
	dnetmap_net_assert_locked(dn->net);
	spin_lock_bh(&dn->lock);
	dn->closed = true;
	spin_unlock_bh(&dn->lock);
}

/*
 * Lock the events against writers and other readers. Returns the state whose
 * lock is held, or NULL if there is none.
 */
static struct dnetmap_net *dnetmap_events_lock(struct dnetmap_events *events)
	__acquires(&events->lock)
	__acquires(RCU)
	__acquires(bh)
{
	struct dnetmap_net *dn;

	spin_lock(&events->lock);
	rcu_read_lock();
	dn = dnetmap_net(events->net);
	if (dn)
		spin_lock_bh(&dn->lock);
	else
		__acquire(bh);
	return dn;
}

static void dnetmap_events_unlock(struct dnetmap_events *events,
				  struct dnetmap_net *dn)
	__releases(bh)
	__releases(RCU)
	__releases(&events->lock)
{
	if (dn)
		spin_unlock_bh(&dn->lock);
	else
		__release(bh);
	rcu_read_unlock();
	spin_unlock(&events->lock);
}

/**
 * dnetmap_event_reader_add() - add a reader, from the next event on
 * @reader: the reader
 * @events: the events
 * @work: is queued on dnetmap_event_wq when there is an event
 *
 * Context: process, while the namespace has no state.
 */
void dnetmap_event_reader_add(struct dnetmap_event_reader *reader,
			      struct dnetmap_events *events,
			      struct delayed_work *work)
{
	reader->events = events;
	reader->work = work;
	reader->page = NULL;
	reader->next = events->next;
	list_add_tail(&reader->list, &events->readers);
}

/**
 * dnetmap_event_reader_remove() - remove a reader
 * @reader: the reader, which may have been removed before
 *
 * Context: process, while the namespace has no state.
 * Return: the number of events that it has not read.
 */
u64 dnetmap_event_reader_remove(struct dnetmap_event_reader *reader)
{
	u64 left = reader->events->next - reader->next;

	list_del_init(&reader->list);
	reader->page = NULL;
	reader->next = reader->events->next;
	return left;
}

/**
 * dnetmap_event_reader_waiting() - how many events has a reader not read yet?
 * @reader: the reader
 *
 * Context: process.
 * Return: their number; those that are lost count.
 */
u64 dnetmap_event_reader_waiting(struct dnetmap_event_reader *reader)
{
	struct dnetmap_net *dn = dnetmap_events_lock(reader->events);
	u64 waiting = reader->events->next - reader->next;

	dnetmap_events_unlock(reader->events, dn);
	return waiting;
}

/* Is this the oldest page, and has each reader passed it? */
static bool dnetmap_event_page_passed(struct dnetmap_events *events,
				      const struct dnetmap_event_page *page)
{
	struct dnetmap_event_reader *reader;

	if (page != dnetmap_event_page_first(events))
		return false;
	list_for_each_entry(reader, &events->readers, list)
		if (reader->page == page)
			return false;
	return true;
}

/*
 * A reader has read its page up to the last event. Returns the page if nobody
 * needs it any more.
 */
static struct dnetmap_event_page *
dnetmap_event_reader_turn(struct dnetmap_event_reader *reader)
{
	struct dnetmap_events *events = reader->events;
	struct dnetmap_event_page *page = reader->page;

	reader->page = list_is_last(&page->list, &events->pages) ?
		       NULL : list_next_entry(page, list);
	if (!dnetmap_event_page_passed(events, page))
		return NULL;
	dnetmap_event_page_unlink(events, page);
	return page;
}

/**
 * dnetmap_event_reader_next() - read events
 * @reader: the reader, which passes them
 * @to: where to copy them
 * @max: how many at most, not 0
 * @lost: how many were lost before the first of these
 *
 * Context: process.
 * Return: how many were copied. Fewer than @max does not mean that no more
 * wait.
 */
unsigned int dnetmap_event_reader_next(struct dnetmap_event_reader *reader,
				       struct dnetmap_event *to,
				       unsigned int max, u64 *lost)
{
	struct dnetmap_event_page *page, *passed = NULL;
	struct dnetmap_net *dn;
	unsigned int from, count = 0;
	u64 first;

	dn = dnetmap_events_lock(reader->events);
	page = reader->page;
	first = page ? max(page->first, reader->next) : reader->events->next;
	*lost = first - reader->next;
	if (page) {
		from = first - page->first;
		count = min(max, page->used - from);
		memcpy(to, &page->events[from], count * sizeof(*to));
		if (from + count == page->used)
			passed = dnetmap_event_reader_turn(reader);
	}
	reader->next = first + count;
	dnetmap_events_unlock(reader->events, dn);
	kfree(passed);
	return count;
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
