/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _DNETMAP_PROC_H
#define _DNETMAP_PROC_H

#include <linux/types.h>

struct dnetmap_net;
struct dnetmap_prefix;

#ifdef CONFIG_PROC_FS
int dnetmap_proc_net_add(struct dnetmap_net *dn);
void dnetmap_proc_net_remove(struct dnetmap_net *dn);
int dnetmap_proc_prefix_add(struct dnetmap_prefix *prefix);
bool dnetmap_proc_prefix_remove(struct dnetmap_prefix *prefix);
#else
static inline int dnetmap_proc_net_add(struct dnetmap_net *dn)
{
	return 0;
}

static inline void dnetmap_proc_net_remove(struct dnetmap_net *dn)
{
}

static inline int dnetmap_proc_prefix_add(struct dnetmap_prefix *prefix)
{
	return 0;
}

static inline bool dnetmap_proc_prefix_remove(struct dnetmap_prefix *prefix)
{
	return true;
}
#endif

#endif /* _DNETMAP_PROC_H */
