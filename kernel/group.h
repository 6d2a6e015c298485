/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _DNETMAP_GROUP_H
#define _DNETMAP_GROUP_H

#include <linux/list.h>
#include <linux/types.h>
#include <asm/byteorder.h>

struct dnetmap_binding;
struct dnetmap_net;

/**
 * struct dnetmap_group - bindings that come to their end together, and share one
 *	line of the log
 * @untold: some have ended, and the line is still to come
 * @shut: no address that the flush has passed is given
 * @first: where the flush under way has begun, host order
 * @next: where it is; 0 where there is none
 * @late: &dnetmap_binding.list of those that it has passed, and that have come
 *	since
 *
 * Of a namespace, one group at a time. Guarded by &dnetmap_net.lock.
 */
struct dnetmap_group {
	bool			untold;
	bool			shut;
	u32			first;
	u64			next;
	struct list_head	late;
};

/**
 * dnetmap_group_has_passed() - has a flush been at an address?
 * @group: the group
 * @postnat: the address
 *
 * Return: true where one is under way, and will not come there again.
 */
static inline bool dnetmap_group_has_passed(const struct dnetmap_group *group,
					    __be32 postnat)
{
	u32 host = ntohl(postnat);

	return host < group->next && host >= group->first;
}

/**
 * dnetmap_group_shuts() - is a flush under way that lets nobody have an address?
 * @group: the group
 * @first: lowest of the addresses, host order
 * @last: highest
 *
 * Return: true where that may concern one of them. It is over soon.
 */
static inline bool dnetmap_group_shuts(const struct dnetmap_group *group,
				       u32 first, u32 last)
{
	return group->shut && first < group->next && last >= group->first;
}

void dnetmap_group_add_late(struct dnetmap_net *dn, struct dnetmap_binding *b);
void dnetmap_group_remove_late(struct dnetmap_net *dn, struct dnetmap_binding *b);

#endif /* _DNETMAP_GROUP_H */
