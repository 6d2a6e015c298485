// SPDX-License-Identifier: GPL-2.0-only
/*
 * Free addresses: which one a prefix gives next, and how it tells it has none.
 *
 * Theory of operation
 *
 * A prefix gives the lowest of its addresses that has no record in the
 * namespace: it was never given since the prefix was created, or its record had
 * to go (shared with another prefix, flushed, at the bound). It is mostly the one
 * after that which was given before; else the tree of records by address has
 * marks for it. A prefix needs no memory for what it never gave.
 *
 * Records that are gone but not yet swept away give way, the lowest first.
 * Once all have a record, it gives the address that has been idle the longest:
 * the head of its idle queue, where records stand in the order in which their
 * bindings ended, whoever has noticed that when, and through whichever prefix
 * they were held then. A new record takes the place of the idle one.
 *
 * The namespace has a bound on its records. At the bound a new host gets the
 * head of the idle queue even where there are addresses without a record; else
 * the namespace's longest idle record is erased for it. To find that, prefixes
 * that have idle records stand in a queue themselves, by the head of theirs.
 * The tree of records by address may have a bound of its own, in nodes. Where it
 * may not grow, the caller erases idle records, a few in each critical section,
 * until it may (dnetmap_pool_drop_idle).
 *
 * That there is nothing to give is remembered (struct dnetmap_shortage), so
 * that a flood of new hosts does not fight for the lock of a full prefix.
 */
#include <linux/err.h>

#include "binding.h"
#include "event.h"
#include "idle.h"
#include "lookup.h"
#include "net.h"
#include "param.h"
#include "pool.h"
#include "prefixes.h"

/* What somebody else's root may make the kernel keep. */
#define DNETMAP_MAX_BINDINGS_USERNS	65536U
/* Idle records that are erased in one critical section. */
#define DNETMAP_POOL_BATCH		64

static u32 dnetmap_pool_limit(const struct dnetmap_net *dn)
{
	u32 limit = dnetmap_max_bindings;

	if (dnetmap_net_is_tenant(dn->net))
		limit = min(limit, DNETMAP_MAX_BINDINGS_USERNS);
	return limit;
}

/*
 * Of those that it may give. Where another prefix has passed its records on, they
 * may be of the first or last address, which whole_prefix keeps out of use: those
 * are for their hosts only.
 */
static struct dnetmap_binding *
dnetmap_pool_longest_idle(struct dnetmap_prefix *prefix)
{
	struct dnetmap_queued *queued = dnetmap_queue_first(&prefix->idle);

	/* Two may be skipped. */
	while (queued) {
		struct dnetmap_binding *b = dnetmap_binding_queued(queued);

		if (likely(dnetmap_prefix_usable(prefix, b->postnat)))
			return b;
		queued = dnetmap_queue_after(queued);
	}
	return NULL;
}

/* Erase the longest idle record of all, if there is any. */
static bool dnetmap_pool_drop_longest_idle(struct dnetmap_net *dn)
{
	struct dnetmap_queued *first = dnetmap_queue_first(&dn->idle_prefixes);
	struct dnetmap_prefix *prefix;

	if (!first)
		return false;
	prefix = container_of(first, struct dnetmap_prefix, longest_idle);
	first = dnetmap_queue_first(&prefix->idle);
	dnetmap_binding_erase(dn, dnetmap_binding_queued(first));
	return true;
}

/**
 * dnetmap_pool_drop_idle() - make room in the tree of records by address
 * @dn: the namespace, &dnetmap_net.lock held
 *
 * Erases idle records, the longest idle first, until any address may get a
 * record; but no more of them than one critical section has time for.
 *
 * Return: true where one was erased, so that it is worth trying again.
 */
bool dnetmap_pool_drop_idle(struct dnetmap_net *dn)
{
	unsigned int batch;

	lockdep_assert_held(&dn->lock);
	for (batch = 0; batch < DNETMAP_POOL_BATCH; batch++)
		if (dnetmap_addrtree_has_room(&dn->by_postnat) ||
		    !dnetmap_pool_drop_longest_idle(dn))
			break;
	return batch;
}

/* Erase the first record that is gone, if there is any. */
static bool dnetmap_pool_drop_gone(struct dnetmap_net *dn, u64 first, u32 last)
{
	struct dnetmap_binding *gone;

	if (likely(!dn->gone))
		return false;
	gone = dnetmap_record_next_gone(dn, &first, last);
	if (gone)
		dnetmap_binding_erase(dn, gone);
	return gone;
}

/* An address without a record, found by the address index. */
static int dnetmap_pool_give_unused(struct dnetmap_net *dn,
				    struct dnetmap_prefix *prefix,
				    struct dnetmap_binding *b,
				    struct dnetmap_binding *old)
{
	int err;

	if (prefix->erasures != dn->erasures)
		prefix->lowest = prefix->first;
	prefix->erasures = dn->erasures;
	err = dnetmap_record_take_lowest(dn, b, prefix->lowest, prefix->last);
	if (err == -EBUSY)
		prefix->lowest = prefix->last + 1;
	if (err)
		return err;
	prefix->lowest = ntohl(b->postnat) + 1;
	err = dnetmap_record_host_insert(dn, b, old);
	if (err)
		dnetmap_record_untake(dn, b);
	return err;
}

/* The address of the record that has been idle the longest. */
static int dnetmap_pool_give_idle(struct dnetmap_net *dn,
				  struct dnetmap_binding *idle,
				  struct dnetmap_binding *b,
				  struct dnetmap_binding *old)
{
	int err;

	b->postnat = idle->postnat;
	err = dnetmap_record_host_insert(dn, b, old);
	if (!err)
		dnetmap_binding_replace(dn, idle, b);
	return err;
}

/**
 * dnetmap_pool_exhausted() - does the namespace's bound leave nothing to give?
 * @dn: the namespace, &dnetmap_net.lock held, expiry advanced
 *
 * Return: true where it does, whatever the prefix.
 */
bool dnetmap_pool_exhausted(struct dnetmap_net *dn)
{
	lockdep_assert_held(&dn->lock);
	if (dn->idle || likely(dn->records < dnetmap_pool_limit(dn)))
		return false;
	return !dnetmap_pool_drop_gone(dn, 0, U32_MAX);
}

/**
 * dnetmap_pool_give() - give a record an address of a prefix
 * @dn: the namespace, &dnetmap_net.lock held, expiry advanced
 * @prefix: the prefix
 * @b: the record, of no address yet; to be activated after success
 * @old: the host's record until now, or NULL: it has ended, does not lie in
 *	@prefix, and is vacant after success
 *
 * Return: 0; or -EBUSY where there is no address to give, -ENOSPC where there is,
 * and no room for its record before dnetmap_pool_drop_idle(), -EAGAIN where a flush
 * is to be over before, or -ENOMEM. In these cases @old is as it was.
 */
int dnetmap_pool_give(struct dnetmap_net *dn, struct dnetmap_prefix *prefix,
		      struct dnetmap_binding *b, struct dnetmap_binding *old)
{
	u32 limit = dnetmap_pool_limit(dn);
	struct dnetmap_binding *idle;
	int err = -EBUSY;

	lockdep_assert_held(&dn->lock);
	if (unlikely(dnetmap_group_shuts(&dn->group, prefix->first,
					 prefix->last)))
		return -EAGAIN;
	if (!dnetmap_pool_drop_gone(dn, prefix->first, prefix->last) &&
	    dnetmap_pool_exhausted(dn))
		return -EBUSY;
	idle = dnetmap_pool_longest_idle(prefix);
	b->prefix_len = prefix->block.len;
	if (!idle || dn->records < limit)
		err = dnetmap_pool_give_unused(dn, prefix, b, old);
	if (idle && (err == -EBUSY || err == -ENOSPC))
		err = dnetmap_pool_give_idle(dn, idle, b, old);
	if (err)
		return err;
	dnetmap_prefix_close_full(prefix);
	if (old)
		dnetmap_binding_vacate(dn, old);
	if (dn->records > limit)
		dnetmap_pool_drop_longest_idle(dn);
	WRITE_ONCE(prefix->shortage.told, false);
	WRITE_ONCE(dn->shortage.told, false);
	return 0;
}

/* What has an address of a new pair ends, and @b takes its place. */
static void dnetmap_pool_supersede(struct dnetmap_net *dn,
				   struct dnetmap_binding *b,
				   struct dnetmap_binding *by_prenat,
				   struct dnetmap_binding *by_postnat, s64 now)
{
	if (by_prenat) {
		dnetmap_binding_end(dn, by_prenat, now);
		if (by_prenat != by_postnat)
			dnetmap_binding_vacate(dn, by_prenat);
		else
			dnetmap_binding_set_flags(by_prenat, DNETMAP_VACANT);
	}
	if (by_postnat) {
		dnetmap_binding_end(dn, by_postnat, now);
		dnetmap_binding_replace(dn, by_postnat, b);
	}
}

/**
 * dnetmap_pool_give_static() - tie a host to an address that was asked for
 * @dn: the namespace, &dnetmap_net.lock held, expiry advanced; neither the host
 *	nor the address has a record that is gone
 * @prefix: the prefix
 * @b: the host's new record, to be activated after success; a binding that the
 *	host has ends
 * @spare: nodes that the record may need
 * @postnat: the address, in @prefix; a binding that it has ends
 * @now: dnetmap_now()
 *
 * Context: RCU read side.
 * Return: 0; or with no binding changed, -ENOSPC where the namespace may not hold
 * more bindings, or not there before dnetmap_pool_drop_idle(), or -ENOMEM.
 */
int dnetmap_pool_give_static(struct dnetmap_net *dn,
			     struct dnetmap_prefix *prefix,
			     struct dnetmap_binding *b,
			     struct dnetmap_addrtree_spare *spare,
			     __be32 postnat, s64 now)
{
	struct dnetmap_binding *by_prenat, *by_postnat;
	int err;

	lockdep_assert_held(&dn->lock);
	by_prenat = dnetmap_binding_by_prenat(dn, b->prenat);
	by_postnat = dnetmap_binding_by_postnat(dn, postnat);
	if (!by_prenat && !by_postnat && dnetmap_pool_exhausted(dn))
		return -ENOSPC;
	b->prefix_len = prefix->block.len;
	b->postnat = postnat;
	if (!by_postnat) {
		err = dnetmap_record_take(dn, b, spare);
		if (err)
			return err;
	}
	err = dnetmap_record_host_insert(dn, b, by_prenat);
	if (err) {
		if (!by_postnat)
			dnetmap_record_untake(dn, b);
		return err;
	}
	dnetmap_pool_supersede(dn, b, by_prenat, by_postnat, now);
	if (dn->records > dnetmap_pool_limit(dn))
		dnetmap_pool_drop_longest_idle(dn);
	return 0;
}

/* Would looking again find nothing? Needs no lock. */
static bool dnetmap_pool_still_short(const struct dnetmap_net *dn,
				     const struct dnetmap_shortage *shortage)
{
	return READ_ONCE(shortage->seen_at) == READ_ONCE(dn->changes) &&
	       dnetmap_now() < atomic64_read(&dn->quiet_until);
}

/**
 * dnetmap_pool_refuses() - can a new host be refused without further ado?
 * @dn: the namespace
 * @prefix: the prefix that the rule names, or NULL for any
 *
 * Context: RCU read side, without a lock.
 * Return: true where there is nothing to give and the log has a notice of it.
 */
bool dnetmap_pool_refuses(const struct dnetmap_net *dn,
			  const struct dnetmap_prefix *prefix)
{
	const struct dnetmap_shortage *shortage = prefix ? &prefix->shortage :
							   &dn->shortage;

	return READ_ONCE(shortage->told) &&
	       dnetmap_pool_still_short(dn, shortage);
}

/**
 * dnetmap_pool_note_short() - a host found nothing to give
 * @dn: the namespace, &dnetmap_net.lock held
 * @prefix: the prefix that the rule names, or NULL for any
 * @prenat: the host; told to the log once for each spell
 */
void dnetmap_pool_note_short(struct dnetmap_net *dn,
			     struct dnetmap_prefix *prefix, __be32 prenat)
{
	struct dnetmap_shortage *shortage = prefix ? &prefix->shortage :
						     &dn->shortage;

	lockdep_assert_held(&dn->lock);
	WRITE_ONCE(shortage->seen_at, dn->changes);
	if (!shortage->told)
		dnetmap_event_no_address(dn, prenat, prefix);
	WRITE_ONCE(shortage->told, true);
}
