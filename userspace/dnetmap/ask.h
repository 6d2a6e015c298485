/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DNETMAP_ASK_H
#define DNETMAP_ASK_H

#include "object.h"
#include "say.h"
#include "wire.h"

/* Which bindings to dump; 0 or length 0: any. */
struct filter {
	struct prefix_name prenat;
	struct prefix_name prefix;
	uint32_t postnat;
	int state;		/* enum dnetmap_binding_state, or -1 */
};

typedef int binding_callback(const struct binding *binding, void *data);
typedef int prefix_callback(const struct prefix *prefix, void *data);
typedef int event_callback(const struct event *event, void *data);

bool ask_bindings(const struct filter *filter, binding_callback *callback,
		  void *data, struct wire_error *error);
bool ask_prefixes(prefix_callback *callback, void *data, struct wire_error *error);
bool ask_events(uint64_t from, event_callback *callback, void *data,
		struct wire_error *error);
bool ask_add(const struct binding *bindings, size_t count, bool force, size_t *bad,
	     struct wire_error *error);
bool ask_del(uint32_t prenat, uint32_t postnat, const struct prefix_name *in,
	     struct wire_error *error);
bool ask_prefix(uint8_t command, const struct prefix_name *name,
		const uint32_t *flags, struct wire_error *error);
enum status ask_failed(const char *what, const struct wire_error *error);

#endif
