/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DNETMAP_WIRE_H
#define DNETMAP_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <libmnl/libmnl.h>

/* A message of a bulk request holds as many bindings at most. */
#define WIRE_BULK	500

/* What the kernel said of a request. */
struct wire_error {
	int code;		/* a positive error number, 0 for success */
	char text[160];		/* the kernel's own words, or "" */
	size_t offset;		/* of the attribute that it refuses, or 0 */
};

typedef int wire_callback(const struct nlmsghdr *nlh, void *data);

bool wire_open(void);
struct nlmsghdr *wire_request(void *buffer, uint8_t command, uint16_t flags);
bool wire_ask(struct nlmsghdr *request, wire_callback *callback, void *data,
	      struct wire_error *error);
bool wire_listen(void);
int wire_receive(wire_callback *callback, void *data);
int wire_fd(void);

#endif
