// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * monitor: events as they happen.
 *
 * Whoever listens may lose datagrams, and sees that by the numbers. What is missing
 * is then taken from the kernel's history; what that has no more is told with its
 * count, as an event "lost".
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <stdlib.h>

#include "ask.h"
#include "out.h"
#include "verbs.h"
#include "when.h"

struct monitor {
	uint64_t next;		/* number of the next event; 0: any */
	uint64_t incarnation;
	bool catching_up;	/* this is the history */
	uint64_t begun;		/* realtime before the snapshot */
};

static void print_flags(uint32_t flags)
{
	if (flags & DNETMAP_PREFIX_FLAGS_PERSISTENT)
		printf(" persistent");
	if (flags & DNETMAP_PREFIX_FLAGS_OWN)
		printf(" own");
}

/* A line; that of a binding that begins is what add takes. */
static void print_event(const struct event *e)
{
	char prenat[ADDR_TEXT], postnat[ADDR_TEXT], prefix[PREFIX_TEXT], time[WHEN_TEXT];

	printf("%s %s", when_text(e->realtime, time), kind_text(e->kind));
	if (e->prenat)
		printf(" %s", addr_text(e->prenat, prenat));
	if (e->postnat)
		printf(" %s", addr_text(e->postnat, postnat));
	if (e->kind == DNETMAP_EVENT_KIND_ADD) {
		if (e->state == DNETMAP_BINDING_STATE_STATIC)
			printf(" static");
		else
			printf(" ttl %" PRIu64, e->ms / 1000);
	}
	if (e->kind == DNETMAP_EVENT_KIND_END)
		printf(" %s", reason_text(e->reason));
	if (e->prefix.len)
		printf("%s %s", e->postnat || e->prenat ? " in" : "",
		       prefix_text(&e->prefix, prefix));
	print_flags(e->flags);
	putchar('\n');
}

static void print_lost(uint64_t count)
{
	if (out.json)
		out_json(json_pack("{s:s, s:I}", "event", "lost", "count",
				   (json_int_t)count));
	else
		printf("lost %" PRIu64 "\n", count);
}

/* Nothing says how many: the numbers have begun anew, or none has been seen. */
static void print_lost_some(void)
{
	if (out.json)
		out_json(json_pack("{s:s}", "event", "lost"));
	else
		puts("lost");
}

static int monitor_event(const struct event *e, void *data);

/* Take events from the history; those before the next one only tell where it is. */
static void catch_up(struct monitor *m, uint64_t from)
{
	struct wire_error error;

	m->catching_up = true;
	if (!ask_events(from, monitor_event, m, &error) && error.code != ECANCELED)
		ask_failed("monitor", &error);
	m->catching_up = false;
}

/* Begin with an event that is there already, if it is. */
static void begin_since(struct monitor *m)
{
	/* The event before is asked for, too: without it, the numbers are others. */
	catch_up(m, m->next > 1 ? m->next - 1 : 1);
	if (m->next == 1 || m->incarnation)
		return;
	print_lost_some();
	m->next = 1;
	catch_up(m, 1);
}

static int monitor_event(const struct event *e, void *data)
{
	struct monitor *m = data;

	if (m->incarnation && m->incarnation != e->incarnation) {
		print_lost_some();
		m->next = 1;
	}
	m->incarnation = e->incarnation;
	if (m->next && e->seq > m->next && !m->catching_up)
		catch_up(m, m->next);
	if (m->next && e->seq < m->next)
		return 0;
	if (m->next && e->seq > m->next)
		print_lost(e->seq - m->next);
	m->next = e->seq + 1;
	if (out.json)
		out_json(event_json(e));
	else
		print_event(e);
	return ferror(stdout) ? -1 : 0;
}

static int listen_event(const struct nlmsghdr *nlh, void *data)
{
	struct event e;

	event_decode(nlh, &e);
	return monitor_event(&e, data);
}

static int snapshot_binding(const struct binding *b, void *data)
{
	char prenat[ADDR_TEXT], postnat[ADDR_TEXT], prefix[PREFIX_TEXT];
	struct monitor *m = data;

	/* The events after the first number, applied again, do no harm. */
	if (!m->next)
		m->next = b->seq + 1;
	m->incarnation = b->incarnation;
	if (b->state == DNETMAP_BINDING_STATE_EXPIRED)
		return 0;
	if (out.json) {
		out_json(snapshot_json(b, m->begun));
		return 0;
	}
	printf("snapshot %s %s", addr_text(b->prenat, prenat),
	       addr_text(b->postnat, postnat));
	if (b->state == DNETMAP_BINDING_STATE_STATIC)
		printf(" static");
	else
		printf(" ttl %" PRIu64, b->ms / 1000);
	printf(" in %s\n", prefix_text(&b->prefix, prefix));
	return 0;
}

/* The number is that of an event before the first binding was read. */
static int snapshot_begins(const struct prefix *p, void *data)
{
	struct monitor *m = data;

	if (!m->next)
		m->next = p->seq + 1;
	m->incarnation = p->incarnation;
	return 0;
}

static bool print_snapshot(struct monitor *m, struct wire_error *error)
{
	struct filter all = { .state = -1 };

	m->begun = when_now();
	if (!ask_prefixes(snapshot_begins, m, error) ||
	    !ask_bindings(&all, snapshot_binding, m, error))
		return false;
	/* Without a prefix there is no binding, and the first event comes later. */
	if (out.json && m->next)
		out_json(snapshot_end_json(m->incarnation, m->next - 1, when_now()));
	return true;
}

static enum status follow(struct monitor *m)
{
	int err;

	for (;;) {
		if (fflush(stdout))
			return FAILED;
		err = wire_receive(listen_event, m);
		if (err == ENOBUFS && m->next)
			catch_up(m, m->next);
		else if (err == ENOBUFS)
			print_lost_some();
		else if (err && err != EINTR)
			break;
	}
	if (err == ENODEV)
		say_error("monitor: the module has been removed");
	else if (err != ECANCELED)
		say_error("monitor: %s", strerror(err));
	return FAILED;
}

/* monitor [--snapshot] [--since SEQ] */
enum status verb_monitor(char **words)
{
	struct monitor m = {};
	struct wire_error error;
	bool snapshot = false;
	char *end;

	for (; *words; words++) {
		if (!strcmp(*words, "--snapshot")) {
			snapshot = true;
		} else if (!strcmp(*words, "--since") && words[1]) {
			m.next = strtoull(words[1], &end, 10);
			if (*end || words[1][0] < '0' || words[1][0] > '9' || !m.next)
				return say_usage("monitor --since: %s: expected the number of an event",
						 words[1]);
			words++;
		} else {
			return say_usage("monitor: %s: expected --snapshot or --since SEQ", *words);
		}
	}
	if (!wire_listen())
		return FAILED;
	if (snapshot && !print_snapshot(&m, &error))
		return ask_failed("monitor", &error);
	/* Any request lets the kernel know that somebody listens. */
	if (m.next)
		begin_since(&m);
	else if (!ask_events(UINT64_MAX, monitor_event, &m, &error))
		return ask_failed("monitor", &error);
	return follow(&m);
}
