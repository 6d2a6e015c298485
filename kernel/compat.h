/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _DNETMAP_COMPAT_H
#define _DNETMAP_COMPAT_H

/*
 * The only place that knows that kernels differ. Each DNETMAP_HAVE_ symbol is
 * the outcome of a probe of the same name in Kbuild, which compiles a line
 * against the kernel that the module is built for.
 */

#include <linux/hrtimer.h>

#ifndef DNETMAP_HAVE_HRTIMER_SETUP
/* Linux 6.15 lost hrtimer_init() for this. */
static inline void
hrtimer_setup(struct hrtimer *timer,
	      enum hrtimer_restart (*function)(struct hrtimer *),
	      clockid_t clock_id, enum hrtimer_mode mode)
{
	hrtimer_init(timer, clock_id, mode);
	timer->function = function;
}
#endif

#endif /* _DNETMAP_COMPAT_H */
