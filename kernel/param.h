/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _DNETMAP_PARAM_H
#define _DNETMAP_PARAM_H

#include <linux/types.h>

extern int dnetmap_default_ttl;
extern unsigned int dnetmap_hash_size;
extern bool dnetmap_disable_log;
extern int dnetmap_max_bindings;
extern bool dnetmap_whole_prefix;
extern unsigned int dnetmap_proc_perms;
extern unsigned int dnetmap_proc_uid;
extern unsigned int dnetmap_proc_gid;

void dnetmap_param_loaded(void);

#endif /* _DNETMAP_PARAM_H */
