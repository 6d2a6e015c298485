/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _DNETMAP_BINDING_H
#define _DNETMAP_BINDING_H

#include "event.h"
#include "record.h"

struct dnetmap_net;

void dnetmap_binding_activate(struct dnetmap_net *dn,
			      struct dnetmap_record *r, s64 now, s32 ttl);
void dnetmap_binding_activate_until(struct dnetmap_net *dn,
				    struct dnetmap_record *r, s64 now,
				    s64 expires);
bool dnetmap_binding_prolong(struct dnetmap_net *dn, struct dnetmap_record *r,
			     s64 now, s64 expires);
void dnetmap_binding_activate_static(struct dnetmap_net *dn,
				     struct dnetmap_record *r, s64 now);
bool dnetmap_binding_expire(struct dnetmap_net *dn, struct dnetmap_record *r,
			    s64 now);
void dnetmap_binding_end(struct dnetmap_net *dn, struct dnetmap_record *r,
			 s64 now, enum dnetmap_event_reason reason);
void dnetmap_binding_remove(struct dnetmap_net *dn, struct dnetmap_record *r,
			    s64 now);
void dnetmap_binding_cut(struct dnetmap_net *dn, struct dnetmap_record *r,
			 s64 now);
void dnetmap_binding_forget(struct dnetmap_net *dn, struct dnetmap_record *r);
void dnetmap_binding_vacate(struct dnetmap_net *dn, struct dnetmap_record *r);
void dnetmap_binding_erase(struct dnetmap_net *dn, struct dnetmap_record *r);
void dnetmap_binding_sweep(struct dnetmap_net *dn, struct dnetmap_record *r,
			   struct list_head *swept);
void dnetmap_binding_replace(struct dnetmap_net *dn, struct dnetmap_record *r,
			     struct dnetmap_record *heir);

#endif /* _DNETMAP_BINDING_H */
