/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _DNETMAP_NETNS_H
#define _DNETMAP_NETNS_H

#include <linux/types.h>

struct dnetmap_block;
struct net;

int dnetmap_net_rule_add(struct net *net, const struct dnetmap_block *block,
			 u8 flags);
void dnetmap_net_rule_remove(struct net *net, const struct dnetmap_block *block,
			     u8 flags);

int dnetmap_net_prefix_make(struct net *net, const struct dnetmap_block *block);

int dnetmap_netns_init(void);
void dnetmap_netns_exit(void);

#endif /* _DNETMAP_NETNS_H */
