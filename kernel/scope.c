// SPDX-License-Identifier: GPL-2.0-only
/*
 * Scopes: within which a host has one binding.
 *
 * Theory of operation
 *
 * A prefix is own while any of its rules has --own. The bindings that an own
 * prefix holds are a scope; the bindings that all other prefixes hold are
 * another one, the shared scope. A host has at most one binding in each scope. A
 * postnat address has at most one binding over all scopes, so the index by
 * postnat address, and all that is done by it, knows nothing of scopes: DNAT,
 * which address is free, /proc, flushes, the bound on records.
 *
 * The scope of a record follows from the prefix that holds it, not from its
 * address: where an own prefix overlaps with another one, an address in both is
 * in the scope of the prefix that gave it. So --reuse means nothing to a rule of
 * an own prefix, as all bindings of its scope are of its prefix.
 *
 * The scope of a rule is that of the prefix that it names. A rule without a
 * prefix is of the shared scope, and allocates no address from an own prefix:
 * that is never open (prefix_index.c). Each scope needs a look-up of its own:
 *
 *   the rule has --own      By its prefix, without finding that: the rule itself
 *                           keeps the prefix own.
 *   no rule of any own      In the shared scope, without a thought of any other.
 *   prefix is without it
 *   otherwise               The prefix has to be found. The packets of such a
 *                           namespace do not get a pointer to its state
 *                           (&dnetmap_pernet.plain), and so take a path of
 *                           their own (target.c); the others pay nothing.
 *
 * A prefix becomes own, or ceases to be, while it holds bindings: it turns. From
 * then on, all its new bindings are of its new scope. Those that it has move to
 * that scope one by one:
 *
 *   in a walk      over the records in the prefix (record_bulk.c), in the process
 *                  that adds the rule, or in the reap work if a rule has gone;
 *   or before it   when a rule of the prefix, or a command, needs the host's
 *                  binding (dnetmap_scope_find).
 *
 * Until a binding has moved, it is of its old scope; rules of that may use it.
 * Where a prefix has ended, the one that inherits its records may be of another
 * scope, and then they move, too.
 *
 * A binding that comes to a scope in which its host has one already is its
 * rival. The one that was hit last stays (last_hit, in seconds; if it is the
 * same, the one that was there). The other ends as by a command: with a `remove`
 * line, or without a line if it has expired. So does a binding for which the
 * hash table has no room, and one that comes to the scope of an own prefix while
 * its host is an address of that prefix.
 *
 * A record moves as it is, and hits may go on meanwhile. A reader on its way
 * through a hash chain that follows a record to the other table finds the end of
 * another chain there, and begins again (rhashtable). A look-up by prefix takes
 * nothing else on that way, as it compares the prefix. One in the shared scope
 * compares the host alone, so within these few instructions a flow may use a
 * binding that its host has in an own scope.
 */
#include <linux/rcupdate.h>

#include "binding.h"
#include "idle.h"
#include "net.h"
#include "scope.h"

/* A prefix holds a record more (@change is 1) or less (-1). */
static void dnetmap_scope_count(struct dnetmap_prefix *prefix,
				const struct dnetmap_record *r, int change)
{
	struct dnetmap_tally *tally = &prefix->tally;

	if (r->flags)
		return;
	if (dnetmap_record_ended(r)) {
		tally->expired += change;
		return;
	}
	tally->active += change;
	tally->peak = max(tally->peak, tally->active);
	if (dnetmap_record_static(r))
		tally->statics += change;
}

/**
 * dnetmap_scope_hand_over() - let another prefix hold a record
 * @dn: the namespace, &dnetmap_net.lock held
 * @r: the record; in no index by prenat address, or in that of the shared scope,
 *	where it stays
 * @holder: the prefix
 */
void dnetmap_scope_hand_over(struct dnetmap_net *dn, struct dnetmap_record *r,
			     struct dnetmap_prefix *holder)
{
	bool idle = r->queue == DNETMAP_QUEUE_IDLE;

	lockdep_assert_held(&dn->lock);
	dnetmap_scope_count(dnetmap_prefix_of(dn, r->postnat, r->prefix_len), r,
			    -1);
	if (idle)
		dnetmap_idle_remove(dn, r);
	dnetmap_scope_join(holder, r);
	if (idle)
		dnetmap_idle_add(dn, r);
	dnetmap_scope_count(holder, r, 1);
}

/*
 * May a binding come to the scope of a prefix? Rules of a prefix leave its own
 * addresses alone, so in the scope of an own prefix none of them has a binding:
 * a hit relies on that.
 */
static bool dnetmap_scope_takes(const struct dnetmap_prefix *holder,
				const struct dnetmap_record *r)
{
	return !holder->own || !dnetmap_block_has(&holder->block, r->prenat);
}

/* Of two bindings of a host, does the one that comes stay? */
static bool dnetmap_scope_prevails(const struct dnetmap_record *comes,
				   const struct dnetmap_record *rival)
{
	return !(comes->flags & DNETMAP_GONE) &&
	       READ_ONCE(comes->last_hit) > READ_ONCE(rival->last_hit);
}

/* The host's binding in the scope of a prefix; a record that is gone is erased. */
static struct dnetmap_record *
dnetmap_scope_binding(struct dnetmap_net *dn, const struct dnetmap_prefix *prefix,
		      __be32 prenat)
{
	struct dnetmap_record *r = dnetmap_scope_look(dn, prefix, prenat);

	if (!r || !(r->flags & DNETMAP_GONE))
		return r;
	dnetmap_binding_erase(dn, r);
	return NULL;
}

/**
 * dnetmap_scope_move() - move a record to the scope of the prefix that holds it
 *	from now on
 * @dn: the namespace, &dnetmap_net.lock held
 * @r: the record, in any state
 * @holder: the prefix
 * @now: dnetmap_now()
 *
 * Return: a record that has lost its host by that, idle, in no index by prenat
 * address, for the caller to vacate; or NULL.
 */
struct dnetmap_record *dnetmap_scope_move(struct dnetmap_net *dn,
					  struct dnetmap_record *r,
					  struct dnetmap_prefix *holder,
					  s64 now)
{
	struct dnetmap_record *rival, *loser = r;

	lockdep_assert_held(&dn->lock);
	if (r->flags & DNETMAP_VACANT) {
		dnetmap_scope_hand_over(dn, r, holder);
		return NULL;
	}
	dnetmap_record_host_remove(dn, r);
	dnetmap_scope_hand_over(dn, r, holder);
	rcu_read_lock();
	rival = dnetmap_scope_binding(dn, holder, r->prenat);
	if (dnetmap_scope_takes(holder, r) &&
	    (!rival || dnetmap_scope_prevails(r, rival)) &&
	    !dnetmap_record_host_insert(dn, r, rival))
		loser = rival;
	rcu_read_unlock();
	if (loser)
		dnetmap_binding_end(dn, loser, now, DNETMAP_REASON_RIVAL);
	return loser;
}

/*
 * The host's record that the prefix holds and that has still to move to the
 * prefix's scope, or NULL.
 */
static struct dnetmap_record *
dnetmap_scope_straggler(struct dnetmap_net *dn,
			const struct dnetmap_prefix *prefix, __be32 prenat)
{
	struct dnetmap_record *r;

	if (!prefix->own)
		return dnetmap_own_find(dn, &prefix->block, prenat);
	r = dnetmap_record_by_prenat(dn, prenat);
	return r && dnetmap_prefix_holds(prefix, r->postnat, r->prefix_len) ?
	       r : NULL;
}

/*
 * Move a host's straggler, if there is one, before somebody looks for the host. Not
 * inline, as this is rare and would cost each new host some instructions.
 */
static noinline void dnetmap_scope_fetch(struct dnetmap_net *dn,
					 struct dnetmap_prefix *prefix,
					 __be32 prenat, s64 now)
{
	struct dnetmap_record *straggler, *loser;

	straggler = dnetmap_scope_straggler(dn, prefix, prenat);
	if (!straggler)
		return;
	loser = dnetmap_scope_move(dn, straggler, prefix, now);
	if (loser)
		dnetmap_binding_vacate(dn, loser);
}

/**
 * dnetmap_scope_find() - find a host's binding in the scope of a prefix
 * @dn: the namespace, &dnetmap_net.lock held
 * @prefix: the prefix, or NULL for the shared scope
 * @prenat: the host's private address
 * @now: dnetmap_now()
 *
 * Erases the host's record if it is %DNETMAP_GONE.
 *
 * Context: RCU read side.
 * Return: the binding, active or expired, or NULL.
 */
struct dnetmap_record *dnetmap_scope_find(struct dnetmap_net *dn,
					  struct dnetmap_prefix *prefix,
					  __be32 prenat, s64 now)
{
	lockdep_assert_held(&dn->lock);
	if (prefix && unlikely(prefix->unsettled))
		dnetmap_scope_fetch(dn, prefix, prenat, now);
	return dnetmap_scope_binding(dn, prefix, prenat);
}
