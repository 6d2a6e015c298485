/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _DNETMAP_POOL_H
#define _DNETMAP_POOL_H

#include <linux/types.h>

struct dnetmap_addrtree_spare;
struct dnetmap_record;
struct dnetmap_net;
struct dnetmap_prefix;

int dnetmap_pool_give(struct dnetmap_net *dn, struct dnetmap_prefix *prefix,
		      struct dnetmap_record *r, struct dnetmap_record *old);
int dnetmap_pool_give_static(struct dnetmap_net *dn,
			     struct dnetmap_prefix *prefix,
			     struct dnetmap_record *r,
			     struct dnetmap_addrtree_spare *spare,
			     __be32 postnat, s64 now);
bool dnetmap_pool_make_room(struct dnetmap_net *dn);
bool dnetmap_pool_drop_idle(struct dnetmap_net *dn);
bool dnetmap_pool_refuses(const struct dnetmap_net *dn,
			  const struct dnetmap_prefix *prefix);
void dnetmap_pool_note_short(struct dnetmap_net *dn,
			     struct dnetmap_prefix *prefix, __be32 prenat);

#endif /* _DNETMAP_POOL_H */
