/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _DNETMAP_PREFIX_H
#define _DNETMAP_PREFIX_H

#include <linux/types.h>

struct dnetmap_block;
struct dnetmap_net;
struct dnetmap_prefix;

struct dnetmap_prefix *
dnetmap_prefix_find_or_create(struct dnetmap_net *dn,
			      const struct dnetmap_block *block);
bool dnetmap_prefix_rule_add(struct dnetmap_prefix *prefix, u8 flags);
void dnetmap_prefix_prepare(struct dnetmap_prefix *prefix);
void dnetmap_prefix_abandon(struct dnetmap_prefix *prefix);
void dnetmap_prefix_begin(struct dnetmap_prefix *prefix, bool named, u8 flags);
bool dnetmap_prefix_rule_remove(struct dnetmap_prefix *prefix, u8 flags);
bool dnetmap_prefix_wanted(struct dnetmap_net *dn,
			   const struct dnetmap_block *block);
void dnetmap_prefix_grant(struct dnetmap_prefix *prefix);
int dnetmap_prefix_set_persistent(struct dnetmap_prefix *prefix, bool on,
				  bool patient);
int dnetmap_prefix_delete(struct dnetmap_prefix *prefix);
int dnetmap_prefix_flush(struct dnetmap_prefix *prefix, bool patient);
void dnetmap_prefix_end_all(struct dnetmap_net *dn);
void dnetmap_prefix_reap(struct dnetmap_net *dn);
void dnetmap_prefix_free(struct dnetmap_prefix *prefix);

#endif /* _DNETMAP_PREFIX_H */
