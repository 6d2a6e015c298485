/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
#ifndef _LINUX_NETFILTER_XT_DNETMAP_H
#define _LINUX_NETFILTER_XT_DNETMAP_H

/*
 * The DNETMAP target's rule, as iptables hands it to the kernel (revision 0).
 *
 * The layout is fixed: the target and the plugin of Xtables-addons use the
 * same 48 bytes, and either half of a system may be replaced before the other.
 *
 *   offset  size  field
 *        0    40  prefix: flags, min_addr, max_addr, min_proto, max_proto
 *       40     1  flags
 *       41     3  padding: zero from our plugin, ignored by our module
 *       44     4  ttl
 *
 * Byte order is native, but for the addresses, which are in network order.
 */

#include <linux/types.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_nat.h>

/* The shortest prefix that a rule may name. */
#define DNETMAP_PREFIX_LEN_MIN	8

/**
 * enum xt_dnetmap_flags - what a rule asks for
 * @XT_DNETMAP_TTL: @ttl of &struct xt_dnetmap_tginfo is meant
 * @XT_DNETMAP_REUSE: reactivate the host's expired binding of any prefix
 * @XT_DNETMAP_PREFIX: @prefix of &struct xt_dnetmap_tginfo is meant
 * @XT_DNETMAP_STATIC: use static bindings only
 * @XT_DNETMAP_PERSISTENT: the prefix outlives its last rule; needs a prefix
 * @XT_DNETMAP_HOLD_FLOWS: hold an address back while conntrack knows a flow
 *	of its last owner; needs a prefix
 * @XT_DNETMAP_OWN: the bindings of the prefix are a scope of their own; needs a
 *	prefix
 */
enum xt_dnetmap_flags {
	XT_DNETMAP_TTL		= 1 << 0,
	XT_DNETMAP_REUSE	= 1 << 1,
	XT_DNETMAP_PREFIX	= 1 << 2,
	XT_DNETMAP_STATIC	= 1 << 3,
	XT_DNETMAP_PERSISTENT	= 1 << 4,
	XT_DNETMAP_HOLD_FLOWS	= 1 << 6,
	XT_DNETMAP_OWN		= 1 << 7,
};

/**
 * struct xt_dnetmap_tginfo - a DNETMAP rule
 * @prefix: the prefix, as one aligned block: @prefix.flags is
 *	%NF_NAT_RANGE_MAP_IPS where @flags has %XT_DNETMAP_PREFIX, else 0;
 *	@prefix.min_addr and @prefix.max_addr hold the first and the last IPv4
 *	address in network byte order; the ports are zero
 * @flags: bits of &enum xt_dnetmap_flags
 * @pad: zero
 * @ttl: seconds that a hit grants a binding, where @flags has
 *	%XT_DNETMAP_TTL: 0 expires the binding at once, a negative value leaves
 *	its expiry alone
 */
struct xt_dnetmap_tginfo {
	struct nf_nat_range	prefix;
	__u8			flags;
	__u8			pad[3];
	__s32			ttl;
};

#endif /* _LINUX_NETFILTER_XT_DNETMAP_H */
