// SPDX-License-Identifier: GPL-2.0-or-later
/* What the command says on standard error. */
#include <stdarg.h>
#include <stdio.h>

#include "say.h"

static void say(const char *format, va_list args)
{
	/* What was printed so far comes first. */
	fflush(stdout);
	fputs("dnetmap: ", stderr);
	vfprintf(stderr, format, args);
	fputc('\n', stderr);
}

void say_error(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	say(format, args);
	va_end(args);
}

/* Says what is wrong with the command line; returns USAGE. */
enum status say_usage(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	say(format, args);
	va_end(args);
	return USAGE;
}

/* Where one word is expected: the one behind it, or the one that is wrong. */
const char *say_extra(char **words)
{
	return !words[0] ? "nothing" : words[1] ?: words[0];
}
