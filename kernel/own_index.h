/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _DNETMAP_OWN_INDEX_H
#define _DNETMAP_OWN_INDEX_H

#include "block.h"
#include "hash.h"
#include "net.h"
#include "record.h"
#include "search.h"

/**
 * union dnetmap_own_pair - two addresses, or the masks of both
 * @host: the prenat address
 * @prefix: first address of the prefix
 * @both: the two at once
 *
 * Has the layout of &dnetmap_record.pair.
 */
union dnetmap_own_pair {
	struct {
		__be32	host;
		__be32	prefix;
	};
	u64 both;
};

/**
 * struct dnetmap_own_key - names a host in the scope of an own prefix
 * @pair: the host, and the first address of the prefix
 * @mask: which bits of both addresses a record must have in common with @pair
 */
struct dnetmap_own_key {
	union dnetmap_own_pair	pair;
	union dnetmap_own_pair	mask;
};

/* Masks of a key by the length of the prefix. */
extern const union dnetmap_own_pair dnetmap_own_masks[33];

static __always_inline struct dnetmap_own_key
dnetmap_own_key(__be32 prenat, __be32 first, __be32 mask)
{
	return (struct dnetmap_own_key) {
		.pair = { .host = prenat, .prefix = first },
		.mask = { .host = cpu_to_be32(~0U), .prefix = mask },
	};
}

static __always_inline u32 dnetmap_own_hash(const void *data, u32 len, u32 seed)
{
	const struct dnetmap_own_key *key = data;

	return dnetmap_hash(key->pair.both, seed);
}

/* A prefix of another length may have the same first address. */
static __always_inline bool dnetmap_own_is(const struct dnetmap_record *r,
					   const void *data)
{
	const struct dnetmap_own_key *key = data;

	return !((r->pair ^ key->pair.both) & key->mask.both) &&
	       dnetmap_own_masks[READ_ONCE(r->prefix_len)].both == key->mask.both;
}

/**
 * dnetmap_own_look() - find a host's record in the scope of an own prefix
 * @dn: the namespace
 * @key: the host and the prefix
 *
 * Inline, for the hit path; elsewhere, use dnetmap_own_find().
 *
 * Context: as for dnetmap_search().
 * Return: the record, in any state, or NULL.
 */
static __always_inline struct dnetmap_record *
dnetmap_own_look(struct dnetmap_net *dn, struct dnetmap_own_key key)
{
	return dnetmap_search(&dn->own_by_prenat, &key, dnetmap_own_hash,
			      dnetmap_own_is);
}

struct dnetmap_record *dnetmap_own_find(struct dnetmap_net *dn,
					const struct dnetmap_block *block,
					__be32 prenat);
int dnetmap_own_insert(struct dnetmap_net *dn, struct dnetmap_record *r,
		       struct dnetmap_record *old);
void dnetmap_own_remove(struct dnetmap_net *dn, struct dnetmap_record *r);
int dnetmap_own_init(struct dnetmap_net *dn);
void dnetmap_own_destroy(struct dnetmap_net *dn);

#endif /* _DNETMAP_OWN_INDEX_H */
