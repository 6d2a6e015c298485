/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DNETMAP_RECORD_H
#define DNETMAP_RECORD_H

#include <stdio.h>

#include "object.h"

/*
 * What is known of events: from files, as "dnetmap -j monitor" prints them, or from
 * the kernel. It is read with one question in mind, what was with an address at a
 * time, and only what bears on that is kept.
 */

enum entry_type {
	ENTRY_EVENT,
	ENTRY_ROW,	/* a binding of a snapshot, as it was at the event's number */
	ENTRY_MARK,	/* the end of a snapshot, which began at the event's number */
};

struct entry {
	enum entry_type type;
	struct event event;
	const char *file;	/* NULL: the kernel */
	unsigned long line;
};

/* Events with no number missing in between. */
struct run {
	uint64_t incarnation;
	uint64_t first, last;
};

/* An incarnation. The number of the last event at the time asked for is in [low, high]. */
struct life {
	uint64_t incarnation;
	uint64_t begin, end;	/* realtime of what is known of it */
	uint64_t low;
	bool begun;		/* or low is not known */
	uint64_t high;		/* UINT64_MAX: it may be any */
};

struct record {
	uint32_t addr;
	uint64_t time;
	struct entry *entries;
	size_t count, room;
	struct run *runs;
	size_t run_count, run_room;
	struct life *lives;
	size_t life_count, life_room;
	bool covered;		/* a prefix that is named has the address */
};

void record_event(struct record *r, const struct entry *entry);
void record_at_most(struct record *r, uint64_t incarnation, uint64_t seq, uint64_t time);
bool record_read(struct record *r, FILE *file, const char *name);
void record_sort(struct record *r);
const struct run *record_run(const struct record *r, uint64_t incarnation, uint64_t seq);
void record_free(struct record *r);

#endif
