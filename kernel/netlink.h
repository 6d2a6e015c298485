/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _DNETMAP_NETLINK_H
#define _DNETMAP_NETLINK_H

int dnetmap_netlink_init(void);
void dnetmap_netlink_exit(void);

#endif /* _DNETMAP_NETLINK_H */
