// SPDX-License-Identifier: GPL-2.0-only
/*
 * The kernel log: reads the events (event.c) and prints a line for each.
 *
 * Theory of operation
 *
 * Each namespace has a printer, a reader of its events. Its work reads a few at
 * a time and prints them in order. So a slow console never holds up a packet,
 * and one that is slow with one namespace's lines does not hold up those of
 * another.
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
/* Events that a printer reads at a time. */
#define DNETMAP_LOG_BATCH	16
/* Slices in which to print what waits: 0.6 of the second a line may be late. */
#define DNETMAP_LOG_SPREAD	(HZ * 6 / 10 / DNETMAP_LOG_SLICE)
/* Lines in a slice of a printer with few events. */
#define DNETMAP_LOG_PACE_MIN	5

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
	switch ((enum dnetmap_event_type)e->kind) {
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
	case DNETMAP_EVENT_PASS:
	case DNETMAP_EVENT_PREFIX_SET:
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
 * Set the pace for what waits. The more events wait, the faster the pace, so
 * that the last line is not late. It does not slow down before nothing waits any
 * more.
 */
static void dnetmap_log_hurry(struct dnetmap_log_printer *printer, u64 waiting)
{
	/* Lost events wait, too, but make only one line: hence the bound. */
	unsigned int lines = min_t(u64, waiting, DNETMAP_LOG_LINES_MAX *
						 DNETMAP_LOG_SPREAD);
	unsigned int pace = DIV_ROUND_UP(lines, DNETMAP_LOG_SPREAD) +
			    DNETMAP_LOG_PACE_MIN;

	if (pace > printer->pace)
		dnetmap_log_set_pace(printer, pace);
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

static void dnetmap_log_print_lost(u64 lost, const char *where)
{
	pr_info("%llu events lost%s\n", lost, where);
}

/* Print up to @max events. Returns how many lines that were. */
static unsigned int dnetmap_log_print_batch(struct dnetmap_log_printer *printer,
					    unsigned int max)
{
	struct dnetmap_event events[DNETMAP_LOG_BATCH];
	char where[DNETMAP_LOG_WHERE_SIZE];
	unsigned int count, i, lines;
	u64 lost;

	count = dnetmap_event_reader_next(&printer->reader, events,
					  min_t(unsigned int, max,
						DNETMAP_LOG_BATCH), &lost);
	dnetmap_log_set_where(where, dnetmap_log_inum(printer->net));
	lines = !!lost;
	if (lost)
		dnetmap_log_print_lost(lost, where);
	for (i = 0; i < count; i++) {
		if (!(events[i].to & DNETMAP_EVENT_TO_LOG))
			continue;
		dnetmap_log_print_event(&events[i], where);
		lines++;
		cond_resched();
	}
	return lines;
}

/* Print the lines of one slice. Returns true if there are more. */
static bool dnetmap_log_print_lines(struct dnetmap_log_printer *printer)
{
	unsigned int allowed, lines = 0;
	u64 waiting;

	while (check_net(printer->net)) {
		waiting = dnetmap_event_reader_waiting(&printer->reader);
		if (!waiting)
			return false;
		dnetmap_log_hurry(printer, waiting);
		allowed = dnetmap_log_lines(printer);
		if (lines >= allowed)
			return true;
		lines += dnetmap_log_print_batch(printer, allowed - lines);
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
 * dnetmap_log_printer_init() - set up the printer of a namespace
 * @printer: the printer
 * @events: the namespace's events
 */
void dnetmap_log_printer_init(struct dnetmap_log_printer *printer,
			      struct dnetmap_events *events)
{
	printer->net = events->net;
	printer->sharers = dnetmap_net_is_tenant(printer->net) ?
			   &dnetmap_log_tenants : &dnetmap_log_others;
	INIT_DELAYED_WORK(&printer->work, dnetmap_log_work);
	dnetmap_event_reader_add(&printer->reader, events, &printer->work,
				 DNETMAP_EVENT_TO_LOG);
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
	char where[DNETMAP_LOG_WHERE_SIZE];
	unsigned long pause;
	u64 lost;

	cancel_delayed_work_sync(&printer->work);
	while ((pause = dnetmap_log_print_slice(printer)) &&
	       time_before(jiffies, deadline))
		schedule_timeout_uninterruptible(pause);
	lost = dnetmap_event_reader_remove(&printer->reader);
	dnetmap_log_set_where(where, dnetmap_log_inum(printer->net));
	if (lost && check_net(printer->net))
		dnetmap_log_print_lost(lost, where);
	dnetmap_log_set_pace(printer, 0);
}
