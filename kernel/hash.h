/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _DNETMAP_HASH_H
#define _DNETMAP_HASH_H

#include <linux/cache.h>
#include <linux/types.h>

/* Odd, and drawn once, so that nobody can choose keys that share a bucket. */
extern u64 dnetmap_hash_secret __ro_after_init;

/**
 * dnetmap_hash() - hash of a key, for a hash table
 * @key: the key
 * @seed: the table's seed, which makes another function of it when a chain has
 *	grown too long nevertheless
 *
 * Multiply, fold, multiply: a third of jhash's instructions. One multiplication
 * would do against chosen pairs of keys, but not for subnets, whose addresses
 * it can line up in few buckets.
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
