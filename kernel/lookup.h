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
