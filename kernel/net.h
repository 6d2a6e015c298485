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
#include "publish.h"
#include "queue.h"
#include "shortage.h"

struct dnetmap_block;
struct proc_dir_entry;

/**
 * struct dnetmap_net - the state that DNETMAP keeps for a network namespace
 * @by_prenat: records of the shared scope (scope.c) by prenat address; read under
 *	RCU, changed under @lock
 * @prefixes: &struct dnetmap_prefix by block; read under RCU, changed under
 *	&dnetmap_pernet.mutex
 * @recent: the prefix that was listed last, or NULL if it has been freed;
 *	changed under @lock, read under RCU
 * @lengths: bit n - 1 is set while a prefix of length n exists; changed under
 *	@lock, read without
 * @pool_first: lowest address of all prefixes, host order; guarded as @lengths
 * @pool_last: highest address of all prefixes; guarded as @lengths
 * @shortage: state of rules that name no prefix
 * @own_by_prenat: records of all other scopes, by prenat address and prefix;
 *	read under RCU, changed under @lock
 * @lock: orders everything that happens to bindings, except hits; also taken in
 *	softirq
 * @prefix_list: listed prefixes by &dnetmap_prefix.list, oldest first; changed
 *	under @lock; adding also needs &dnetmap_pernet.mutex
 * @prefixes_by_addr: the same prefixes by &dnetmap_prefix.by_addr, in order of
 *	their first address and then of their length; under @lock
 * @length_uses: number of listed prefixes of length n, at index n - 1; under
 *	@lock
 * @open_prefixes: listed prefixes that may have a free address, by
 *	&dnetmap_prefix.by_age, oldest first; under @lock
 * @full_prefixes: number of listed prefixes that are not own and not in
 *	@open_prefixes; under @lock
 * @flush_prefixes: prefixes with a pending flush; under @lock
 * @settle_prefixes: prefixes whose bindings may have to move to another scope;
 *	under @lock
 * @mixed_prefixes: number of prefixes with &dnetmap_prefix.mixed; under @lock
 * @ending_prefixes: prefixes that nothing keeps any more and whose records
 *	still exist; under @lock; removing also needs &dnetmap_pernet.mutex
 * @ended_prefixes: prefixes without records that still have /proc files and an
 *	index entry; under &dnetmap_pernet.mutex
 * @due: active dynamic bindings, by the time of their next check, which is
 *	their expiry or earlier; under @lock
 * @idle_prefixes: prefixes with idle records, by the time at which the first of
 *	those became idle; under @lock
 * @group: bindings that are ended together; under @lock
 * @quiet_until: no binding expires before this time (CLOCK_BOOTTIME, ns);
 *	changed under @lock, read without. Atomic, because a torn read on a
 *	32-bit machine could yield a time later than any that was ever stored
 * @changes: counts changes that may have made an address available; changed
 *	under @lock, read without
 * @erasures: counts the times that an address has lost its record; under @lock
 * @records: number of records, vacant ones included; under @lock
 * @gone: number of records that are %DNETMAP_GONE; under @lock
 * @idle: number of records in any &dnetmap_prefix.idle; under @lock
 * @alarm_at: when @alarm will fire, or KTIME_MAX; under @lock
 * @closed: the state is being removed: no more alarms, no more events; set
 *	under @lock
 * @alarm: queues @expiry_work
 * @expiry_work: ends bindings that are past their expiry
 * @events: the namespace's events; they outlive this structure
 * @net: the namespace, which may already be freed when @free_work runs
 * @rules: number of DNETMAP rules in the namespace; changed under @lock; adding
 *	also needs &dnetmap_pernet.mutex
 * @prefixes_made: number of prefixes listed so far; under @lock
 * @proc_dir: /proc/net/xt_DNETMAP; under &dnetmap_pernet.mutex
 * @free_work: frees this structure after a grace period
 * @by_postnat: records by postnat address; read under RCU, changed under @lock
 *
 * Created for the namespace's first rule; removed with its last rule or, if
 * prefixes persist, with the last of those.
 */
struct dnetmap_net {
	struct rhashtable	by_prenat;
	struct rhashtable	prefixes;
	struct dnetmap_prefix	*recent;
	u32			lengths;
	u32			pool_first;
	u32			pool_last;
	struct dnetmap_shortage	shortage;
	struct rhashtable	own_by_prenat;

	spinlock_t		lock ____cacheline_aligned_in_smp;
	struct list_head	prefix_list;
	struct rb_root		prefixes_by_addr;
	u32			length_uses[32];
	struct rb_root_cached	open_prefixes;
	u32			full_prefixes;
	struct list_head	flush_prefixes;
	struct list_head	settle_prefixes;
	u32			mixed_prefixes;
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
	struct dnetmap_events	*events;

	struct net		*net;
	unsigned int		rules;
	u64			prefixes_made;
	struct proc_dir_entry	*proc_dir;
	struct rcu_work		free_work;
	struct dnetmap_addrtree	by_postnat;
};

/*
 * For work that may wait, for a process or a grace period:
 * &dnetmap_pernet.reap_work, &dnetmap_net.free_work and the work that frees
 * swept records.
 */
extern struct workqueue_struct *dnetmap_reap_wq;
/* For &dnetmap_net.expiry_work, which waits for nothing. */
extern struct workqueue_struct *dnetmap_wq;

/**
 * struct dnetmap_pernet - the fixed cost of a namespace, even without rules
 * @dn: the namespace's state, or NULL; changed under @mutex; set under
 *	&dnetmap_events.lock, too
 * @plain: the same, for packets; but NULL while some rule without --own names an
 *	own prefix, so that the rule alone does not tell the scope (target.c);
 *	changed under &dnetmap_net.lock
 * @mutex: serialises adding rules, and creating and removing the state,
 *	prefixes and /proc files. A holder never sleeps on the memory of a user
 *	process (no copy_to_user() or copy_from_user())
 * @reap_work: removes whatever nothing keeps any more, and runs flushes; while
 *	queued or running it holds a reference to @net
 * @reap_missed: @reap_work could not take @mutex; the holder of @mutex has to
 *	queue it again
 * @events: what has happened in the namespace; outlives @dn
 * @publisher: sends these events to those who listen
 * @printer: prints the log lines of the namespace; outlives @dn
 * @net: the namespace
 */
struct dnetmap_pernet {
	struct dnetmap_net __rcu	*dn;
	struct dnetmap_net __rcu	*plain;
	struct mutex			mutex; /* taken before any spinlock */
	struct work_struct		reap_work;
	bool				reap_missed;
	struct dnetmap_events		events;
	struct dnetmap_log_printer	printer;
	struct dnetmap_publisher	publisher;
	struct net			*net;
};

extern unsigned int dnetmap_pernet_id;

/* This is net_generic() without its rcu_read_lock(): the callers hold it. */
static inline const struct dnetmap_pernet *
dnetmap_pernet_rcu(const struct net *net)
{
	const struct net_generic *gen = rcu_dereference(net->gen);

	return gen->ptr[dnetmap_pernet_id];
}

/**
 * dnetmap_net() - the state of a namespace, for RCU readers
 * @net: the namespace
 *
 * Context: RCU read side.
 * Return: the state, or NULL if there is none (yet, or any more).
 */
static inline struct dnetmap_net *dnetmap_net(const struct net *net)
{
	return rcu_dereference(dnetmap_pernet_rcu(net)->dn);
}

/**
 * dnetmap_net_plain() - the state of a namespace, for its packets
 * @net: the namespace
 *
 * Context: RCU read side.
 * Return: as dnetmap_net(), or NULL if a rule alone does not tell its scope.
 */
static inline struct dnetmap_net *dnetmap_net_plain(const struct net *net)
{
	return rcu_dereference(dnetmap_pernet_rcu(net)->plain);
}

/**
 * dnetmap_net_is_tenant() - does the namespace belong to a tenant?
 * @net: the namespace
 *
 * A tenant's namespace belongs to a user namespace other than the initial one.
 * Memory that is allocated for its packets is not charged to any memory cgroup,
 * and so it is bounded.
 *
 * Return: true if it does.
 */
static inline bool dnetmap_net_is_tenant(const struct net *net)
{
	return net->user_ns != &init_user_ns;
}

/**
 * dnetmap_net_changed() - an address may have become available
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
void dnetmap_net_steer(struct dnetmap_net *dn);
struct dnetmap_net *dnetmap_net_locked(const struct net *net);
int dnetmap_net_start(void);
void dnetmap_net_stop(void);

#endif /* _DNETMAP_NET_H */
