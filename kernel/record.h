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

/* &dnetmap_record.state of a static binding: an expiry that never comes. */
#define DNETMAP_STATIC		S64_MAX
/* Sign bit of &dnetmap_record.state: the binding has ended. */
#define DNETMAP_ENDED		S64_MIN

/**
 * enum dnetmap_record_flags - why a record is not, or no longer, a binding
 * @DNETMAP_VACANT: has no host; only remembers that the address is free
 * @DNETMAP_GONE: ended together with all of its prefix; the sweep will erase it
 * @DNETMAP_CUT: was active until it was marked gone; the log line of its group
 *	tells of its end, unless it is erased before that line is written
 */
enum dnetmap_record_flags {
	DNETMAP_VACANT	= 1 << 0,
	DNETMAP_GONE	= 1 << 1,
	DNETMAP_CUT	= 1 << 2,
};

/**
 * enum dnetmap_record_queue - the queue or list that a record is in
 * @DNETMAP_QUEUE_NONE: none
 * @DNETMAP_QUEUE_DUE: &dnetmap_net.due, until its expiry
 * @DNETMAP_QUEUE_IDLE: &dnetmap_prefix.idle: its address may be reallocated
 * @DNETMAP_QUEUE_LATE: &dnetmap_group.late, until the flush ends it
 */
enum dnetmap_record_queue {
	DNETMAP_QUEUE_NONE,
	DNETMAP_QUEUE_DUE,
	DNETMAP_QUEUE_IDLE,
	DNETMAP_QUEUE_LATE,
};

/* Set in &dnetmap_record.queue within a critical section of place.c. */
#define DNETMAP_QUEUE_MARK	0x80

/**
 * struct dnetmap_record - a record: what is kept of an allocated address
 * @by_prenat: in &dnetmap_net.by_prenat or &dnetmap_net.own_by_prenat, unless
 *	vacant
 * @state: expiry, CLOCK_BOOTTIME in ns, with %DNETMAP_ENDED set once the
 *	binding has been ended; %DNETMAP_STATIC for a static one. A hit moves
 *	the expiry without a lock, by cmpxchg, and only while it lies in the
 *	future; all other changes are made under &dnetmap_net.lock
 * @prenat: the host's private address; never changes
 * @postnat: the public address that it is mapped to; never changes
 * @pair: @prenat and @postnat, to compare both at once (own_index.h)
 * @last_hit: seconds since boot; written without a lock
 * @prefix_len: length of the prefix that holds the record; @postnat and this
 *	length name the prefix; changed under &dnetmap_net.lock, read under RCU;
 *	does not change while the record is in &dnetmap_net.own_by_prenat
 * @flags: &enum dnetmap_record_flags; changed under &dnetmap_net.lock, read
 *	under RCU
 * @queue: &enum dnetmap_record_queue: the queue or list that the record is in,
 *	by @queued or @list; guarded by &dnetmap_net.lock
 * @own: of the two indexes by prenat address, it is in, or to enter,
 *	&dnetmap_net.own_by_prenat; guarded by &dnetmap_net.lock
 * @queued: in a queue; guarded by &dnetmap_net.lock, except that hits read
 *	@queued.time without it
 * @list: in &dnetmap_group.late, guarded by &dnetmap_net.lock; or in the list
 *	of a sweep, private to the code that frees the swept records
 * @rcu: for freeing
 *
 * Two words are used for this structure:
 *
 * - record: the memory object. The indexes have at most one for each postnat
 *   address.
 * - binding: the tie between @prenat and @postnat that the record stands for
 *   while it is active or expired, that is, while @flags is 0. A vacant record
 *   stands for no binding; it remembers that its address was allocated once.
 *   Nor does a record that is gone and waits to be erased.
 *
 * One cache line, from an aligned slab cache: a hit reads and writes no other
 * part of the binding.
 */
struct dnetmap_record {
	struct rhash_head	by_prenat;
	atomic64_t		state;
	union {
		struct {
			__be32	prenat;
			__be32	postnat;
		};
		u64		pair;
	};
	u32			last_hit;
	u8			prefix_len;
	u8			flags;
	u8			queue;
	bool			own;
	union {
		struct dnetmap_queued	queued;
		struct list_head	list;
		struct rcu_head		rcu;
	};
};

static_assert(sizeof(struct dnetmap_record) <= 64);

/**
 * dnetmap_now() - the current time on the clock that expiries use
 *
 * The coarse clock, as a TTL does not need more than the precision of a tick:
 * it costs two loads instead of a read of the clock source.
 *
 * Return: CLOCK_BOOTTIME in ns.
 */
static inline s64 dnetmap_now(void)
{
	return ktime_get_coarse_boottime_ns();
}

/**
 * dnetmap_ttl_ns() - a TTL in nanoseconds
 * @ttl: seconds, not negative
 *
 * Return: @ttl in ns; adding it to a time since boot cannot overflow.
 */
static inline s64 dnetmap_ttl_ns(s32 ttl)
{
	return (s64)ttl * NSEC_PER_SEC;
}

/**
 * dnetmap_seconds() - whole seconds of a time since boot
 * @ns: CLOCK_BOOTTIME in ns
 *
 * Return: seconds, rounded down. The divisor is a constant, so the compiler
 * turns the division into a multiplication.
 */
static inline u32 dnetmap_seconds(s64 ns)
{
	return div_u64(ns, NSEC_PER_SEC);
}

/**
 * dnetmap_state_active() - is a binding with this state active?
 * @state: value of &dnetmap_record.state
 * @now: dnetmap_now()
 *
 * Return: true for static bindings, and for dynamic ones that have not ended
 * and whose expiry lies in the future.
 */
static inline bool dnetmap_state_active(s64 state, s64 now)
{
	return state > now;
}

/**
 * dnetmap_state_expiry() - when a binding with this state expires or expired
 * @state: value of &dnetmap_record.state, not %DNETMAP_STATIC
 *
 * The bit below %DNETMAP_ENDED is the sign of the time: what was restored after a
 * boot may have expired before it.
 *
 * Return: CLOCK_BOOTTIME in ns.
 */
static inline s64 dnetmap_state_expiry(s64 state)
{
	return (s64)((u64)state << 1) >> 1;
}

/*
 * Has the binding been ended? A binding that is merely past its expiry has not:
 * somebody has to call dnetmap_binding_expire().
 */
static inline bool dnetmap_record_ended(const struct dnetmap_record *r)
{
	return atomic64_read(&r->state) < 0;
}

static inline bool dnetmap_record_static(const struct dnetmap_record *r)
{
	return atomic64_read(&r->state) == DNETMAP_STATIC;
}

/**
 * dnetmap_record_set_flags() - set the flags of a record
 * @r: the record, &dnetmap_net.lock held
 * @flags: &enum dnetmap_record_flags
 */
static inline void dnetmap_record_set_flags(struct dnetmap_record *r,
					    u8 flags)
{
	/*
	 * Pairs with dnetmap_record_listed(): addresses and state come first.
	 */
	smp_store_release(&r->flags, flags);
}

/**
 * dnetmap_record_listed() - does the record stand for a binding?
 * @r: the record
 *
 * Return: true for active and expired bindings, which are what /proc shows.
 */
static inline bool dnetmap_record_listed(const struct dnetmap_record *r)
{
	/* Pairs with dnetmap_record_set_flags(). */
	return !smp_load_acquire(&r->flags);
}

/**
 * dnetmap_record_queued() - the record that contains a queue entry
 * @queued: in &dnetmap_net.due or &dnetmap_prefix.idle, or NULL
 *
 * Return: the record or NULL.
 */
static inline struct dnetmap_record *
dnetmap_record_queued(struct dnetmap_queued *queued)
{
	return queued ? container_of(queued, struct dnetmap_record, queued) :
			NULL;
}

struct dnetmap_record *dnetmap_record_next(struct dnetmap_net *dn,
					   u64 *addr, u32 last);
struct dnetmap_record *dnetmap_record_next_gone(struct dnetmap_net *dn,
						u64 *addr, u32 last);
struct dnetmap_record *dnetmap_record_alloc(__be32 prenat, gfp_t flags);
void dnetmap_record_free(struct dnetmap_record *r);
void dnetmap_record_free_swept(struct list_head *swept);
int dnetmap_record_take(struct dnetmap_net *dn, struct dnetmap_record *r,
			struct dnetmap_addrtree_spare *spare);
int dnetmap_record_take_lowest(struct dnetmap_net *dn,
			       struct dnetmap_record *r, u32 first, u32 last);
void dnetmap_record_leave(struct dnetmap_net *dn, u32 addr);
int dnetmap_record_host_insert(struct dnetmap_net *dn,
			       struct dnetmap_record *r,
			       struct dnetmap_record *old);
void dnetmap_record_host_remove(struct dnetmap_net *dn,
				struct dnetmap_record *r);
int dnetmap_record_table_init(struct dnetmap_net *dn);
void dnetmap_record_table_destroy(struct dnetmap_net *dn);
int dnetmap_record_init(void);
void dnetmap_record_exit(void);

#endif /* _DNETMAP_RECORD_H */
