/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _DNETMAP_LOG_H
#define _DNETMAP_LOG_H

#include <linux/ratelimit.h>
#include <linux/types.h>
#include <linux/workqueue.h>

#include "event.h"

struct net;
struct dnetmap_log_sharers;

/**
 * struct dnetmap_log_printer - prints the events of a namespace in order
 * @net: the namespace
 * @work: prints events. The members below belong to the running work, or to the
 *	code that has stopped it
 * @reader: its position in the events
 * @sharers: the share of the pace that its lines count against
 * @pace: lines that it wants to print in a slice; 0 if it has none, and is not
 *	counted in @sharers
 */
struct dnetmap_log_printer {
	struct net			*net;
	struct delayed_work		work;
	struct dnetmap_event_reader	reader;
	struct dnetmap_log_sharers	*sharers;
	unsigned int			pace;
};

/**
 * dnetmap_log_refusal() - log why something was refused: at once, rate-limited
 * @net: the namespace
 * @fmt: what it was, and what was expected; as for printk, without a newline
 *
 * Context: process.
 */
#define dnetmap_log_refusal(net, fmt, ...)				\
({									\
	static struct ratelimit_state _rate =				\
		RATELIMIT_STATE_INIT_FLAGS(_rate,			\
					   DEFAULT_RATELIMIT_INTERVAL,	\
					   DEFAULT_RATELIMIT_BURST,	\
					   RATELIMIT_MSG_ON_RELEASE);	\
									\
	dnetmap_log_now(net, &_rate, fmt, ##__VA_ARGS__);		\
})

__printf(3, 4)
void dnetmap_log_now(const struct net *net, struct ratelimit_state *rate,
		     const char *fmt, ...);

void dnetmap_log_printer_init(struct dnetmap_log_printer *printer,
			      struct dnetmap_events *events);
void dnetmap_log_printer_stop(struct dnetmap_log_printer *printer,
			      unsigned long deadline);

#endif /* _DNETMAP_LOG_H */
