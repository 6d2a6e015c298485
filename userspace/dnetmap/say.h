/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DNETMAP_SAY_H
#define DNETMAP_SAY_H

/* Exit status, as dnetmap(8) has it. */
enum status {
	DONE = 0,
	FAILED = 1,
	USAGE = 2,
};

__attribute__((format(printf, 1, 2)))
void say_error(const char *format, ...);

__attribute__((format(printf, 1, 2)))
enum status say_usage(const char *format, ...);

const char *say_extra(char **words);

#endif
