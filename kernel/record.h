/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _DNETMAP_RECORD_H
#define _DNETMAP_RECORD_H

#include <linux/atomic.h>
#include <linux/build_bug.h>
#include <linux/list.h>
#include <linux/math64.h>
#include <linux/rhashtable.h>
#include <linux/time64.h>
#include <linux/timekeeping.h>

#include "param.h"
#include "queue.h"

struct dnetmap_addrtree_spare;
struct dnetmap_net;

/* &dnetmap_binding.state of a static binding: an expiry that never comes. */
#define DNETMAP_STATIC		S64_MAX
/* Set in &dnetmap_binding.state once the binding has ended: makes it negative. */
#define DNETMAP_ENDED		S64_MIN

/**
 * enum dnetmap_binding_flags - what a record is, other than a plain binding
 * @DNETMAP_VACANT: no binding, but the memory of an address that was freed
 * @DNETMAP_GONE: removed with all of its prefix, and about to be swept away
 * @DNETMAP_CUT: was in force until it was gone: what tells of its end is the
 *	line that it shares with all of its prefix
 */
enum dnetmap_binding_flags {
	DNETMAP_VACANT	= 1 << 0,
	DNETMAP_GONE	= 1 << 1,
	DNETMAP_CUT	= 1 << 2,
};

/**
 * enum dnetmap_binding_queue - where a record waits
 * @DNETMAP_QUEUE_NONE: nowhere
 * @DNETMAP_QUEUE_DUE: in &dnetmap_net.due, for its expiry
 * @DNETMAP_QUEUE_IDLE: in &dnetmap_prefix.idle, for its address to be given
 * @DNETMAP_QUEUE_LATE: in &dnetmap_group.late, for the flush to come back to it
 */
enum dnetmap_binding_queue {
	DNETMAP_QUEUE_NONE,
	DNETMAP_QUEUE_DUE,
	DNETMAP_QUEUE_IDLE,
	DNETMAP_QUEUE_LATE,
};

/**
 * struct dnetmap_binding - a prenat address tied to a postnat address, or the
 *	memory of a postnat address that was given once
 * @by_prenat: in &dnetmap_net.by_prenat, unless vacant
 * @state: expiry, CLOCK_BOOTTIME in ns, with %DNETMAP_ENDED once somebody has
 *	ended the binding; %DNETMAP_STATIC for a static one. A hit moves it
 *	without a lock, by cmpxchg and only while it lies in the future; all
 *	else changes it under &dnetmap_net.lock
 * @prenat: the host's private address; never changes
 * @postnat: the public address that stands for it; never changes
 * @last_hit: seconds since boot; written without a lock
 * @prefix_len: length of the prefix that the binding is held through, which
 *	@postnat makes whole; guarded by &dnetmap_net.lock
 * @flags: &enum dnetmap_binding_flags; changed under &dnetmap_net.lock, read
 *	under RCU
 * @queue: &enum dnetmap_binding_queue: where it is by one of the next two;
 *	guarded by &dnetmap_net.lock
 * @queued: in a queue; guarded by &dnetmap_net.lock, but for @queued.time, which
 *	hits peek at
 * @list: of those that are late, guarded by &dnetmap_net.lock; or of those that
 *	have been swept away, which only who frees them knows
 * @rcu: for freeing
 *
 * One cache line, from a cache that aligns it: all that a hit reads of the
 * binding and writes is here.
 */
struct dnetmap_binding {
	struct rhash_head	by_prenat;
	atomic64_t		state;
	__be32			prenat;
	__be32			postnat;
	u32			last_hit;
	u8			prefix_len;
	u8			flags;
	u8			queue;
	union {
		struct dnetmap_queued	queued;
		struct list_head	list;
		struct rcu_head		rcu;
	};
};

static_assert(sizeof(struct dnetmap_binding) <= 64);

/**
 * dnetmap_now() - the time that expiries are measured in
 *
 * Coarse, as a tick more or less does not matter to a TTL: two loads instead
 * of a clock's registers.
 *
 * Return: CLOCK_BOOTTIME in ns.
 */
static inline s64 dnetmap_now(void)
{
	return ktime_get_coarse_boottime_ns();
}

/**
 * dnetmap_ttl_ns() - a hit's TTL in nanoseconds
 * @ttl: seconds, not negative
 *
 * Return: @ttl in ns; far from overflow when added to a time since boot.
 */
static inline s64 dnetmap_ttl_ns(s32 ttl)
{
	return (s64)ttl * NSEC_PER_SEC;
}

/**
 * dnetmap_seconds() - whole seconds of a time since boot
 * @ns: CLOCK_BOOTTIME in ns
 *
 * Return: seconds, rounded down. By a constant divisor: a multiplication.
 */
static inline u32 dnetmap_seconds(s64 ns)
{
	return div_u64(ns, NSEC_PER_SEC);
}

/**
 * dnetmap_state_active() - is a binding in that state in force?
 * @state: value of &dnetmap_binding.state
 * @now: dnetmap_now()
 *
 * Return: true for static bindings, and for those neither past nor ended.
 */
static inline bool dnetmap_state_active(s64 state, s64 now)
{
	return state > now;
}

/**
 * dnetmap_state_expiry() - when a binding in that state expires or expired
 * @state: value of &dnetmap_binding.state
 *
 * Return: CLOCK_BOOTTIME in ns.
 */
static inline s64 dnetmap_state_expiry(s64 state)
{
	return state & ~DNETMAP_ENDED;
}

/* Has somebody ended it? Past its expiry, it has not noticed by itself. */
static inline bool dnetmap_binding_ended(const struct dnetmap_binding *b)
{
	return atomic64_read(&b->state) < 0;
}

static inline bool dnetmap_binding_static(const struct dnetmap_binding *b)
{
	return atomic64_read(&b->state) == DNETMAP_STATIC;
}

/**
 * dnetmap_binding_set_flags() - change what a record is
 * @b: the record, &dnetmap_net.lock held
 * @flags: &enum dnetmap_binding_flags
 */
static inline void dnetmap_binding_set_flags(struct dnetmap_binding *b,
					     u8 flags)
{
	/* Pairs with dnetmap_binding_listed(): the pair is complete before. */
	smp_store_release(&b->flags, flags);
}

/**
 * dnetmap_binding_listed() - is it a binding at all, be it expired?
 * @b: the record
 *
 * Return: true for what /proc shows.
 */
static inline bool dnetmap_binding_listed(const struct dnetmap_binding *b)
{
	/* Pairs with dnetmap_binding_set_flags(). */
	return !smp_load_acquire(&b->flags);
}

/**
 * dnetmap_binding_queued() - the binding that waits in a queue
 * @queued: in &dnetmap_net.due or &dnetmap_prefix.idle, or NULL
 *
 * Return: the binding or NULL.
 */
static inline struct dnetmap_binding *
dnetmap_binding_queued(struct dnetmap_queued *queued)
{
	return queued ? container_of(queued, struct dnetmap_binding, queued) :
			NULL;
}

struct dnetmap_binding *dnetmap_record_next(struct dnetmap_net *dn,
					    u64 *addr, u32 last);
struct dnetmap_binding *dnetmap_record_next_gone(struct dnetmap_net *dn,
						 u64 *addr, u32 last);
struct dnetmap_binding *dnetmap_record_alloc(__be32 prenat, gfp_t flags);
void dnetmap_record_free(struct dnetmap_binding *b);
void dnetmap_record_free_swept(struct list_head *swept);
int dnetmap_record_take(struct dnetmap_net *dn, struct dnetmap_binding *b,
			struct dnetmap_addrtree_spare *spare);
int dnetmap_record_take_lowest(struct dnetmap_net *dn,
			       struct dnetmap_binding *b, u32 first, u32 last);
void dnetmap_record_leave(struct dnetmap_net *dn, u32 addr);
void dnetmap_record_untake(struct dnetmap_net *dn, struct dnetmap_binding *b);
int dnetmap_record_host_insert(struct dnetmap_net *dn,
			       struct dnetmap_binding *b,
			       struct dnetmap_binding *old);
int dnetmap_record_table_init(struct dnetmap_net *dn);
void dnetmap_record_table_destroy(struct dnetmap_net *dn);
int dnetmap_record_init(void);
void dnetmap_record_exit(void);

#endif /* _DNETMAP_RECORD_H */
