/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _DNETMAP_POOL_H
#define _DNETMAP_POOL_H

#include <linux/types.h>

struct dnetmap_record;
struct dnetmap_net;
struct dnetmap_prefix;

int dnetmap_pool_give(struct dnetmap_net *dn, struct dnetmap_prefix *prefix,
		      struct dnetmap_record *r, struct dnetmap_record *old);
bool dnetmap_pool_make_room(struct dnetmap_net *dn);
bool dnetmap_pool_drop_longest_idle(struct dnetmap_net *dn);
bool dnetmap_pool_drop_idle(struct dnetmap_net *dn, unsigned int nodes);
bool dnetmap_pool_drop_gone(struct dnetmap_net *dn);
u32 dnetmap_pool_limit(const struct dnetmap_net *dn);
bool dnetmap_pool_refuses(const struct dnetmap_net *dn,
			  const struct dnetmap_prefix *prefix);
void dnetmap_pool_count_refused(struct dnetmap_net *dn,
				struct dnetmap_prefix *prefix);
void dnetmap_pool_note_short(struct dnetmap_net *dn,
			     struct dnetmap_prefix *prefix, __be32 prenat);

#endif /* _DNETMAP_POOL_H */
