/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DNETMAP_CHANGE_H
#define DNETMAP_CHANGE_H

#include <stdbool.h>

#include "object.h"

bool change_parse(char **words, struct binding *binding, bool *force,
		  const char *where);
void change_explain(const struct binding *binding, const char *where);

#endif
