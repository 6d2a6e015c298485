/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _DNETMAP_LOOKUP_H
#define _DNETMAP_LOOKUP_H

#include "addrtree.h"
#include "hash.h"
#include "net.h"
#include "record.h"
#include "search.h"

/*
 * Look-up of a record by either of its addresses; inline, for the hit path.
 */

static __always_inline u32 dnetmap_prenat_hash(const void *prenat, u32 len,
					       u32 seed)
{
	return dnetmap_hash(ntohl(*(const __be32 *)prenat), seed);
}

static __always_inline bool dnetmap_prenat_is(const struct dnetmap_record *r,
					      const void *prenat)
{
	return r->prenat == *(const __be32 *)prenat;
}

/**
 * dnetmap_record_by_prenat() - find a host's record in the shared scope
 * @dn: the namespace
 * @prenat: the host's private address
 *
 * Reads the hash bucket and the records in it.
 *
 * Context: as for dnetmap_search().
 * Return: the record, in any state, or NULL.
 */
static __always_inline struct dnetmap_record *
dnetmap_record_by_prenat(struct dnetmap_net *dn, __be32 prenat)
{
	return dnetmap_search(&dn->by_prenat, &prenat, dnetmap_prenat_hash,
			      dnetmap_prenat_is);
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
