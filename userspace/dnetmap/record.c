// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The record of events, of files in any order.
 *
 * Order is that of the numbers within an incarnation, never that of lines. A number
 * that is missing is a gap, so a line "lost" tells nothing more. Memory is taken for
 * what bears on the address, and for each gap.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "array.h"
#include "record.h"
#include "say.h"

#define LINE	4096	/* an event takes some 300 characters */

static struct life *life_of(struct record *r, uint64_t incarnation)
{
	size_t i;

	for (i = 0; i < r->life_count; i++)
		if (r->lives[i].incarnation == incarnation)
			return &r->lives[i];
	r->lives = array_grow(r->lives, r->life_count, &r->life_room, sizeof(*r->lives));
	r->lives[r->life_count] = (struct life){
		.incarnation = incarnation,
		.begin = UINT64_MAX,
		.high = UINT64_MAX,
	};
	return &r->lives[r->life_count++];
}

static void life_spans(struct life *life, uint64_t time)
{
	if (time < life->begin)
		life->begin = time;
	if (time > life->end)
		life->end = time;
}

/* At a time, the last event had this number, or a lower one. */
void record_at_most(struct record *r, uint64_t incarnation, uint64_t seq, uint64_t time)
{
	struct life *life = life_of(r, incarnation);

	life_spans(life, time);
	if (time >= r->time && seq < life->high)
		life->high = seq;
}

/* At a time, the last event had this number, or a higher one. */
static void record_at_least(struct record *r, uint64_t incarnation, uint64_t seq,
			    uint64_t time)
{
	struct life *life = life_of(r, incarnation);

	life_spans(life, time);
	if (time > r->time)
		return;
	life->begun = true;
	if (seq > life->low)
		life->low = seq;
}

/* What was at this number is known. */
static void record_has(struct record *r, uint64_t incarnation, uint64_t seq)
{
	struct run *last = r->run_count ? &r->runs[r->run_count - 1] : NULL;

	if (last && last->incarnation == incarnation && seq >= last->first &&
	    seq <= last->last + 1) {
		if (seq > last->last)
			last->last = seq;
		return;
	}
	r->runs = array_grow(r->runs, r->run_count, &r->run_room, sizeof(*r->runs));
	r->runs[r->run_count++] = (struct run){ incarnation, seq, seq };
}

static bool bears_on(const struct record *r, const struct entry *entry)
{
	const struct event *e = &entry->event;

	if (entry->type == ENTRY_MARK || e->seq == 1)
		return true;
	if (entry->type == ENTRY_EVENT) {
		if (e->kind == DNETMAP_EVENT_KIND_PREFIX_END ||
		    e->kind == DNETMAP_EVENT_KIND_FLUSH)
			return true;
		if (e->kind > DNETMAP_EVENT_KIND_PASS)
			return false;
	}
	return e->prenat == r->addr || e->postnat == r->addr;
}

void record_event(struct record *r, const struct entry *entry)
{
	const struct event *e = &entry->event;

	if (entry->type != ENTRY_ROW)
		record_at_least(r, e->incarnation, e->seq, e->realtime);
	if (entry->type == ENTRY_ROW)
		record_at_most(r, e->incarnation, e->seq, e->realtime);
	else if (entry->type == ENTRY_EVENT && e->realtime > r->time)
		record_at_most(r, e->incarnation, e->seq - 1, e->realtime);
	record_has(r, e->incarnation, e->seq);
	if (e->prefix.len && prefix_has(&e->prefix, r->addr))
		r->covered = true;
	if (!bears_on(r, entry))
		return;
	r->entries = array_grow(r->entries, r->count, &r->room, sizeof(*r->entries));
	r->entries[r->count++] = *entry;
}

/* From JSON. Each returns what was expected, or NULL if it is there. */

static const char *get_number(const json_t *object, const char *name, uint64_t *number)
{
	json_t *value = json_object_get(object, name);

	if (!json_is_integer(value) || json_integer_value(value) < 0)
		return name;
	*number = json_integer_value(value);
	return NULL;
}

static const char *get_incarnation(const json_t *object, uint64_t *incarnation)
{
	const char *text = json_string_value(json_object_get(object, "incarnation"));
	char *end;

	if (!text || strlen(text) != 16 || strspn(text, "0123456789abcdef") != 16)
		return "incarnation";
	*incarnation = strtoull(text, &end, 16);
	return NULL;
}

/* Addresses and a prefix may be left out; what is there has to be one. */
static const char *get_addr(const json_t *object, const char *name, uint32_t *addr)
{
	json_t *value = json_object_get(object, name);

	if (value && (!json_is_string(value) || !addr_parse(json_string_value(value), addr)))
		return name;
	return NULL;
}

static const char *get_prefix(const json_t *object, struct prefix_name *prefix)
{
	json_t *value = json_object_get(object, "prefix");

	if (value && (!json_is_string(value) ||
		      !prefix_parse(json_string_value(value), prefix)))
		return "prefix";
	return NULL;
}

/* Which of the words that the function has, from 0 on, is this? */
static bool get_word(const json_t *object, const char *name, uint32_t *word,
		     const char *(*text)(uint32_t))
{
	const char *value = json_string_value(json_object_get(object, name));
	const char *known;

	for (*word = 0; value; ++*word) {
		known = text(*word);
		if (!strcmp(known, "unknown"))
			break;
		if (!strcmp(known, value))
			return true;
	}
	return false;
}

static const char *get_details(const json_t *object, struct entry *entry)
{
	struct event *e = &entry->event;
	bool pair = e->prenat && e->postnat;

	if (entry->type == ENTRY_MARK)
		return NULL;
	if (entry->type == ENTRY_ROW || e->kind == DNETMAP_EVENT_KIND_ADD) {
		if (!get_word(object, "state", &e->state, state_text))
			return "state";
	} else if (e->kind == DNETMAP_EVENT_KIND_END) {
		if (!get_word(object, "reason", &e->reason, reason_text))
			return "reason";
	} else if (e->kind == DNETMAP_EVENT_KIND_PREFIX_END ||
		   e->kind == DNETMAP_EVENT_KIND_FLUSH) {
		return e->prefix.len ? NULL : "prefix";
	}
	if (entry->type == ENTRY_ROW || e->kind <= DNETMAP_EVENT_KIND_PASS)
		return !pair ? "prenat and postnat" : e->prefix.len ? NULL : "prefix";
	return NULL;
}

static const char *entry_parse(const json_t *object, struct entry *entry)
{
	const char *event = json_string_value(json_object_get(object, "event"));
	struct event *e = &entry->event;
	const char *missing;

	if (event && !strcmp(event, "snapshot"))
		entry->type = ENTRY_ROW;
	else if (event && !strcmp(event, "snapshot-end"))
		entry->type = ENTRY_MARK;
	else if (!get_word(object, "event", &e->kind, kind_text))
		return "event";
	missing = get_number(object, "seq", &e->seq) ?:
		  get_incarnation(object, &e->incarnation) ?:
		  get_number(object, "realtime", &e->realtime) ?:
		  get_addr(object, "prenat", &e->prenat) ?:
		  get_addr(object, "postnat", &e->postnat) ?:
		  get_prefix(object, &e->prefix);
	if (!missing && !e->seq && entry->type == ENTRY_EVENT)
		missing = "seq";
	return missing ?: get_details(object, entry);
}

static bool read_line(struct record *r, const char *text, const char *name,
		      unsigned long line)
{
	struct entry entry = { .file = name, .line = line };
	const char *event, *missing;
	json_error_t error;
	json_t *object;

	object = json_loads(text, JSON_REJECT_DUPLICATES, &error);
	if (!json_is_object(object)) {
		say_error("%s, line %lu: expected an object, as dnetmap -j monitor prints: %s",
			  name, line, object ? "it is none" : error.text);
		json_decref(object);
		return false;
	}
	event = json_string_value(json_object_get(object, "event"));
	if (event && !strcmp(event, "lost")) {
		json_decref(object);
		return true;
	}
	missing = entry_parse(object, &entry);
	if (missing) {
		char *value = json_dumps(json_object_get(object, missing),
					 JSON_ENCODE_ANY | JSON_COMPACT);

		say_error("%s, line %lu: %s: %s: expected that of an event", name, line,
			  missing, value ?: "nothing");
		free(value);
	} else {
		record_event(r, &entry);
	}
	json_decref(object);
	return !missing;
}

/* A line is read whole, or is none: who knows what its rest would have said. */
bool record_read(struct record *r, FILE *file, const char *name)
{
	char text[LINE];
	unsigned long line = 0;
	size_t length;

	while (fgets(text, sizeof(text), file)) {
		line++;
		length = strlen(text);
		if (text[length ? length - 1 : 0] != '\n') {
			say_error("%s, line %lu: %s", name, line, length == LINE - 1 ?
				  "longer than an event can be" : feof(file) ?
				  "the file ends in the middle of a line" :
				  "expected text");
			return false;
		}
		if (!read_line(r, text, name, line))
			return false;
	}
	if (ferror(file))
		say_error("%s, line %lu: %s", name, line + 1, strerror(errno));
	return !ferror(file);
}

static int compare(uint64_t a, uint64_t b)
{
	return a < b ? -1 : a > b;
}

/* At one number, the event comes first, as what was read was read behind it. */
static int by_number(const void *a, const void *b)
{
	const struct entry *x = a, *y = b;

	return compare(x->event.incarnation, y->event.incarnation) ?:
	       compare(x->event.seq, y->event.seq) ?: (int)x->type - (int)y->type;
}

static int by_first(const void *a, const void *b)
{
	const struct run *x = a, *y = b;

	return compare(x->incarnation, y->incarnation) ?: compare(x->first, y->first);
}

/* Files overlap: an event is kept once. */
static void drop_twins(struct record *r)
{
	size_t i, kept = 0;

	for (i = 0; i < r->count; i++)
		if (!kept || r->entries[i].type != ENTRY_EVENT ||
		    by_number(&r->entries[i], &r->entries[kept - 1]))
			r->entries[kept++] = r->entries[i];
	r->count = kept;
}

static void join_runs(struct record *r)
{
	size_t i, kept = 0;

	for (i = 0; i < r->run_count; i++) {
		struct run *run = &r->runs[i], *last = kept ? &r->runs[kept - 1] : NULL;

		if (last && last->incarnation == run->incarnation &&
		    run->first <= last->last + 1) {
			if (run->last > last->last)
				last->last = run->last;
		} else {
			r->runs[kept++] = *run;
		}
	}
	r->run_count = kept;
}

/* All has been read: put it into order. */
void record_sort(struct record *r)
{
	if (r->count)
		qsort(r->entries, r->count, sizeof(*r->entries), by_number);
	if (r->run_count)
		qsort(r->runs, r->run_count, sizeof(*r->runs), by_first);
	drop_twins(r);
	join_runs(r);
}

/* The run that has a number, or NULL. */
const struct run *record_run(const struct record *r, uint64_t incarnation, uint64_t seq)
{
	size_t i;

	for (i = 0; i < r->run_count; i++)
		if (r->runs[i].incarnation == incarnation && seq >= r->runs[i].first &&
		    seq <= r->runs[i].last)
			return &r->runs[i];
	return NULL;
}

void record_free(struct record *r)
{
	free(r->entries);
	free(r->runs);
	free(r->lives);
}
