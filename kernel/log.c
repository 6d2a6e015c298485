// SPDX-License-Identifier: GPL-2.0-only
/*
 * The kernel log: it reads the events (event.c) and prints a line for each.
 *
 * Theory of operation
 *
 * A namespace has a printer, whose work takes events a page at a time and prints
 * them in their order. So a slow console never holds up a packet.
 *
 * The kernel's log is a ring that holds some 1,300 of these lines by default, and
 * whoever reads it too late finds the oldest overwritten. So the work prints a few
 * lines in each slice of time, and readers have their turn in between: as few as
 * the second allows in which a line is to come, and at most what a reader keeps
 * up with. Where events come faster, they wait, and in the end are lost and counted.
 * All namespaces share what a reader keeps up with. As long as it is enough, each
 * prints what it wants to. Else tenants and all others have at least a half of it
 * each, and of that, each namespace its part: one half of it is the same for all, the
 * other by what they want.
 *
 * A namespace's state may go and come again, with its rules, while events wait.
 * What is left of the old one then goes to the namespace's printer, whose only
 * work prints that first. A console that is slow with one namespace's lines does
 * not hold up those of another.
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
 * Jiffies, 5 to 8 ms where there are enough of them: a delay, and one more, as the
 * timer wheel rounds up.
 */
#define DNETMAP_LOG_SLICE	((HZ > 250 ? HZ / 250 : 1) + 1)
/*
 * Lines in a slice, of all namespaces: 50,000 a second, and a third of the ring at
 * most.
 */
#define DNETMAP_LOG_LINES_MAX	(50000 * DNETMAP_LOG_SLICE / HZ < 500 ?	\
				 50000 * DNETMAP_LOG_SLICE / HZ : 500)
/* Jiffies at most that a slice waits for readers after one that took long. */
#define DNETMAP_LOG_REST_MAX	(5 * DNETMAP_LOG_SLICE)
/* Slices over which what waits is spread: six tenths of that second. */
#define DNETMAP_LOG_SPREAD	(HZ * 6 / 10 / DNETMAP_LOG_SLICE)

/**
 * struct dnetmap_log_sharers - printers that have something to print
 * @count: how many they are
 * @wanted: lines that they want to print in a slice, together
 */
struct dnetmap_log_sharers {
	atomic_t	count;
	atomic_t	wanted;
};

/* Of tenants, and of all other namespaces. */
static struct dnetmap_log_sharers dnetmap_log_tenants;
static struct dnetmap_log_sharers dnetmap_log_others;

/* What ends the lines of a namespace other than the initial one. */
#define DNETMAP_LOG_WHERE	" [net:%u]"
#define DNETMAP_LOG_WHERE_SIZE	sizeof(" [net:4294967295]")

/* Its inode, where lines say which namespace they are of; else 0. */
static unsigned int dnetmap_log_inum(const struct net *net)
{
	return net_eq(net, &init_net) ? 0 : net->ns.inum;
}

/* An empty end where @inum is 0. */
static void dnetmap_log_set_where(char where[DNETMAP_LOG_WHERE_SIZE],
				  unsigned int inum)
{
	where[0] = '\0';
	if (inum)
		snprintf(where, DNETMAP_LOG_WHERE_SIZE, DNETMAP_LOG_WHERE, inum);
}

/**
 * dnetmap_log_now() - write a line, past all events that wait
 * @net: the namespace
 * @rate: of such lines, to which those of silent namespaces do not count
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
		pr_info("add binding %pI4 -> %pI4%s\n", &e->a, &e->b, where);
		break;
	case DNETMAP_EVENT_TIMEOUT:
		pr_info("timeout binding %pI4 -> %pI4%s\n", &e->a, &e->b,
			where);
		break;
	case DNETMAP_EVENT_REMOVE:
		pr_info("remove binding %pI4 -> %pI4%s\n", &e->a, &e->b, where);
		break;
	case DNETMAP_EVENT_PREFIX_NEW:
		pr_info("new prefix %pI4/%u%s\n", &e->b, e->len, where);
		break;
	case DNETMAP_EVENT_PREFIX_REMOVED:
		pr_info("prefix %pI4/%u removed%s\n", &e->b, e->len, where);
		break;
	case DNETMAP_EVENT_PREFIX_FLUSHED:
		pr_info("prefix %pI4/%u flushed%s\n", &e->b, e->len, where);
		break;
	case DNETMAP_EVENT_NO_ADDRESS:
		if (e->len)
			pr_info("ip %pI4 - no free addresses in prefix %pI4/%u%s\n",
				&e->a, &e->b, e->len, where);
		else
			pr_info("ip %pI4 - no free addresses in any prefix%s\n",
				&e->a, where);
		break;
	case DNETMAP_EVENT_NO_MEMORY:
		pr_info("ip %pI4 - out of memory%s\n", &e->a, where);
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
 * Take what comes next. State that is closed has passed on what it had before there
 * is other state, so with the lock held, none of it comes too late. The more there
 * is behind it, the faster: until nothing waits, or the last would come too late.
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
						DNETMAP_EVENT_PAGE_SIZE,
						DNETMAP_LOG_SPREAD)));
}

/* Does the printer have an event? Sees to it, where there is one anywhere. */
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

/* Print the event that it has. */
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
 * Lines that a printer may print in a slice: one at least, as the slice is longer
 * where many share.
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
 * Jiffies to ask for, until the next slice. Reading a line takes longer than printing
 * it: where the processor is slow, that has a fifth of it. Where it is the console
 * that is slow, there is no need to wait for long.
 */
static unsigned long dnetmap_log_pause(u64 took_ns)
{
	unsigned int busy = atomic_read(&dnetmap_log_tenants.count) +
			    atomic_read(&dnetmap_log_others.count);
	u64 pause = DNETMAP_LOG_SLICE * DIV_ROUND_UP(busy, DNETMAP_LOG_LINES_MAX);
	u64 rest = nsecs_to_jiffies(4 * took_ns * busy) + 1;

	return max(pause, min_t(u64, rest, DNETMAP_LOG_REST_MAX)) - 1;
}

/* Print what one slice of time allows. Returns true where there is more. */
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

/* The same. Returns the jiffies to ask for until there is more, or 0. */
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

	/* Who has put down an event meanwhile may have asked for less haste. */
	if (pause)
		mod_delayed_work(dnetmap_event_wq, &printer->work, pause);
	else
		dnetmap_log_set_pace(printer, 0);
}

/**
 * dnetmap_log_close() - there will be no more events
 * @dn: the namespace; closed from here on
 *
 * What waits is printed next.
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
 * dnetmap_log_printer_init() - prepare for the log of a namespace
 * @printer: prints it
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

/* Forget all that a printer that is stopped has not printed. Returns how much. */
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
 * dnetmap_log_printer_stop() - come to the end of a log
 * @printer: prints it
 * @deadline: until when, in jiffies
 *
 * Where the namespace lives on, and the module goes, what is left is printed, one
 * slice at least, and then until @deadline. The rest is lost, and counted. A
 * namespace that dies does so silently.
 *
 * Context: process, with no state left; sleeps.
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

/**
 * dnetmap_log_start() - prepare for logs, once for the module
 *
 * Return: 0 or -ENOMEM.
 */
int __init dnetmap_log_start(void)
{
	dnetmap_event_wq = alloc_workqueue("dnetmap_log", WQ_UNBOUND, 0);
	return dnetmap_event_wq ? 0 : -ENOMEM;
}

/**
 * dnetmap_log_stop() - undo dnetmap_log_start()
 *
 * Context: process, with no namespace left.
 */
void dnetmap_log_stop(void)
{
	destroy_workqueue(dnetmap_event_wq);
}
