/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DNETMAP_REPLACE_H
#define DNETMAP_REPLACE_H

#include <stdio.h>

#include "say.h"

FILE *replace_begin(const char *path);
enum status replace_end(FILE *file, enum status status);

#endif
