/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _DNETMAP_PLACE_H
#define _DNETMAP_PLACE_H

#include <linux/types.h>

#include "addrtree.h"
#include "block.h"
#include "prefix_index.h"

struct dnetmap_net;
struct dnetmap_record;

/* Bindings that can be placed at once, in one critical section. */
#define DNETMAP_PLACE_MAX	512

/**
 * enum dnetmap_place_state - what a binding is to be
 * @DNETMAP_PLACE_ACTIVE: active, with &dnetmap_place.ms left
 * @DNETMAP_PLACE_STATIC: static
 * @DNETMAP_PLACE_EXPIRED: expired, &dnetmap_place.ms ago
 */
enum dnetmap_place_state {
	DNETMAP_PLACE_ACTIVE,
	DNETMAP_PLACE_STATIC,
	DNETMAP_PLACE_EXPIRED,
};

/**
 * struct dnetmap_place - a binding that is to be
 * @prenat: the host
 * @postnat: its address
 * @block: the prefix that is to hold it; length 0 for the oldest one that contains
 *	@postnat
 * @state: &enum dnetmap_place_state
 * @ms: milliseconds, as @state says
 * @index: its place among those that were asked for
 * @record: its record, until it is in the indexes for good; then NULL
 * @prefix: the prefix that is to hold it. This member and those below belong to
 *	place.c
 * @same: the record that has this very pair in the same scope, or NULL
 * @by_prenat: another record that the host has in this scope, or NULL
 * @by_postnat: another record that has the address, or NULL
 * @left: the address of @by_prenat
 */
struct dnetmap_place {
	__be32			prenat;
	__be32			postnat;
	struct dnetmap_block	block;
	u8			state;
	u32			index;
	u64			ms;
	struct dnetmap_record	*record;
	struct dnetmap_prefix	*prefix;
	struct dnetmap_record	*same;
	struct dnetmap_record	*by_prenat;
	struct dnetmap_record	*by_postnat;
	__be32			left;
};

/**
 * struct dnetmap_placing - bindings to place, all or none
 * @dn: the namespace
 * @places: the bindings; they change their order
 * @count: their number, up to %DNETMAP_PLACE_MAX
 * @force: end active bindings that are in the way
 * @nodes: preallocated tree nodes
 * @needs: number of these
 * @bad: after an error, &dnetmap_place.index of the one that is refused
 * @rival: after -EEXIST, the addresses of the binding that is in the way
 */
struct dnetmap_placing {
	struct dnetmap_net		*dn;
	struct dnetmap_place		*places;
	unsigned int			count;
	bool				force;
	struct dnetmap_addrtree_spare	nodes;
	unsigned int			needs;
	u32				bad;
	struct {
		__be32	prenat;
		__be32	postnat;
	} rival;
};

/**
 * dnetmap_place_is_valid() - may a prefix hold a binding for a host?
 * @prefix: the prefix
 * @prenat: the host
 * @postnat: the address
 *
 * Return: false if the host cannot be, or lies in the prefix, or if the address
 * does not, or is reserved.
 */
static inline bool dnetmap_place_is_valid(const struct dnetmap_prefix *prefix,
					  __be32 prenat, __be32 postnat)
{
	return dnetmap_addr_is_host(prenat) &&
	       !dnetmap_block_has(&prefix->block, prenat) &&
	       dnetmap_prefix_usable(prefix, postnat);
}

int dnetmap_place_all(struct dnetmap_placing *placing);

#endif /* _DNETMAP_PLACE_H */
