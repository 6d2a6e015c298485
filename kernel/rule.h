/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _DNETMAP_RULE_H
#define _DNETMAP_RULE_H

#include <linux/bitops.h>
#include <linux/netfilter/xt_DNETMAP.h>

#include "block.h"
#include "param.h"

struct net;

/*
 * Accessors for the binary form of a rule, which dnetmap_rule_check() has
 * checked. A rule holds no pointers: its prefix is looked up where it is
 * needed. The hit path does not need it.
 */

static inline bool dnetmap_rule_names_prefix(const struct xt_dnetmap_tginfo *rule)
{
	return rule->flags & XT_DNETMAP_PREFIX;
}

/* Does an address lie in the prefix that the rule names? */
static inline bool dnetmap_rule_prefix_has(const struct xt_dnetmap_tginfo *rule,
					   __be32 addr)
{
	__be32 first = rule->prefix.min_addr.ip;
	__be32 host_bits = first ^ rule->prefix.max_addr.ip;

	return !((addr ^ first) & ~host_bits);
}

/* The prefix that the rule names, as a block. */
static inline struct dnetmap_block
dnetmap_rule_block(const struct xt_dnetmap_tginfo *rule)
{
	__be32 host_bits = rule->prefix.min_addr.ip ^ rule->prefix.max_addr.ip;

	return (struct dnetmap_block) {
		.addr	= rule->prefix.min_addr.ip,
		.len	= 32 - fls(ntohl(host_bits)),
	};
}

static inline bool dnetmap_rule_static_only(const struct xt_dnetmap_tginfo *rule)
{
	return rule->flags & XT_DNETMAP_STATIC;
}

static inline bool dnetmap_rule_own(const struct xt_dnetmap_tginfo *rule)
{
	return rule->flags & XT_DNETMAP_OWN;
}

/* Has the rule --static or --own? */
static inline bool dnetmap_rule_special(const struct xt_dnetmap_tginfo *rule)
{
	return rule->flags & (XT_DNETMAP_STATIC | XT_DNETMAP_OWN);
}

static inline bool dnetmap_rule_persistent(const struct xt_dnetmap_tginfo *rule)
{
	return rule->flags & XT_DNETMAP_PERSISTENT;
}

/*
 * TTL in seconds that a hit by the rule sets; negative leaves the expiry alone.
 */
static inline s32 dnetmap_rule_ttl(const struct xt_dnetmap_tginfo *rule)
{
	return rule->flags & XT_DNETMAP_TTL ? rule->ttl :
					      READ_ONCE(dnetmap_default_ttl);
}

int dnetmap_rule_check(const struct net *net,
		       const struct xt_dnetmap_tginfo *rule);

#endif /* _DNETMAP_RULE_H */
