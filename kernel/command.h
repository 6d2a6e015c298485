/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _DNETMAP_COMMAND_H
#define _DNETMAP_COMMAND_H

struct dnetmap_prefix;

/* Room for the longest command, a newline and a NUL, and some more. */
#define DNETMAP_COMMAND_SIZE	64

int dnetmap_command_run(struct dnetmap_prefix *prefix, char *text);
int dnetmap_command_refuse(const struct dnetmap_prefix *prefix,
			   const char *text);

#endif /* _DNETMAP_COMMAND_H */
