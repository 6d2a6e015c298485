/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _DNETMAP_DUE_H
#define _DNETMAP_DUE_H

#include <linux/types.h>

#include "record.h"

struct dnetmap_net;

struct dnetmap_record *dnetmap_due_first(struct dnetmap_net *dn);
void dnetmap_due_head_changed(struct dnetmap_net *dn);
void dnetmap_due_add(struct dnetmap_net *dn, struct dnetmap_record *r,
		     s64 expires);
void dnetmap_due_remove(struct dnetmap_net *dn, struct dnetmap_record *r);
void dnetmap_due_requeue(struct dnetmap_net *dn, struct dnetmap_record *r);
void dnetmap_due_hasten(struct dnetmap_net *dn, struct dnetmap_record *r);

#endif /* _DNETMAP_DUE_H */
