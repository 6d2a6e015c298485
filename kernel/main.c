// SPDX-License-Identifier: GPL-2.0-only
/*
 * DNETMAP: dynamic two-way 1:1 NAT of IPv4 subnets, an x_tables target.
 *
 * The files, each above all that it calls ("make lint" checks that):
 *
 * top
 *   main.c     the module comes and goes
 *   target.c   what a rule does to a packet, and what it keeps in place
 *   netns.c    what a namespace keeps, from its first rule to its last
 * views
 *   proc.c     /proc/net/xt_DNETMAP
 * commands
 *   command.c  what can be written there
 *   assign.c   what a host gets that has no active binding
 *   persist.c  rules that make their prefix outlive them
 *   rule.c     what a rule may say
 * life of prefixes and bindings
 *   prefix.c   a prefix from its first rule to its last
 *   records.c  what becomes of the records in a prefix when it ends or is flushed
 *   pool.c     which address a prefix gives next
 *   expiry.c   bindings end when their time comes
 * binding
 *   binding.c  a binding from its beginning to its end: start reading here
 * what is told
 *   log.c      events are printed to the kernel log
 *   event.c    what has happened, in its order
 * structures
 *   due.c      active bindings, by when they are to be looked at
 *   idle.c     free addresses, by since when
 *   group.c    bindings that end together
 *   record.c   the memory of an address, and the indexes to find it
 *   prefixes.c the prefixes that there are, and how each is found
 *   net.c      the state of a namespace
 * ground
 *   queue.c    queues by a time
 *   addrtree.c records by postnat address: a tree of octets
 *   hash.c     the hash of the hash tables' keys
 *   param.c    module parameters
 *
 * Without a file of its own, in line: hit.h (a binding serves a new flow), lookup.h (a
 * binding is found), block.h (blocks of addresses).
 */
#include <linux/init.h>
#include <linux/module.h>

#include "hash.h"
#include "log.h"
#include "net.h"
#include "netns.h"
#include "param.h"
#include "record.h"
#include "target.h"

static int __init dnetmap_init(void)
{
	int err;

	dnetmap_hash_init();
	err = dnetmap_record_init();
	if (err)
		return err;
	err = dnetmap_net_start();
	if (err)
		goto err_record;
	err = dnetmap_log_start();
	if (err)
		goto err_net;
	err = dnetmap_netns_init();
	if (err)
		goto err_log;
	err = dnetmap_target_init();
	if (err)
		goto err_netns;
	dnetmap_param_loaded();
	return 0;

err_netns:
	dnetmap_netns_exit();
err_log:
	dnetmap_log_stop();
err_net:
	dnetmap_net_stop();
err_record:
	dnetmap_record_exit();
	return err;
}

static void __exit dnetmap_exit(void)
{
	dnetmap_target_exit();
	dnetmap_netns_exit();
	dnetmap_log_stop();
	dnetmap_net_stop();
	dnetmap_record_exit();
}

module_init(dnetmap_init);
module_exit(dnetmap_exit);
MODULE_AUTHOR("The DNETMAP authors");
MODULE_DESCRIPTION("Xtables: dynamic two-way 1:1 NAT of IPv4 subnets");
MODULE_LICENSE("GPL");
MODULE_VERSION(DNETMAP_VERSION);
MODULE_ALIAS("ipt_DNETMAP");
MODULE_ALIAS("xt_DNETMAP");
