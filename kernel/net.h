/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _DNETMAP_NET_H
#define _DNETMAP_NET_H

#include <linux/hrtimer.h>
#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/rbtree.h>
#include <linux/rhashtable.h>
#include <linux/spinlock.h>
#include <linux/user_namespace.h>
#include <linux/workqueue.h>
#include <net/net_namespace.h>
#include <net/netns/generic.h>

#include "addrtree.h"
#include "event.h"
#include "group.h"
#include "log.h"
#include "queue.h"
#include "shortage.h"

struct dnetmap_block;
struct proc_dir_entry;

/**
 * struct dnetmap_net - everything that DNETMAP keeps for a network namespace
 * @by_prenat: &struct dnetmap_binding by host; read under RCU, changed under
 *	@lock
 * @prefixes: &struct dnetmap_prefix by block; read under RCU, changed under
 *	&dnetmap_pernet.mutex
 * @recent: the prefix that was made last, or NULL; changed under @lock, read
 *	under RCU
 * @lengths: bit n - 1 is set while a prefix of length n exists; changed under
 *	@lock, read without
 * @pool_first: the lowest address of all prefixes, host order; as @lengths
 * @pool_last: the highest; as @lengths
 * @shortage: of a rule without a prefix
 * @lock: orders everything that happens to bindings but hits; taken in softirq
 * @prefix_list: &dnetmap_prefix.list, oldest first; changed under @lock, and
 *	what is added under &dnetmap_pernet.mutex, too
 * @prefixes_by_addr: the same, &dnetmap_prefix.by_addr, by first address; under
 *	@lock
 * @length_uses: how many of them have a length, less one; under @lock
 * @open_prefixes: those of them that may have an address to give,
 *	&dnetmap_prefix.by_age, oldest first; under @lock
 * @full_prefixes: how many are not among these; under @lock
 * @flush_prefixes: those that are to be flushed; under @lock
 * @ending_prefixes: those that nothing keeps any more, whose records are still
 *	there; under @lock, and what is taken off under &dnetmap_pernet.mutex, too
 * @ended_prefixes: those that still have files and index entries; under
 *	&dnetmap_pernet.mutex
 * @due: active dynamic bindings, by an expiry that they had
 * @idle_prefixes: those that have idle records, by when the first of these ended
 * @group: bindings that come to their end together; under @lock
 * @quiet_until: no binding ends by expiry before then (CLOCK_BOOTTIME, ns);
 *	changed under @lock, read without, and atomic for that: by halves, where
 *	a word has 32 bits, it might lie further ahead than it ever did
 * @changes: counts what may have made an address available; changed under
 *	@lock, read without
 * @erasures: counts addresses that have lost their record; under @lock
 * @records: &struct dnetmap_binding that exist, vacant ones too; under @lock
 * @gone: those of them that are %DNETMAP_GONE; under @lock
 * @idle: those of them in some &dnetmap_prefix.idle; under @lock
 * @alarm_at: when @alarm will go off, or KTIME_MAX; under @lock
 * @closed: the end has come: no more alarms, no more log; set under @lock
 * @alarm: starts @expiry_work
 * @expiry_work: ends what is past its expiry
 * @events: what has happened, until it is printed; under @lock
 * @net: the namespace, which may be gone when @free_work runs
 * @rules: DNETMAP rules in the namespace; under @lock, and they come under
 *	&dnetmap_pernet.mutex only
 * @prefixes_made: how many, so far; under @lock
 * @proc_dir: /proc/net/xt_DNETMAP; under &dnetmap_pernet.mutex
 * @free_work: frees this after a grace period
 * @by_postnat: records by address; read under RCU, changed under @lock
 *
 * Made by the namespace's first rule, gone with its last, or with the last
 * persistent prefix.
 */
struct dnetmap_net {
	struct rhashtable	by_prenat;
	struct rhashtable	prefixes;
	struct dnetmap_prefix	*recent;
	u32			lengths;
	u32			pool_first;
	u32			pool_last;
	struct dnetmap_shortage	shortage;

	spinlock_t		lock ____cacheline_aligned_in_smp;
	struct list_head	prefix_list;
	struct rb_root		prefixes_by_addr;
	u32			length_uses[32];
	struct rb_root_cached	open_prefixes;
	u32			full_prefixes;
	struct list_head	flush_prefixes;
	struct list_head	ending_prefixes;
	struct list_head	ended_prefixes;
	struct dnetmap_queue	due;
	struct dnetmap_queue	idle_prefixes;
	struct dnetmap_group	group;
	atomic64_t		quiet_until;
	u32			changes;
	u32			erasures;
	u32			records;
	u32			gone;
	u32			idle;
	bool			closed;
	s64			alarm_at;
	struct hrtimer		alarm;
	struct work_struct	expiry_work;
	struct dnetmap_events	events;

	struct net		*net;
	unsigned int		rules;
	u64			prefixes_made;
	struct proc_dir_entry	*proc_dir;
	struct rcu_work		free_work;
	struct dnetmap_addrtree	by_postnat;
};

/* Runs what removes, and what grace periods leave to do. */
extern struct workqueue_struct *dnetmap_reap_wq;
/* Runs expiries. Nothing on it waits for anybody, but one work for grace periods. */
extern struct workqueue_struct *dnetmap_wq;

/**
 * struct dnetmap_pernet - all that a namespace without rules costs
 * @dn: the namespace's state; changed under @mutex
 * @mutex: serialises the coming of rules, and the coming and going of state,
 *	prefixes and files; whoever has it waits for nobody's memory
 * @reap_work: removes what nothing keeps any more; has a reference to @net
 *	until it has run
 * @reap_missed: @reap_work found @mutex taken: who has it is to call for it again
 * @printer: of the log, whatever becomes of @dn
 * @net: the namespace
 */
struct dnetmap_pernet {
	struct dnetmap_net __rcu	*dn;
	struct mutex			mutex; /* taken before any spinlock */
	struct work_struct		reap_work;
	bool				reap_missed;
	struct dnetmap_log_printer	printer;
	struct net			*net;
};

extern unsigned int dnetmap_pernet_id;

/**
 * dnetmap_net() - what is kept for a namespace
 * @net: the namespace
 *
 * This is net_generic() without its RCU read side, which its callers have.
 *
 * Context: RCU read side.
 * Return: its state, or NULL where it has none, or none any more.
 */
static inline struct dnetmap_net *dnetmap_net(const struct net *net)
{
	const struct net_generic *gen = rcu_dereference(net->gen);
	const struct dnetmap_pernet *pernet = gen->ptr[dnetmap_pernet_id];

	return rcu_dereference(pernet->dn);
}

/**
 * dnetmap_net_is_tenant() - is its owner somebody else than the machine's?
 * @net: the namespace
 *
 * Return: true where it belongs to another user namespace than the initial one:
 * what packets make the kernel keep for it is on nobody's account, and bounded.
 */
static inline bool dnetmap_net_is_tenant(const struct net *net)
{
	return net->user_ns != &init_user_ns;
}

/**
 * dnetmap_net_changed() - something may have become available
 * @dn: the namespace, &dnetmap_net.lock held
 */
static inline void dnetmap_net_changed(struct dnetmap_net *dn)
{
	WRITE_ONCE(dn->changes, dn->changes + 1);
}

static inline struct dnetmap_pernet *dnetmap_pernet(const struct net *net)
{
	return net_generic(net, dnetmap_pernet_id);
}

void dnetmap_net_assert_locked(const struct net *net);

void dnetmap_net_reap_later(struct net *net);
struct dnetmap_net *dnetmap_net_locked(const struct net *net);
int dnetmap_net_start(void);
void dnetmap_net_stop(void);

#endif /* _DNETMAP_NET_H */
