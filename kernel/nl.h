/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _DNETMAP_NL_H
#define _DNETMAP_NL_H

#include <linux/types.h>

struct dnetmap_block;
struct genl_family;
struct net;
struct netlink_ext_ack;
struct nlattr;
struct sk_buff;

void dnetmap_nl_open(const struct genl_family *family);
void dnetmap_nl_close(void);
bool dnetmap_nl_has_listeners(struct net *net);
void dnetmap_nl_multicast(struct net *net, struct sk_buff *skb);
void *dnetmap_nl_header(struct sk_buff *skb, u32 portid, u32 seq, int flags,
			u8 cmd);
bool dnetmap_nl_may_read(const struct sk_buff *skb);
int dnetmap_nl_block(const struct nlattr *addr, const struct nlattr *len,
		     struct dnetmap_block *block, struct netlink_ext_ack *extack);

#endif /* _DNETMAP_NL_H */
