/* SPDX-License-Identifier: ((GPL-2.0 WITH Linux-syscall-note) OR BSD-3-Clause) */
/* Do not edit directly, auto-generated from: */
/*	netlink/dnetmap.yaml */
/* YNL-GEN kernel header */

#ifndef _LINUX_DNETMAP_GEN_H
#define _LINUX_DNETMAP_GEN_H

#include <net/netlink.h>
#include <net/genetlink.h>

#include "compat.h"

#include <linux/dnetmap.h>

/* Common nested types */
extern const struct nla_policy dnetmap_one_of_bindings_nl_policy[DNETMAP_A_BINDING_PAD + 1];

int dnetmap_nl_binding_get_doit(struct sk_buff *skb, struct genl_info *info);
int dnetmap_nl_binding_get_dumpit(struct sk_buff *skb,
				  struct netlink_callback *cb);
int dnetmap_nl_binding_new_doit(struct sk_buff *skb, struct genl_info *info);
int dnetmap_nl_binding_del_doit(struct sk_buff *skb, struct genl_info *info);
int dnetmap_nl_prefix_get_doit(struct sk_buff *skb, struct genl_info *info);
int dnetmap_nl_prefix_get_dumpit(struct sk_buff *skb,
				 struct netlink_callback *cb);
int dnetmap_nl_prefix_new_doit(struct sk_buff *skb, struct genl_info *info);
int dnetmap_nl_prefix_set_doit(struct sk_buff *skb, struct genl_info *info);
int dnetmap_nl_prefix_del_doit(struct sk_buff *skb, struct genl_info *info);
int dnetmap_nl_flush_doit(struct sk_buff *skb, struct genl_info *info);
int dnetmap_nl_event_get_dumpit(struct sk_buff *skb,
				struct netlink_callback *cb);

enum {
	DNETMAP_NLGRP_EVENTS,
};

extern struct genl_family dnetmap_nl_family;

#endif /* _LINUX_DNETMAP_GEN_H */
