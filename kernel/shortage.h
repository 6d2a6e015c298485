/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _DNETMAP_SHORTAGE_H
#define _DNETMAP_SHORTAGE_H

#include <linux/atomic.h>
#include <linux/types.h>

/**
 * struct dnetmap_shortage - a prefix, or all of them, had no address for a host
 * @told: the log has a notice of the current shortage; changed under
 *	&dnetmap_net.lock, read without
 * @seen_at: &dnetmap_net.changes when no address was found; changed under
 *	&dnetmap_net.lock, read without
 * @refused: number of flows that got no address so far
 *
 * While &dnetmap_net.changes still equals @seen_at and &dnetmap_net.quiet_until
 * lies in the future, a new host is refused without a lock. So a flood of new
 * source addresses does not contend for the lock of a full pool.
 */
struct dnetmap_shortage {
	bool		told;
	u32		seen_at;
	atomic64_t	refused;
};

#endif /* _DNETMAP_SHORTAGE_H */
