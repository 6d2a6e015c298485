/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DNETMAP_WHEN_H
#define DNETMAP_WHEN_H

#include <stdint.h>

/* Real times, in ns since 1970. */

#define WHEN_TEXT	40
uint64_t when_now(void);
const char *when_text(uint64_t time, char text[WHEN_TEXT]);
const char *when_parse(const char *text, uint64_t *time);

#endif
