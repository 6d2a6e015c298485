// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * who: which host had an address at a time, or which addresses a host had.
 *
 * The answer follows from events whose numbers have no gap, up to one that is known
 * to be the last before that time: from those before, which begin with an event of
 * the address or a snapshot, or from those after, as what ends has been. Where
 * neither tells it, it is not known. A guess would accuse somebody.
 *
 * One gap has no number: with event_history=0, what happens while nobody listens and
 * nothing is logged is never numbered. A record of such a gateway has to be whole.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "array.h"
#include "ask.h"
#include "out.h"
#include "record.h"
#include "verbs.h"
#include "when.h"

/* A binding of the address, active at the time asked for or ended before. */
struct holding {
	struct binding binding;
	struct prefix_name holder;	/* in whichever prefix it is later */
	const struct entry *since;	/* NULL: before what is known */
	const struct entry *until;	/* NULL: it goes on */
};

struct who {
	struct record record;
	bool now;			/* no time was given */
	uint64_t time;
	const struct run *run;
	struct holding *active;
	size_t count, room;
	struct holding last;		/* that has ended latest */
	uint32_t *seen;			/* public addresses with an event after the time */
	size_t seen_count, seen_room;
	bool decided;			/* what is known of the address begins */
	bool complete;			/* so it does for all that a host has */
	bool blocked;			/* bindings have ended without being named */
	bool host;			/* the address is a private one */
	bool blind;			/* the past is asked for, and there is none */
	char why[200];			/* it is not known */
};

static bool unknown(struct who *w, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

static bool unknown(struct who *w, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(w->why, sizeof(w->why), format, args);
	va_end(args);
	return false;
}

/* Where in the events the time is */

/* The incarnation that was there, if it is one. */
static const struct life *find_life(struct who *w)
{
	const struct record *r = &w->record;
	const struct life *found = NULL;
	uint64_t begin = UINT64_MAX, end = 0;
	char from[WHEN_TEXT], to[WHEN_TEXT];
	size_t i;

	for (i = 0; i < r->life_count; i++) {
		const struct life *life = &r->lives[i];

		begin = life->begin < begin ? life->begin : begin;
		end = life->end > end ? life->end : end;
		if (r->time < life->begin || r->time > life->end)
			continue;
		if (found) {
			unknown(w, "the record is of two namespaces at that time: %016" PRIx64
				" and %016" PRIx64, found->incarnation, life->incarnation);
			return NULL;
		}
		found = life;
	}
	if (found)
		return found;
	if (!r->life_count)
		unknown(w, "the record has no event");
	else if (r->time < begin || r->time > end)
		unknown(w, "the record is from %s to %s", when_text(begin, from),
			when_text(end, to));
	else
		unknown(w, "the record has nothing of that time: the module was loaded anew");
	return NULL;
}

/* Is there an entry of the address with a number in (low, high]? */
static bool has_entry(const struct record *r, uint64_t incarnation, uint64_t low,
		      uint64_t high)
{
	size_t i;

	for (i = 0; i < r->count; i++)
		if (r->entries[i].event.incarnation == incarnation &&
		    r->entries[i].event.seq > low && r->entries[i].event.seq <= high)
			return true;
	return false;
}

/* Finds the number of the last event before the time, and the run that has it. */
static bool find_number(struct who *w, uint64_t *number)
{
	const struct life *life = find_life(w);

	if (!life)
		return false;
	*number = life->low;
	w->run = record_run(&w->record, life->incarnation, life->low);
	if (!life->begun || !w->run)
		return unknown(w, "no event before it is in the record");
	if (life->high == UINT64_MAX)
		return unknown(w, "no event after it is in the record");
	if (life->high > life->low)
		return unknown(w, "events are missing: %" PRIu64 " to %" PRIu64,
			       life->low + 1, life->high);
	if (life->high < life->low &&
	    (life->high + 1 < w->run->first ||
	     has_entry(&w->record, life->incarnation, life->high, life->low)))
		return unknown(w, "the clock was set back over it");
	return true;
}

/* What holds at that number */

static bool covers(const struct event *e, const struct holding *h)
{
	if (e->kind == DNETMAP_EVENT_KIND_FLUSH)
		return prefix_has(&e->prefix, h->binding.postnat);
	return e->prefix.addr == h->holder.addr && e->prefix.len == h->holder.len;
}

static bool ends_many(const struct entry *entry)
{
	return entry->type == ENTRY_EVENT &&
	       (entry->event.kind == DNETMAP_EVENT_KIND_PREFIX_END ||
		entry->event.kind == DNETMAP_EVENT_KIND_FLUSH);
}

static bool is_of_addr(const struct who *w, const struct event *e)
{
	return e->kind <= DNETMAP_EVENT_KIND_PASS &&
	       (e->prenat == w->record.addr || e->postnat == w->record.addr);
}

static struct holding *find_pair(struct who *w, const struct event *e)
{
	size_t i;

	for (i = 0; i < w->count; i++)
		if (w->active[i].binding.prenat == e->prenat &&
		    w->active[i].binding.postnat == e->postnat)
			return &w->active[i];
	return NULL;
}

static struct holding holding_of(const struct event *e, const struct entry *since)
{
	return (struct holding){
		.binding = {
			.prenat = e->prenat,
			.postnat = e->postnat,
			.prefix = e->prefix,
			.state = e->state,
		},
		.holder = e->prefix,
		.since = since,
	};
}

static struct holding *hold(struct who *w, const struct event *e,
			    const struct entry *since)
{
	w->active = array_grow(w->active, w->count, &w->room, sizeof(*w->active));
	w->active[w->count] = holding_of(e, since);
	return &w->active[w->count++];
}

static void drop(struct who *w, struct holding *h, const struct entry *until)
{
	w->last = *h;
	w->last.until = until;
	*h = w->active[--w->count];
}

/* A second host for the public address, or one that it is not: the record lies. */
static bool contradicts(struct who *w, const struct event *e)
{
	size_t i;

	for (i = 0; i < w->count; i++)
		if (w->active[i].binding.postnat == e->postnat &&
		    w->active[i].binding.prenat != e->prenat)
			return true;
	return false;
}

static void drop_covered(struct who *w, const struct entry *entry)
{
	size_t i = 0;

	while (i < w->count)
		if (covers(&entry->event, &w->active[i]))
			drop(w, &w->active[i], entry);
		else
			i++;
	if (entry->event.kind == DNETMAP_EVENT_KIND_FLUSH &&
	    prefix_has(&entry->event.prefix, w->record.addr))
		w->decided = true;
	/* It is nobody's any more, not even one that has expired. */
	if (w->last.until && covers(&entry->event, &w->last))
		w->last.until = entry;
}

/* An event up to the time. */
static bool apply_event(struct who *w, const struct entry *entry)
{
	const struct event *e = &entry->event;
	struct holding *h;

	if (ends_many(entry)) {
		drop_covered(w, entry);
		return true;
	}
	if (!is_of_addr(w, e))
		return true;
	if (contradicts(w, e))
		return unknown(w, "event %" PRIu64 " contradicts those before it", e->seq);
	w->decided = true;
	h = find_pair(w, e);
	if (e->kind == DNETMAP_EVENT_KIND_ADD) {
		if (h)
			drop(w, h, entry);
		hold(w, e, entry);
	} else {
		h = h ?: hold(w, e, NULL);
		h->binding.prefix = h->holder = e->prefix;
		if (e->kind == DNETMAP_EVENT_KIND_END)
			drop(w, h, entry);
	}
	return true;
}

/* A binding that was read, up to the time. */
static bool apply_row(struct who *w, const struct entry *entry)
{
	const struct event *e = &entry->event;

	w->decided = true;
	if (e->state == DNETMAP_BINDING_STATE_EXPIRED) {
		if (!w->last.until)
			w->last = holding_of(e, NULL);
		return true;
	}
	if (contradicts(w, e))
		return unknown(w, "the snapshot at event %" PRIu64 " contradicts the events",
			       e->seq);
	if (!find_pair(w, e))
		hold(w, e, NULL);
	return true;
}

static bool in_run(const struct who *w, const struct entry *entry)
{
	return entry->event.incarnation == w->run->incarnation &&
	       entry->event.seq >= w->run->first && entry->event.seq <= w->run->last;
}

/* What the events before the time tell. */
static bool go_forward(struct who *w, uint64_t number)
{
	const struct record *r = &w->record;
	bool good = true;
	size_t i;

	for (i = 0; i < r->count && good; i++) {
		const struct entry *entry = &r->entries[i];

		if (!in_run(w, entry) || entry->event.seq > number)
			continue;
		/* Numbers begin with the first prefix, when there is no binding. */
		if (entry->type == ENTRY_MARK ? entry->event.realtime <= r->time :
		    entry->type == ENTRY_EVENT && entry->event.seq == 1 &&
		    entry->event.kind == DNETMAP_EVENT_KIND_PREFIX_NEW)
			w->decided = w->complete = true;
		if (entry->type == ENTRY_EVENT)
			good = apply_event(w, entry);
		else if (entry->type == ENTRY_ROW)
			good = apply_row(w, entry);
	}
	return good;
}

/* Is this the first entry of a public address after the time? */
static bool is_first(struct who *w, uint32_t postnat)
{
	size_t i;

	for (i = 0; i < w->seen_count; i++)
		if (w->seen[i] == postnat)
			return false;
	w->seen = array_grow(w->seen, w->seen_count, &w->seen_room, sizeof(*w->seen));
	w->seen[w->seen_count++] = postnat;
	return true;
}

static void look_at_many(struct who *w, const struct entry *entry)
{
	const struct event *e = &entry->event;
	size_t i;

	for (i = 0; i < w->count; i++)
		if (!w->active[i].until && covers(e, &w->active[i]))
			w->active[i].until = entry;
	if (w->host || prefix_has(&e->prefix, w->record.addr))
		w->blocked = true;
}

/* Its first entry after the time tells what a pair was at the time. */
static void look_at_pair(struct who *w, const struct entry *entry)
{
	const struct event *e = &entry->event;
	bool first = is_first(w, e->postnat);
	struct holding *h = find_pair(w, e);
	bool begins = entry->type == ENTRY_EVENT ? e->kind == DNETMAP_EVENT_KIND_ADD :
		      e->state == DNETMAP_BINDING_STATE_EXPIRED;

	if (first && !begins && !h) {
		h = hold(w, e, NULL);
		/* Which one it was in before, this does not tell. */
		if (entry->type == ENTRY_EVENT && e->kind == DNETMAP_EVENT_KIND_PASS)
			h->binding.prefix.len = 0;
	}
	if (first && e->postnat == w->record.addr && (!begins || !w->blocked))
		w->decided = true;
	if (!h || h->until)
		return;
	h->holder = e->prefix;
	if (entry->type == ENTRY_EVENT && e->kind != DNETMAP_EVENT_KIND_PASS)
		h->until = entry;
}

/* What the events after the time tell. */
static void look_ahead(struct who *w, uint64_t number)
{
	const struct record *r = &w->record;
	size_t i;

	for (i = 0; i < r->count; i++) {
		const struct entry *entry = &r->entries[i];

		if (!in_run(w, entry))
			continue;
		if (entry->type == ENTRY_MARK && !w->blocked && entry->event.seq >= number)
			w->decided = w->complete = true;
		if (entry->type == ENTRY_MARK || entry->event.seq <= number)
			continue;
		if (ends_many(entry))
			look_at_many(w, entry);
		else if (is_of_addr(w, &entry->event))
			look_at_pair(w, entry);
	}
}

/* A host's addresses are known only if all are; an address has one host at most. */
static bool is_host(const struct record *r)
{
	bool prenat = false, postnat = r->covered;
	size_t i;

	for (i = 0; i < r->count; i++) {
		prenat |= r->entries[i].event.prenat == r->addr;
		postnat |= r->entries[i].event.postnat == r->addr;
	}
	return prenat && !postnat;
}

static bool find_out(struct who *w)
{
	uint64_t number;

	if (w->blind)
		return unknown(w, "the kernel keeps no events: event_history is 0");
	if (!find_number(w, &number))
		return false;
	w->host = is_host(&w->record);
	if (!go_forward(w, number))
		return false;
	look_ahead(w, number);
	if (w->complete || (w->decided && !w->host))
		return true;
	return unknown(w, "events %" PRIu64 " to %" PRIu64
		       ", between which none is missing, do not tell%s", w->run->first,
		       w->run->last, w->count ? " whether it had other addresses" : "");
}

/* The kernel's own record */

static int take_prefix(const struct prefix *p, void *data)
{
	struct entry *mark = data;

	if (!mark->event.incarnation) {
		mark->event.incarnation = p->incarnation;
		mark->event.seq = p->seq;
	}
	return 0;
}

struct taking {
	struct record *record;
	struct event last;	/* its number and incarnation */
};

static int take_event(const struct event *e, void *data)
{
	struct taking *t = data;
	struct entry entry = { .event = *e };

	record_event(t->record, &entry);
	t->last = *e;
	return 0;
}

static int take_binding(const struct binding *b, void *data)
{
	struct taking *t = data;
	struct entry entry = {
		.type = ENTRY_ROW,
		.event = {
			.prenat = b->prenat,
			.postnat = b->postnat,
			.prefix = b->prefix,
			.state = b->state,
			.seq = b->seq,
			.incarnation = b->incarnation,
			.realtime = when_now(),
		},
	};

	record_event(t->record, &entry);
	return 0;
}

/* Without a history, what nobody else wanted has no number, and is not missed. */
static bool has_history(void)
{
	FILE *file = fopen("/sys/module/xt_DNETMAP/parameters/event_history", "re");
	unsigned long events = 1;

	if (file) {
		if (fscanf(file, "%lu", &events) != 1)
			events = 1;
		fclose(file);
	}
	return events;
}

/* Of now, the table alone tells. */
static bool ask_history(struct taking *t, struct wire_error *error)
{
	return !has_history() || ask_events(t->last.seq + 1, take_event, t, error);
}

/*
 * The history, the bindings, and the history since: what happens meanwhile leaves no
 * gap. At the end the last event is known to be the last.
 */
static bool ask_kernel(struct who *w)
{
	struct filter prenat = { .state = -1, .prenat = { w->record.addr, 32 } };
	struct filter postnat = { .state = -1, .postnat = w->record.addr };
	struct entry mark = { .type = ENTRY_MARK };
	struct taking t = { .record = &w->record };
	struct wire_error error;

	if (!wire_open())
		return false;
	w->blind = !w->now && !has_history();
	if (!ask_history(&t, &error) ||
	    !ask_prefixes(take_prefix, &mark, &error) ||
	    !ask_bindings(&prenat, take_binding, &t, &error) ||
	    !ask_bindings(&postnat, take_binding, &t, &error)) {
		ask_failed("who", &error);
		return false;
	}
	/* The earlier number, as what is later is to follow it without a gap. */
	if (t.last.seq) {
		mark.event.seq = t.last.seq;
		mark.event.incarnation = t.last.incarnation;
	}
	t.last = mark.event;
	mark.event.realtime = when_now();
	record_event(&w->record, &mark);
	if (!ask_history(&t, &error)) {
		ask_failed("who", &error);
		return false;
	}
	record_at_most(&w->record, t.last.incarnation, t.last.seq,
		       w->now ? UINT64_MAX : mark.event.realtime);
	if (w->now)
		w->time = mark.event.realtime;
	return true;
}

/* The answer */

static const char *end_text(const struct entry *end)
{
	return end->type == ENTRY_EVENT && end->event.kind == DNETMAP_EVENT_KIND_END ?
	       reason_text(end->event.reason) : kind_text(end->event.kind);
}

static void set_end(json_t *object, const char *name, const struct entry *end)
{
	char key[16];

	if (!end)
		return;
	json_object_set_new(object, name, json_integer(end->event.realtime));
	if (!end->file)
		return;
	snprintf(key, sizeof(key), "%s_at", name);
	json_object_set_new(object, key, json_sprintf("%s:%lu", end->file, end->line));
}

/* Since when and until when it was in a state, and who had it. */
static void print_json(const struct who *w, const char *state, const struct holding *h,
		       const struct entry *since, const struct entry *until)
{
	char text[PREFIX_TEXT];
	json_t *object = json_object();

	json_object_set_new(object, "addr", json_string(addr_text(w->record.addr, text)));
	json_object_set_new(object, "time", json_integer(w->time));
	json_object_set_new(object, "state", json_string(state));
	if (h) {
		json_object_set_new(object, "prenat",
				    json_string(addr_text(h->binding.prenat, text)));
		json_object_set_new(object, "postnat",
				    json_string(addr_text(h->binding.postnat, text)));
		if (h->binding.prefix.len)
			json_object_set_new(object, "prefix", json_string(
					    prefix_text(&h->binding.prefix, text)));
	}
	set_end(object, "since", since);
	set_end(object, "until", until);
	if (until ?: w->count ? NULL : since)
		json_object_set_new(object, "reason", json_string(end_text(until ?: since)));
	if (*w->why && !h)
		json_object_set_new(object, "why", json_string(w->why));
	out_json(object);
}

static void print_end(const char *word, const struct entry *end)
{
	char text[WHEN_TEXT];

	if (!end)
		return;
	printf(" %s %s", word, when_text(end->event.realtime, text));
	if (end->file)
		printf(" (%s:%lu)", end->file, end->line);
}

static void print_text(const struct who *w, const char *state, const struct holding *h,
		       const struct entry *since, const struct entry *until)
{
	char prenat[PREFIX_TEXT], postnat[ADDR_TEXT];

	if (h)
		printf("%s %s %s", addr_text(h->binding.prenat, prenat),
		       addr_text(h->binding.postnat, postnat), state);
	else
		printf("%s %s", addr_text(w->record.addr, postnat), state);
	if (h && h->binding.prefix.len)
		printf(" in %s", prefix_text(&h->binding.prefix, prenat));
	print_end("since", since);
	print_end("until", until);
	if (until ?: w->count ? NULL : since)
		printf(" %s", end_text(until ?: since));
	putchar('\n');
}

static void print_answer(const struct who *w, const char *state, const struct holding *h,
			 const struct entry *since, const struct entry *until)
{
	(out.json ? print_json : print_text)(w, state, h, since, until);
}

/*
 * After a timeout nobody uses the address, and the host may still find it kept for
 * itself. After any other end it is free.
 */
static void print_nobody(const struct who *w)
{
	const struct holding *h = &w->last;
	const struct entry *until = h->until;
	bool expired = h->binding.state == DNETMAP_BINDING_STATE_EXPIRED ||
		       (until && until->event.kind == DNETMAP_EVENT_KIND_END &&
			until->event.reason == DNETMAP_END_REASON_TIMEOUT);

	print_answer(w, expired ? "expired" : "free", expired ? h : NULL, until, NULL);
}

static enum status answer(struct who *w, bool known)
{
	char addr[ADDR_TEXT], time[WHEN_TEXT];
	size_t i;

	for (i = 0; i < w->count && (known || w->host); i++)
		print_answer(w, state_text(w->active[i].binding.state), &w->active[i],
			     w->active[i].since, w->active[i].until);
	if (known) {
		if (!w->count)
			print_nobody(w);
		return DONE;
	}
	w->count = 0;
	if (out.json)
		print_json(w, "unknown", NULL, NULL, NULL);
	say_error("who: %s at %s: not known: %s", addr_text(w->record.addr, addr),
		  when_text(w->time, time), w->why);
	return FAILED;
}

static bool read_files(struct who *w, char **names)
{
	bool good = true;

	for (; *names && good; names++) {
		bool in = !strcmp(*names, "-");
		FILE *file = in ? stdin : fopen(*names, "re");

		if (!file) {
			say_error("%s: %s", *names, strerror(errno));
			return false;
		}
		good = record_read(&w->record, file, *names);
		if (!in)
			fclose(file);
	}
	return good;
}

/* who ADDR [at TIME] [FILE...] */
enum status verb_who(char **words)
{
	enum status status = FAILED;
	struct who w = { .now = true };
	const char *wrong;

	if (!words[0] || !addr_parse(words[0], &w.record.addr))
		return say_usage("who: %s: expected an address", words[0] ?: "nothing");
	if (*++words && !strcmp(*words, "at")) {
		wrong = words[1] ? when_parse(words[1], &w.time) : "expected a time";
		if (wrong)
			return say_usage("who at: %s: %s", words[1] ?: "nothing", wrong);
		w.now = false;
		words += 2;
	}
	if (w.now)
		w.time = when_now();
	w.record.time = w.now && !*words ? UINT64_MAX : w.time;
	if (*words ? read_files(&w, words) : ask_kernel(&w)) {
		record_sort(&w.record);
		status = answer(&w, find_out(&w));
	}
	record_free(&w.record);
	free(w.active);
	free(w.seen);
	return status;
}
