// SPDX-License-Identifier: GPL-2.0-only
/*
 * Assignment: which address a host without an active binding gets.
 *
 * The slow path of a new outbound flow, taken when the hit path has found no
 * active binding for its source in the rule's scope (scope.c), which is the scope
 * of all that follows. The host gets, in this order:
 *
 * - its expired binding, if the rule gives it back: with --reuse, without
 *   --prefix, or if the binding lies in the rule's own prefix;
 * - a new binding from the rule's prefix or, without --prefix, from the oldest
 *   prefix that has an address and is not own;
 * - nothing. An expired binding that it has stays unchanged.
 */
#include <linux/err.h>

#include "assign.h"
#include "binding.h"
#include "due.h"
#include "event.h"
#include "expiry.h"
#include "hit.h"
#include "net.h"
#include "pool.h"
#include "prefix_index.h"
#include "rule.h"
#include "scope.h"

/* Critical sections that one packet may take. */
#define DNETMAP_ASSIGN_SECTIONS	16
/*
 * Prefixes to look at in each of these, if the rule names none. In addition,
 * each checks up to DNETMAP_EXPIRY_BATCH due bindings.
 */
#define DNETMAP_ASSIGN_PREFIXES	128

/*
 * Allocate from the oldest prefix that has an address. A prefix without one is
 * closed and not looked at again until that may have changed. So this loop is
 * only long if many prefixes have become full since the last time. Returns
 * -EAGAIN if these are more than one critical section may look at.
 */
static int dnetmap_assign_from_any(struct dnetmap_net *dn,
				   struct dnetmap_record *r,
				   struct dnetmap_record *old)
{
	struct dnetmap_prefix *prefix;
	unsigned int seen = 0;
	int err;

	if (!dnetmap_pool_make_room(dn))
		return -EBUSY;
	while ((prefix = dnetmap_prefix_first_open(dn))) {
		if (seen++ == DNETMAP_ASSIGN_PREFIXES)
			return -EAGAIN;
		err = dnetmap_pool_give(dn, prefix, r, old);
		if (err != -EBUSY)
			return err;
		dnetmap_prefix_close(prefix);
	}
	return -EBUSY;
}

/* Make a new binding, not active yet; returns an error pointer on failure. */
static struct dnetmap_record *
dnetmap_assign_new(struct dnetmap_net *dn, struct dnetmap_prefix *prefix,
		   __be32 prenat, struct dnetmap_record *old)
{
	struct dnetmap_record *r;
	int err;

	r = dnetmap_record_alloc(prenat, GFP_ATOMIC | __GFP_NOWARN);
	if (!r)
		return ERR_PTR(-ENOMEM);
	err = prefix ? dnetmap_pool_give(dn, prefix, r, old) :
		       dnetmap_assign_from_any(dn, r, old);
	if (!err)
		return r;
	dnetmap_record_free(r);
	return ERR_PTR(err);
}

/* Does the rule give the host its expired binding back? */
static bool dnetmap_assign_gives_back(const struct xt_dnetmap_tginfo *rule,
				      const struct dnetmap_record *r)
{
	return rule->flags & XT_DNETMAP_REUSE ||
	       !dnetmap_rule_names_prefix(rule) ||
	       dnetmap_rule_prefix_has(rule, r->postnat);
}

/* Has the host no record in the scope, as far as a look without a lock tells? */
static bool dnetmap_assign_is_new(struct dnetmap_net *dn,
				  const struct dnetmap_prefix *prefix,
				  __be32 prenat)
{
	if (prefix && READ_ONCE(prefix->unsettled))
		return false;
	return !dnetmap_scope_look(dn, prefix, prenat);
}

/*
 * One critical section of dnetmap_assign(). A due binding may turn out to be
 * idle, so a shortage is certain only when all due bindings have been checked.
 * Returns the address, or 0; @err is -EAGAIN if another critical section may
 * find one.
 */
static __be32 dnetmap_assign_locked(struct dnetmap_net *dn,
				    const struct xt_dnetmap_tginfo *rule,
				    struct dnetmap_prefix *prefix,
				    __be32 prenat, int *err)
{
	s32 ttl = dnetmap_rule_ttl(rule);
	s64 now = dnetmap_now();
	struct dnetmap_record *r, *old;
	bool all_seen;

	lockdep_assert_held(&dn->lock);
	*err = 0;
	/* The prefix has ended since it was looked up. */
	if (prefix && !prefix->listed)
		return 0;
	all_seen = dnetmap_expiry_advance(dn, now, DNETMAP_EXPIRY_BATCH);
	old = dnetmap_scope_find(dn, prefix, prenat, now);
	while (old && !dnetmap_record_ended(old)) {
		if (dnetmap_refresh(old, now, ttl)) {
			/* Another CPU has activated it meanwhile. */
			dnetmap_due_requeue(dn, old);
			return old->postnat;
		}
		dnetmap_binding_expire(dn, old, now);
	}
	if (old && dnetmap_assign_gives_back(rule, old))
		r = old;
	else
		r = dnetmap_assign_new(dn, prefix, prenat, old);
	if (!IS_ERR(r)) {
		dnetmap_binding_activate(dn, r, now, ttl);
		return r->postnat;
	}
	*err = PTR_ERR(r);
	if (*err == -ENOSPC)
		*err = dnetmap_pool_drop_idle(dn, DNETMAP_ADDRTREE_NODES) ? -EAGAIN : -EBUSY;
	if (*err == -ENOMEM)
		dnetmap_event_no_memory(dn, prenat);
	else if (*err == -EBUSY && all_seen)
		dnetmap_pool_note_short(dn, prefix, prenat);
	else
		*err = -EAGAIN;
	return 0;
}

/**
 * dnetmap_assign() - get an address for a host without an active binding
 * @dn: the namespace
 * @rule: the rule that matched the packet
 * @prenat: the host
 *
 * Context: RCU read side; takes &dnetmap_net.lock.
 * Return: the postnat address of the host's binding, which is active and counts
 * as hit; or 0 for none.
 */
__be32 dnetmap_assign(struct dnetmap_net *dn,
		      const struct xt_dnetmap_tginfo *rule, __be32 prenat)
{
	unsigned int sections = DNETMAP_ASSIGN_SECTIONS;
	struct dnetmap_prefix *prefix = NULL;
	__be32 postnat;
	int err;

	if (dnetmap_rule_static_only(rule) || !dnetmap_addr_is_host(prenat))
		return 0;
	if (dnetmap_rule_names_prefix(rule)) {
		struct dnetmap_block block = dnetmap_rule_block(rule);

		prefix = dnetmap_prefix_find(dn, &block);
		if (!prefix)
			return 0;
	}
	/*
	 * Look up last: another CPU may have given this host the last address
	 * before it noted the shortage, and then the host must not be refused.
	 */
	if (dnetmap_pool_refuses(dn, prefix) &&
	    dnetmap_assign_is_new(dn, prefix, prenat)) {
		dnetmap_pool_count_refused(dn, prefix);
		return 0;
	}

	do {
		spin_lock_bh(&dn->lock);
		postnat = dnetmap_assign_locked(dn, rule, prefix, prenat, &err);
		spin_unlock_bh(&dn->lock);
	} while (err == -EAGAIN && --sections);
	return postnat;
}
