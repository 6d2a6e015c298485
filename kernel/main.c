// SPDX-License-Identifier: GPL-2.0-only
/*
 * DNETMAP: dynamic two-way 1:1 NAT of IPv4 subnets, an x_tables target.
 *
 * The source files. Each uses only files below it ("make lint" checks that).
 * Start reading at binding.c; record.h defines the words "record" and
 * "binding".
 *
 * top
 *   main.c         module init and exit
 *   target.c       the x_tables target: what a rule does to a packet
 *   netlink.c      the netlink family
 *   nl_gen.c       its operations and policies, generated
 *   nl_binding.c   requests for bindings
 *   nl_prefix.c    requests for prefixes
 *   nl_event.c     requests for events
 *   netns.c        a namespace's state, from its first rule to its last
 * views
 *   proc.c         the files in /proc/net/xt_DNETMAP
 * commands
 *   command.c      the commands that can be written to these files
 *   assign.c       slow path: an address for a host without an active binding
 *   place.c        bindings that a command or a request names
 *   persist.c      rules that make their prefix persistent
 *   rule.c         the check of new rules
 *   handler.c      what runs on behalf of a process, and keeps its prefix
 * life of prefixes and bindings
 *   prefix.c       a prefix, from its first rule to its last
 *   record_bulk.c  all records in a prefix, when it ends or is flushed
 *   pool.c         which address a prefix allocates next
 *   expiry.c       the work that ends bindings at their expiry
 * binding
 *   scope.c        scopes, within which a host has one binding
 *   binding.c      a binding, from its beginning to its end
 * events
 *   log.c          prints events to the kernel log
 *   publish.c      sends events to those who listen by netlink
 *   event.c        the queue of events
 * structures
 *   due.c          queue of active bindings, by the time of their next check
 *   idle.c         queues of idle records, by the time at which they became idle
 *   group.c        bindings that are ended together
 *   record.c       the memory of records, and their indexes
 *   own_index.c    the records of own prefixes, by prenat address and prefix
 *   prefix_index.c the prefixes of a namespace, and their indexes
 *   net.c          the state of a namespace
 * base
 *   queue.c        a queue ordered by time
 *   addrtree.c     records by postnat address: a tree of octets
 *   hash.c         the secret of the hash function
 *   nl.c           what all netlink messages have in common
 *   param.c        module parameters
 *
 * Headers without a .c file, for inline code: hit.h (a new flow uses a
 * binding), lookup.h (look-up of records), search.h (in a hash table), block.h
 * (blocks of addresses).
 */
#include <linux/init.h>
#include <linux/module.h>

#include "event.h"
#include "hash.h"
#include "net.h"
#include "netlink.h"
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
	err = dnetmap_event_start();
	if (err)
		goto err_net;
	err = dnetmap_netns_init();
	if (err)
		goto err_event;
	err = dnetmap_netlink_init();
	if (err)
		goto err_netns;
	err = dnetmap_target_init();
	if (err)
		goto err_netlink;
	dnetmap_param_loaded();
	return 0;

err_netlink:
	dnetmap_netlink_exit();
err_netns:
	dnetmap_netns_exit();
err_event:
	dnetmap_event_stop();
err_net:
	dnetmap_net_stop();
err_record:
	dnetmap_record_exit();
	return err;
}

static void __exit dnetmap_exit(void)
{
	dnetmap_target_exit();
	dnetmap_netlink_exit();
	dnetmap_netns_exit();
	dnetmap_event_stop();
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
