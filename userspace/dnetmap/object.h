/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DNETMAP_OBJECT_H
#define DNETMAP_OBJECT_H

#include <stdbool.h>
#include <stdint.h>

#include <jansson.h>
#include <libmnl/libmnl.h>

#include <linux/dnetmap.h>

/* Addresses are in host order here, so that they can be compared. */

struct prefix_name {
	uint32_t addr;
	uint32_t len;		/* 0: none */
};

struct binding {
	uint32_t prenat;
	uint32_t postnat;
	struct prefix_name prefix;
	uint32_t state;		/* enum dnetmap_binding_state */
	uint32_t scope;		/* enum dnetmap_binding_scope */
	uint64_t ms;		/* left if it is active, since its end if it has expired */
	uint32_t last_hit;	/* seconds since boot */
	uint64_t seq;
	uint64_t incarnation;
};

struct prefix {
	struct prefix_name name;
	uint32_t flags;		/* enum dnetmap_prefix_flags */
	uint32_t rules;
	uint32_t usable;
	uint32_t active;
	uint32_t statics;
	uint32_t expired;
	uint32_t peak;
	uint64_t added;
	uint64_t reactivated;
	uint64_t timed_out;
	uint64_t removed;
	uint64_t recycled;
	uint64_t refused;
	uint64_t refused_any;
	uint64_t events_lost;
	uint64_t seq;
	uint64_t incarnation;
};

struct event {
	uint64_t seq;
	uint64_t incarnation;
	uint32_t kind;		/* enum dnetmap_event_kind */
	uint32_t prenat;
	uint32_t postnat;
	struct prefix_name prefix;
	uint32_t flags;
	uint32_t reason;	/* enum dnetmap_end_reason */
	uint32_t state;		/* enum dnetmap_binding_state */
	uint64_t ms;		/* TTL of an active binding */
	uint64_t boottime;	/* ns */
	uint64_t realtime;	/* ns */
};

void binding_decode(const struct nlmsghdr *nlh, struct binding *binding);
void prefix_decode(const struct nlmsghdr *nlh, struct prefix *prefix);
void event_decode(const struct nlmsghdr *nlh, struct event *event);

#define ADDR_TEXT	16
#define PREFIX_TEXT	19
const char *addr_text(uint32_t addr, char text[ADDR_TEXT]);
const char *prefix_text(const struct prefix_name *prefix, char text[PREFIX_TEXT]);
bool addr_parse(const char *text, uint32_t *addr);
bool prefix_parse(const char *text, struct prefix_name *prefix);
bool prefix_has(const struct prefix_name *prefix, uint32_t addr);
bool ms_parse(const char *text, uint64_t *ms);

const char *state_text(uint32_t state);
const char *kind_text(uint32_t kind);
const char *reason_text(uint32_t reason);

json_t *binding_json(const struct binding *binding);
json_t *prefix_json(const struct prefix *prefix);
json_t *event_json(const struct event *event);
json_t *snapshot_json(const struct binding *binding, uint64_t realtime);
json_t *snapshot_end_json(uint64_t incarnation, uint64_t seq, uint64_t realtime);

#endif
