/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _DNETMAP_PARAM_H
#define _DNETMAP_PARAM_H

#include <linux/types.h>

extern int dnetmap_default_ttl;
extern unsigned int dnetmap_hash_size;
extern unsigned int dnetmap_disable_log;
extern unsigned int dnetmap_max_bindings;

void dnetmap_param_loaded(void);

#endif /* _DNETMAP_PARAM_H */
