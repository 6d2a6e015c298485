/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _DNETMAP_ASSIGN_H
#define _DNETMAP_ASSIGN_H

#include <linux/types.h>

struct dnetmap_net;
struct xt_dnetmap_tginfo;

__be32 dnetmap_assign(struct dnetmap_net *dn,
		      const struct xt_dnetmap_tginfo *rule, __be32 prenat);

#endif /* _DNETMAP_ASSIGN_H */
