/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _DNETMAP_SCOPE_H
#define _DNETMAP_SCOPE_H

#include "lookup.h"
#include "own_index.h"
#include "prefix_index.h"

/**
 * dnetmap_scope_look() - find a host's record in the scope of a prefix
 * @dn: the namespace
 * @prefix: the prefix, or NULL for the shared scope
 * @prenat: the host's private address
 *
 * Does not find a record that has still to move to this scope.
 *
 * Context: RCU read side, even with &dnetmap_net.lock held.
 * Return: the record, in any state, or NULL.
 */
static inline struct dnetmap_record *
dnetmap_scope_look(struct dnetmap_net *dn, const struct dnetmap_prefix *prefix,
		   __be32 prenat)
{
	if (prefix && READ_ONCE(prefix->own))
		return dnetmap_own_find(dn, &prefix->block, prenat);
	return dnetmap_record_by_prenat(dn, prenat);
}

/**
 * dnetmap_scope_join() - let a new record be held by a prefix, in its scope
 * @prefix: the prefix, &dnetmap_net.lock held
 * @r: the record, in no index by prenat address
 */
static inline void dnetmap_scope_join(const struct dnetmap_prefix *prefix,
				      struct dnetmap_record *r)
{
	WRITE_ONCE(r->prefix_len, prefix->block.len);
	r->own = prefix->own;
}

void dnetmap_scope_hand_over(struct dnetmap_net *dn, struct dnetmap_record *r,
			     struct dnetmap_prefix *holder);
struct dnetmap_record *dnetmap_scope_find(struct dnetmap_net *dn,
					  struct dnetmap_prefix *prefix,
					  __be32 prenat, s64 now);
struct dnetmap_record *dnetmap_scope_move(struct dnetmap_net *dn,
					  struct dnetmap_record *r,
					  struct dnetmap_prefix *holder,
					  s64 now);

#endif /* _DNETMAP_SCOPE_H */
