// SPDX-License-Identifier: GPL-2.0-or-later
/* Bindings, prefixes and events: from messages, to words and to JSON. */
#include <arpa/inet.h>
#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <linux/genetlink.h>

#include "object.h"

static uint32_t get_addr(const struct nlattr *attr)
{
	return ntohl(mnl_attr_get_u32(attr));
}

void binding_decode(const struct nlmsghdr *nlh, struct binding *b)
{
	const struct nlattr *attr;

	*b = (struct binding){};
	mnl_attr_for_each(attr, nlh, sizeof(struct genlmsghdr)) {
		switch (mnl_attr_get_type(attr)) {
		case DNETMAP_A_BINDING_PRENAT:
			b->prenat = get_addr(attr);
			break;
		case DNETMAP_A_BINDING_POSTNAT:
			b->postnat = get_addr(attr);
			break;
		case DNETMAP_A_BINDING_PREFIX:
			b->prefix.addr = get_addr(attr);
			break;
		case DNETMAP_A_BINDING_PREFIX_LEN:
			b->prefix.len = mnl_attr_get_u32(attr);
			break;
		case DNETMAP_A_BINDING_STATE:
			b->state = mnl_attr_get_u32(attr);
			break;
		case DNETMAP_A_BINDING_SCOPE:
			b->scope = mnl_attr_get_u32(attr);
			break;
		case DNETMAP_A_BINDING_TTL:
		case DNETMAP_A_BINDING_ENDED:
			b->ms = mnl_attr_get_u64(attr);
			break;
		case DNETMAP_A_BINDING_LAST_HIT:
			b->last_hit = mnl_attr_get_u32(attr);
			break;
		case DNETMAP_A_BINDING_EVENT_SEQ:
			b->seq = mnl_attr_get_u64(attr);
			break;
		case DNETMAP_A_BINDING_INCARNATION:
			b->incarnation = mnl_attr_get_u64(attr);
			break;
		}
	}
}

/* Where a counter of a prefix is, by attribute. */
static const struct {
	uint16_t type;
	bool wide;
	size_t offset;
} prefix_fields[] = {
	{ DNETMAP_A_PREFIX_FLAGS, false, offsetof(struct prefix, flags) },
	{ DNETMAP_A_PREFIX_RULES, false, offsetof(struct prefix, rules) },
	{ DNETMAP_A_PREFIX_USABLE, false, offsetof(struct prefix, usable) },
	{ DNETMAP_A_PREFIX_ACTIVE, false, offsetof(struct prefix, active) },
	{ DNETMAP_A_PREFIX_STATIC, false, offsetof(struct prefix, statics) },
	{ DNETMAP_A_PREFIX_EXPIRED, false, offsetof(struct prefix, expired) },
	{ DNETMAP_A_PREFIX_PEAK, false, offsetof(struct prefix, peak) },
	{ DNETMAP_A_PREFIX_ADDED, true, offsetof(struct prefix, added) },
	{ DNETMAP_A_PREFIX_REACTIVATED, true, offsetof(struct prefix, reactivated) },
	{ DNETMAP_A_PREFIX_TIMED_OUT, true, offsetof(struct prefix, timed_out) },
	{ DNETMAP_A_PREFIX_REMOVED, true, offsetof(struct prefix, removed) },
	{ DNETMAP_A_PREFIX_RECYCLED, true, offsetof(struct prefix, recycled) },
	{ DNETMAP_A_PREFIX_REFUSED, true, offsetof(struct prefix, refused) },
	{ DNETMAP_A_PREFIX_REFUSED_ANY, true, offsetof(struct prefix, refused_any) },
	{ DNETMAP_A_PREFIX_EVENTS_LOST, true, offsetof(struct prefix, events_lost) },
	{ DNETMAP_A_PREFIX_EVENT_SEQ, true, offsetof(struct prefix, seq) },
	{ DNETMAP_A_PREFIX_INCARNATION, true, offsetof(struct prefix, incarnation) },
};

static void prefix_field(struct prefix *p, const struct nlattr *attr)
{
	size_t i;

	for (i = 0; i < sizeof(prefix_fields) / sizeof(*prefix_fields); i++) {
		void *field = (char *)p + prefix_fields[i].offset;

		if (prefix_fields[i].type != mnl_attr_get_type(attr))
			continue;
		if (prefix_fields[i].wide)
			*(uint64_t *)field = mnl_attr_get_u64(attr);
		else
			*(uint32_t *)field = mnl_attr_get_u32(attr);
	}
}

void prefix_decode(const struct nlmsghdr *nlh, struct prefix *p)
{
	const struct nlattr *attr;

	*p = (struct prefix){};
	mnl_attr_for_each(attr, nlh, sizeof(struct genlmsghdr)) {
		if (mnl_attr_get_type(attr) == DNETMAP_A_PREFIX_PREFIX)
			p->name.addr = get_addr(attr);
		else if (mnl_attr_get_type(attr) == DNETMAP_A_PREFIX_PREFIX_LEN)
			p->name.len = mnl_attr_get_u32(attr);
		else
			prefix_field(p, attr);
	}
}

void event_decode(const struct nlmsghdr *nlh, struct event *e)
{
	const struct nlattr *attr;

	*e = (struct event){};
	mnl_attr_for_each(attr, nlh, sizeof(struct genlmsghdr)) {
		switch (mnl_attr_get_type(attr)) {
		case DNETMAP_A_EVENT_SEQ:
			e->seq = mnl_attr_get_u64(attr);
			break;
		case DNETMAP_A_EVENT_INCARNATION:
			e->incarnation = mnl_attr_get_u64(attr);
			break;
		case DNETMAP_A_EVENT_KIND:
			e->kind = mnl_attr_get_u32(attr);
			break;
		case DNETMAP_A_EVENT_PRENAT:
			e->prenat = get_addr(attr);
			break;
		case DNETMAP_A_EVENT_POSTNAT:
			e->postnat = get_addr(attr);
			break;
		case DNETMAP_A_EVENT_PREFIX:
			e->prefix.addr = get_addr(attr);
			break;
		case DNETMAP_A_EVENT_PREFIX_LEN:
			e->prefix.len = mnl_attr_get_u32(attr);
			break;
		case DNETMAP_A_EVENT_FLAGS:
			e->flags = mnl_attr_get_u32(attr);
			break;
		case DNETMAP_A_EVENT_REASON:
			e->reason = mnl_attr_get_u32(attr);
			break;
		case DNETMAP_A_EVENT_STATE:
			e->state = mnl_attr_get_u32(attr);
			break;
		case DNETMAP_A_EVENT_TTL:
			e->ms = mnl_attr_get_u64(attr);
			break;
		case DNETMAP_A_EVENT_BOOTTIME:
			e->boottime = mnl_attr_get_u64(attr);
			break;
		case DNETMAP_A_EVENT_REALTIME:
			e->realtime = mnl_attr_get_u64(attr);
			break;
		}
	}
}

/* Words */

const char *addr_text(uint32_t addr, char text[ADDR_TEXT])
{
	struct in_addr in = { htonl(addr) };

	return inet_ntop(AF_INET, &in, text, ADDR_TEXT);
}

const char *prefix_text(const struct prefix_name *prefix, char text[PREFIX_TEXT])
{
	char addr[ADDR_TEXT];

	snprintf(text, PREFIX_TEXT, "%s/%" PRIu32, addr_text(prefix->addr, addr),
		 prefix->len);
	return text;
}

bool addr_parse(const char *text, uint32_t *addr)
{
	struct in_addr in;

	if (inet_pton(AF_INET, text, &in) != 1)
		return false;
	*addr = ntohl(in.s_addr);
	return true;
}

/* ADDR or ADDR/LEN, with nothing beyond LEN bits. */
bool prefix_parse(const char *text, struct prefix_name *prefix)
{
	const char *slash = strchr(text, '/');
	char addr[ADDR_TEXT] = "", *end = "";
	unsigned long len = 32;

	if (slash) {
		len = strtoul(slash + 1, &end, 10);
		if (slash[1] < '0' || slash[1] > '9' || *end || len < 1 || len > 32 ||
		    slash - text >= ADDR_TEXT)
			return false;
		memcpy(addr, text, slash - text);
		text = addr;
	}
	prefix->len = len;
	return addr_parse(text, &prefix->addr) &&
	       !(prefix->addr & ~(~0U << (32 - len)));
}

bool prefix_has(const struct prefix_name *prefix, uint32_t addr)
{
	return !((addr ^ prefix->addr) & ~0U << (32 - prefix->len));
}

/* Seconds, with up to three digits behind a point. */
bool ms_parse(const char *text, uint64_t *ms)
{
	unsigned int digits = 0, scale = 100;
	uint64_t seconds = 0;

	for (; *text >= '0' && *text <= '9' && seconds <= INT32_MAX; text++, digits++)
		seconds = seconds * 10 + (*text - '0');
	if (!digits || seconds > INT32_MAX)
		return false;
	*ms = seconds * 1000;
	if (*text == '.')
		for (text++; *text >= '0' && *text <= '9' && scale; text++, scale /= 10)
			*ms += (*text - '0') * scale;
	return !*text;
}

static const char *word(const char *const *words, size_t count, uint32_t i)
{
	return i < count && words[i] ? words[i] : "unknown";
}

#define WORD(words, i)	word(words, sizeof(words) / sizeof(*(words)), i)

const char *state_text(uint32_t state)
{
	static const char *const words[] = {
		[DNETMAP_BINDING_STATE_ACTIVE] = "active",
		[DNETMAP_BINDING_STATE_STATIC] = "static",
		[DNETMAP_BINDING_STATE_EXPIRED] = "expired",
	};

	return WORD(words, state);
}

const char *kind_text(uint32_t kind)
{
	static const char *const words[] = {
		[DNETMAP_EVENT_KIND_ADD] = "add",
		[DNETMAP_EVENT_KIND_END] = "end",
		[DNETMAP_EVENT_KIND_PASS] = "pass",
		[DNETMAP_EVENT_KIND_PREFIX_NEW] = "prefix-new",
		[DNETMAP_EVENT_KIND_PREFIX_SET] = "prefix-set",
		[DNETMAP_EVENT_KIND_PREFIX_END] = "prefix-end",
		[DNETMAP_EVENT_KIND_FLUSH] = "flush",
		[DNETMAP_EVENT_KIND_NO_ADDRESS] = "no-address",
		[DNETMAP_EVENT_KIND_NO_MEMORY] = "no-memory",
	};

	return WORD(words, kind);
}

const char *reason_text(uint32_t reason)
{
	static const char *const words[] = {
		[DNETMAP_END_REASON_TIMEOUT] = "timeout",
		[DNETMAP_END_REASON_DELETED] = "deleted",
		[DNETMAP_END_REASON_REPLACED] = "replaced",
		[DNETMAP_END_REASON_RIVAL] = "rival",
		[DNETMAP_END_REASON_PREFIX] = "prefix",
	};

	return WORD(words, reason);
}

/* JSON */

static void set_addr(json_t *object, const char *name, uint32_t addr)
{
	char text[ADDR_TEXT];

	json_object_set_new(object, name, json_string(addr_text(addr, text)));
}

static void set_prefix(json_t *object, const struct prefix_name *prefix)
{
	char text[PREFIX_TEXT];

	if (prefix->len)
		json_object_set_new(object, "prefix",
				    json_string(prefix_text(prefix, text)));
}

static void set_text(json_t *object, const char *name, const char *text)
{
	json_object_set_new(object, name, json_string(text));
}

static void set_number(json_t *object, const char *name, uint64_t number)
{
	json_object_set_new(object, name, json_integer(number));
}

/* Larger than what most readers of JSON take for a number. */
static void set_incarnation(json_t *object, uint64_t incarnation)
{
	char text[17];

	snprintf(text, sizeof(text), "%016" PRIx64, incarnation);
	set_text(object, "incarnation", text);
}

static void set_seconds(json_t *object, const char *name, uint64_t ms)
{
	json_object_set_new(object, name, json_real(ms / 1000.0));
}

json_t *binding_json(const struct binding *b)
{
	json_t *object = json_object();

	set_addr(object, "prenat", b->prenat);
	set_addr(object, "postnat", b->postnat);
	set_text(object, "state", state_text(b->state));
	if (b->state == DNETMAP_BINDING_STATE_ACTIVE)
		set_seconds(object, "ttl", b->ms);
	else if (b->state == DNETMAP_BINDING_STATE_EXPIRED)
		set_seconds(object, "ended", b->ms);
	set_prefix(object, &b->prefix);
	set_text(object, "scope",
		 b->scope == DNETMAP_BINDING_SCOPE_OWN ? "own" : "shared");
	set_number(object, "last_hit", b->last_hit);
	return object;
}

static json_t *flags_json(uint32_t flags)
{
	json_t *words = json_array();

	if (flags & DNETMAP_PREFIX_FLAGS_PERSISTENT)
		json_array_append_new(words, json_string("persistent"));
	if (flags & DNETMAP_PREFIX_FLAGS_OWN)
		json_array_append_new(words, json_string("own"));
	return words;
}

json_t *prefix_json(const struct prefix *p)
{
	json_t *object = json_object();

	set_prefix(object, &p->name);
	json_object_set_new(object, "flags", flags_json(p->flags));
	set_number(object, "rules", p->rules);
	set_number(object, "usable", p->usable);
	set_number(object, "active", p->active);
	set_number(object, "static", p->statics);
	set_number(object, "expired", p->expired);
	set_number(object, "peak", p->peak);
	set_number(object, "added", p->added);
	set_number(object, "reactivated", p->reactivated);
	set_number(object, "timed_out", p->timed_out);
	set_number(object, "removed", p->removed);
	set_number(object, "recycled", p->recycled);
	set_number(object, "refused", p->refused);
	return object;
}

json_t *event_json(const struct event *e)
{
	json_t *object = json_object();

	set_number(object, "realtime", e->realtime);
	set_number(object, "boottime", e->boottime);
	set_incarnation(object, e->incarnation);
	set_number(object, "seq", e->seq);
	set_text(object, "event", kind_text(e->kind));
	if (e->prenat)
		set_addr(object, "prenat", e->prenat);
	if (e->postnat)
		set_addr(object, "postnat", e->postnat);
	set_prefix(object, &e->prefix);
	if (e->kind == DNETMAP_EVENT_KIND_ADD) {
		set_text(object, "state", state_text(e->state));
		if (e->state == DNETMAP_BINDING_STATE_ACTIVE)
			set_seconds(object, "ttl", e->ms);
	} else if (e->kind == DNETMAP_EVENT_KIND_END) {
		set_text(object, "reason", reason_text(e->reason));
	} else if (e->kind == DNETMAP_EVENT_KIND_PREFIX_NEW ||
		   e->kind == DNETMAP_EVENT_KIND_PREFIX_SET) {
		json_object_set_new(object, "flags", flags_json(e->flags));
	}
	return object;
}

/* A line of a record that begins with the bindings that there are. */
json_t *snapshot_json(const struct binding *b, uint64_t realtime)
{
	json_t *object = json_object(), *binding = binding_json(b);

	set_number(object, "realtime", realtime);
	set_incarnation(object, b->incarnation);
	set_number(object, "seq", b->seq);
	set_text(object, "event", "snapshot");
	json_object_update(object, binding);
	json_decref(binding);
	return object;
}

/* The line behind them: an address without a line had no active binding. */
json_t *snapshot_end_json(uint64_t incarnation, uint64_t seq, uint64_t realtime)
{
	json_t *object = json_object();

	set_number(object, "realtime", realtime);
	set_incarnation(object, incarnation);
	set_number(object, "seq", seq);
	set_text(object, "event", "snapshot-end");
	return object;
}
