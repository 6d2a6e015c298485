/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _DNETMAP_GROUP_H
#define _DNETMAP_GROUP_H

#include <linux/list.h>
#include <linux/types.h>
#include <asm/byteorder.h>

struct dnetmap_record;
struct dnetmap_net;

/**
 * struct dnetmap_group - bindings that are ended together, with one log line
 *	for all of them (record_bulk.c)
 * @untold: bindings have been cut, and the group's line is still to come
 * @shut: the addresses that the flush has passed may not be allocated
 * @first: address at which the running flush began, host order
 * @next: address that it will visit next, host order; 0 if none is running
 * @late: bindings that came after the flush had passed their address, by
 *	&dnetmap_record.list
 *
 * A namespace has one group at a time. Guarded by &dnetmap_net.lock.
 */
struct dnetmap_group {
	bool			untold;
	bool			shut;
	u32			first;
	u64			next;
	struct list_head	late;
};

/**
 * dnetmap_group_has_passed() - has a running flush passed an address?
 * @group: the group
 * @postnat: the address
 *
 * Return: true if it has, so that it will not visit the address again.
 */
static inline bool dnetmap_group_has_passed(const struct dnetmap_group *group,
					    __be32 postnat)
{
	u32 host = ntohl(postnat);

	return host < group->next && host >= group->first;
}

/**
 * dnetmap_group_shuts() - has a running flush shut some of these addresses?
 * @group: the group
 * @first: lowest of the addresses, host order
 * @last: highest of the addresses, host order
 *
 * Return: true if it may have. The flush will be over soon.
 */
static inline bool dnetmap_group_shuts(const struct dnetmap_group *group,
				       u32 first, u32 last)
{
	return group->shut && first < group->next && last >= group->first;
}

void dnetmap_group_add_late(struct dnetmap_net *dn, struct dnetmap_record *r);
void dnetmap_group_remove_late(struct dnetmap_net *dn, struct dnetmap_record *r);

#endif /* _DNETMAP_GROUP_H */
