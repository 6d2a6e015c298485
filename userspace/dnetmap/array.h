/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DNETMAP_ARRAY_H
#define DNETMAP_ARRAY_H

#include <stddef.h>

void *array_grow(void *array, size_t count, size_t *room, size_t size);

#endif
