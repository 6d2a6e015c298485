// SPDX-License-Identifier: GPL-2.0-only
/*
 * The secret of the hash function for hash tables (hash.h).
 */
#include <linux/init.h>
#include <linux/random.h>

#include "hash.h"

u64 dnetmap_hash_secret __ro_after_init;

/**
 * dnetmap_hash_init() - choose the secret, once for the module
 */
void __init dnetmap_hash_init(void)
{
	dnetmap_hash_secret = get_random_u64() | 1;
}
