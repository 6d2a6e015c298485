/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _DNETMAP_LOOKUP_H
#define _DNETMAP_LOOKUP_H

#include <linux/rhashtable.h>

#include "addrtree.h"
#include "hash.h"
#include "net.h"
#include "record.h"

/*
 * Look-up of a record by either of its addresses; inline, for the hit path.
 */

static __always_inline u32 dnetmap_prenat_hash(const void *prenat, u32 len,
					       u32 seed)
{
	return dnetmap_hash(ntohl(*(const __be32 *)prenat), seed);
}

static __always_inline int
dnetmap_prenat_differs(struct rhashtable_compare_arg *arg, const void *obj)
{
	const struct dnetmap_record *r = obj;

	return r->prenat != *(const __be32 *)arg->key;
}

static const struct rhashtable_params dnetmap_prenat_params = {
	.head_offset		= offsetof(struct dnetmap_record, by_prenat),
	.key_offset		= offsetof(struct dnetmap_record, prenat),
	.key_len		= sizeof_field(struct dnetmap_record, prenat),
	.hashfn			= dnetmap_prenat_hash,
	.obj_cmpfn		= dnetmap_prenat_differs,
	.automatic_shrinking	= true,
};

/**
 * dnetmap_record_by_prenat() - find a host's record in the shared scope
 * @dn: the namespace
 * @prenat: the host's private address
 *
 * Reads the hash bucket and the records in it.
 *
 * Context: RCU read side, even with &dnetmap_net.lock held: a resize may
 * replace the bucket table at any time.
 * Return: the record, in any state, or NULL.
 */
static __always_inline struct dnetmap_record *
dnetmap_record_by_prenat(struct dnetmap_net *dn, __be32 prenat)
{
	return rhashtable_lookup(&dn->by_prenat, &prenat,
				 dnetmap_prenat_params);
}

/* Network mask by prefix length. */
extern const __be32 dnetmap_masks[33];

/**
 * struct dnetmap_own_key - names a host in the scope of an own prefix
 * @hashed: what of it is hashed
 * @prenat: the host's private address
 * @first: first address of the prefix
 * @mask: network mask of the prefix
 */
struct dnetmap_own_key {
	u64	hashed;
	__be32	prenat;
	__be32	first;
	__be32	mask;
};

static __always_inline struct dnetmap_own_key
dnetmap_own_key(__be32 prenat, __be32 first, __be32 mask)
{
	return (struct dnetmap_own_key) {
		.hashed	= (u64)(__force u32)first << 32 | (__force u32)prenat,
		.prenat	= prenat,
		.first	= first,
		.mask	= mask,
	};
}

static __always_inline u32 dnetmap_own_hash(const void *data, u32 len, u32 seed)
{
	const struct dnetmap_own_key *key = data;

	return dnetmap_hash(key->hashed, seed);
}

/* The key of a record is that of its host in the prefix that holds it. */
static __always_inline u32 dnetmap_own_record_hash(const void *obj, u32 len,
						   u32 seed)
{
	const struct dnetmap_record *r = obj;
	__be32 mask = dnetmap_masks[r->prefix_len];
	struct dnetmap_own_key key;

	key = dnetmap_own_key(r->prenat, r->postnat & mask, mask);
	return dnetmap_own_hash(&key, len, seed);
}

static __always_inline int
dnetmap_own_differs(struct rhashtable_compare_arg *arg, const void *obj)
{
	const struct dnetmap_own_key *key = arg->key;
	const struct dnetmap_record *r = obj;

	return r->prenat != key->prenat ||
	       dnetmap_masks[READ_ONCE(r->prefix_len)] != key->mask ||
	       (r->postnat ^ key->first) & key->mask;
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
 * dnetmap_record_by_own() - find a host's record in the scope of an own prefix
 * @dn: the namespace
 * @key: the host and the prefix
 *
 * Context: as for dnetmap_record_by_prenat().
 * Return: the record, in any state, or NULL.
 */
static __always_inline struct dnetmap_record *
dnetmap_record_by_own(struct dnetmap_net *dn, struct dnetmap_own_key key)
{
	return rhashtable_lookup(&dn->own_by_prenat, &key, dnetmap_own_params);
}

/**
 * dnetmap_record_by_postnat() - find the record of a public address
 * @dn: the namespace
 * @postnat: the public address
 *
 * Context: RCU read side, or &dnetmap_net.lock held.
 * Return: the record, in any state, even vacant, or NULL.
 */
static __always_inline struct dnetmap_record *
dnetmap_record_by_postnat(struct dnetmap_net *dn, __be32 postnat)
{
	return dnetmap_addrtree_find(&dn->by_postnat, ntohl(postnat));
}

#endif /* _DNETMAP_LOOKUP_H */
