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
#include <net/genetlink.h>

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

#ifdef DNETMAP_HAVE_SPLIT_OPS
static inline void dnetmap_compat_merge_ops(struct genl_family *family)
{
}
#else
/*
 * Linux 6.2 introduced operations that have an entry each for a request and a dump.
 * Earlier kernels have one entry for both, with one policy: that of the dump, which
 * has all attributes that the request has.
 */
#define genl_split_ops	genl_ops
#define split_ops	ops
#define n_split_ops	n_ops

#define DNETMAP_COMPAT_OPS	16

static inline void dnetmap_compat_merge_ops(struct genl_family *family)
{
	static struct genl_ops merged[DNETMAP_COMPAT_OPS];
	const struct genl_ops *from = family->ops;
	unsigned int i, count = 0;

	for (i = 0; i < family->n_ops; i++, from++) {
		if (count && merged[count - 1].cmd == from->cmd) {
			merged[count - 1].dumpit = from->dumpit;
			if (from->policy) {
				merged[count - 1].policy = from->policy;
				merged[count - 1].maxattr = from->maxattr;
			}
			continue;
		}
		if (WARN_ON_ONCE(count == DNETMAP_COMPAT_OPS))
			break;
		merged[count++] = *from;
	}
	family->ops = merged;
	family->n_ops = count;
}
#endif

/* The attributes of a dump's request. */
#ifdef DNETMAP_HAVE_GENL_INFO_DUMP
/* Linux 6.6 introduced it. */
static inline struct nlattr **dnetmap_dump_attrs(struct netlink_callback *cb)
{
	return genl_info_dump(cb)->attrs;
}
#else
static inline struct nlattr **dnetmap_dump_attrs(struct netlink_callback *cb)
{
	return genl_dumpit_info(cb)->attrs;
}
#endif

/*
 * Let only who has CAP_NET_ADMIN over the namespace join the groups of a family.
 * Linux 6.8, and 6.1 of stable, introduced the flag; without it, nobody can join.
 */
static inline void dnetmap_compat_restrict_groups(struct genl_family *family)
{
#ifdef GENL_MCAST_CAP_NET_ADMIN
	static struct genl_multicast_group restricted[1];

	WARN_ON_ONCE(family->n_mcgrps != ARRAY_SIZE(restricted));
	restricted[0] = family->mcgrps[0];
	restricted[0].flags = GENL_MCAST_CAP_NET_ADMIN;
	family->mcgrps = restricted;
#else
	family->n_mcgrps = 0;
#endif
}

#endif /* _DNETMAP_COMPAT_H */
