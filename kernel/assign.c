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
#include <linux/errno.h>

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

/* Of due bindings that a packet may look at, beyond the first. */
#define DNETMAP_ASSIGN_BATCHES	16

/* From the prefix that the rule names, or the first that has something. */
static int dnetmap_assign_from(struct dnetmap_net *dn,
			       struct dnetmap_prefix *prefix,
			       struct dnetmap_binding *b,
			       struct dnetmap_binding *old)
{
	int err = -EBUSY;

	if (prefix)
		return dnetmap_pool_give(dn, prefix, b, old);
	list_for_each_entry(prefix, &dn->prefix_list, list) {
		if (dnetmap_pool_empty(dn, prefix))
			continue;
		err = dnetmap_pool_give(dn, prefix, b, old);
		if (err != -EBUSY)
			break;
	}
	return err;
}

/*
 * A new binding, not active yet. What is due may hide what is idle: where there
 * is nothing to give, more of that is looked at, within the bounds of a softirq.
 */
static struct dnetmap_binding *
dnetmap_assign_new(struct dnetmap_net *dn, struct dnetmap_prefix *prefix,
		   __be32 prenat, struct dnetmap_binding *old, s64 now)
{
	struct dnetmap_binding *b = dnetmap_binding_alloc(prenat);
	unsigned int batches = 0;
	bool all_seen = false;
	int err = -ENOMEM;

	while (b) {
		err = dnetmap_assign_from(dn, prefix, b, old);
		if (!err)
			return b;
		if (err != -EBUSY || all_seen ||
		    ++batches > DNETMAP_ASSIGN_BATCHES)
			break;
		all_seen = dnetmap_expiry_advance(dn, now,
						  DNETMAP_EXPIRY_BATCH);
	}
	if (b)
		dnetmap_binding_free(b);
	if (err != -EBUSY)
		dnetmap_log_no_memory(dn, prenat);
	else if (all_seen)
		dnetmap_pool_note_short(dn, prefix, prenat);
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
	struct dnetmap_binding *b, *old;

	lockdep_assert_held(&dn->lock);
	dnetmap_expiry_advance(dn, now, DNETMAP_EXPIRY_BATCH);
	old = dnetmap_binding_of_host(dn, prenat);
	while (old && !dnetmap_binding_ended(old)) {
		if (dnetmap_refresh(old, now, ttl)) {
			/* Another CPU has made it meanwhile. */
			dnetmap_expiry_requeue(dn, old);
			return old->postnat;
		}
		dnetmap_binding_expire(dn, old, now);
	}
	if (old && dnetmap_assign_gives_back(rule, old))
		b = old;
	else
		b = dnetmap_assign_new(dn, prefix, prenat, old, now);
	if (!b)
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
	/* In this order: once it has a binding, it is not refused. */
	if (dnetmap_pool_refuses(dn, prefix) &&
	    !dnetmap_binding_by_prenat(dn, prenat))
		return 0;

	spin_lock_bh(&dn->lock);
	postnat = dnetmap_assign_locked(dn, rule, prefix, prenat);
	spin_unlock_bh(&dn->lock);
	return postnat;
}
