// SPDX-License-Identifier: GPL-2.0-only
/*
 * Netlink requests for bindings.
 *
 * Theory of operation
 *
 * Whoever reads holds the RCU read lock and no other lock, and leaves it every few
 * dozen records. A dump goes by postnat address, so it continues where it was,
 * whatever has been added or removed meanwhile, and has a binding that existed all
 * the time exactly once. Each message has the number of the last event before its
 * record was read: whoever applies the events after that number has the table.
 *
 * Several requests may run at once (parallel_ops). None of them waits for a process
 * of a tenant: they take spinlocks, and what they send and receive is in memory of
 * the kernel's.
 */
#include <linux/mm.h>
#include <linux/sched.h>
#include <net/genetlink.h>
#include <net/sock.h>

#include "binding.h"
#include "event.h"
#include "expiry.h"
#include "handler.h"
#include "lookup.h"
#include "net.h"
#include "nl.h"
#include "nl_gen.h"
#include "param.h"
#include "place.h"
#include "prefix_index.h"
#include "publish.h"
#include "scope.h"

/* Records to look at before leaving the RCU read side and rescheduling. */
#define DNETMAP_NL_BINDING_BATCH	64
/* Room that a binding takes in a message at most. */
#define DNETMAP_NL_BINDING_BYTES	160
/* The longest time that a request may name, in milliseconds. */
#define DNETMAP_NL_MS_MAX		((u64)S32_MAX * MSEC_PER_SEC)

static int dnetmap_nl_binding_put_time(struct sk_buff *skb, s64 state, s64 now)
{
	u64 ms = div_s64(abs(dnetmap_state_expiry(state) - now), NSEC_PER_MSEC);

	if (state == DNETMAP_STATIC)
		return nla_put_u32(skb, DNETMAP_A_BINDING_STATE,
				   DNETMAP_BINDING_STATE_STATIC);
	if (dnetmap_state_active(state, now))
		return nla_put_u32(skb, DNETMAP_A_BINDING_STATE,
				   DNETMAP_BINDING_STATE_ACTIVE) ?:
		       nla_put_u64_64bit(skb, DNETMAP_A_BINDING_TTL, ms,
					 DNETMAP_A_BINDING_PAD);
	return nla_put_u32(skb, DNETMAP_A_BINDING_STATE,
			   DNETMAP_BINDING_STATE_EXPIRED) ?:
	       nla_put_u64_64bit(skb, DNETMAP_A_BINDING_ENDED, ms,
				 DNETMAP_A_BINDING_PAD);
}

/* Put the attributes of a binding into a message. */
static int dnetmap_nl_binding_put(struct sk_buff *skb,
				  const struct dnetmap_record *r)
{
	u32 len = READ_ONCE(r->prefix_len);

	if (nla_put_be32(skb, DNETMAP_A_BINDING_PRENAT, r->prenat) ||
	    nla_put_be32(skb, DNETMAP_A_BINDING_POSTNAT, r->postnat) ||
	    nla_put_be32(skb, DNETMAP_A_BINDING_PREFIX,
			 r->postnat & htonl(dnetmap_mask(len))) ||
	    nla_put_u32(skb, DNETMAP_A_BINDING_PREFIX_LEN, len) ||
	    nla_put_u32(skb, DNETMAP_A_BINDING_SCOPE,
			READ_ONCE(r->own) ? DNETMAP_BINDING_SCOPE_OWN :
					    DNETMAP_BINDING_SCOPE_SHARED) ||
	    nla_put_u32(skb, DNETMAP_A_BINDING_LAST_HIT, READ_ONCE(r->last_hit)))
		return -EMSGSIZE;
	return dnetmap_nl_binding_put_time(skb, atomic64_read(&r->state),
					   dnetmap_now());
}

/* A message with a binding. */
static int dnetmap_nl_binding_message(struct sk_buff *skb,
				      const struct dnetmap_record *r,
				      const struct dnetmap_events *events, u64 number,
				      u32 portid, u32 seq, int flags)
{
	void *header = dnetmap_nl_header(skb, portid, seq, flags,
					 DNETMAP_CMD_BINDING_GET);

	if (!header)
		return -EMSGSIZE;
	if (dnetmap_nl_binding_put(skb, r) ||
	    nla_put_u64_64bit(skb, DNETMAP_A_BINDING_EVENT_SEQ, number,
			      DNETMAP_A_BINDING_PAD) ||
	    nla_put_u64_64bit(skb, DNETMAP_A_BINDING_INCARNATION,
			      READ_ONCE(events->incarnation), DNETMAP_A_BINDING_PAD)) {
		genlmsg_cancel(skb, header);
		return -EMSGSIZE;
	}
	genlmsg_end(skb, header);
	return 0;
}

/* What a request for a single binding names. */
struct dnetmap_nl_binding_key {
	__be32			prenat;
	__be32			postnat;
	struct dnetmap_block	block;
};

static int dnetmap_nl_binding_missing(struct genl_info *info)
{
	NL_SET_ERR_MSG(info->extack, "no such binding");
	return -ENOENT;
}

static int dnetmap_nl_binding_key(struct genl_info *info,
				  struct dnetmap_nl_binding_key *key)
{
	struct nlattr *prenat = info->attrs[DNETMAP_A_BINDING_PRENAT];
	struct nlattr *postnat = info->attrs[DNETMAP_A_BINDING_POSTNAT];
	struct nlattr *addr = info->attrs[DNETMAP_A_BINDING_PREFIX];
	struct nlattr *len = info->attrs[DNETMAP_A_BINDING_PREFIX_LEN];

	*key = (struct dnetmap_nl_binding_key){};
	/*
	 * Linux before 6.2 has one policy for a request and a dump. On later ones,
	 * there is room for the attributes up to that of the highest number.
	 */
	BUILD_BUG_ON(DNETMAP_A_BINDING_PRENAT_LEN > DNETMAP_A_BINDING_PREFIX_LEN);
	BUILD_BUG_ON(DNETMAP_A_BINDING_STATE > DNETMAP_A_BINDING_PREFIX_LEN);
	if (info->attrs[DNETMAP_A_BINDING_PRENAT_LEN] ||
	    info->attrs[DNETMAP_A_BINDING_STATE] || (!prenat && !postnat)) {
		NL_SET_ERR_MSG(info->extack, "expected a private address or a public one, or both");
		return -EINVAL;
	}
	if (prenat)
		key->prenat = nla_get_be32(prenat);
	if (postnat)
		key->postnat = nla_get_be32(postnat);
	/* Below, 0 stands for one that is not named. */
	if ((prenat && !key->prenat) || (postnat && !key->postnat))
		return dnetmap_nl_binding_missing(info);
	if (addr || len)
		return dnetmap_nl_block(addr, len, &key->block, info->extack);
	return 0;
}

/*
 * The binding that a key names, or NULL. Under RCU alone, it does not find one that
 * has still to move to its scope.
 */
static struct dnetmap_record *
dnetmap_nl_binding_find(struct dnetmap_net *dn,
			const struct dnetmap_nl_binding_key *key)
{
	struct dnetmap_prefix *prefix = NULL;
	struct dnetmap_record *r;

	if (key->block.len) {
		prefix = dnetmap_prefix_find(dn, &key->block);
		if (!prefix || !READ_ONCE(prefix->listed))
			return NULL;
	}
	if (key->postnat)
		r = dnetmap_record_by_postnat(dn, key->postnat);
	else
		r = dnetmap_scope_look(dn, prefix, key->prenat);
	if (!r || !dnetmap_record_listed(r) ||
	    (key->prenat && r->prenat != key->prenat) ||
	    (key->block.len && !dnetmap_block_has(&key->block, r->postnat)))
		return NULL;
	return r;
}

/**
 * dnetmap_nl_binding_get_doit() - reply with a binding
 * @skb: the request
 * @info: the request
 *
 * Return: 0 or an error.
 */
int dnetmap_nl_binding_get_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct dnetmap_pernet *pernet = dnetmap_pernet(genl_info_net(info));
	struct dnetmap_nl_binding_key key;
	struct dnetmap_record *r = NULL;
	struct dnetmap_net *dn;
	struct sk_buff *reply;
	u64 number;
	int err;

	if (!dnetmap_nl_may_read(skb))
		return -EPERM;
	dnetmap_publisher_wake(&pernet->publisher);
	err = dnetmap_nl_binding_key(info, &key);
	if (err)
		return err;
	reply = genlmsg_new(NLMSG_DEFAULT_SIZE, GFP_KERNEL);
	if (!reply)
		return -ENOMEM;
	number = dnetmap_events_number(&pernet->events);
	rcu_read_lock();
	dn = dnetmap_net(genl_info_net(info));
	if (dn)
		r = dnetmap_nl_binding_find(dn, &key);
	if (r)
		err = dnetmap_nl_binding_message(reply, r, &pernet->events, number,
						 info->snd_portid, info->snd_seq, 0);
	rcu_read_unlock();
	if (r && !err)
		return genlmsg_reply(reply, info);
	nlmsg_free(reply);
	return err ?: dnetmap_nl_binding_missing(info);
}

/**
 * struct dnetmap_nl_binding_dump - where a dump of bindings is, and what it wants
 * @next: the next address to look at, host order
 * @last: the last one
 * @begun: there was a first call
 * @state: a state plus 1, or 0 for any
 * @prenat: a subnet of hosts
 * @mask: its mask; 0 for any host
 */
struct dnetmap_nl_binding_dump {
	u64	next;
	u32	last;
	bool	begun;
	u8	state;
	__be32	prenat;
	__be32	mask;
};

static int dnetmap_nl_binding_dump_begin(struct netlink_callback *cb,
					 struct dnetmap_nl_binding_dump *dump)
{
	struct nlattr **attrs = dnetmap_dump_attrs(cb);
	struct nlattr *prenat = attrs[DNETMAP_A_BINDING_PRENAT];
	struct nlattr *len = attrs[DNETMAP_A_BINDING_PRENAT_LEN];
	struct nlattr *addr = attrs[DNETMAP_A_BINDING_PREFIX];
	struct nlattr *state = attrs[DNETMAP_A_BINDING_STATE];
	struct nlattr *postnat = attrs[DNETMAP_A_BINDING_POSTNAT];
	struct dnetmap_block block;
	int err;

	dump->last = U32_MAX;
	if (addr || attrs[DNETMAP_A_BINDING_PREFIX_LEN]) {
		err = dnetmap_nl_block(addr, attrs[DNETMAP_A_BINDING_PREFIX_LEN],
				       &block, cb->extack);
		if (err)
			return err;
		dump->next = dnetmap_block_first(&block);
		dump->last = dnetmap_block_last(&block);
	}
	if (postnat) {
		dump->next = max_t(u64, dump->next, ntohl(nla_get_be32(postnat)));
		dump->last = min(dump->last, ntohl(nla_get_be32(postnat)));
	}
	if (prenat) {
		dump->mask = htonl(dnetmap_mask(len ? nla_get_u32(len) : 32));
		dump->prenat = nla_get_be32(prenat) & dump->mask;
	}
	if (state)
		dump->state = nla_get_u32(state) + 1;
	dump->begun = true;
	return 0;
}

static enum dnetmap_binding_state
dnetmap_nl_binding_state(const struct dnetmap_record *r)
{
	s64 state = atomic64_read(&r->state);

	if (state == DNETMAP_STATIC)
		return DNETMAP_BINDING_STATE_STATIC;
	return dnetmap_state_active(state, dnetmap_now()) ?
	       DNETMAP_BINDING_STATE_ACTIVE : DNETMAP_BINDING_STATE_EXPIRED;
}

static bool dnetmap_nl_binding_wanted(const struct dnetmap_nl_binding_dump *dump,
				      const struct dnetmap_record *r)
{
	if (!dnetmap_record_listed(r) || (r->prenat & dump->mask) != dump->prenat)
		return false;
	return !dump->state || dnetmap_nl_binding_state(r) + 1 == dump->state;
}

/* One RCU read side of a dump. Returns true if the message has room for more. */
static bool dnetmap_nl_binding_dump_batch(struct sk_buff *skb,
					  struct netlink_callback *cb,
					  struct dnetmap_nl_binding_dump *dump,
					  u64 number)
{
	struct dnetmap_pernet *pernet = dnetmap_pernet(sock_net(skb->sk));
	struct dnetmap_net *dn = dnetmap_net(sock_net(skb->sk));
	struct dnetmap_record *r;
	unsigned int batch;

	for (batch = 0; batch < DNETMAP_NL_BINDING_BATCH; batch++) {
		r = dn ? dnetmap_record_next(dn, &dump->next, dump->last) : NULL;
		if (!r) {
			dump->next = (u64)dump->last + 1;
			return false;
		}
		if (dnetmap_nl_binding_wanted(dump, r) &&
		    dnetmap_nl_binding_message(skb, r, &pernet->events, number,
					       NETLINK_CB(cb->skb).portid,
					       cb->nlh->nlmsg_seq, NLM_F_MULTI))
			return false;
		dump->next++;
	}
	return true;
}

/**
 * dnetmap_nl_binding_get_dumpit() - dump bindings
 * @skb: where
 * @cb: the dump
 *
 * Context: process; sleeps.
 * Return: the length of @skb, 0 at the end, or an error.
 */
int dnetmap_nl_binding_get_dumpit(struct sk_buff *skb, struct netlink_callback *cb)
{
	struct dnetmap_pernet *pernet = dnetmap_pernet(sock_net(skb->sk));
	struct dnetmap_nl_binding_dump *dump = (void *)cb->ctx;
	bool more;
	int err;

	if (!dump->begun) {
		if (!dnetmap_nl_may_read(cb->skb))
			return -EPERM;
		dnetmap_publisher_wake(&pernet->publisher);
		err = dnetmap_nl_binding_dump_begin(cb, dump);
		if (err)
			return err;
	}
	do {
		u64 number = dnetmap_events_number(&pernet->events);

		rcu_read_lock();
		more = dnetmap_nl_binding_dump_batch(skb, cb, dump, number);
		rcu_read_unlock();
		cond_resched();
	} while (more);
	return skb->len;
}

/* A prefix of the namespace that the request is for, entered, which keeps the state. */
static struct dnetmap_prefix *
dnetmap_nl_binding_enter(struct net *net, const struct dnetmap_place *place)
{
	struct dnetmap_prefix *prefix = NULL;
	struct dnetmap_net *dn;

	rcu_read_lock();
	dn = dnetmap_net(net);
	if (dn && place->block.len) {
		prefix = dnetmap_prefix_find(dn, &place->block);
	} else if (dn) {
		spin_lock_bh(&dn->lock);
		prefix = dnetmap_prefix_oldest_of(dn, place->postnat);
		spin_unlock_bh(&dn->lock);
	}
	if (prefix && !dnetmap_handler_enter(prefix))
		prefix = NULL;
	rcu_read_unlock();
	return prefix;
}

static int dnetmap_nl_place_refuse(struct netlink_ext_ack *extack,
				   const struct nlattr *attr, const char *why)
{
	NL_SET_BAD_ATTR(extack, attr);
	if (extack)
		extack->_msg = why;
	return -EINVAL;
}

static int dnetmap_nl_place_time(struct nlattr **tb, struct dnetmap_place *place,
				 const struct nlattr *attr,
				 struct netlink_ext_ack *extack)
{
	struct nlattr *ttl = tb[DNETMAP_A_BINDING_TTL];
	struct nlattr *ended = tb[DNETMAP_A_BINDING_ENDED];

	place->state = tb[DNETMAP_A_BINDING_STATE] ?
		       nla_get_u32(tb[DNETMAP_A_BINDING_STATE]) :
		       DNETMAP_BINDING_STATE_ACTIVE;
	if (ttl && place->state != DNETMAP_BINDING_STATE_ACTIVE)
		return dnetmap_nl_place_refuse(extack, ttl,
					       "only an active binding has a ttl");
	if (ended && place->state != DNETMAP_BINDING_STATE_EXPIRED)
		return dnetmap_nl_place_refuse(extack, ended,
					       "only an expired binding has ended");
	if (ttl)
		place->ms = nla_get_u64(ttl);
	else if (ended)
		place->ms = nla_get_u64(ended);
	else if (place->state == DNETMAP_BINDING_STATE_ACTIVE)
		place->ms = (u64)READ_ONCE(dnetmap_default_ttl) * MSEC_PER_SEC;
	if (place->ms > DNETMAP_NL_MS_MAX)
		return dnetmap_nl_place_refuse(extack, ttl ?: ended,
					       "expected up to 2147483647 seconds");
	return 0;
}

static int dnetmap_nl_place_parse(const struct nlattr *attr,
				  struct dnetmap_place *place,
				  struct netlink_ext_ack *extack)
{
	struct nlattr *tb[DNETMAP_A_BINDING_MAX + 1];
	int err;

	/* The policy of the request has validated what is in the nest, too. */
	err = nla_parse_nested(tb, DNETMAP_A_BINDING_MAX, attr, NULL, extack);
	if (err)
		return err;
	if (!tb[DNETMAP_A_BINDING_PRENAT] || !tb[DNETMAP_A_BINDING_POSTNAT])
		return dnetmap_nl_place_refuse(extack, attr,
					       "expected a private and a public address");
	if (tb[DNETMAP_A_BINDING_PRENAT_LEN] || tb[DNETMAP_A_BINDING_SCOPE] ||
	    tb[DNETMAP_A_BINDING_LAST_HIT] || tb[DNETMAP_A_BINDING_HELD] ||
	    tb[DNETMAP_A_BINDING_EVENT_SEQ] || tb[DNETMAP_A_BINDING_INCARNATION])
		return dnetmap_nl_place_refuse(extack, attr,
					       "an attribute cannot be set");
	place->prenat = nla_get_be32(tb[DNETMAP_A_BINDING_PRENAT]);
	place->postnat = nla_get_be32(tb[DNETMAP_A_BINDING_POSTNAT]);
	if (tb[DNETMAP_A_BINDING_PREFIX] || tb[DNETMAP_A_BINDING_PREFIX_LEN]) {
		err = dnetmap_nl_block(tb[DNETMAP_A_BINDING_PREFIX],
				       tb[DNETMAP_A_BINDING_PREFIX_LEN],
				       &place->block, extack);
		if (err)
			return err;
	}
	return dnetmap_nl_place_time(tb, place, attr, extack);
}

static bool dnetmap_nl_is_binding(const struct nlattr *attr)
{
	return nla_type(attr) == DNETMAP_A_BINDINGS_BINDING;
}

static unsigned int dnetmap_nl_place_count(const struct genl_info *info)
{
	const struct nlattr *attr;
	unsigned int count = 0;
	int rem;

	nlmsg_for_each_attr(attr, info->nlhdr, GENL_HDRLEN, rem)
		count += dnetmap_nl_is_binding(attr);
	return count;
}

static int dnetmap_nl_place_parse_all(const struct genl_info *info,
				      struct dnetmap_place *places)
{
	const struct nlattr *attr;
	u32 index = 0;
	int rem, err;

	nlmsg_for_each_attr(attr, info->nlhdr, GENL_HDRLEN, rem) {
		if (!dnetmap_nl_is_binding(attr))
			continue;
		places[index].index = index;
		err = dnetmap_nl_place_parse(attr, &places[index], info->extack);
		if (err)
			return err;
		index++;
	}
	return 0;
}

/* Point at the binding that has been refused. */
static void dnetmap_nl_place_explain(const struct genl_info *info, u32 bad, int err)
{
	const struct nlattr *attr;
	u32 index = 0;
	int rem;

	if (err == -ENOENT)
		NL_SET_ERR_MSG(info->extack, "no such prefix");
	else if (err == -EEXIST)
		NL_SET_ERR_MSG(info->extack, "another binding has the host or the address");
	else if (err == -ENOSPC)
		NL_SET_ERR_MSG(info->extack, "no room for more bindings in this namespace");
	else if (err == -EINVAL)
		NL_SET_ERR_MSG(info->extack,
			       "expected a host outside the prefix and an address for it inside");
	if (err == -ENOSPC || err == -ENOMEM)
		return;
	nlmsg_for_each_attr(attr, info->nlhdr, GENL_HDRLEN, rem)
		if (dnetmap_nl_is_binding(attr) && index++ == bad)
			NL_SET_BAD_ATTR(info->extack, attr);
}

/* The bindings that were asked for, as they are now. */
static int dnetmap_nl_place_put(struct sk_buff *reply, struct dnetmap_net *dn,
				const struct dnetmap_place *place)
{
	struct dnetmap_record *r = dnetmap_record_by_postnat(dn, place->postnat);
	struct nlattr *nest;

	if (!r || !dnetmap_record_listed(r) || r->prenat != place->prenat)
		return 0;
	nest = nla_nest_start(reply, DNETMAP_A_BINDINGS_BINDING);
	if (!nest || dnetmap_nl_binding_put(reply, r))
		return -EMSGSIZE;
	nla_nest_end(reply, nest);
	return 0;
}

/* Fill in the reply, which has room for all; consumes it. */
static int dnetmap_nl_place_reply(struct genl_info *info,
				  const struct dnetmap_placing *placing,
				  struct sk_buff *reply)
{
	unsigned int i;
	void *header;
	int err = 0;

	header = dnetmap_nl_header(reply, info->snd_portid, info->snd_seq, 0,
				   DNETMAP_CMD_BINDING_NEW);
	if (!header)
		err = -EMSGSIZE;
	rcu_read_lock();
	for (i = 0; i < placing->count && !err; i++)
		err = dnetmap_nl_place_put(reply, placing->dn, &placing->places[i]);
	rcu_read_unlock();
	if (err) {
		nlmsg_free(reply);
		return err;
	}
	genlmsg_end(reply, header);
	return genlmsg_reply(reply, info);
}

/* Place bindings in the state of a prefix that has been entered. */
static int dnetmap_nl_place_in(struct genl_info *info, struct dnetmap_placing *placing)
{
	size_t size = (size_t)placing->count * DNETMAP_NL_BINDING_BYTES;
	struct sk_buff *reply;
	int err;

	/* Before anything changes: a request that fails has changed nothing. */
	reply = genlmsg_new(size, GFP_KERNEL);
	if (!reply)
		return -ENOMEM;
	err = dnetmap_place_all(placing);
	if (!err)
		return dnetmap_nl_place_reply(info, placing, reply);
	nlmsg_free(reply);
	dnetmap_nl_place_explain(info, placing->bad, err);
	return err;
}

static int dnetmap_nl_place(struct genl_info *info, struct dnetmap_placing *placing)
{
	struct dnetmap_prefix *prefix;
	int err;

	prefix = dnetmap_nl_binding_enter(genl_info_net(info), placing->places);
	if (!prefix) {
		dnetmap_nl_place_explain(info, 0, -ENOENT);
		return -ENOENT;
	}
	placing->dn = prefix->dn;
	err = dnetmap_nl_place_in(info, placing);
	dnetmap_handler_leave(prefix);
	return err;
}

/**
 * dnetmap_nl_binding_new_doit() - make bindings, all or none
 * @skb: the request
 * @info: the request
 *
 * Context: process; sleeps.
 * Return: 0 or an error.
 */
int dnetmap_nl_binding_new_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct dnetmap_placing placing = {
		.count	= dnetmap_nl_place_count(info),
		.force	= info->attrs[DNETMAP_A_BINDINGS_FORCE],
	};
	int err;

	if (!placing.count || placing.count > DNETMAP_PLACE_MAX) {
		NL_SET_ERR_MSG(info->extack, "expected 1 to 512 bindings");
		return -EINVAL;
	}
	placing.places = kvcalloc(placing.count, sizeof(*placing.places),
				  GFP_KERNEL_ACCOUNT);
	if (!placing.places)
		return -ENOMEM;
	err = dnetmap_nl_place_parse_all(info, placing.places) ?:
	      dnetmap_nl_place(info, &placing);
	kvfree(placing.places);
	return err;
}

/* Remove the binding that a key names. Returns false if there is none. */
static bool dnetmap_nl_binding_remove(struct dnetmap_net *dn,
				      const struct dnetmap_nl_binding_key *key)
{
	s64 now = dnetmap_now();
	struct dnetmap_prefix *prefix;
	struct dnetmap_record *r;

	spin_lock_bh(&dn->lock);
	dnetmap_expiry_advance(dn, now, DNETMAP_EXPIRY_BATCH);
	/* A binding of the host may have to move to its scope first. */
	prefix = key->block.len ? dnetmap_prefix_find(dn, &key->block) : NULL;
	if (key->prenat && prefix && prefix->listed)
		dnetmap_scope_find(dn, prefix, key->prenat, now);
	r = dnetmap_nl_binding_find(dn, key);
	if (r)
		dnetmap_binding_remove(dn, r, now);
	spin_unlock_bh(&dn->lock);
	return r;
}

/**
 * dnetmap_nl_binding_del_doit() - remove a binding
 * @skb: the request
 * @info: the request
 *
 * Return: 0 or an error.
 */
int dnetmap_nl_binding_del_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct dnetmap_nl_binding_key key;
	struct dnetmap_net *dn;
	bool removed = false;
	int err;

	err = dnetmap_nl_binding_key(info, &key);
	if (err)
		return err;
	rcu_read_lock();
	dn = dnetmap_net(genl_info_net(info));
	if (dn)
		removed = dnetmap_nl_binding_remove(dn, &key);
	rcu_read_unlock();
	return removed ? 0 : dnetmap_nl_binding_missing(info);
}
