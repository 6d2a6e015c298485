// SPDX-License-Identifier: GPL-2.0-only
/*
 * The check of new rules. It is the only barrier between arbitrary bytes that
 * user space passes as a rule, and the code that reads rules later (rule.h).
 */
#include <linux/build_bug.h>
#include <linux/errno.h>

#include "log.h"
#include "rule.h"

static_assert(sizeof(struct xt_dnetmap_tginfo) == 48);
static_assert(offsetof(struct xt_dnetmap_tginfo, flags) == 40);
static_assert(offsetof(struct xt_dnetmap_tginfo, ttl) == 44);

/* Flags that this version supports. */
#define DNETMAP_RULE_FLAGS						\
	(XT_DNETMAP_TTL | XT_DNETMAP_REUSE | XT_DNETMAP_PREFIX |	\
	 XT_DNETMAP_STATIC | XT_DNETMAP_PERSISTENT | XT_DNETMAP_OWN)
/* Flags that have a meaning, in this version or a later one. */
#define DNETMAP_RULE_FLAGS_KNOWN					\
	(DNETMAP_RULE_FLAGS | XT_DNETMAP_HOLD_FLOWS)
/* Flags that need a prefix. */
#define DNETMAP_RULE_FLAGS_OF_PREFIX					\
	(XT_DNETMAP_PERSISTENT | XT_DNETMAP_HOLD_FLOWS | XT_DNETMAP_OWN)

/* Is the range one aligned block, /8 or longer, of addresses hosts can own? */
static int dnetmap_rule_check_block(const struct net *net,
				    const struct xt_dnetmap_tginfo *rule)
{
	u32 first = ntohl(rule->prefix.min_addr.ip);
	u32 last = ntohl(rule->prefix.max_addr.ip);
	u32 host_bits = first ^ last;

	if ((host_bits & (host_bits + 1)) || (first & host_bits)) {
		dnetmap_log_refusal(net, "%pI4-%pI4: expected one aligned block of addresses",
				    &rule->prefix.min_addr.ip,
				    &rule->prefix.max_addr.ip);
		return -EINVAL;
	}
	if (host_bits & dnetmap_mask(DNETMAP_PREFIX_LEN_MIN)) {
		dnetmap_log_refusal(net, "%pI4-%pI4: expected a prefix of /%d to /32",
				    &rule->prefix.min_addr.ip,
				    &rule->prefix.max_addr.ip,
				    DNETMAP_PREFIX_LEN_MIN);
		return -EINVAL;
	}
	if (!dnetmap_addr_is_host(rule->prefix.min_addr.ip)) {
		dnetmap_log_refusal(net, "%pI4-%pI4: expected addresses that a host can own",
				    &rule->prefix.min_addr.ip,
				    &rule->prefix.max_addr.ip);
		return -EINVAL;
	}
	return 0;
}

/**
 * dnetmap_rule_check() - check a rule that is being added
 * @net: the namespace of the rule
 * @rule: the rule, as yet untrusted
 *
 * Context: process.
 * Return: 0, or -EINVAL after logging why.
 */
int dnetmap_rule_check(const struct net *net,
		       const struct xt_dnetmap_tginfo *rule)
{
	bool map_ips = rule->prefix.flags == NF_NAT_RANGE_MAP_IPS;

	if (rule->flags & ~DNETMAP_RULE_FLAGS_KNOWN) {
		dnetmap_log_refusal(net, "unknown flags 0x%02x in a rule",
				    rule->flags & ~DNETMAP_RULE_FLAGS_KNOWN);
		return -EINVAL;
	}
	if (rule->flags & ~DNETMAP_RULE_FLAGS) {
		dnetmap_log_refusal(net, "flags 0x%02x in a rule: not supported by this version",
				    rule->flags & ~DNETMAP_RULE_FLAGS);
		return -EINVAL;
	}
	if (rule->prefix.flags & ~NF_NAT_RANGE_MAP_IPS ||
	    map_ips != dnetmap_rule_names_prefix(rule)) {
		dnetmap_log_refusal(net, "range flags 0x%x and flags 0x%02x of a rule disagree",
				    rule->prefix.flags, rule->flags);
		return -EINVAL;
	}
	if (rule->flags & DNETMAP_RULE_FLAGS_OF_PREFIX && !map_ips) {
		dnetmap_log_refusal(net, "flags 0x%02x in a rule: expected with a prefix only",
				    rule->flags & DNETMAP_RULE_FLAGS_OF_PREFIX);
		return -EINVAL;
	}
	return map_ips ? dnetmap_rule_check_block(net, rule) : 0;
}
