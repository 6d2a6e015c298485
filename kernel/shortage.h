/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _DNETMAP_SHORTAGE_H
#define _DNETMAP_SHORTAGE_H

#include <linux/types.h>

/**
 * struct dnetmap_shortage - a prefix, or all of them, without an address to give
 * @told: the log has a notice of this spell; changed under
 *	&dnetmap_net.lock, read without
 * @seen_at: &dnetmap_net.changes when nothing was found; changed under
 *	&dnetmap_net.lock, read without
 *
 * While @seen_at is current and &dnetmap_net.quiet_until lies ahead, a new host
 * is refused without a lock: a flood of sources costs a full pool no more.
 */
struct dnetmap_shortage {
	bool	told;
	u32	seen_at;
};

#endif /* _DNETMAP_SHORTAGE_H */
