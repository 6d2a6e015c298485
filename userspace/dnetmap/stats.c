// SPDX-License-Identifier: GPL-2.0-or-later
/* No verb, and stats: prefixes with their counters. */
#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "array.h"
#include "ask.h"
#include "out.h"
#include "verbs.h"

#define BAR	20

/* Is there room for a bar of use behind the columns? */
static bool bar_fits(void)
{
	struct winsize size;

	return isatty(STDOUT_FILENO) && !ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) &&
	       size.ws_col >= 72 + BAR;
}

static void print_bar(const struct prefix *p)
{
	unsigned int full = p->usable ? (uint64_t)p->active * BAR / p->usable : 0;
	unsigned int i;

	printf("  [%s", out_color(full >= BAR ? RED : full >= BAR * 4 / 5 ? YELLOW : GREEN));
	for (i = 0; i < BAR; i++)
		putchar(i < full ? '#' : ' ');
	printf("%s]", out_color(PLAIN));
}

static int print_overview(const struct prefix *p, void *data)
{
	char name[PREFIX_TEXT];
	bool *bar = data;

	if (out.json) {
		out_json(prefix_json(p));
		return 0;
	}
	printf("%-18s  %8" PRIu32 " %8" PRIu32 " %8" PRIu32 " %8" PRIu32 " %5" PRIu32 "  %s%s",
	       prefix_text(&p->name, name), p->active, p->statics, p->expired,
	       p->usable, p->rules,
	       p->flags & DNETMAP_PREFIX_FLAGS_PERSISTENT ? "p" : "-",
	       p->flags & DNETMAP_PREFIX_FLAGS_OWN ? "o" : "-");
	if (*bar)
		print_bar(p);
	putchar('\n');
	return ferror(stdout) ? -1 : 0;
}

enum status verb_overview(char **words)
{
	struct wire_error error;
	bool bar = bar_fits();

	if (*words)
		return say_usage("%s: expected nothing behind it", *words);
	if (!out.json && !out.no_header)
		printf("%-18s  %8s %8s %8s %8s %5s  %s\n", "PREFIX", "ACTIVE", "STATIC",
		       "EXPIRED", "USABLE", "RULES", "FLAGS");
	return ask_prefixes(print_overview, &bar, &error) ?
	       DONE : ask_failed("prefixes", &error);
}

/* The prefixes of a dump, for those who print one counter of all after the other. */
struct prefixes {
	struct prefix *list;
	size_t count;
	size_t room;
};

static int collect(const struct prefix *p, void *data)
{
	struct prefixes *all = data;

	all->list = array_grow(all->list, all->count, &all->room, sizeof(*all->list));
	all->list[all->count++] = *p;
	return 0;
}

static const struct metric {
	const char *name;
	const char *type;
	const char *help;
	bool wide;
	size_t offset;
} metrics[] = {
#define WIDE(field)	true, offsetof(struct prefix, field)
#define NARROW(field)	false, offsetof(struct prefix, field)
	{ "dnetmap_bindings_active", "gauge", "Active bindings, with static ones", NARROW(active) },
	{ "dnetmap_bindings_static", "gauge", "Static bindings", NARROW(statics) },
	{ "dnetmap_bindings_expired", "gauge", "Expired bindings that are remembered", NARROW(expired) },
	{ "dnetmap_bindings_peak", "gauge", "Largest number of active bindings so far", NARROW(peak) },
	{ "dnetmap_addresses_usable", "gauge", "Addresses that the prefix can give", NARROW(usable) },
	{ "dnetmap_rules", "gauge", "Rules that name the prefix", NARROW(rules) },
	{ "dnetmap_bindings_added_total", "counter", "Bindings of hosts that had none", WIDE(added) },
	{ "dnetmap_bindings_reactivated_total", "counter", "Expired bindings that their hosts got back", WIDE(reactivated) },
	{ "dnetmap_bindings_timed_out_total", "counter", "Bindings that have expired", WIDE(timed_out) },
	{ "dnetmap_bindings_removed_total", "counter", "Bindings that were ended before their time", WIDE(removed) },
	{ "dnetmap_bindings_recycled_total", "counter", "Expired bindings whose address another host got", WIDE(recycled) },
	{ "dnetmap_flows_refused_total", "counter", "Flows of hosts that got no address", WIDE(refused) },
};

static uint64_t metric_value(const struct metric *metric, const struct prefix *p)
{
	const void *field = (const char *)p + metric->offset;

	return metric->wide ? *(const uint64_t *)field : *(const uint32_t *)field;
}

static void print_metric(const struct metric *metric, const struct prefixes *all)
{
	char name[PREFIX_TEXT];
	size_t i;

	printf("# HELP %s %s\n# TYPE %s %s\n", metric->name, metric->help,
	       metric->name, metric->type);
	for (i = 0; i < all->count; i++)
		printf("%s{prefix=\"%s\"} %" PRIu64 "\n", metric->name,
		       prefix_text(&all->list[i].name, name),
		       metric_value(metric, &all->list[i]));
}

static void print_prometheus(const struct prefixes *all)
{
	const struct prefix *last = all->count ? &all->list[all->count - 1] : NULL;
	size_t i;

	printf("# HELP dnetmap_build_info Version of the command\n"
	       "# TYPE dnetmap_build_info gauge\n"
	       "dnetmap_build_info{version=\"%s\"} 1\n", VERSION);
	for (i = 0; i < sizeof(metrics) / sizeof(*metrics); i++)
		print_metric(&metrics[i], all);
	printf("# HELP dnetmap_flows_refused_any_total Flows of rules without a prefix that got no address\n"
	       "# TYPE dnetmap_flows_refused_any_total counter\n"
	       "dnetmap_flows_refused_any_total %" PRIu64 "\n"
	       "# HELP dnetmap_events_lost_total Events that were lost for all\n"
	       "# TYPE dnetmap_events_lost_total counter\n"
	       "dnetmap_events_lost_total %" PRIu64 "\n",
	       last ? last->refused_any : 0, last ? last->events_lost : 0);
}

static void print_stats(const struct prefixes *all)
{
	char name[PREFIX_TEXT];
	size_t i, m;

	for (i = 0; i < all->count; i++) {
		if (out.json) {
			out_json(prefix_json(&all->list[i]));
			continue;
		}
		printf("%s\n", prefix_text(&all->list[i].name, name));
		for (m = 0; m < sizeof(metrics) / sizeof(*metrics); m++)
			printf("  %12" PRIu64 "  %s\n",
			       metric_value(&metrics[m], &all->list[i]),
			       metrics[m].help);
	}
}

/* stats [--prometheus] */
enum status verb_stats(char **words)
{
	struct prefixes all = {};
	struct wire_error error;
	bool prometheus = *words && !strcmp(*words, "--prometheus");

	if (*words && (!prometheus || words[1]))
		return say_usage("stats: %s: expected --prometheus or nothing",
				 words[prometheus]);
	if (!ask_prefixes(collect, &all, &error)) {
		free(all.list);
		return ask_failed("stats", &error);
	}
	if (prometheus)
		print_prometheus(&all);
	else
		print_stats(&all);
	free(all.list);
	return DONE;
}
