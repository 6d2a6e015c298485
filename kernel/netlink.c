// SPDX-License-Identifier: GPL-2.0-only
/*
 * The netlink family "dnetmap": what netlink/dnetmap.yaml describes.
 *
 * Its table of operations and policies is generated from that (nl_gen.c). No alias
 * loads the module for whoever asks for the family: anybody may ask.
 */
#include <net/genetlink.h>

#include "compat.h"
#include "event.h"
#include "netlink.h"
#include "nl.h"
#include "nl_gen.h"
#include "param.h"

/**
 * dnetmap_netlink_init() - register the family
 *
 * Return: 0 or an error.
 */
int __init dnetmap_netlink_init(void)
{
	int err;

	dnetmap_compat_merge_ops(&dnetmap_nl_family);
	/* Who may not read the files in /proc may not listen. */
	if (!(dnetmap_proc_perms & 0004))
		dnetmap_compat_restrict_groups(&dnetmap_nl_family);
	err = genl_register_family(&dnetmap_nl_family);
	if (!err)
		dnetmap_nl_open(&dnetmap_nl_family);
	return err;
}

/**
 * dnetmap_netlink_exit() - undo dnetmap_netlink_init()
 *
 * Context: process; sleeps. No request runs afterwards, and nothing is sent.
 */
void dnetmap_netlink_exit(void)
{
	dnetmap_nl_close();
	flush_workqueue(dnetmap_event_wq);
	genl_unregister_family(&dnetmap_nl_family);
}
