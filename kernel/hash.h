/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _DNETMAP_HASH_H
#define _DNETMAP_HASH_H

#include <linux/cache.h>
#include <linux/types.h>

/* Odd and random, so that nobody can choose keys that share a hash bucket. */
extern u64 dnetmap_hash_secret __ro_after_init;

/**
 * dnetmap_hash() - hash a key for a hash table
 * @key: the key
 * @seed: seed of the table, which rhashtable changes if a chain has grown too
 *	long all the same
 *
 * Multiply, fold, multiply: a third of the instructions of jhash. A single
 * multiplication would be enough against chosen pairs of keys, but it may map
 * the addresses of a subnet to a few buckets.
 *
 * Return: the hash.
 */
static __always_inline u32 dnetmap_hash(u64 key, u32 seed)
{
	key *= dnetmap_hash_secret ^ (u64)seed << 32;
	key ^= key >> 32;
	key *= dnetmap_hash_secret;
	return key >> 32;
}

void dnetmap_hash_init(void);

#endif /* _DNETMAP_HASH_H */
