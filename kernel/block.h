/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _DNETMAP_BLOCK_H
#define _DNETMAP_BLOCK_H

#include <linux/in.h>
#include <linux/types.h>

/**
 * struct dnetmap_block - an aligned block of addresses
 * @addr: its first address
 * @len: its prefix length
 */
struct dnetmap_block {
	__be32	addr;
	u32	len;
};

/**
 * dnetmap_mask() - network mask of a prefix length
 * @len: 1 to 32
 *
 * Return: the mask in host order.
 */
static inline u32 dnetmap_mask(u32 len)
{
	return ~0U << (32 - len);
}

/**
 * dnetmap_addr_is_host() - can a host own this address?
 * @addr: the address
 *
 * Return: false in 0/8, 127/8 and 224/4, and for 255.255.255.255.
 */
static inline bool dnetmap_addr_is_host(__be32 addr)
{
	/* ipv4_is_zeronet() only matches 0.0.0.0. */
	bool zeronet = !(addr & htonl(dnetmap_mask(8)));

	return !zeronet && !ipv4_is_loopback(addr) &&
	       !ipv4_is_multicast(addr) && !ipv4_is_lbcast(addr);
}

/**
 * dnetmap_block_first() - lowest address of a block
 * @block: the block
 *
 * Return: the address in host order.
 */
static inline u32 dnetmap_block_first(const struct dnetmap_block *block)
{
	return ntohl(block->addr);
}

/**
 * dnetmap_block_last() - highest address of a block
 * @block: the block
 *
 * Return: the address in host order.
 */
static inline u32 dnetmap_block_last(const struct dnetmap_block *block)
{
	return ntohl(block->addr) | ~dnetmap_mask(block->len);
}

/**
 * dnetmap_block_has() - does an address lie in a block?
 * @block: the block
 * @addr: the address
 *
 * Return: true if it does.
 */
static inline bool dnetmap_block_has(const struct dnetmap_block *block,
				     __be32 addr)
{
	return !((addr ^ block->addr) & htonl(dnetmap_mask(block->len)));
}

/**
 * dnetmap_block_equal() - are these the same block?
 * @a: a block
 * @b: a block
 *
 * Return: true if they are.
 */
static inline bool dnetmap_block_equal(const struct dnetmap_block *a,
				       const struct dnetmap_block *b)
{
	return a->addr == b->addr && a->len == b->len;
}

#endif /* _DNETMAP_BLOCK_H */
