/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _DNETMAP_PARAM_H
#define _DNETMAP_PARAM_H

#include <linux/atomic.h>
#include <linux/types.h>

/*
 * Who may want the events of bindings: the log unless disable_log is set, the
 * history unless event_history is 0, and each namespace that is listened to. While
 * it is 0, no such event is made.
 */
extern atomic_t dnetmap_event_sinks;

extern int dnetmap_default_ttl;
extern unsigned int dnetmap_hash_size;
extern bool dnetmap_disable_log;
extern unsigned int dnetmap_event_history;
extern int dnetmap_max_bindings;
extern bool dnetmap_whole_prefix;
extern unsigned int dnetmap_proc_perms;
extern unsigned int dnetmap_proc_uid;
extern unsigned int dnetmap_proc_gid;

void dnetmap_param_loaded(void);

#endif /* _DNETMAP_PARAM_H */
