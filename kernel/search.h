/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _DNETMAP_SEARCH_H
#define _DNETMAP_SEARCH_H

#include <linux/rhashtable.h>

#include "record.h"

/**
 * dnetmap_search() - find a record in a hash table of them
 * @table: the table, which links records by &dnetmap_record.by_prenat
 * @key: the key
 * @hash: hashes a key with the seed of the table
 * @is: is this the record with that key?
 *
 * This is rhashtable_lookup() for the hit path. In Linux 7.2 that one is always
 * inline; in 6.12 and before, compilers make a function of it where a file has
 * two tables, and call @hash and @is by pointer. It also loads the offset of the
 * link at run time, and checks the result twice for NULL.
 *
 * Context: RCU read side, even with &dnetmap_net.lock held: a resize may
 * replace the bucket table at any time.
 * Return: the record, in any state, or NULL.
 */
static __always_inline struct dnetmap_record *
dnetmap_search(struct rhashtable *table, const void *key,
	       u32 (*hash)(const void *key, u32 len, u32 seed),
	       bool (*is)(const struct dnetmap_record *r, const void *key))
{
	struct rhash_lock_head __rcu *const *bucket;
	struct bucket_table *buckets;
	struct rhash_head *pos;
	u32 at;

	buckets = rht_dereference_rcu(table->tbl, table);
	do {
		at = rht_bucket_index(buckets, hash(key, 0, buckets->hash_rnd));
		bucket = rht_bucket(buckets, at);
		do {
			rht_for_each_rcu_from(pos, rht_ptr_rcu(bucket),
					      buckets, at) {
				struct dnetmap_record *r;

				r = container_of(pos, struct dnetmap_record,
						 by_prenat);
				if (is(r, key))
					return r;
			}
			/*
			 * The end of a chain names its bucket. If it is
			 * another one's, a resize has moved a record on the
			 * way.
			 */
		} while (pos != RHT_NULLS_MARKER(bucket));
		/* A record that was not there may have moved to the next table. */
		smp_rmb();
		buckets = rht_dereference_rcu(buckets->future_tbl, table);
	} while (unlikely(buckets));
	return NULL;
}

#endif /* _DNETMAP_SEARCH_H */
