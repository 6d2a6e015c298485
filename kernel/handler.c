// SPDX-License-Identifier: GPL-2.0-only
/*
 * Handlers: what runs on behalf of a process and uses a prefix, such as a read of
 * its /proc file, or a netlink request.
 *
 * A handler may sleep for any time: its caller may control the memory that
 * copy_to_user() or copy_from_user() faults in (userfaultfd, FUSE). So that nobody
 * waits for such a caller, each handler holds references from
 * dnetmap_handler_enter() to dnetmap_handler_leave(): to the module, the namespace
 * and the prefix, which keeps the state of the namespace. A prefix that ends is
 * removed when its last handler has left. No handler can enter after the end, so
 * handlers that take turns cannot delay the removal.
 */
#include <linux/atomic.h>
#include <linux/module.h>
#include <net/net_namespace.h>

#include "handler.h"
#include "net.h"
#include "prefix_index.h"

/**
 * dnetmap_handler_leave() - undo dnetmap_handler_enter()
 * @prefix: the prefix
 *
 * Context: process.
 */
void dnetmap_handler_leave(struct dnetmap_prefix *prefix)
{
	struct net *net = prefix->dn->net;

	/* Fully ordered; pairs with the removal of the prefix. */
	if (atomic_dec_and_test(&prefix->handlers) && READ_ONCE(prefix->barred))
		dnetmap_net_reap_later(net);
	put_net(net);
	module_put(THIS_MODULE);
}

/**
 * dnetmap_handler_enter() - begin to use a prefix
 * @prefix: the prefix; something else keeps it meanwhile, such as an RCU read side
 *
 * Return: false if the prefix has ended, or namespace or module is going away.
 */
bool dnetmap_handler_enter(struct dnetmap_prefix *prefix)
{
	/*
	 * A handler that will be refused must not be counted, not even for a
	 * moment: many such handlers could delay the removal.
	 */
	if (READ_ONCE(prefix->barred))
		return false;
	if (!try_module_get(THIS_MODULE))
		return false;
	if (!maybe_get_net(prefix->dn->net)) {
		module_put(THIS_MODULE);
		return false;
	}
	atomic_inc(&prefix->handlers);
	/*
	 * Pairs with the removal of the prefix: either that sees the handler, or
	 * the handler sees @barred.
	 */
	smp_mb__after_atomic();
	if (!READ_ONCE(prefix->barred))
		return true;
	dnetmap_handler_leave(prefix);
	return false;
}
