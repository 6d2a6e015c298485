/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _DNETMAP_COMPAT_H
#define _DNETMAP_COMPAT_H

/*
 * The only file that handles differences between kernel versions. Each
 * DNETMAP_HAVE_ symbol is the result of a probe of the same name in Kbuild,
 * which compiles a line against the kernel that the module is built for.
 */

#include <linux/hrtimer.h>
#include <linux/proc_fs.h>

#ifndef DNETMAP_HAVE_HRTIMER_SETUP
/* Linux 6.13 introduced it; 6.15 removed hrtimer_init(). */
static inline void
hrtimer_setup(struct hrtimer *timer,
	      enum hrtimer_restart (*function)(struct hrtimer *),
	      clockid_t clock_id, enum hrtimer_mode mode)
{
	hrtimer_init(timer, clock_id, mode);
	timer->function = function;
}
#endif

#ifndef DNETMAP_HAVE_PDE_DATA
/* Linux 5.17 renamed PDE_DATA(). */
static inline void *pde_data(const struct inode *inode)
{
	return PDE_DATA(inode);
}
#endif

#endif /* _DNETMAP_COMPAT_H */
