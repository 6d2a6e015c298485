/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DNETMAP_OUT_H
#define DNETMAP_OUT_H

#include <stdbool.h>

#include <jansson.h>

#include "say.h"

/* How to print, by the options in front of the verb. */
extern struct out_options {
	bool json;		/* -j */
	bool no_header;		/* -H */
	bool color;		/* -c, and where the output goes */
	bool exist;		/* -x */
} out;

enum color { PLAIN, RED, GREEN, YELLOW, CYAN };

const char *out_color(enum color color);
void out_json(json_t *object);
enum status out_end(enum status status);

#endif
