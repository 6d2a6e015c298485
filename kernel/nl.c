// SPDX-License-Identifier: GPL-2.0-only
/*
 * Netlink: what all messages of the family have in common.
 *
 * The family itself is on the top floor, with its table of operations (nl_gen.c);
 * those below know it by a pointer, from dnetmap_nl_open() to dnetmap_nl_close().
 */
#include <linux/capability.h>
#include <net/genetlink.h>
#include <net/sock.h>

#include "block.h"
#include "compat.h"
#include "nl.h"
#include "param.h"

/* NULL while the family is not registered. */
static const struct genl_family *dnetmap_nl;

/**
 * dnetmap_nl_open() - messages may be sent from here on
 * @family: the family, registered
 */
void dnetmap_nl_open(const struct genl_family *family)
{
	WRITE_ONCE(dnetmap_nl, family);
}

/**
 * dnetmap_nl_close() - the family will be unregistered
 *
 * Work that sends messages may still run, and has to be waited for.
 */
void dnetmap_nl_close(void)
{
	WRITE_ONCE(dnetmap_nl, NULL);
}

/**
 * dnetmap_nl_has_listeners() - does anybody listen to events?
 * @net: the namespace
 *
 * Return: true if somebody does.
 */
bool dnetmap_nl_has_listeners(struct net *net)
{
	const struct genl_family *family = READ_ONCE(dnetmap_nl);

	return family && family->n_mcgrps && genl_has_listeners(family, net, 0);
}

/**
 * dnetmap_nl_multicast() - send a message to all who listen
 * @net: the namespace
 * @skb: the message; consumed
 *
 * Context: process; sleeps.
 */
void dnetmap_nl_multicast(struct net *net, struct sk_buff *skb)
{
	const struct genl_family *family = READ_ONCE(dnetmap_nl);

	if (family)
		genlmsg_multicast_netns(family, net, skb, 0, 0, GFP_KERNEL);
	else
		nlmsg_free(skb);
}

/**
 * dnetmap_nl_header() - begin a message
 * @skb: where
 * @portid: whom it is for
 * @seq: the number of the request that it answers
 * @flags: NLM_F_*
 * @cmd: DNETMAP_CMD_*
 *
 * Return: its header, for genlmsg_end() or genlmsg_cancel(); NULL if there is no
 * room.
 */
void *dnetmap_nl_header(struct sk_buff *skb, u32 portid, u32 seq, int flags,
			u8 cmd)
{
	const struct genl_family *family = READ_ONCE(dnetmap_nl);

	return family ? genlmsg_put(skb, portid, seq, family, flags, cmd) : NULL;
}

/**
 * dnetmap_nl_may_read() - may the sender of a request read what others may?
 * @skb: the request
 *
 * Return: true if the files in /proc are for everybody, or the sender has
 * CAP_NET_ADMIN over the namespace.
 */
bool dnetmap_nl_may_read(const struct sk_buff *skb)
{
	return dnetmap_proc_perms & 0004 ||
	       netlink_ns_capable(skb, sock_net(skb->sk)->user_ns, CAP_NET_ADMIN);
}

/**
 * dnetmap_nl_block() - the block that two attributes name
 * @addr: its first address, or NULL
 * @len: its length, or NULL
 * @block: set to it
 * @extack: told what is wrong
 *
 * Return: 0 or -EINVAL.
 */
int dnetmap_nl_block(const struct nlattr *addr, const struct nlattr *len,
		     struct dnetmap_block *block, struct netlink_ext_ack *extack)
{
	if (!addr || !len) {
		NL_SET_ERR_MSG(extack, "expected a prefix with its length");
		return -EINVAL;
	}
	block->addr = nla_get_be32(addr);
	block->len = nla_get_u32(len);
	if (block->addr & ~htonl(dnetmap_mask(block->len))) {
		NL_SET_ERR_MSG_ATTR(extack, addr,
				    "expected the first address of the prefix");
		return -EINVAL;
	}
	return 0;
}
