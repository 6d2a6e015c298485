/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _DNETMAP_EXPIRY_H
#define _DNETMAP_EXPIRY_H

#include <linux/types.h>

struct dnetmap_net;

/* Bindings to check in one critical section: a tenth of a millisecond. */
#define DNETMAP_EXPIRY_BATCH	64

bool dnetmap_expiry_advance(struct dnetmap_net *dn, s64 now,
			    unsigned int batch);

void dnetmap_expiry_catch_up(struct dnetmap_net *dn);

void dnetmap_expiry_init(struct dnetmap_net *dn);
void dnetmap_expiry_close(struct dnetmap_net *dn);

#endif /* _DNETMAP_EXPIRY_H */
