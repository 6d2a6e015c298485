// SPDX-License-Identifier: GPL-2.0-only
/*
 * Assignment: what a host gets that has no active binding.
 *
 * The way of a new flow that leaves, once the hit path has found nothing in
 * force for its source:
 *
 *   its expired binding, where the rule lets it have that back (--reuse, no
 *   --prefix, or a binding of the rule's own prefix);
 *   else a new one from the rule's prefix, or without --prefix from the first,
 *   in order of creation, that has an address to give;
 *   else nothing, and what it had stays as it was.
 */
#include <linux/err.h>
#include <linux/in.h>

#include "assign.h"
#include "binding.h"
#include "expiry.h"
#include "hit.h"
#include "log.h"
#include "lookup.h"
#include "netns.h"
#include "pool.h"
#include "prefix.h"
#include "rule.h"

/**
 * dnetmap_addr_is_host() - can a host own this address?
 * @addr: the address
 *
 * Return: false in 0/8, 127/8 and 224/4, and for 255.255.255.255.
 */
bool dnetmap_addr_is_host(__be32 addr)
{
	/* ipv4_is_zeronet() is 0.0.0.0 alone. */
	bool zeronet = !(addr & htonl(dnetmap_mask(8)));

	return !zeronet && !ipv4_is_loopback(addr) &&
	       !ipv4_is_multicast(addr) && !ipv4_is_lbcast(addr);
}

static struct dnetmap_binding *
dnetmap_assign_from_any(struct dnetmap_net *dn, __be32 prenat)
{
	struct dnetmap_binding *b = ERR_PTR(-EBUSY);
	struct dnetmap_prefix *prefix;

	list_for_each_entry(prefix, &dn->prefix_list, list) {
		b = dnetmap_pool_give(dn, prefix, prenat);
		if (PTR_ERR_OR_ZERO(b) != -EBUSY)
			break;
	}
	return b;
}

/* A new binding, not active yet. */
static struct dnetmap_binding *
dnetmap_assign_new(struct dnetmap_net *dn, struct dnetmap_prefix *prefix,
		   __be32 prenat)
{
	struct dnetmap_binding *b;

	if (prefix)
		b = dnetmap_pool_give(dn, prefix, prenat);
	else
		b = dnetmap_assign_from_any(dn, prenat);
	if (b == ERR_PTR(-EBUSY))
		dnetmap_pool_note_short(dn, prefix, prenat);
	else if (IS_ERR(b))
		dnetmap_log_no_memory(dn, prenat);
	return b;
}

/* What the host has, unless that went with its prefix. */
static struct dnetmap_binding *dnetmap_assign_own(struct dnetmap_net *dn,
						  __be32 prenat)
{
	struct dnetmap_binding *b = dnetmap_binding_by_prenat(dn, prenat);

	if (!b || !(b->flags & DNETMAP_GONE))
		return b;
	dnetmap_binding_erase(dn, b);
	return NULL;
}

/* Does the rule give a host its expired binding back? */
static bool dnetmap_assign_gives_back(const struct xt_dnetmap_tginfo *rule,
				      const struct dnetmap_binding *b)
{
	return rule->flags & XT_DNETMAP_REUSE ||
	       !dnetmap_rule_names_prefix(rule) ||
	       dnetmap_rule_prefix_has(rule, b->postnat);
}

static __be32 dnetmap_assign_locked(struct dnetmap_net *dn,
				    const struct xt_dnetmap_tginfo *rule,
				    struct dnetmap_prefix *prefix,
				    __be32 prenat)
{
	s32 ttl = dnetmap_rule_ttl(rule);
	s64 now = dnetmap_now();
	struct dnetmap_binding *b;

	lockdep_assert_held(&dn->lock);
	dnetmap_expiry_advance(dn, now, DNETMAP_EXPIRY_BATCH);
	b = dnetmap_assign_own(dn, prenat);
	while (b && !dnetmap_binding_ended(b)) {
		if (dnetmap_refresh(b, now, ttl)) {
			/* Another CPU has made it meanwhile. */
			dnetmap_expiry_requeue(dn, b);
			return b->postnat;
		}
		dnetmap_binding_expire(dn, b, now);
	}
	if (!b || !dnetmap_assign_gives_back(rule, b))
		b = dnetmap_assign_new(dn, prefix, prenat);
	if (IS_ERR(b))
		return 0;
	dnetmap_binding_activate(dn, b, now, ttl);
	return b->postnat;
}

/**
 * dnetmap_assign() - find a postnat address for a host without an active one
 * @dn: the namespace
 * @rule: the rule that its packet came to
 * @prenat: the host
 *
 * Context: RCU read side; takes &dnetmap_net.lock.
 * Return: the address, tied to the host and hit; or 0, which is none.
 */
__be32 dnetmap_assign(struct dnetmap_net *dn,
		      const struct xt_dnetmap_tginfo *rule, __be32 prenat)
{
	struct dnetmap_prefix *prefix = NULL;
	__be32 postnat;

	if (dnetmap_rule_static_only(rule) || !dnetmap_addr_is_host(prenat))
		return 0;
	if (dnetmap_rule_names_prefix(rule)) {
		struct dnetmap_block block = dnetmap_rule_block(rule);

		prefix = dnetmap_prefix_find(dn, &block);
		if (!prefix)
			return 0;
	}
	if (dnetmap_pool_known_short(dn, prefix, dnetmap_now()) &&
	    !dnetmap_binding_by_prenat(dn, prenat))
		return 0;

	spin_lock_bh(&dn->lock);
	postnat = dnetmap_assign_locked(dn, rule, prefix, prenat);
	spin_unlock_bh(&dn->lock);
	return postnat;
}
