// SPDX-License-Identifier: GPL-2.0-or-later
/* The requests of the family, one function each. */
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ask.h"

#define SMALL	512

struct call {
	binding_callback *binding;
	prefix_callback *prefix;
	event_callback *event;
	void *data;
};

static int call_binding(const struct nlmsghdr *nlh, void *data)
{
	struct call *call = data;
	struct binding binding;

	binding_decode(nlh, &binding);
	return call->binding(&binding, call->data);
}

static int call_prefix(const struct nlmsghdr *nlh, void *data)
{
	struct call *call = data;
	struct prefix prefix;

	prefix_decode(nlh, &prefix);
	return call->prefix(&prefix, call->data);
}

static int call_event(const struct nlmsghdr *nlh, void *data)
{
	struct call *call = data;
	struct event event;

	event_decode(nlh, &event);
	return call->event(&event, call->data);
}

static void put_prefix(struct nlmsghdr *nlh, uint16_t addr, uint16_t len,
		       const struct prefix_name *name)
{
	if (!name->len)
		return;
	mnl_attr_put_u32(nlh, addr, htonl(name->addr));
	mnl_attr_put_u32(nlh, len, name->len);
}

/* Calls back for each binding, by ascending public address. */
bool ask_bindings(const struct filter *filter, binding_callback *callback,
		  void *data, struct wire_error *error)
{
	struct call call = { .binding = callback, .data = data };
	char request[SMALL];
	struct nlmsghdr *nlh;

	nlh = wire_request(request, DNETMAP_CMD_BINDING_GET, NLM_F_DUMP);
	put_prefix(nlh, DNETMAP_A_BINDING_PRENAT, DNETMAP_A_BINDING_PRENAT_LEN,
		   &filter->prenat);
	put_prefix(nlh, DNETMAP_A_BINDING_PREFIX, DNETMAP_A_BINDING_PREFIX_LEN,
		   &filter->prefix);
	if (filter->postnat)
		mnl_attr_put_u32(nlh, DNETMAP_A_BINDING_POSTNAT,
				 htonl(filter->postnat));
	if (filter->state >= 0)
		mnl_attr_put_u32(nlh, DNETMAP_A_BINDING_STATE, filter->state);
	return wire_ask(nlh, call_binding, &call, error);
}

bool ask_prefixes(prefix_callback *callback, void *data, struct wire_error *error)
{
	struct call call = { .prefix = callback, .data = data };
	char request[SMALL];

	return wire_ask(wire_request(request, DNETMAP_CMD_PREFIX_GET, NLM_F_DUMP),
			call_prefix, &call, error);
}

/* Calls back for the events that the kernel keeps, from a number on. */
bool ask_events(uint64_t from, event_callback *callback, void *data,
		struct wire_error *error)
{
	struct call call = { .event = callback, .data = data };
	char request[SMALL];
	struct nlmsghdr *nlh;

	nlh = wire_request(request, DNETMAP_CMD_EVENT_GET, NLM_F_DUMP);
	mnl_attr_put_u64(nlh, DNETMAP_A_EVENT_SEQ, from);
	return wire_ask(nlh, call_event, &call, error);
}

static void put_binding(struct nlmsghdr *nlh, const struct binding *b)
{
	struct nlattr *nest = mnl_attr_nest_start(nlh, DNETMAP_A_BINDINGS_BINDING);

	mnl_attr_put_u32(nlh, DNETMAP_A_BINDING_PRENAT, htonl(b->prenat));
	mnl_attr_put_u32(nlh, DNETMAP_A_BINDING_POSTNAT, htonl(b->postnat));
	put_prefix(nlh, DNETMAP_A_BINDING_PREFIX, DNETMAP_A_BINDING_PREFIX_LEN,
		   &b->prefix);
	mnl_attr_put_u32(nlh, DNETMAP_A_BINDING_STATE, b->state);
	if (b->state == DNETMAP_BINDING_STATE_ACTIVE && b->ms != UINT64_MAX)
		mnl_attr_put_u64(nlh, DNETMAP_A_BINDING_TTL, b->ms);
	else if (b->state == DNETMAP_BINDING_STATE_EXPIRED)
		mnl_attr_put_u64(nlh, DNETMAP_A_BINDING_ENDED, b->ms);
	mnl_attr_nest_end(nlh, nest);
}

/* Which of the bindings of a request has an attribute at this offset? */
static size_t which(const struct nlmsghdr *nlh, size_t offset)
{
	const struct nlattr *attr;
	size_t i = 0;

	mnl_attr_for_each(attr, nlh, 4) {
		size_t at = (const char *)attr - (const char *)nlh;

		if (offset >= at && offset < at + attr->nla_len)
			break;
		i++;
	}
	return i;
}

/*
 * Makes bindings, up to WIRE_BULK, all or none; active ones with ms UINT64_MAX get
 * the default TTL. Sets *bad to the one that is refused, if the kernel says which.
 */
bool ask_add(const struct binding *bindings, size_t count, bool force, size_t *bad,
	     struct wire_error *error)
{
	static char request[WIRE_BULK * 96];
	struct nlmsghdr *nlh = wire_request(request, DNETMAP_CMD_BINDING_NEW, 0);
	size_t i;

	for (i = 0; i < count; i++)
		put_binding(nlh, &bindings[i]);
	if (force)
		mnl_attr_put(nlh, DNETMAP_A_BINDINGS_FORCE, 0, NULL);
	if (wire_ask(nlh, NULL, NULL, error))
		return true;
	*bad = error->offset ? which(nlh, error->offset) : 0;
	return false;
}

/* Removes the binding of a pair, or of one address if the other is 0. */
bool ask_del(uint32_t prenat, uint32_t postnat, const struct prefix_name *in,
	     struct wire_error *error)
{
	char request[SMALL];
	struct nlmsghdr *nlh = wire_request(request, DNETMAP_CMD_BINDING_DEL, 0);

	if (prenat)
		mnl_attr_put_u32(nlh, DNETMAP_A_BINDING_PRENAT, htonl(prenat));
	if (postnat)
		mnl_attr_put_u32(nlh, DNETMAP_A_BINDING_POSTNAT, htonl(postnat));
	put_prefix(nlh, DNETMAP_A_BINDING_PREFIX, DNETMAP_A_BINDING_PREFIX_LEN, in);
	return wire_ask(nlh, NULL, NULL, error);
}

/* A request that names a prefix: new, set (with flags), del or flush. */
bool ask_prefix(uint8_t command, const struct prefix_name *name,
		const uint32_t *flags, struct wire_error *error)
{
	char request[SMALL];
	struct nlmsghdr *nlh = wire_request(request, command, 0);

	put_prefix(nlh, DNETMAP_A_PREFIX_PREFIX, DNETMAP_A_PREFIX_PREFIX_LEN, name);
	if (flags) {
		mnl_attr_put_u32(nlh, DNETMAP_A_PREFIX_FLAGS, *flags);
		mnl_attr_put_u32(nlh, DNETMAP_A_PREFIX_FLAGS_MASK,
				 DNETMAP_PREFIX_FLAGS_PERSISTENT);
	}
	return wire_ask(nlh, NULL, NULL, error);
}

/* Says that something was refused, in the kernel's words if it had any. */
enum status ask_failed(const char *what, const struct wire_error *error)
{
	if (error->code == ECANCELED)
		return FAILED;
	if (error->code == EPERM)
		say_error("%s: not permitted: CAP_NET_ADMIN over the network namespace is needed",
			  what);
	else
		say_error("%s: %s", what,
			  *error->text ? error->text : strerror(error->code));
	return FAILED;
}
