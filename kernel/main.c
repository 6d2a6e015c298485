// SPDX-License-Identifier: GPL-2.0-only
/*
 * DNETMAP: dynamic two-way 1:1 NAT of IPv4 subnets, an x_tables target.
 *
 *   target.c   what a rule does to a packet
 *   rule.c     what a rule may say
 *   hit.h      a binding serves a new flow, without a lock
 *   lookup.h   finding a binding by either address
 *   assign.c   what a host gets that has no active binding
 *   binding.c  bindings and the tables that hold them: start reading here
 *   addrtree.c records by postnat address: a tree of octets
 *   hash.h     the hash of the hash tables' keys
 *   expiry.c   bindings end when their time comes
 *   queue.c    queues by a time
 *   pool.c     which address a prefix gives next
 *   prefix.c   the subnets that rules draw from
 *   prefixes.c which of them there are
 *   persist.c  rules that make their prefix outlive them
 *   records.c  what becomes of their records when they come and go
 *   proc.c     /proc/net/xt_DNETMAP
 *   command.c  what can be written there
 *   log.c      the kernel log
 *   netns.c    what a namespace keeps, from its first rule to its last
 *   param.c    module parameters
 */
#include <linux/init.h>
#include <linux/module.h>
#include <linux/random.h>

#include "binding.h"
#include "hash.h"
#include "log.h"
#include "netns.h"
#include "param.h"
#include "target.h"

u64 dnetmap_hash_secret __ro_after_init;

static int __init dnetmap_init(void)
{
	int err;

	dnetmap_hash_secret = get_random_u64() | 1;
	err = dnetmap_binding_init();
	if (err)
		return err;
	err = dnetmap_log_start();
	if (err)
		goto err_binding;
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
err_binding:
	dnetmap_binding_exit();
	return err;
}

static void __exit dnetmap_exit(void)
{
	dnetmap_target_exit();
	dnetmap_netns_exit();
	dnetmap_log_stop();
	dnetmap_binding_exit();
}

module_init(dnetmap_init);
module_exit(dnetmap_exit);
MODULE_AUTHOR("The DNETMAP authors");
MODULE_DESCRIPTION("Xtables: dynamic two-way 1:1 NAT of IPv4 subnets");
MODULE_LICENSE("GPL");
MODULE_VERSION(DNETMAP_VERSION);
MODULE_ALIAS("ipt_DNETMAP");
MODULE_ALIAS("xt_DNETMAP");
