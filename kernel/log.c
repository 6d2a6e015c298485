// SPDX-License-Identifier: GPL-2.0-only
/*
 * The kernel log: reads the events (event.c) and prints a line for each.
 *
 * Theory of operation
 *
 * Each namespace has a printer. Its work takes events a page at a time and
 * prints them in order. So a slow console never holds up a packet.
 *
 * By default the kernel log is a ring that holds some 1,300 of these lines; if
 * a reader is late, the oldest are overwritten. So the work prints a few lines
 * in each slice of time, and readers run in between. It prints as few lines per
 * slice as it can without making any line later than a second, and never more
 * than a reader keeps up with. If events come faster than that, they wait, and
 * in the end are dropped and counted.
 *
 * All namespaces share the pace that a reader keeps up with. While the sum of
 * what they want fits in, each prints what it wants. Otherwise there are two
 * shares, one for all tenants and one for all other namespaces, each at least a
 * half of the pace. Half of a share is divided evenly between its namespaces,
 * the other half in proportion to what they want.
 *
 * A namespace's state may be removed and created again, with its rules, while
 * events wait. The events of the old state are then handed over to the
 * namespace's printer, whose single work prints them first. A console that is
 * slow with one namespace's lines does not hold up those of another.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/atomic.h>
#include <linux/jiffies.h>
#include <linux/kernel.h>
#include <linux/ktime.h>
#include <linux/minmax.h>
#include <linux/printk.h>
#include <linux/ratelimit.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <net/net_namespace.h>

#include "event.h"
#include "log.h"
#include "net.h"

/*
 * Length of a slice in jiffies, 5 to 8 ms if HZ is high enough: the delay, and
 * one more, as the timer wheel rounds up.
 */
#define DNETMAP_LOG_SLICE	((HZ > 250 ? HZ / 250 : 1) + 1)
/*
 * Lines in a slice, for all namespaces together: 50,000 a second, and at most a
 * third of the ring.
 */
#define DNETMAP_LOG_LINES_MAX	(50000 * DNETMAP_LOG_SLICE / HZ < 500 ?	\
				 50000 * DNETMAP_LOG_SLICE / HZ : 500)
/* Longest pause for readers, in jiffies, after a slice that took long. */
#define DNETMAP_LOG_REST_MAX	(5 * DNETMAP_LOG_SLICE)
/* Slices in which to print what waits: 0.6 of the second a line may be late. */
#define DNETMAP_LOG_SPREAD	(HZ * 6 / 10 / DNETMAP_LOG_SLICE)

/**
 * struct dnetmap_log_sharers - the printers of a share that have lines to print
 * @count: number of these printers
 * @wanted: lines that they want to print in a slice, together
 */
struct dnetmap_log_sharers {
	atomic_t	count;
	atomic_t	wanted;
};

/* The two shares: tenants, and all other namespaces. */
static struct dnetmap_log_sharers dnetmap_log_tenants;
static struct dnetmap_log_sharers dnetmap_log_others;

/* Suffix of the lines of all namespaces but the initial one. */
#define DNETMAP_LOG_WHERE	" [net:%u]"
#define DNETMAP_LOG_WHERE_SIZE	sizeof(" [net:4294967295]")

/* The number for that suffix: the namespace's inode, or 0 for no suffix. */
static unsigned int dnetmap_log_inum(const struct net *net)
{
	return net_eq(net, &init_net) ? 0 : net->ns.inum;
}

/* Format the suffix; empty if @inum is 0. */
static void dnetmap_log_set_where(char where[DNETMAP_LOG_WHERE_SIZE],
				  unsigned int inum)
{
	where[0] = '\0';
	if (inum)
		snprintf(where, DNETMAP_LOG_WHERE_SIZE, DNETMAP_LOG_WHERE, inum);
}

/**
 * dnetmap_log_now() - print a line at once, ahead of all waiting events
 * @net: the namespace
 * @rate: rate limit of such lines; suppressed namespaces do not use it up
 * @fmt: the line as for printk, without a newline
 *
 * Context: process.
 */
void dnetmap_log_now(const struct net *net, struct ratelimit_state *rate,
		     const char *fmt, ...)
{
	char where[DNETMAP_LOG_WHERE_SIZE];
	struct va_format line;
	va_list args;

	if (!dnetmap_event_permitted(net) || !__ratelimit(rate))
		return;
	dnetmap_log_set_where(where, dnetmap_log_inum(net));
	va_start(args, fmt);
	line.fmt = fmt;
	line.va = &args;
	pr_info("%pV%s\n", &line, where);
	va_end(args);
}

static void dnetmap_log_print_event(const struct dnetmap_event *e,
				    const char *where)
{
	switch ((enum dnetmap_event_kind)e->kind) {
	case DNETMAP_EVENT_ADD:
		pr_info("add binding %pI4 -> %pI4%s\n", &e->prenat,
			&e->postnat, where);
		break;
	case DNETMAP_EVENT_TIMEOUT:
		pr_info("timeout binding %pI4 -> %pI4%s\n", &e->prenat,
			&e->postnat, where);
		break;
	case DNETMAP_EVENT_REMOVE:
		pr_info("remove binding %pI4 -> %pI4%s\n", &e->prenat,
			&e->postnat, where);
		break;
	case DNETMAP_EVENT_PREFIX_NEW:
		pr_info("new prefix %pI4/%u%s\n", &e->postnat, e->len, where);
		break;
	case DNETMAP_EVENT_PREFIX_REMOVED:
		pr_info("prefix %pI4/%u removed%s\n", &e->postnat, e->len, where);
		break;
	case DNETMAP_EVENT_PREFIX_FLUSHED:
		pr_info("prefix %pI4/%u flushed%s\n", &e->postnat, e->len, where);
		break;
	case DNETMAP_EVENT_NO_ADDRESS:
		if (e->len)
			pr_info("ip %pI4 - no free addresses in prefix %pI4/%u%s\n",
				&e->prenat, &e->postnat, e->len, where);
		else
			pr_info("ip %pI4 - no free addresses in any prefix%s\n",
				&e->prenat, where);
		break;
	case DNETMAP_EVENT_NO_MEMORY:
		pr_info("ip %pI4 - out of memory%s\n", &e->prenat, where);
		break;
	case DNETMAP_EVENT_LOST:
		pr_info("%u events lost%s\n", e->count, where);
		break;
	}
}

static void dnetmap_log_set_pace(struct dnetmap_log_printer *printer,
				 unsigned int pace)
{
	pace = min_t(unsigned int, pace, DNETMAP_LOG_LINES_MAX);
	atomic_add(!!pace - !!printer->pace, &printer->sharers->count);
	atomic_add(pace - printer->pace, &printer->sharers->wanted);
	printer->pace = pace;
}

/*
 * Take the next page, or the next count of lost events: those of closed state
 * first. State hands its events over when it is closed, under printer->lock, so
 * none is missed here. Also set the pace: the more pages wait, the faster, so
 * that the last line is not late. The pace slows down only when nothing waits
 * any more.
 */
static void dnetmap_log_take(struct dnetmap_log_printer *printer)
{
	struct dnetmap_net *dn;
	unsigned int pages;

	spin_lock(&printer->lock);
	pages = printer->closed.page_count;
	printer->page = dnetmap_events_pop(&printer->closed, &printer->lost);
	rcu_read_lock();
	dn = dnetmap_net(printer->net);
	if (dn) {
		spin_lock_bh(&dn->lock);
		pages += dn->events.page_count;
		if (!printer->page && !printer->lost)
			printer->page = dnetmap_events_pop(&dn->events,
							   &printer->lost);
		spin_unlock_bh(&dn->lock);
	}
	rcu_read_unlock();
	spin_unlock(&printer->lock);
	printer->printed = 0;
	dnetmap_log_set_pace(printer,
			     max_t(unsigned int, printer->pace,
				   DIV_ROUND_UP((pages + 1) *
						DNETMAP_EVENTS_PER_PAGE,
						DNETMAP_LOG_SPREAD)));
}

/* Does the printer have an event? Takes the next page if it has none. */
static bool dnetmap_log_has_event(struct dnetmap_log_printer *printer)
{
	if (printer->page && printer->printed == printer->page->used) {
		kfree(printer->page);
		printer->page = NULL;
	}
	if (!printer->page && !printer->lost)
		dnetmap_log_take(printer);
	return printer->page || printer->lost;
}

/* Print the printer's next event. */
static void dnetmap_log_print_next(struct dnetmap_log_printer *printer)
{
	struct dnetmap_event lost = {
		.kind	= DNETMAP_EVENT_LOST,
		.count	= printer->lost,
	};
	char where[DNETMAP_LOG_WHERE_SIZE];
	struct dnetmap_event *event = &lost;

	if (printer->page)
		event = &printer->page->events[printer->printed++];
	else
		printer->lost = 0;
	dnetmap_log_set_where(where, dnetmap_log_inum(printer->net));
	dnetmap_log_print_event(event, where);
}

/*
 * Lines that a printer may print in a slice. At least one: if many printers
 * share the pace, the slices get longer instead (dnetmap_log_pause).
 */
static unsigned int dnetmap_log_lines(const struct dnetmap_log_printer *printer)
{
	struct dnetmap_log_sharers *own = printer->sharers;
	struct dnetmap_log_sharers *rest = own == &dnetmap_log_tenants ?
					   &dnetmap_log_others :
					   &dnetmap_log_tenants;
	unsigned int wanted = atomic_read(&own->wanted);
	unsigned int lines = DNETMAP_LOG_LINES_MAX -
			     min_t(unsigned int, atomic_read(&rest->wanted),
				   DNETMAP_LOG_LINES_MAX / 2);

	if (wanted <= lines)
		return printer->pace;
	lines = lines / 2 / atomic_read(&own->count) +
		lines / 2 * printer->pace / wanted;
	return clamp(lines, 1U, printer->pace);
}

/*
 * Delay until the next slice, in jiffies. Reading a line takes longer than
 * printing it, so on a slow processor printing gets a fifth of the time. If it
 * is the console that is slow, a long pause is not needed; hence the upper
 * bound.
 */
static unsigned long dnetmap_log_pause(u64 took_ns)
{
	unsigned int busy = atomic_read(&dnetmap_log_tenants.count) +
			    atomic_read(&dnetmap_log_others.count);
	u64 pause = DNETMAP_LOG_SLICE * DIV_ROUND_UP(busy, DNETMAP_LOG_LINES_MAX);
	u64 rest = nsecs_to_jiffies(4 * took_ns * busy) + 1;

	return max(pause, min_t(u64, rest, DNETMAP_LOG_REST_MAX)) - 1;
}

/* Print the lines of one slice. Returns true if there are more. */
static bool dnetmap_log_print_lines(struct dnetmap_log_printer *printer)
{
	unsigned int lines;

	for (lines = 0; check_net(printer->net); lines++) {
		if (!dnetmap_log_has_event(printer))
			return false;
		if (lines >= dnetmap_log_lines(printer))
			return true;
		dnetmap_log_print_next(printer);
		cond_resched();
	}
	return false;
}

/*
 * Print one slice, and measure the time. Returns the delay until the next slice
 * in jiffies, or 0 if nothing is left to print.
 */
static unsigned long dnetmap_log_print_slice(struct dnetmap_log_printer *printer)
{
	u64 begun = ktime_get_ns();

	if (!dnetmap_log_print_lines(printer))
		return 0;
	return dnetmap_log_pause(ktime_get_ns() - begun);
}

static void dnetmap_log_work(struct work_struct *work)
{
	struct dnetmap_log_printer *printer =
		container_of(to_delayed_work(work), struct dnetmap_log_printer,
			     work);
	unsigned long pause = dnetmap_log_print_slice(printer);

	/*
	 * A new event may have queued the work with a longer delay meanwhile.
	 */
	if (pause)
		mod_delayed_work(dnetmap_event_wq, &printer->work, pause);
	else
		dnetmap_log_set_pace(printer, 0);
}

/**
 * dnetmap_log_close() - hand a state's events over to the printer
 * @dn: the namespace's state, which accepts no events after this call
 *
 * The printer prints them next.
 *
 * Context: process, &dnetmap_pernet.mutex held.
 */
void dnetmap_log_close(struct dnetmap_net *dn)
{
	struct dnetmap_log_printer *printer = &dnetmap_pernet(dn->net)->printer;

	spin_lock(&printer->lock);
	spin_lock_bh(&dn->lock);
	dn->closed = true;
	dnetmap_events_append(&printer->closed, &dn->events);
	spin_unlock_bh(&dn->lock);
	spin_unlock(&printer->lock);
	queue_delayed_work(dnetmap_event_wq, &printer->work, 0);
}

/**
 * dnetmap_log_printer_init() - set up the printer of a namespace
 * @printer: the printer
 * @net: the namespace
 */
void dnetmap_log_printer_init(struct dnetmap_log_printer *printer,
			      struct net *net)
{
	printer->net = net;
	printer->sharers = dnetmap_net_is_tenant(net) ? &dnetmap_log_tenants :
							&dnetmap_log_others;
	spin_lock_init(&printer->lock);
	INIT_DELAYED_WORK(&printer->work, dnetmap_log_work);
	dnetmap_events_init(&printer->closed, net, &printer->work);
}

/* Drop what a stopped printer has not printed. Returns the number of events. */
static u32 dnetmap_log_printer_discard(struct dnetmap_log_printer *printer)
{
	u32 count = printer->lost;

	if (printer->page)
		count += dnetmap_event_page_discard(printer->page,
						    printer->printed);
	printer->page = NULL;
	return count + dnetmap_events_discard(&printer->closed);
}

/**
 * dnetmap_log_printer_stop() - stop a printer for good
 * @printer: the printer
 * @deadline: until when it may print, in jiffies
 *
 * If the namespace lives on and the module is being unloaded, the events left
 * are printed until @deadline, for one slice at least. The rest is dropped, and
 * a line tells how many that is. If the namespace is being deleted, nothing is
 * printed.
 *
 * Context: process, with the namespace's state removed; sleeps.
 */
void dnetmap_log_printer_stop(struct dnetmap_log_printer *printer,
			      unsigned long deadline)
{
	bool told = check_net(printer->net);
	unsigned long pause;

	cancel_delayed_work_sync(&printer->work);
	while ((pause = dnetmap_log_print_slice(printer)) &&
	       time_before(jiffies, deadline))
		schedule_timeout_uninterruptible(pause);
	printer->lost = dnetmap_log_printer_discard(printer);
	if (told && printer->lost)
		dnetmap_log_print_next(printer);
	dnetmap_log_set_pace(printer, 0);
}
