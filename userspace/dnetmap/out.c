// SPDX-License-Identifier: GPL-2.0-or-later
/* Standard output: objects a line each, and whether all of it could be written. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "out.h"

struct out_options out;

/* What lets the text behind it have a color, if any has. */
const char *out_color(enum color color)
{
	static const char *const codes[] = {
		[PLAIN] = "\033[0m",
		[RED] = "\033[31m",
		[GREEN] = "\033[32m",
		[YELLOW] = "\033[33m",
		[CYAN] = "\033[36m",
	};

	return out.color ? codes[color] : "";
}

/* Prints an object in a line of its own, and frees it. */
void out_json(json_t *object)
{
	json_dumpf(object, stdout, JSON_COMPACT | JSON_PRESERVE_ORDER |
				   JSON_REAL_PRECISION(15));
	putchar('\n');
	json_decref(object);
}

/* A full disk is an error; a reader who has gone is none of ours. */
enum status out_end(enum status status)
{
	if (!fflush(stdout) && !ferror(stdout))
		return status;
	if (errno != EPIPE)
		say_error("cannot write: %s", strerror(errno));
	return FAILED;
}
