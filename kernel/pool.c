// SPDX-License-Identifier: GPL-2.0-only
/*
 * Allocation of addresses: which one a prefix gives next, and what happens when
 * there is none.
 *
 * Theory of operation
 *
 * A prefix gives the lowest of its addresses that has no record in the
 * namespace. Such an address was never allocated since the prefix was created,
 * or its record was erased (because two prefixes share the address, by a flush,
 * or at the bound on records). Usually it is the one after the address that was
 * allocated last; otherwise the marks in the tree of records by postnat address
 * find it. An address that was never allocated takes no memory.
 *
 * Records that are gone but not yet swept are erased first, the lowest address
 * first, so that their addresses are free. Once every address has a record, the
 * prefix gives the one that has been idle the longest. That is the head of its
 * idle queue, which is ordered by the time at which the bindings ended, no
 * matter when their end was noticed and which prefix held the records then. A
 * new record replaces the idle one.
 *
 * The number of records in a namespace is bounded. At the bound, a new host
 * gets the address at the head of the prefix's idle queue even if other
 * addresses have no record. If that queue is empty, the longest idle record of
 * the namespace is erased to make room. To find it, the prefixes with idle
 * records are themselves in a queue, ordered by the head of their queues. The
 * tree of records by postnat address may have a bound of its own, on its nodes.
 * If it may not grow, the caller erases idle records, a few in each critical
 * section, until it may (dnetmap_pool_drop_idle).
 *
 * That no address was found is remembered (struct dnetmap_shortage), so that a
 * flood of new hosts does not contend for the lock while a prefix is full.
 */
#include <linux/err.h>

#include "binding.h"
#include "event.h"
#include "idle.h"
#include "net.h"
#include "param.h"
#include "pool.h"
#include "prefix_index.h"
#include "scope.h"

/* Bound on the records of a tenant's namespace. */
#define DNETMAP_MAX_BINDINGS_USERNS	65536U
/* Idle records to erase in one critical section. */
#define DNETMAP_POOL_BATCH		64

static __always_inline u32 dnetmap_pool_bound(const struct dnetmap_net *dn)
{
	u32 limit = dnetmap_max_bindings;

	if (dnetmap_net_is_tenant(dn->net))
		limit = min(limit, DNETMAP_MAX_BINDINGS_USERNS);
	return limit;
}

/**
 * dnetmap_pool_limit() - how many records may a namespace have?
 * @dn: the namespace
 *
 * Return: their number.
 */
u32 dnetmap_pool_limit(const struct dnetmap_net *dn)
{
	return dnetmap_pool_bound(dn);
}

/*
 * The longest idle record whose address the prefix may allocate. A prefix may
 * have inherited records with its first or last address from another prefix,
 * although whole_prefix=0 reserves these addresses: only their hosts may get
 * them back.
 */
static struct dnetmap_record *
dnetmap_pool_longest_idle(struct dnetmap_prefix *prefix)
{
	struct dnetmap_queued *queued = dnetmap_queue_first(&prefix->idle);

	/* Skips two records at most. */
	while (queued) {
		struct dnetmap_record *r = dnetmap_record_queued(queued);

		if (likely(dnetmap_prefix_usable(prefix, r->postnat)))
			return r;
		queued = dnetmap_queue_after(queued);
	}
	return NULL;
}

/**
 * dnetmap_pool_drop_longest_idle() - erase the longest idle record of a namespace
 * @dn: the namespace, &dnetmap_net.lock held
 *
 * Return: false if no record is idle.
 */
bool dnetmap_pool_drop_longest_idle(struct dnetmap_net *dn)
{
	struct dnetmap_queued *first = dnetmap_queue_first(&dn->idle_prefixes);
	struct dnetmap_prefix *prefix;
	struct dnetmap_record *r;

	if (!first)
		return false;
	prefix = container_of(first, struct dnetmap_prefix, longest_idle);
	first = dnetmap_queue_first(&prefix->idle);
	r = dnetmap_record_queued(first);
	prefix->tally.recycled += !r->flags;
	dnetmap_binding_erase(dn, r);
	return true;
}

/**
 * dnetmap_pool_drop_idle() - make room in the tree of records by postnat
 *	address
 * @dn: the namespace, &dnetmap_net.lock held
 * @nodes: by how many nodes the tree is to grow
 *
 * Erases idle records, the longest idle first, until the tree has room for these
 * nodes, but at most as many as fit into one critical section.
 *
 * Return: true if a record was erased, so that the caller should try again.
 */
bool dnetmap_pool_drop_idle(struct dnetmap_net *dn, unsigned int nodes)
{
	unsigned int batch;

	lockdep_assert_held(&dn->lock);
	for (batch = 0; batch < DNETMAP_POOL_BATCH; batch++)
		if (dnetmap_addrtree_has_room(&dn->by_postnat, nodes) ||
		    !dnetmap_pool_drop_longest_idle(dn))
			break;
	return batch;
}

/* Erase the first record that is gone, if any is; returns true if so. */
static __always_inline bool dnetmap_pool_drop_first_gone(struct dnetmap_net *dn,
							 u64 first, u32 last)
{
	struct dnetmap_record *gone;

	if (likely(!dn->gone))
		return false;
	gone = dnetmap_record_next_gone(dn, &first, last);
	if (gone)
		dnetmap_binding_erase(dn, gone);
	return gone;
}

/**
 * dnetmap_pool_drop_gone() - erase a record that is gone
 * @dn: the namespace, &dnetmap_net.lock held
 *
 * Return: false if there is none.
 */
bool dnetmap_pool_drop_gone(struct dnetmap_net *dn)
{
	return dnetmap_pool_drop_first_gone(dn, 0, U32_MAX);
}

/* Allocate the lowest address without a record. */
static int dnetmap_pool_give_unused(struct dnetmap_net *dn,
				    struct dnetmap_prefix *prefix,
				    struct dnetmap_record *r,
				    struct dnetmap_record *old)
{
	int err;

	if (prefix->erasures != dn->erasures)
		prefix->lowest = prefix->first;
	prefix->erasures = dn->erasures;
	err = dnetmap_record_take_lowest(dn, r, prefix->lowest, prefix->last);
	if (err == -EBUSY)
		prefix->lowest = prefix->last + 1;
	if (err)
		return err;
	prefix->lowest = ntohl(r->postnat) + 1;
	err = dnetmap_record_host_insert(dn, r, old);
	if (err)
		dnetmap_record_leave(dn, ntohl(r->postnat));
	return err;
}

/* Allocate the address of an idle record. */
static int dnetmap_pool_give_idle(struct dnetmap_net *dn,
				  struct dnetmap_prefix *prefix,
				  struct dnetmap_record *idle,
				  struct dnetmap_record *r,
				  struct dnetmap_record *old)
{
	int err;

	r->postnat = idle->postnat;
	err = dnetmap_record_host_insert(dn, r, old);
	if (err)
		return err;
	prefix->tally.recycled += !idle->flags;
	dnetmap_binding_replace(dn, idle, r);
	return 0;
}

/**
 * dnetmap_pool_make_room() - make room for a record, within the bound on records
 * @dn: the namespace, &dnetmap_net.lock held, expiry advanced
 *
 * Erases a gone record if there is no other room. An idle record is room, too:
 * whoever exceeds the bound drops it afterwards.
 *
 * Return: false if no prefix of the namespace can allocate an address.
 */
bool dnetmap_pool_make_room(struct dnetmap_net *dn)
{
	lockdep_assert_held(&dn->lock);
	return dn->idle || likely(dn->records < dnetmap_pool_bound(dn)) ||
	       dnetmap_pool_drop_first_gone(dn, 0, U32_MAX);
}

/**
 * dnetmap_pool_give() - allocate an address of a prefix for a record
 * @dn: the namespace, &dnetmap_net.lock held, expiry advanced
 * @prefix: the prefix
 * @r: the record, without a postnat address; on success it is counted as active,
 *	and the caller activates it
 * @old: the host's record in the same scope until now, or NULL; it has ended and
 *	lies outside @prefix; vacated on success, unchanged on failure
 *
 * Return: 0; -EBUSY if there is no address; -ENOSPC if there is one, but no
 * room for its record until dnetmap_pool_drop_idle() makes some; -EAGAIN if a
 * flush has to end first; or -ENOMEM.
 */
int dnetmap_pool_give(struct dnetmap_net *dn, struct dnetmap_prefix *prefix,
		      struct dnetmap_record *r, struct dnetmap_record *old)
{
	u32 limit = dnetmap_pool_bound(dn);
	struct dnetmap_record *idle;
	int err = -EBUSY;

	lockdep_assert_held(&dn->lock);
	if (unlikely(dnetmap_group_shuts(&dn->group, prefix->first,
					 prefix->last)))
		return -EAGAIN;
	if (!dnetmap_pool_drop_first_gone(dn, prefix->first,
					  prefix->last) &&
	    !dnetmap_pool_make_room(dn))
		return -EBUSY;
	idle = dnetmap_pool_longest_idle(prefix);
	dnetmap_scope_join(prefix, r);
	if (!idle || dn->records < limit)
		err = dnetmap_pool_give_unused(dn, prefix, r, old);
	if (idle && (err == -EBUSY || err == -ENOSPC))
		err = dnetmap_pool_give_idle(dn, prefix, idle, r, old);
	if (err)
		return err;
	dnetmap_tally_add(&prefix->tally);
	dnetmap_prefix_close_full(prefix);
	if (old)
		dnetmap_binding_vacate(dn, old);
	if (dn->records > limit)
		dnetmap_pool_drop_longest_idle(dn);
	WRITE_ONCE(prefix->shortage.told, false);
	if (!prefix->own)
		WRITE_ONCE(dn->shortage.told, false);
	return 0;
}

/* Is there still no address, as far as a look without a lock tells? */
static bool dnetmap_pool_still_short(const struct dnetmap_net *dn,
				     const struct dnetmap_shortage *shortage)
{
	return READ_ONCE(shortage->seen_at) == READ_ONCE(dn->changes) &&
	       dnetmap_now() < atomic64_read(&dn->quiet_until);
}

/**
 * dnetmap_pool_refuses() - can a new host be refused without taking the lock?
 * @dn: the namespace
 * @prefix: the prefix that the rule names, or NULL for any
 *
 * Context: RCU read side, without a lock.
 * Return: true if there is no address and the log already has a notice of that.
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
 * dnetmap_pool_count_refused() - count a flow that dnetmap_pool_refuses() refused
 * @dn: the namespace
 * @prefix: the prefix that the rule names, or NULL for any
 */
void dnetmap_pool_count_refused(struct dnetmap_net *dn,
				struct dnetmap_prefix *prefix)
{
	atomic64_inc(prefix ? &prefix->shortage.refused : &dn->shortage.refused);
}

/**
 * dnetmap_pool_note_short() - note that no address was found for a host
 * @dn: the namespace, &dnetmap_net.lock held
 * @prefix: the prefix that the rule names, or NULL for any
 * @prenat: the host, for the log, which gets one notice per shortage
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
	atomic64_inc(&shortage->refused);
}
