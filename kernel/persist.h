/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _DNETMAP_PERSIST_H
#define _DNETMAP_PERSIST_H

struct net;
struct xt_dnetmap_tginfo;

int dnetmap_persist_rule_comes(struct net *net,
			       const struct xt_dnetmap_tginfo *rule);
void dnetmap_persist_rule_goes(const struct xt_dnetmap_tginfo *rule);

#endif /* _DNETMAP_PERSIST_H */
