// SPDX-License-Identifier: GPL-2.0-only
/*
 * The index of the records that own prefixes hold.
 *
 * Theory of operation
 *
 * A host has at most one record in the scope of an own prefix (scope.c), so the
 * key is the host and the prefix. A record has no room for a name of its prefix:
 * its postnat address and the length of the prefix make one, and all that is
 * needed of it lies in two words of the record.
 *
 * The hash table has a file of its own, because the functions of rhashtable are
 * inline and cost least where the compiler sees the parameters of one table only:
 * then these are constants, and the hash function is no indirect call.
 */
#include <linux/lockdep.h>

#include "own_index.h"

#define DNETMAP_OWN_MASK(len) {						\
	.host	= cpu_to_be32(~0U),					\
	.prefix	= cpu_to_be32((0xffffffff00000000ULL >> (len)) & 0xffffffff), \
}

/* A table, because computing a mask would take a hit more instructions. */
const union dnetmap_own_pair dnetmap_own_masks[33] = {
	DNETMAP_OWN_MASK(0), DNETMAP_OWN_MASK(1), DNETMAP_OWN_MASK(2),
	DNETMAP_OWN_MASK(3), DNETMAP_OWN_MASK(4), DNETMAP_OWN_MASK(5),
	DNETMAP_OWN_MASK(6), DNETMAP_OWN_MASK(7), DNETMAP_OWN_MASK(8),
	DNETMAP_OWN_MASK(9), DNETMAP_OWN_MASK(10), DNETMAP_OWN_MASK(11),
	DNETMAP_OWN_MASK(12), DNETMAP_OWN_MASK(13), DNETMAP_OWN_MASK(14),
	DNETMAP_OWN_MASK(15), DNETMAP_OWN_MASK(16), DNETMAP_OWN_MASK(17),
	DNETMAP_OWN_MASK(18), DNETMAP_OWN_MASK(19), DNETMAP_OWN_MASK(20),
	DNETMAP_OWN_MASK(21), DNETMAP_OWN_MASK(22), DNETMAP_OWN_MASK(23),
	DNETMAP_OWN_MASK(24), DNETMAP_OWN_MASK(25), DNETMAP_OWN_MASK(26),
	DNETMAP_OWN_MASK(27), DNETMAP_OWN_MASK(28), DNETMAP_OWN_MASK(29),
	DNETMAP_OWN_MASK(30), DNETMAP_OWN_MASK(31), DNETMAP_OWN_MASK(32),
};

static_assert(offsetof(struct dnetmap_record, prenat) -
	      offsetof(struct dnetmap_record, pair) ==
	      offsetof(union dnetmap_own_pair, host));

/* The key of a record is that of its host in the prefix that holds it. */
static __always_inline u32 dnetmap_own_record_hash(const void *obj, u32 len,
						   u32 seed)
{
	const struct dnetmap_record *r = obj;

	return dnetmap_hash(r->pair & dnetmap_own_masks[r->prefix_len].both, seed);
}

static __always_inline int
dnetmap_own_differs(struct rhashtable_compare_arg *arg, const void *obj)
{
	return !dnetmap_own_is(obj, arg->key);
}

static const struct rhashtable_params dnetmap_own_params = {
	.head_offset		= offsetof(struct dnetmap_record, by_prenat),
	.key_len		= sizeof(struct dnetmap_own_key),
	.hashfn			= dnetmap_own_hash,
	.obj_hashfn		= dnetmap_own_record_hash,
	.obj_cmpfn		= dnetmap_own_differs,
	.nelem_hint		= 3,
	.automatic_shrinking	= true,
};

/**
 * dnetmap_own_find() - find a host's record in the scope of an own prefix
 * @dn: the namespace
 * @block: the prefix
 * @prenat: the host's private address
 *
 * Context: as for dnetmap_own_look().
 * Return: the record, in any state, or NULL.
 */
struct dnetmap_record *dnetmap_own_find(struct dnetmap_net *dn,
					const struct dnetmap_block *block,
					__be32 prenat)
{
	return dnetmap_own_look(dn, dnetmap_own_key(prenat, block->addr,
				dnetmap_own_masks[block->len].prefix));
}

/**
 * dnetmap_own_insert() - add a record to the index
 * @dn: the namespace, &dnetmap_net.lock held
 * @r: the record, with both addresses and &dnetmap_record.prefix_len
 * @old: the host's record in the same scope until now, or NULL; replaced in the
 *	index on success
 *
 * Return: 0 or an error of rhashtable.
 */
int dnetmap_own_insert(struct dnetmap_net *dn, struct dnetmap_record *r,
		       struct dnetmap_record *old)
{
	lockdep_assert_held(&dn->lock);
	if (old)
		return rhashtable_replace_fast(&dn->own_by_prenat,
					       &old->by_prenat, &r->by_prenat,
					       dnetmap_own_params);
	return rhashtable_insert_fast(&dn->own_by_prenat, &r->by_prenat,
				      dnetmap_own_params);
}

/**
 * dnetmap_own_remove() - remove a record from the index
 * @dn: the namespace, &dnetmap_net.lock held
 * @r: the record
 */
void dnetmap_own_remove(struct dnetmap_net *dn, struct dnetmap_record *r)
{
	lockdep_assert_held(&dn->lock);
	rhashtable_remove_fast(&dn->own_by_prenat, &r->by_prenat,
			       dnetmap_own_params);
}

/**
 * dnetmap_own_init() - make a namespace's index
 * @dn: the namespace
 *
 * Return: 0 or -ENOMEM.
 */
int dnetmap_own_init(struct dnetmap_net *dn)
{
	return rhashtable_init(&dn->own_by_prenat, &dnetmap_own_params);
}

/**
 * dnetmap_own_destroy() - undo dnetmap_own_init()
 * @dn: the namespace, which has no readers any more; its records stay
 *
 * Context: process; sleeps.
 */
void dnetmap_own_destroy(struct dnetmap_net *dn)
{
	rhashtable_destroy(&dn->own_by_prenat);
}
