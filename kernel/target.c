// SPDX-License-Identifier: GPL-2.0-only
/*
 * The target: what a rule does to a packet, and what a rule keeps in existence.
 */
#include <linux/ip.h>
#include <linux/module.h>
#include <linux/netfilter/x_tables.h>
#include <linux/netfilter_ipv4.h>
#include <net/netfilter/nf_conntrack.h>
#include <net/netfilter/nf_nat.h>

#include "assign.h"
#include "hit.h"
#include "lookup.h"
#include "net.h"
#include "netns.h"
#include "own_index.h"
#include "persist.h"
#include "prefix_index.h"
#include "rule.h"
#include "scope.h"
#include "target.h"

/* The packet path */

/*
 * Only the first packet of a flow may set up NAT. If conntrack has confirmed
 * the entry, the flow is older than the rules; and a manip that is done stays.
 */
static __always_inline bool
dnetmap_flow_is_new(const struct nf_conn *ct, enum nf_nat_manip_type manip)
{
	unsigned long old = IPS_CONFIRMED;

	old |= manip == NF_NAT_MANIP_SRC ? IPS_SRC_NAT_DONE : IPS_DST_NAT_DONE;
	return ct && !(READ_ONCE(ct->status) & old);
}

static unsigned int dnetmap_flow_map(struct nf_conn *ct, __be32 addr,
				     enum nf_nat_manip_type manip)
{
	const struct nf_nat_range2 range = {
		.flags		= NF_NAT_RANGE_MAP_IPS,
		.min_addr.ip	= addr,
		.max_addr.ip	= addr,
	};

	return nf_nat_setup_info(ct, &range, manip);
}

/* Is the packet's source already a postnat address? */
static bool dnetmap_source_is_postnat(struct dnetmap_net *dn,
				      const struct xt_dnetmap_tginfo *rule,
				      __be32 addr)
{
	if (dnetmap_rule_names_prefix(rule))
		return dnetmap_rule_prefix_has(rule, addr);
	return dnetmap_prefix_covers(dn, addr);
}

/* Let the flow use the binding, if it is active and the rule allows that. */
static __always_inline bool
dnetmap_rule_hit(struct dnetmap_net *dn, const struct xt_dnetmap_tginfo *rule,
		 struct dnetmap_record *r)
{
	if (dnetmap_rule_static_only(rule) && !dnetmap_record_static(r))
		return false;
	return dnetmap_hit(dn, r, dnetmap_rule_ttl(rule));
}

static noinline unsigned int
dnetmap_tg_assign(struct nf_conn *ct, __be32 prenat, struct dnetmap_net *dn,
		  const struct xt_dnetmap_tginfo *rule)
{
	__be32 postnat = dnetmap_assign(dn, rule, prenat);

	if (!postnat)
		return XT_CONTINUE;
	return dnetmap_flow_map(ct, postnat, NF_NAT_MANIP_SRC);
}

/* A rule with --own names a prefix. That keeps it own, and needs no search. */
static __always_inline struct dnetmap_record *
dnetmap_rule_look_own(struct dnetmap_net *dn,
		      const struct xt_dnetmap_tginfo *rule, __be32 prenat)
{
	__be32 first = rule->prefix.min_addr.ip;
	__be32 mask = ~(first ^ rule->prefix.max_addr.ip);

	return dnetmap_own_look(dn, dnetmap_own_key(prenat, first, mask));
}

/* A rule with --static, which makes no bindings. */
static __always_inline unsigned int
dnetmap_tg_static(struct nf_conn *ct, __be32 prenat, struct dnetmap_net *dn,
		  const struct xt_dnetmap_tginfo *rule)
{
	struct dnetmap_record *r;

	if (dnetmap_source_is_postnat(dn, rule, prenat))
		return XT_CONTINUE;
	if (dnetmap_rule_own(rule))
		r = dnetmap_rule_look_own(dn, rule, prenat);
	else
		r = dnetmap_record_by_prenat(dn, prenat);
	if (r && dnetmap_rule_hit(dn, rule, r))
		return dnetmap_flow_map(ct, r->postnat, NF_NAT_MANIP_SRC);
	return XT_CONTINUE;
}

/* A rule with --own. */
static __always_inline unsigned int
dnetmap_tg_own(struct nf_conn *ct, __be32 prenat, struct dnetmap_net *dn,
	       const struct xt_dnetmap_tginfo *rule)
{
	struct dnetmap_record *r;

	r = dnetmap_rule_look_own(dn, rule, prenat);
	if (likely(r) && likely(dnetmap_hit(dn, r, dnetmap_rule_ttl(rule))))
		return dnetmap_flow_map(ct, r->postnat, NF_NAT_MANIP_SRC);
	/* An address of the prefix has no binding in its scope (scope.c). */
	if (dnetmap_rule_prefix_has(rule, prenat))
		return XT_CONTINUE;
	return dnetmap_tg_assign(ct, prenat, dn, rule);
}

/* POSTROUTING and OUTPUT: in both, the source address has the binding. */
static __always_inline unsigned int
dnetmap_tg_outbound(struct nf_conn *ct, __be32 prenat, struct dnetmap_net *dn,
		    const struct xt_dnetmap_tginfo *rule)
{
	struct dnetmap_record *r;

	if (!dnetmap_flow_is_new(ct, NF_NAT_MANIP_SRC))
		return XT_CONTINUE;
	/* One test for both, to spare all other rules one for each. */
	if (unlikely(dnetmap_rule_special(rule))) {
		if (dnetmap_rule_static_only(rule))
			return dnetmap_tg_static(ct, prenat, dn, rule);
		return dnetmap_tg_own(ct, prenat, dn, rule);
	}
	if (dnetmap_source_is_postnat(dn, rule, prenat))
		return XT_CONTINUE;
	r = dnetmap_record_by_prenat(dn, prenat);
	if (likely(r) && likely(dnetmap_hit(dn, r, dnetmap_rule_ttl(rule))))
		return dnetmap_flow_map(ct, r->postnat, NF_NAT_MANIP_SRC);
	return dnetmap_tg_assign(ct, prenat, dn, rule);
}

/* The same, where the rule alone does not tell its scope. */
static unsigned int
dnetmap_tg_outbound_mixed(struct nf_conn *ct, __be32 prenat,
			  struct dnetmap_net *dn,
			  const struct xt_dnetmap_tginfo *rule)
{
	struct dnetmap_prefix *prefix = NULL;
	struct dnetmap_record *r;

	if (!dnetmap_flow_is_new(ct, NF_NAT_MANIP_SRC) ||
	    dnetmap_source_is_postnat(dn, rule, prenat))
		return XT_CONTINUE;
	if (dnetmap_rule_names_prefix(rule)) {
		struct dnetmap_block block = dnetmap_rule_block(rule);

		prefix = dnetmap_prefix_find(dn, &block);
	}
	r = dnetmap_scope_look(dn, prefix, prenat);
	if (r && dnetmap_rule_hit(dn, rule, r))
		return dnetmap_flow_map(ct, r->postnat, NF_NAT_MANIP_SRC);
	return dnetmap_tg_assign(ct, prenat, dn, rule);
}

static __always_inline unsigned int
dnetmap_tg_inbound(struct nf_conn *ct, __be32 postnat, struct dnetmap_net *dn,
		   const struct xt_dnetmap_tginfo *rule)
{
	struct dnetmap_record *r;

	if (!dnetmap_flow_is_new(ct, NF_NAT_MANIP_DST))
		return XT_CONTINUE;
	if (dnetmap_rule_names_prefix(rule) &&
	    !dnetmap_rule_prefix_has(rule, postnat))
		return XT_CONTINUE;
	r = dnetmap_record_by_postnat(dn, postnat);
	if (!r || !dnetmap_rule_hit(dn, rule, r))
		return XT_CONTINUE;
	return dnetmap_flow_map(ct, r->prenat, NF_NAT_MANIP_DST);
}

/* The namespace has no rules, or rules that do not tell their scope. */
static noinline unsigned int
dnetmap_tg_mixed(struct nf_conn *ct, struct sk_buff *skb,
		 const struct xt_action_param *par)
{
	struct dnetmap_net *dn = dnetmap_net(xt_net(par));

	if (!dn)
		return XT_CONTINUE;
	if (xt_hooknum(par) == NF_INET_PRE_ROUTING)
		return dnetmap_tg_inbound(ct, ip_hdr(skb)->daddr, dn,
					  par->targinfo);
	return dnetmap_tg_outbound_mixed(ct, ip_hdr(skb)->saddr, dn,
					 par->targinfo);
}

static unsigned int dnetmap_tg(struct sk_buff *skb,
			       const struct xt_action_param *par)
{
	struct dnetmap_net *dn = dnetmap_net_plain(xt_net(par));
	enum ip_conntrack_info ctinfo;
	struct nf_conn *ct = nf_ct_get(skb, &ctinfo);

	if (unlikely(!dn))
		return dnetmap_tg_mixed(ct, skb, par);
	if (xt_hooknum(par) == NF_INET_PRE_ROUTING)
		return dnetmap_tg_inbound(ct, ip_hdr(skb)->daddr, dn,
					  par->targinfo);
	return dnetmap_tg_outbound(ct, ip_hdr(skb)->saddr, dn, par->targinfo);
}

/* Adding and removing rules */

static int dnetmap_rule_attach(struct net *net,
			       const struct xt_dnetmap_tginfo *rule)
{
	struct dnetmap_block block = dnetmap_rule_block(rule);
	const struct dnetmap_block *named =
		dnetmap_rule_names_prefix(rule) ? &block : NULL;
	bool persistent = dnetmap_rule_persistent(rule);
	int err;

	err = dnetmap_net_rule_add(net, named, rule->flags);
	if (err || !persistent)
		return err;
	err = dnetmap_persist_rule_comes(net, rule);
	if (err)
		dnetmap_net_rule_remove(net, named, rule->flags);
	return err;
}

static void dnetmap_rule_detach(struct net *net,
				const struct xt_dnetmap_tginfo *rule)
{
	struct dnetmap_block block = dnetmap_rule_block(rule);

	if (dnetmap_rule_persistent(rule))
		dnetmap_persist_rule_goes(rule);
	dnetmap_net_rule_remove(net, dnetmap_rule_names_prefix(rule) ? &block : NULL,
				rule->flags);
}

static int dnetmap_tg_check(const struct xt_tgchk_param *par)
{
	const struct xt_dnetmap_tginfo *rule = par->targinfo;
	int err;

	err = dnetmap_rule_check(par->net, rule);
	if (err)
		return err;
	err = nf_ct_netns_get(par->net, par->family);
	if (err)
		return err;
	err = dnetmap_rule_attach(par->net, rule);
	if (err)
		nf_ct_netns_put(par->net, par->family);
	return err;
}

/*
 * nf_tables calls this in a worker that serves the rules of all namespaces, so
 * it must not wait. nf_ct_netns_put() may; but every rule that uses conntrack
 * calls it.
 */
static void dnetmap_tg_destroy(const struct xt_tgdtor_param *par)
{
	dnetmap_rule_detach(par->net, par->targinfo);
	nf_ct_netns_put(par->net, par->family);
}

static struct xt_target dnetmap_tg_reg __read_mostly = {
	.name		= "DNETMAP",
	.revision	= 0,
	.family		= NFPROTO_IPV4,
	.table		= "nat",
	.hooks		= (1 << NF_INET_PRE_ROUTING) |
			  (1 << NF_INET_LOCAL_OUT) |
			  (1 << NF_INET_POST_ROUTING),
	.target		= dnetmap_tg,
	.checkentry	= dnetmap_tg_check,
	.destroy	= dnetmap_tg_destroy,
	.targetsize	= sizeof(struct xt_dnetmap_tginfo),
	.me		= THIS_MODULE,
};

/**
 * dnetmap_target_init() - register the target: rules can be added from here on
 *
 * Return: 0 or an error.
 */
int dnetmap_target_init(void)
{
	return xt_register_target(&dnetmap_tg_reg);
}

/**
 * dnetmap_target_exit() - undo dnetmap_target_init()
 */
void dnetmap_target_exit(void)
{
	xt_unregister_target(&dnetmap_tg_reg);
}
