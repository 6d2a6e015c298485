// SPDX-License-Identifier: GPL-2.0-only
/*
 * Commands: what can be written to the /proc file of a prefix.
 *
 *   +PRENAT:POSTNAT   add a static binding
 *   -ADDR             remove the binding that has ADDR on either side
 *   +persistent       let the prefix outlive its rules
 *   -persistent       end the prefix with its last rule
 *   flush             remove all bindings in the prefix
 *
 * A command is carried out completely or not at all. Commands run in a handler
 * of the file, so they must not wait for the removal of that file.
 */
#include <linux/inet.h>
#include <linux/sched.h>
#include <linux/string.h>

#include "binding.h"
#include "command.h"
#include "expiry.h"
#include "log.h"
#include "lookup.h"
#include "net.h"
#include "place.h"
#include "prefix.h"
#include "prefix_index.h"
#include "scope.h"

/**
 * dnetmap_command_refuse() - log that a command was not understood
 * @prefix: the prefix whose file was written to
 * @text: what was written, or the beginning of it
 *
 * Return: -EINVAL.
 */
int dnetmap_command_refuse(const struct dnetmap_prefix *prefix,
			   const char *text)
{
	dnetmap_log_refusal(prefix->dn->net,
			    "\"%*pE\": expected one of +PRENAT:POSTNAT, -ADDR, +persistent, -persistent, flush",
			    (int)strlen(text), text);
	return -EINVAL;
}

/*
 * Parse an address that is followed by @end. A spelling that differs in length
 * from %pI4 has leading zeros; it is refused, as some programs read 010 as 10
 * and some as 8.
 */
static bool dnetmap_command_addr(const char *text, char end, __be32 *addr,
				 const char **rest)
{
	int len;

	if (!in4_pton(text, -1, (u8 *)addr, end, NULL))
		return false;
	len = snprintf(NULL, 0, "%pI4", addr);
	if (text[len] != end)
		return false;
	*rest = text + len + !!end;
	return true;
}

/*
 * Enter the critical section of a command, in an RCU read side for look-ups by
 * prenat address. All bindings whose expiry had passed before have been ended.
 * Of those that came due since, only one batch is checked, as for a packet;
 * code that touches a single binding ends it first if it is past its expiry.
 */
static void dnetmap_command_lock(struct dnetmap_net *dn)
	__acquires(RCU)
	__acquires(&dn->lock)
{
	dnetmap_expiry_catch_up(dn);
	rcu_read_lock();
	spin_lock_bh(&dn->lock);
	dnetmap_expiry_advance(dn, dnetmap_now(), DNETMAP_EXPIRY_BATCH);
}

static void dnetmap_command_unlock(struct dnetmap_net *dn)
	__releases(&dn->lock)
	__releases(RCU)
{
	spin_unlock_bh(&dn->lock);
	rcu_read_unlock();
}

static int dnetmap_command_add(struct dnetmap_prefix *prefix,
			       __be32 prenat, __be32 postnat)
{
	struct dnetmap_place place = {
		.prenat		= prenat,
		.postnat	= postnat,
		.block		= prefix->block,
		.state		= DNETMAP_PLACE_STATIC,
	};
	struct dnetmap_placing placing = {
		.dn	= prefix->dn,
		.places	= &place,
		.count	= 1,
		.force	= true,
	};
	if (!dnetmap_place_is_valid(prefix, prenat, postnat)) {
		dnetmap_log_refusal(prefix->dn->net,
				    "\"+%pI4:%pI4\": expected a host outside %pI4/%u and an address for it inside",
				    &prenat, &postnat, &prefix->block.addr,
				    prefix->block.len);
		return -EINVAL;
	}
	return dnetmap_place_all(&placing);
}

/*
 * The binding in this prefix that has @addr on either side, or NULL. A host is
 * looked for in the scope of the prefix only: there it has one binding at most.
 */
static struct dnetmap_record *
dnetmap_command_find(struct dnetmap_prefix *prefix, __be32 addr, s64 now)
{
	struct dnetmap_net *dn = prefix->dn;
	struct dnetmap_record *r = NULL;

	if (!prefix->listed)
		return NULL;
	if (dnetmap_block_has(&prefix->block, addr))
		r = dnetmap_record_by_postnat(dn, addr);
	if (r && dnetmap_record_listed(r))
		return r;
	r = dnetmap_scope_find(dn, prefix, addr, now);
	return r && dnetmap_block_has(&prefix->block, r->postnat) ? r : NULL;
}

static int dnetmap_command_remove(struct dnetmap_prefix *prefix, __be32 addr)
{
	struct dnetmap_net *dn = prefix->dn;
	s64 now = dnetmap_now();
	struct dnetmap_record *r;

	dnetmap_command_lock(dn);
	r = dnetmap_command_find(prefix, addr, now);
	if (r)
		dnetmap_binding_remove(dn, r, now);
	dnetmap_command_unlock(dn);
	return r ? 0 : -ENOENT;
}

/**
 * dnetmap_command_run() - run a command that was written to a prefix's file
 * @prefix: the prefix
 * @text: one command; a trailing newline is cut off
 *
 * Context: process, in a handler of one of the prefix's files; sleeps.
 * Return: 0, -EINVAL, -ENOENT, -ENOSPC or -ENOMEM.
 */
int dnetmap_command_run(struct dnetmap_prefix *prefix, char *text)
{
	size_t len = strlen(text);
	__be32 prenat, addr;
	const char *rest;

	if (len && text[len - 1] == '\n')
		text[len - 1] = '\0';
	if (!strcmp(text, "flush"))
		return dnetmap_prefix_flush(prefix, true);
	if (!strcmp(text, "+persistent"))
		return dnetmap_prefix_set_persistent(prefix, true, true);
	if (!strcmp(text, "-persistent"))
		return dnetmap_prefix_set_persistent(prefix, false, true);
	if (text[0] == '-' &&
	    dnetmap_command_addr(text + 1, '\0', &addr, &rest))
		return dnetmap_command_remove(prefix, addr);
	if (text[0] == '+' &&
	    dnetmap_command_addr(text + 1, ':', &prenat, &rest) &&
	    dnetmap_command_addr(rest, '\0', &addr, &rest))
		return dnetmap_command_add(prefix, prenat, addr);
	return dnetmap_command_refuse(prefix, text);
}
