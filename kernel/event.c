// SPDX-License-Identifier: GPL-2.0-only
/*
 * Events: what has happened to bindings and prefixes, in order.
 *
 * Theory of operation
 *
 * Events are added with &dnetmap_net.lock held, which defines their order
 * within the namespace. Each gets the next number, from 1 on, and the time.
 * Adding one queues the work of each reader that wants it, and the reader reads
 * it later, so that a slow reader never holds up a packet.
 *
 * The events and their numbers outlive the namespace's state: a state that is
 * removed with its rules and created again continues both. A random number, the
 * incarnation, tells whether numbers go on: it changes if the module is loaded
 * again, if the namespace is another one, or if events may have been left out.
 *
 * Events are kept in pages, which are allocated as they fill up. A reader has a
 * position of its own, and readers do not wait for each other: a page is kept
 * until all readers have passed it, and until it has none of the last events that
 * make the history (event_history). Then it is used for new events, or freed. The
 * number of pages is bounded. If all are in use, the oldest page is reused, and a
 * reader that has not passed it loses the events in it. If no page can be
 * allocated, the new event is lost for all. Either way a reader sees a gap in the
 * numbers, which is the count of what it has lost.
 *
 * A page has consecutive numbers. There is a gap only between pages, as an event
 * is lost only when the last page is full.
 *
 * Who wants an event is decided when it is added: the log, by the parameter
 * disable_log and by whether the namespace may write to it at all
 * (net.netfilter.nf_log_all_netns); those who listen; and the history. An event
 * that nobody wants is not made and has no number. Where no binding's event can be
 * wanted, a packet finds out by a single load (dnetmap_event_sinks).
 *
 * A reader passes events that it does not want. If events are lost, it counts
 * these, too.
 */
#include <linux/kernel.h>
#include <linux/minmax.h>
#include <linux/random.h>
#include <linux/ratelimit.h>
#include <linux/sizes.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <net/net_namespace.h>
#include <net/netfilter/nf_log.h>

#include <linux/dnetmap.h>

#include "event.h"
#include "net.h"
#include "param.h"
#include "prefix_index.h"
#include "record.h"

/*
 * Bound on the events that are kept, in bytes. Enough for the ends of a million
 * bindings at once; for a tenant, enough for all that it may hold.
 */
#define DNETMAP_EVENT_BYTES		SZ_32M
#define DNETMAP_EVENT_BYTES_TENANT	SZ_2M
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

/* Has each reader passed this page, which is the oldest one? */
static bool dnetmap_event_page_passed(struct dnetmap_events *events,
				      const struct dnetmap_event_page *page)
{
	struct dnetmap_event_reader *reader;

	list_for_each_entry(reader, &events->readers, list)
		if (reader->page == page)
			return false;
	return true;
}

/*
 * Take off the oldest page if nobody needs it any more: neither a reader nor the
 * history. Not the last one, as it has room.
 */
static struct dnetmap_event_page *
dnetmap_event_page_unneeded(struct dnetmap_events *events)
{
	struct dnetmap_event_page *page = dnetmap_event_page_first(events);

	if (!page || list_is_singular(&events->pages) ||
	    page->first + page->used + events->history > events->next ||
	    !dnetmap_event_page_passed(events, page))
		return NULL;
	dnetmap_event_page_unlink(events, page);
	return page;
}

static struct dnetmap_event_page *
dnetmap_event_page_get(struct dnetmap_events *events)
{
	struct dnetmap_event_page *page = dnetmap_event_page_unneeded(events);

	if (page)
		return page;
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

/* An event has been added: let a reader know, if it wants it. */
static void dnetmap_event_reader_tell(struct dnetmap_event_reader *reader,
				      struct dnetmap_event_page *page, u8 to)
{
	if (!reader->page) {
		/* With nothing else to read, it passes what it does not want. */
		if (!(to & reader->to) &&
		    reader->next + 1 == reader->events->next) {
			reader->next++;
			return;
		}
		reader->page = page;
	}
	/*
	 * If the work is pending, it will take &dnetmap_net.lock, which is held
	 * here, and so find the event.
	 */
	if (to & reader->to && !delayed_work_pending(reader->work))
		queue_delayed_work(dnetmap_event_wq, reader->work,
				   DNETMAP_EVENT_DELAY);
}

/* Add an event; @logged: the log wants it, if the namespace may write to it. */
static void dnetmap_event_put(struct dnetmap_net *dn,
			      struct dnetmap_event *event, bool logged)
{
	struct dnetmap_events *events = dn->events;
	struct dnetmap_event_reader *reader;
	struct dnetmap_event_page *page;

	lockdep_assert_held(&dn->lock);
	/* A namespace that is being deleted tells nothing. */
	if (dn->closed || !check_net(dn->net))
		return;
	event->to = events->wanted;
	if (logged && dnetmap_event_permitted(dn->net))
		event->to |= DNETMAP_EVENT_TO_LOG;
	if (!event->to)
		return;
	page = dnetmap_event_page_last(events);
	if (page)
		page->events[page->used++] = *event;
	else
		events->lost++;
	events->next++;
	list_for_each_entry(reader, &events->readers, list)
		dnetmap_event_reader_tell(reader, page, event->to);
}

/**
 * dnetmap_event_binding() - make an event of a binding that somebody wants
 * @dn: its namespace, &dnetmap_net.lock held
 * @type: what has happened
 * @r: the binding
 * @now: dnetmap_now()
 * @detail: as @type says
 * @ttl: as @type says
 */
void dnetmap_event_binding(struct dnetmap_net *dn, enum dnetmap_event_type type,
			   const struct dnetmap_record *r, s64 now, u8 detail,
			   s32 ttl)
{
	struct dnetmap_event event = {
		.time		= now,
		.kind		= type,
		.len		= r->prefix_len,
		.detail		= detail,
		.ttl		= ttl,
		.prenat		= r->prenat,
		.postnat	= r->postnat,
	};

	dnetmap_event_put(dn, &event, !READ_ONCE(dnetmap_disable_log));
}

/* The flags of a prefix, as those who listen know them. */
static u8 dnetmap_event_prefix_flags(const struct dnetmap_prefix *prefix)
{
	return (prefix->persistent ? DNETMAP_PREFIX_FLAGS_PERSISTENT : 0) |
	       (prefix->own ? DNETMAP_PREFIX_FLAGS_OWN : 0);
}

static void dnetmap_event_prefix(struct dnetmap_net *dn,
				 enum dnetmap_event_type kind,
				 const struct dnetmap_prefix *prefix, bool logged)
{
	struct dnetmap_event event = {
		.time		= dnetmap_now(),
		.kind		= kind,
		.len		= prefix->block.len,
		.detail		= dnetmap_event_prefix_flags(prefix),
		.postnat	= prefix->block.addr,
	};

	dnetmap_event_put(dn, &event, logged);
}

/**
 * dnetmap_event_pass() - another prefix holds an active binding from now on
 * @dn: its namespace, &dnetmap_net.lock held
 * @r: the binding
 */
void dnetmap_event_pass(struct dnetmap_net *dn, const struct dnetmap_record *r)
{
	struct dnetmap_event event = {
		.time		= dnetmap_now(),
		.kind		= DNETMAP_EVENT_PASS,
		.len		= r->prefix_len,
		.prenat		= r->prenat,
		.postnat	= r->postnat,
	};

	dnetmap_event_put(dn, &event, false);
}

/**
 * dnetmap_event_prefix_new() - a prefix has been listed
 * @dn: its namespace, &dnetmap_net.lock held
 * @prefix: the prefix
 */
void dnetmap_event_prefix_new(struct dnetmap_net *dn,
			      const struct dnetmap_prefix *prefix)
{
	dnetmap_event_prefix(dn, DNETMAP_EVENT_PREFIX_NEW, prefix, true);
}

/**
 * dnetmap_event_prefix_set() - the flags of a prefix have changed
 * @dn: its namespace, &dnetmap_net.lock held
 * @prefix: the prefix
 */
void dnetmap_event_prefix_set(struct dnetmap_net *dn,
			      const struct dnetmap_prefix *prefix)
{
	dnetmap_event_prefix(dn, DNETMAP_EVENT_PREFIX_SET, prefix, false);
}

/**
 * dnetmap_event_prefix_removed() - a prefix and all its bindings have ended
 * @dn: its namespace, &dnetmap_net.lock held
 * @prefix: the prefix
 */
void dnetmap_event_prefix_removed(struct dnetmap_net *dn,
				  const struct dnetmap_prefix *prefix)
{
	dnetmap_event_prefix(dn, DNETMAP_EVENT_PREFIX_REMOVED, prefix, true);
}

/**
 * dnetmap_event_prefix_flushed() - all bindings in a prefix have been removed
 * @dn: the namespace, &dnetmap_net.lock held
 * @prefix: the prefix
 */
void dnetmap_event_prefix_flushed(struct dnetmap_net *dn,
				  const struct dnetmap_prefix *prefix)
{
	dnetmap_event_prefix(dn, DNETMAP_EVENT_PREFIX_FLUSHED, prefix, true);
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
		.time		= dnetmap_now(),
		.kind		= DNETMAP_EVENT_NO_ADDRESS,
		.len		= prefix ? prefix->block.len : 0,
		.prenat		= prenat,
		.postnat	= prefix ? prefix->block.addr : 0,
	};

	if (dnetmap_event_sought())
		dnetmap_event_put(dn, &event, !READ_ONCE(dnetmap_disable_log));
}

/**
 * dnetmap_event_no_memory() - a host did not get a binding for lack of memory
 * @dn: the namespace, &dnetmap_net.lock held
 * @prenat: the host
 */
void dnetmap_event_no_memory(struct dnetmap_net *dn, __be32 prenat)
{
	struct dnetmap_event event = {
		.time	= dnetmap_now(),
		.kind	= DNETMAP_EVENT_NO_MEMORY,
		.prenat	= prenat,
	};

	/* Namespaces whose events nobody wants do not use up the rate limit. */
	if ((dn->events->wanted || dnetmap_event_permitted(dn->net)) &&
	    __ratelimit(&dnetmap_event_no_memory_rate))
		dnetmap_event_put(dn, &event, true);
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
	events->next = 1;
	events->incarnation = get_random_u64();
	events->page_max = (dnetmap_net_is_tenant(net) ?
			    DNETMAP_EVENT_BYTES_TENANT : DNETMAP_EVENT_BYTES) /
			   PAGE_SIZE;
	/* One page is the one that fills up. */
	events->history = min_t(unsigned int, dnetmap_event_history,
				(events->page_max - 1) * DNETMAP_EVENTS_PER_PAGE);
	if (events->history)
		events->wanted = DNETMAP_EVENT_TO_HISTORY |
				 DNETMAP_EVENT_TO_GROUP;
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

	list_for_each_entry_safe(page, next, &events->pages, list) {
		kfree(page);
		cond_resched();
	}
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
 * @work: is queued on dnetmap_event_wq when there is an event that it wants
 * @to: &enum dnetmap_event_reader_kind: which it wants
 *
 * Context: process, while the namespace has no state.
 */
void dnetmap_event_reader_add(struct dnetmap_event_reader *reader,
			      struct dnetmap_events *events,
			      struct delayed_work *work, u8 to)
{
	reader->events = events;
	reader->work = work;
	reader->to = to;
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
 * dnetmap_event_reader_wake() - let a reader have events from the next one on
 * @reader: the reader; nothing is done if it has them already
 *
 * Otherwise events may have happened that were not made for it, and have no numbers.
 * A new incarnation says so.
 *
 * Context: process.
 */
void dnetmap_event_reader_wake(struct dnetmap_event_reader *reader)
{
	struct dnetmap_events *events = reader->events;
	struct dnetmap_net *dn = dnetmap_events_lock(events);

	reader->wakes++;
	if (!(events->wanted & reader->to)) {
		events->wanted |= reader->to;
		WRITE_ONCE(events->incarnation, get_random_u64());
		atomic_inc(&dnetmap_event_sinks);
	}
	dnetmap_events_unlock(events, dn);
}

/**
 * dnetmap_event_reader_mark() - where are the events now?
 * @reader: a reader
 * @mark: set to it, for dnetmap_event_reader_rest()
 *
 * Context: process.
 */
void dnetmap_event_reader_mark(struct dnetmap_event_reader *reader,
			       struct dnetmap_event_mark *mark)
{
	struct dnetmap_net *dn = dnetmap_events_lock(reader->events);

	mark->next = reader->events->next;
	mark->wakes = reader->wakes;
	dnetmap_events_unlock(reader->events, dn);
}

/* Free pages that nobody needs. */
static void dnetmap_events_trim(struct dnetmap_events *events)
{
	struct dnetmap_event_page *page;
	struct dnetmap_net *dn;

	do {
		dn = dnetmap_events_lock(events);
		page = dnetmap_event_page_unneeded(events);
		dnetmap_events_unlock(events, dn);
		kfree(page);
		cond_resched();
	} while (page);
}

/**
 * dnetmap_event_reader_rest() - let a reader pass events that nobody wants
 * @reader: the reader
 * @mark: where the events were before it was found that nobody wants them. If
 *	there are more by now, or the reader has been woken, nothing is done but
 *	that its work runs again
 *
 * Without a history, it has no more events until dnetmap_event_reader_wake().
 *
 * Context: process.
 */
void dnetmap_event_reader_rest(struct dnetmap_event_reader *reader,
			       const struct dnetmap_event_mark *mark)
{
	struct dnetmap_events *events = reader->events;
	struct dnetmap_net *dn = dnetmap_events_lock(events);
	bool same = events->next == mark->next && reader->wakes == mark->wakes;

	if (same) {
		reader->page = NULL;
		reader->next = events->next;
		if (!events->history && events->wanted & reader->to) {
			events->wanted &= ~reader->to;
			atomic_dec(&dnetmap_event_sinks);
		}
	} else {
		queue_delayed_work(dnetmap_event_wq, reader->work,
				   DNETMAP_EVENT_DELAY);
	}
	dnetmap_events_unlock(events, dn);
	dnetmap_events_trim(events);
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

/*
 * A reader has read its page up to the last event. Returns a page that nobody
 * needs any more, or NULL.
 */
static struct dnetmap_event_page *
dnetmap_event_reader_turn(struct dnetmap_event_reader *reader)
{
	struct dnetmap_events *events = reader->events;
	struct dnetmap_event_page *page = reader->page;

	reader->page = list_is_last(&page->list, &events->pages) ?
		       NULL : list_next_entry(page, list);
	return dnetmap_event_page_unneeded(events);
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
	struct dnetmap_event_page *page, *unneeded = NULL;
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
			unneeded = dnetmap_event_reader_turn(reader);
	}
	reader->next = first + count;
	dnetmap_events_unlock(reader->events, dn);
	kfree(unneeded);
	return count;
}

/* The page of an event, or the first one after it; searched from the nearer end. */
static struct dnetmap_event_page *
dnetmap_event_page_find(const struct dnetmap_events *events, u64 number)
{
	struct dnetmap_event_page *page, *found = NULL;
	unsigned int half = events->page_count * DNETMAP_EVENTS_PER_PAGE / 2;

	if (number >= events->next)
		return NULL;
	if (number + half < events->next) {
		list_for_each_entry(page, &events->pages, list)
			if (number < page->first + page->used)
				return page;
		return NULL;
	}
	list_for_each_entry_reverse(page, &events->pages, list) {
		if (number >= page->first + page->used)
			break;
		found = page;
	}
	return found;
}

/**
 * dnetmap_events_read() - read events that are kept
 * @events: the events
 * @to: where to copy them
 * @max: how many at most, not 0
 * @number: the first one to read; set to the number of the first one that was
 *	copied, or that none has yet
 *
 * Context: process.
 * Return: how many were copied, with consecutive numbers; 0 if there are no more.
 */
unsigned int dnetmap_events_read(struct dnetmap_events *events,
				 struct dnetmap_event *to, unsigned int max,
				 u64 *number)
{
	struct dnetmap_net *dn = dnetmap_events_lock(events);
	struct dnetmap_event_page *page;
	unsigned int from, count = 0;

	page = dnetmap_event_page_find(events, *number);
	if (page) {
		*number = max(*number, page->first);
		from = *number - page->first;
		count = min(max, page->used - from);
		memcpy(to, &page->events[from], count * sizeof(*to));
	} else {
		*number = events->next;
	}
	dnetmap_events_unlock(events, dn);
	return count;
}

/**
 * dnetmap_events_number() - the number of the last event
 * @events: the events
 *
 * Context: process.
 * Return: that number, or 0 if there was none.
 */
u64 dnetmap_events_number(struct dnetmap_events *events)
{
	struct dnetmap_net *dn = dnetmap_events_lock(events);
	u64 number = events->next - 1;

	dnetmap_events_unlock(events, dn);
	return number;
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
