/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _DNETMAP_IDLE_H
#define _DNETMAP_IDLE_H

struct dnetmap_record;
struct dnetmap_net;

struct dnetmap_prefix *dnetmap_idle_add(struct dnetmap_net *dn,
					struct dnetmap_record *r);
struct dnetmap_prefix *dnetmap_idle_remove(struct dnetmap_net *dn,
					   struct dnetmap_record *r);

#endif /* _DNETMAP_IDLE_H */
