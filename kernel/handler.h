/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _DNETMAP_HANDLER_H
#define _DNETMAP_HANDLER_H

#include <linux/types.h>

struct dnetmap_prefix;

bool dnetmap_handler_enter(struct dnetmap_prefix *prefix);
void dnetmap_handler_leave(struct dnetmap_prefix *prefix);

#endif /* _DNETMAP_HANDLER_H */
