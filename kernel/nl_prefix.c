// SPDX-License-Identifier: GPL-2.0-only
/*
 * Netlink requests for prefixes.
 *
 * The counters of a prefix are kept as bindings come and go, so a dump costs the
 * same whatever the number of bindings. Before it begins, bindings whose expiry has
 * passed are ended.
 *
 * A request may have to wait: for the work that ends the bindings of a prefix, or for
 * a rule that is being added to the namespace. A tenant can make either last as
 * long as he likes, and whoever registers a family waits for all requests that run.
 * So no request waits for more than a second.
 */
#include <net/genetlink.h>
#include <net/sock.h>

#include "event.h"
#include "expiry.h"
#include "handler.h"
#include "net.h"
#include "netns.h"
#include "nl.h"
#include "nl_gen.h"
#include "prefix.h"
#include "prefix_index.h"
#include "publish.h"
#include "rule.h"

/* The counters of a prefix, at one moment. */
struct dnetmap_nl_prefix {
	struct dnetmap_block	block;
	u32			flags;
	u32			rules;
	u32			usable;
	struct dnetmap_tally	tally;
	u64			refused;
	u64			refused_any;
	u64			events_lost;
	u64			event_seq;
	u64			incarnation;
};

static void dnetmap_nl_prefix_read(struct dnetmap_prefix *prefix,
				   struct dnetmap_nl_prefix *copy)
{
	lockdep_assert_held(&prefix->dn->lock);
	copy->block = prefix->block;
	copy->flags = (prefix->persistent ? DNETMAP_PREFIX_FLAGS_PERSISTENT : 0) |
		      (prefix->own ? DNETMAP_PREFIX_FLAGS_OWN : 0);
	copy->rules = prefix->rules;
	copy->usable = prefix->last - prefix->first + 1;
	copy->tally = prefix->tally;
	copy->refused = atomic64_read(&prefix->shortage.refused);
	copy->refused_any = atomic64_read(&prefix->dn->shortage.refused);
	copy->events_lost = prefix->dn->events->lost;
	copy->event_seq = prefix->dn->events->next - 1;
	copy->incarnation = prefix->dn->events->incarnation;
}

static int dnetmap_nl_prefix_put_u64(struct sk_buff *skb, int attr, u64 value)
{
	return nla_put_u64_64bit(skb, attr, value, DNETMAP_A_PREFIX_PAD);
}

static int dnetmap_nl_prefix_put_tally(struct sk_buff *skb,
				       const struct dnetmap_tally *tally)
{
	if (nla_put_u32(skb, DNETMAP_A_PREFIX_ACTIVE, tally->active) ||
	    nla_put_u32(skb, DNETMAP_A_PREFIX_STATIC, tally->statics) ||
	    nla_put_u32(skb, DNETMAP_A_PREFIX_EXPIRED, tally->expired) ||
	    nla_put_u32(skb, DNETMAP_A_PREFIX_PEAK, tally->peak) ||
	    dnetmap_nl_prefix_put_u64(skb, DNETMAP_A_PREFIX_ADDED, tally->added) ||
	    dnetmap_nl_prefix_put_u64(skb, DNETMAP_A_PREFIX_REACTIVATED,
				      tally->reactivated) ||
	    dnetmap_nl_prefix_put_u64(skb, DNETMAP_A_PREFIX_TIMED_OUT,
				      tally->timed_out) ||
	    dnetmap_nl_prefix_put_u64(skb, DNETMAP_A_PREFIX_REMOVED,
				      tally->removed) ||
	    dnetmap_nl_prefix_put_u64(skb, DNETMAP_A_PREFIX_RECYCLED,
				      tally->recycled))
		return -EMSGSIZE;
	return 0;
}

static int dnetmap_nl_prefix_put(struct sk_buff *skb,
				 const struct dnetmap_nl_prefix *prefix)
{
	if (nla_put_be32(skb, DNETMAP_A_PREFIX_PREFIX, prefix->block.addr) ||
	    nla_put_u32(skb, DNETMAP_A_PREFIX_PREFIX_LEN, prefix->block.len) ||
	    nla_put_u32(skb, DNETMAP_A_PREFIX_FLAGS, prefix->flags) ||
	    nla_put_u32(skb, DNETMAP_A_PREFIX_RULES, prefix->rules) ||
	    nla_put_u32(skb, DNETMAP_A_PREFIX_USABLE, prefix->usable) ||
	    dnetmap_nl_prefix_put_tally(skb, &prefix->tally) ||
	    dnetmap_nl_prefix_put_u64(skb, DNETMAP_A_PREFIX_REFUSED,
				      prefix->refused) ||
	    dnetmap_nl_prefix_put_u64(skb, DNETMAP_A_PREFIX_REFUSED_ANY,
				      prefix->refused_any) ||
	    dnetmap_nl_prefix_put_u64(skb, DNETMAP_A_PREFIX_EVENTS_LOST,
				      prefix->events_lost) ||
	    dnetmap_nl_prefix_put_u64(skb, DNETMAP_A_PREFIX_EVENT_SEQ,
				      prefix->event_seq) ||
	    dnetmap_nl_prefix_put_u64(skb, DNETMAP_A_PREFIX_INCARNATION,
				      prefix->incarnation))
		return -EMSGSIZE;
	return 0;
}

static int dnetmap_nl_prefix_message(struct sk_buff *skb,
				     const struct dnetmap_nl_prefix *prefix,
				     u32 portid, u32 seq, int flags, u8 cmd)
{
	void *header = dnetmap_nl_header(skb, portid, seq, flags, cmd);

	if (!header)
		return -EMSGSIZE;
	if (dnetmap_nl_prefix_put(skb, prefix)) {
		genlmsg_cancel(skb, header);
		return -EMSGSIZE;
	}
	genlmsg_end(skb, header);
	return 0;
}

static int dnetmap_nl_prefix_block(struct genl_info *info, struct dnetmap_block *block)
{
	return dnetmap_nl_block(info->attrs[DNETMAP_A_PREFIX_PREFIX],
				info->attrs[DNETMAP_A_PREFIX_PREFIX_LEN], block,
				info->extack);
}

/* Enter the prefix that a request names; an error pointer if there is none. */
static struct dnetmap_prefix *dnetmap_nl_prefix_enter(struct genl_info *info)
{
	struct dnetmap_prefix *prefix = NULL;
	struct dnetmap_block block;
	struct dnetmap_net *dn;
	int err;

	err = dnetmap_nl_prefix_block(info, &block);
	if (err)
		return ERR_PTR(err);
	rcu_read_lock();
	dn = dnetmap_net(genl_info_net(info));
	if (dn)
		prefix = dnetmap_prefix_find(dn, &block);
	if (prefix && !(READ_ONCE(prefix->listed) && dnetmap_handler_enter(prefix)))
		prefix = NULL;
	rcu_read_unlock();
	if (prefix)
		return prefix;
	NL_SET_ERR_MSG_ATTR(info->extack, info->attrs[DNETMAP_A_PREFIX_PREFIX],
			    "no such prefix");
	return ERR_PTR(-ENOENT);
}

/* Reply with a prefix that has been entered. */
static int dnetmap_nl_prefix_reply(struct genl_info *info,
				   struct dnetmap_prefix *prefix, u8 cmd)
{
	struct dnetmap_nl_prefix copy;
	struct sk_buff *reply;
	int err;

	reply = genlmsg_new(NLMSG_DEFAULT_SIZE, GFP_KERNEL);
	if (!reply)
		return -ENOMEM;
	dnetmap_expiry_catch_up(prefix->dn);
	spin_lock_bh(&prefix->dn->lock);
	dnetmap_nl_prefix_read(prefix, &copy);
	spin_unlock_bh(&prefix->dn->lock);
	err = dnetmap_nl_prefix_message(reply, &copy, info->snd_portid,
					info->snd_seq, 0, cmd);
	if (!err)
		return genlmsg_reply(reply, info);
	nlmsg_free(reply);
	return err;
}

/**
 * dnetmap_nl_prefix_get_doit() - reply with a prefix
 * @skb: the request
 * @info: the request
 *
 * Context: process; sleeps.
 * Return: 0 or an error.
 */
int dnetmap_nl_prefix_get_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct dnetmap_prefix *prefix;
	int err;

	if (!dnetmap_nl_may_read(skb))
		return -EPERM;
	dnetmap_publisher_wake(&dnetmap_pernet(genl_info_net(info))->publisher);
	prefix = dnetmap_nl_prefix_enter(info);
	if (IS_ERR(prefix))
		return PTR_ERR(prefix);
	err = dnetmap_nl_prefix_reply(info, prefix, DNETMAP_CMD_PREFIX_GET);
	dnetmap_handler_leave(prefix);
	return err;
}

/**
 * struct dnetmap_nl_prefix_dump - where a dump of prefixes is
 * @begun: there was a first call
 * @first: address of the prefix that was dumped last, host order
 * @len: its length, plus 1
 */
struct dnetmap_nl_prefix_dump {
	bool	begun;
	u32	first;
	u32	len;
};

/* Copy the counters of the next prefix. Returns false if there is none. */
static bool dnetmap_nl_prefix_next(struct net *net,
				   const struct dnetmap_nl_prefix_dump *dump,
				   struct dnetmap_nl_prefix *copy)
{
	struct dnetmap_prefix *prefix = NULL;
	struct dnetmap_net *dn;

	rcu_read_lock();
	dn = dnetmap_net(net);
	if (dn) {
		spin_lock_bh(&dn->lock);
		prefix = dnetmap_prefix_from(dn, dump->first, dump->len);
		if (prefix)
			dnetmap_nl_prefix_read(prefix, copy);
		spin_unlock_bh(&dn->lock);
	}
	rcu_read_unlock();
	return prefix;
}

/* End what has expired; any prefix keeps the state meanwhile. */
static void dnetmap_nl_prefix_catch_up(struct net *net)
{
	struct dnetmap_prefix *prefix = NULL;
	struct dnetmap_net *dn;

	rcu_read_lock();
	dn = dnetmap_net(net);
	if (dn) {
		spin_lock_bh(&dn->lock);
		prefix = dnetmap_prefix_from(dn, 0, 0);
		spin_unlock_bh(&dn->lock);
		if (prefix && !dnetmap_handler_enter(prefix))
			prefix = NULL;
	}
	rcu_read_unlock();
	if (!prefix)
		return;
	dnetmap_expiry_catch_up(prefix->dn);
	dnetmap_handler_leave(prefix);
}

/**
 * dnetmap_nl_prefix_get_dumpit() - dump all prefixes, in order of address and length
 * @skb: where
 * @cb: the dump
 *
 * Context: process; sleeps.
 * Return: the length of @skb, 0 at the end, or an error.
 */
int dnetmap_nl_prefix_get_dumpit(struct sk_buff *skb, struct netlink_callback *cb)
{
	struct dnetmap_nl_prefix_dump *dump = (void *)cb->ctx;
	struct net *net = sock_net(skb->sk);
	struct dnetmap_nl_prefix copy;

	if (!dump->begun) {
		if (!dnetmap_nl_may_read(cb->skb))
			return -EPERM;
		/* Some kernels ignore attributes where there is no policy: 6.12 does. */
		if (nlmsg_attrlen(cb->nlh, GENL_HDRLEN)) {
			NL_SET_ERR_MSG(cb->extack, "Unknown attribute type");
			return -EINVAL;
		}
		dnetmap_publisher_wake(&dnetmap_pernet(net)->publisher);
		dnetmap_nl_prefix_catch_up(net);
		dump->begun = true;
	}
	while (dnetmap_nl_prefix_next(net, dump, &copy)) {
		if (dnetmap_nl_prefix_message(skb, &copy, NETLINK_CB(cb->skb).portid,
					      cb->nlh->nlmsg_seq, NLM_F_MULTI,
					      DNETMAP_CMD_PREFIX_GET))
			break;
		dump->first = dnetmap_block_first(&copy.block);
		dump->len = copy.block.len + 1;
		cond_resched();
	}
	return skb->len;
}

/**
 * dnetmap_nl_prefix_new_doit() - make a persistent prefix
 * @skb: the request
 * @info: the request
 *
 * Context: process; sleeps.
 * Return: 0 or an error.
 */
int dnetmap_nl_prefix_new_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct dnetmap_prefix *prefix;
	struct dnetmap_block block;
	int err;

	err = dnetmap_nl_prefix_block(info, &block);
	if (err)
		return err;
	if (!dnetmap_addr_is_host(block.addr) || block.len < DNETMAP_PREFIX_LEN_MIN) {
		NL_SET_ERR_MSG_ATTR(info->extack,
				    info->attrs[DNETMAP_A_PREFIX_PREFIX],
				    "expected addresses that a host can own, and a length of 8 to 32");
		return -EINVAL;
	}
	err = dnetmap_net_prefix_make(genl_info_net(info), &block);
	if (err == -EEXIST)
		NL_SET_ERR_MSG_ATTR(info->extack,
				    info->attrs[DNETMAP_A_PREFIX_PREFIX],
				    "the prefix exists");
	else if (err == -EBUSY)
		NL_SET_ERR_MSG(info->extack, "rules are being added; try again");
	if (err)
		return err;
	prefix = dnetmap_nl_prefix_enter(info);
	if (IS_ERR(prefix))
		return PTR_ERR(prefix);
	err = dnetmap_nl_prefix_reply(info, prefix, DNETMAP_CMD_PREFIX_NEW);
	dnetmap_handler_leave(prefix);
	return err;
}

/* The flags that a request changes: only persistent may be. */
static int dnetmap_nl_prefix_flags(struct genl_info *info, u32 *flags, u32 *mask)
{
	struct nlattr *attr = info->attrs[DNETMAP_A_PREFIX_FLAGS];
	struct nlattr *which = info->attrs[DNETMAP_A_PREFIX_FLAGS_MASK];

	if (!attr) {
		NL_SET_ERR_MSG(info->extack, "expected flags");
		return -EINVAL;
	}
	*flags = nla_get_u32(attr);
	*mask = which ? nla_get_u32(which) : *flags;
	if (*mask == DNETMAP_PREFIX_FLAGS_PERSISTENT && !(*flags & ~*mask))
		return 0;
	NL_SET_ERR_MSG_ATTR(info->extack, which ?: attr,
			    "expected persistent: it alone can be set");
	return -EINVAL;
}

static int dnetmap_nl_prefix_set(struct genl_info *info,
				 struct dnetmap_prefix *prefix)
{
	u32 flags, mask;
	int err;

	err = dnetmap_nl_prefix_flags(info, &flags, &mask);
	if (err)
		return err;
	return dnetmap_prefix_set_persistent(prefix, flags, false);
}

/**
 * dnetmap_nl_prefix_set_doit() - set flags of a prefix
 * @skb: the request
 * @info: the request
 *
 * Context: process; sleeps.
 * Return: 0 or an error.
 */
int dnetmap_nl_prefix_set_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct dnetmap_prefix *prefix = dnetmap_nl_prefix_enter(info);
	int err;

	if (IS_ERR(prefix))
		return PTR_ERR(prefix);
	err = dnetmap_nl_prefix_set(info, prefix);
	if (!err && READ_ONCE(prefix->listed))
		err = dnetmap_nl_prefix_reply(info, prefix, DNETMAP_CMD_PREFIX_SET);
	dnetmap_handler_leave(prefix);
	return err;
}

/**
 * dnetmap_nl_prefix_del_doit() - end a prefix that no rule names
 * @skb: the request
 * @info: the request
 *
 * Context: process; sleeps.
 * Return: 0 or an error.
 */
int dnetmap_nl_prefix_del_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct dnetmap_prefix *prefix = dnetmap_nl_prefix_enter(info);
	int err;

	if (IS_ERR(prefix))
		return PTR_ERR(prefix);
	err = dnetmap_prefix_delete(prefix);
	if (err == -EBUSY)
		NL_SET_ERR_MSG_ATTR(info->extack,
				    info->attrs[DNETMAP_A_PREFIX_PREFIX],
				    "rules name the prefix");
	dnetmap_handler_leave(prefix);
	return err;
}

/**
 * dnetmap_nl_flush_doit() - remove all bindings in a prefix
 * @skb: the request
 * @info: the request
 *
 * Context: process; sleeps.
 * Return: 0 or an error.
 */
int dnetmap_nl_flush_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct dnetmap_prefix *prefix = dnetmap_nl_prefix_enter(info);
	int err;

	if (IS_ERR(prefix))
		return PTR_ERR(prefix);
	err = dnetmap_prefix_flush(prefix, false);
	dnetmap_handler_leave(prefix);
	return err;
}
