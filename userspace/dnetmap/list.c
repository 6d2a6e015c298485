// SPDX-License-Identifier: GPL-2.0-or-later
/* list and show: bindings. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "ask.h"
#include "out.h"
#include "verbs.h"

static void time_text(const struct binding *b, char text[24])
{
	if (b->state == DNETMAP_BINDING_STATE_STATIC)
		strcpy(text, "-");
	else
		snprintf(text, 24, "%s%" PRIu64 "s",
			 b->state == DNETMAP_BINDING_STATE_EXPIRED ? "-" : "",
			 b->ms / 1000);
}

static void print_header(void)
{
	if (!out.json && !out.no_header)
		printf("%-15s  %-15s  %-7s  %11s  %-18s  %s\n", "PRENAT", "POSTNAT",
		       "STATE", "TTL", "PREFIX", "SCOPE");
}

static int print_binding(const struct binding *b, void *data)
{
	char prenat[ADDR_TEXT], postnat[ADDR_TEXT], prefix[PREFIX_TEXT], time[24];
	size_t *count = data;

	++*count;
	if (out.json) {
		out_json(binding_json(b));
	} else {
		time_text(b, time);
		printf("%-15s  %-15s  %-7s  %11s  %-18s  %s\n",
		       addr_text(b->prenat, prenat), addr_text(b->postnat, postnat),
		       state_text(b->state), time, prefix_text(&b->prefix, prefix),
		       b->scope == DNETMAP_BINDING_SCOPE_OWN ? "own" : "-");
	}
	return ferror(stdout) ? -1 : 0;
}

static int parse_state(const char *word)
{
	int state;

	for (state = 0; state <= DNETMAP_BINDING_STATE_EXPIRED; state++)
		if (!strcmp(word, state_text(state)))
			return state;
	return -1;
}

/* list [prefix PREFIX] [prenat SUBNET] [state STATE] */
enum status verb_list(char **words)
{
	struct filter filter = { .state = -1 };
	struct wire_error error;
	size_t count = 0;

	for (; *words; words += 2) {
		if (!words[1])
			return say_usage("list: %s: expected a value behind it", *words);
		if (!strcmp(*words, "prefix")) {
			if (!prefix_parse(words[1], &filter.prefix))
				return say_usage("list prefix: %s: expected ADDR/LEN", words[1]);
		} else if (!strcmp(*words, "prenat")) {
			if (!prefix_parse(words[1], &filter.prenat))
				return say_usage("list prenat: %s: expected ADDR or ADDR/LEN", words[1]);
		} else if (!strcmp(*words, "state")) {
			filter.state = parse_state(words[1]);
			if (filter.state < 0)
				return say_usage("list state: %s: expected active, static or expired",
						 words[1]);
		} else {
			return say_usage("list: %s: expected prefix, prenat or state", *words);
		}
	}
	print_header();
	if (!ask_bindings(&filter, print_binding, &count, &error))
		return ask_failed("list", &error);
	return DONE;
}

/* show ADDR: the bindings that have it on either side */
enum status verb_show(char **words)
{
	struct filter prenat = { .state = -1 }, postnat = { .state = -1 };
	struct wire_error error;
	uint32_t addr;
	size_t count = 0;

	if (!words[0] || words[1] || !addr_parse(words[0], &addr))
		return say_usage("show: %s: expected one address", say_extra(words));
	prenat.prenat = (struct prefix_name){ addr, 32 };
	postnat.postnat = addr;
	print_header();
	if (!ask_bindings(&prenat, print_binding, &count, &error) ||
	    !ask_bindings(&postnat, print_binding, &count, &error))
		return ask_failed("show", &error);
	if (count)
		return DONE;
	say_error("show: no binding has %s", words[0]);
	return FAILED;
}
