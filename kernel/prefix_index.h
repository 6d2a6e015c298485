/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _DNETMAP_PREFIX_INDEX_H
#define _DNETMAP_PREFIX_INDEX_H

#include <linux/atomic.h>
#include <linux/list.h>
#include <linux/rbtree.h>
#include <linux/rcupdate.h>
#include <linux/rhashtable-types.h>
#include <linux/types.h>

#include "block.h"
#include "queue.h"
#include "shortage.h"
#include "tally.h"

struct dnetmap_net;
struct proc_dir_entry;

/**
 * struct dnetmap_prefix - a subnet that rules allocate postnat addresses from
 * @by_block: in &dnetmap_net.prefixes
 * @block: name and hash key; never changes
 * @first: lowest usable address, host order; never changes
 * @last: highest usable address, host order; never changes
 * @lowest: every address from @first up to, but not including, this one has a
 *	record; host order; valid while @erasures is current; guarded by
 *	&dnetmap_net.lock
 * @erasures: &dnetmap_net.erasures when @lowest was determined; guarded by
 *	&dnetmap_net.lock
 * @shortage: state of rules that name this prefix
 * @idle: queue of this prefix's idle records, whose addresses may be given to
 *	another host, by &dnetmap_record.queued, ordered by the time at which
 *	their bindings ended
 * @tally: counts of the bindings that it holds
 * @longest_idle: in &dnetmap_net.idle_prefixes while @idle is not empty;
 *	guarded by &dnetmap_net.lock
 * @list: in &dnetmap_net.prefix_list, then in &dnetmap_net.ending_prefixes, and
 *	once ended in &dnetmap_net.ended_prefixes; guarded as these lists
 * @flush: in &dnetmap_net.flush_prefixes, or empty; guarded by
 *	&dnetmap_net.lock
 * @settle: in &dnetmap_net.settle_prefixes, or empty; guarded by
 *	&dnetmap_net.lock
 * @flushes: number of flushes requested; guarded by &dnetmap_net.lock
 * @flushed: number of flushes done; changed under &dnetmap_pernet.mutex
 * @by_addr: in &dnetmap_net.prefixes_by_addr, if @listed
 * @by_age: in &dnetmap_net.open_prefixes, if @open
 * @rules: number of rules that name it; changed under &dnetmap_net.lock; adding
 *	also needs &dnetmap_pernet.mutex
 * @persistent_rules: number of these with --persistent; guarded as @rules
 * @own_rules: number of these with --own; guarded as @rules
 * @persistent: outlives its rules; guarded by &dnetmap_net.lock
 * @wanted: becomes @persistent once one of @persistent_rules is in force;
 *	guarded by &dnetmap_net.lock
 * @own: its bindings are a scope of their own (scope.c); changed under
 *	&dnetmap_net.lock, read without
 * @unsettled: @own has changed, and bindings that it holds may still be of the
 *	scope that they were of before; guarded as @own
 * @mixed: own, and named by a rule without --own; guarded by &dnetmap_net.lock
 * @listed: in &dnetmap_net.prefix_list; its /proc files exist before and after;
 *	changed under &dnetmap_net.lock; setting also needs
 *	&dnetmap_pernet.mutex
 * @open: may have a free address for rules without a prefix, so not if it is
 *	@own; guarded by &dnetmap_net.lock
 * @ending: in &dnetmap_net.ending_prefixes; changed under &dnetmap_net.lock
 * @barred: not @listed, and no handler may enter; set under
 *	&dnetmap_net.lock, otherwise changed under &dnetmap_pernet.mutex
 * @handlers: number of its handlers that run (handler.c)
 * @number: sequence number, in the order in which prefixes were listed; changed
 *	under &dnetmap_net.lock
 * @dn: the namespace
 * @table_file: in /proc; guarded by &dnetmap_pernet.mutex
 * @stat_file: in /proc; guarded by &dnetmap_pernet.mutex
 * @rcu: for freeing
 */
struct dnetmap_prefix {
	struct rhash_head	by_block;
	struct dnetmap_block	block;
	u32			first;
	u32			last;
	u32			lowest;
	u32			erasures;
	struct dnetmap_shortage	shortage;
	struct dnetmap_queue	idle;
	struct dnetmap_tally	tally;
	struct dnetmap_queued	longest_idle;
	struct list_head	list;
	struct list_head	flush;
	struct list_head	settle;
	u32			flushes;
	u32			flushed;
	struct rb_node		by_addr;
	struct rb_node		by_age;
	unsigned int		rules;
	unsigned int		persistent_rules;
	unsigned int		own_rules;
	bool			persistent;
	bool			wanted;
	bool			own;
	bool			unsettled;
	bool			mixed;
	bool			listed;
	bool			open;
	bool			ending;
	bool			barred;
	atomic_t		handlers;
	u64			number;
	struct dnetmap_net	*dn;
	struct proc_dir_entry	*table_file;
	struct proc_dir_entry	*stat_file;
	struct rcu_head		rcu;
};

/**
 * dnetmap_prefix_usable() - may a prefix allocate this address?
 * @prefix: the prefix
 * @addr: the address
 *
 * Return: true if it may; false also for the first and last address of its
 * block if whole_prefix=0 reserves them.
 */
static inline bool dnetmap_prefix_usable(const struct dnetmap_prefix *prefix,
					 __be32 addr)
{
	u32 host = ntohl(addr);

	return host >= prefix->first && host <= prefix->last;
}

/**
 * dnetmap_prefix_holds() - does a prefix hold this record?
 * @prefix: the prefix
 * @postnat: &dnetmap_record.postnat
 * @len: &dnetmap_record.prefix_len
 *
 * Return: true if it does.
 */
static inline bool dnetmap_prefix_holds(const struct dnetmap_prefix *prefix,
					__be32 postnat, u32 len)
{
	return len == prefix->block.len &&
	       dnetmap_block_has(&prefix->block, postnat);
}

struct dnetmap_prefix *dnetmap_prefix_find(struct dnetmap_net *dn,
					   const struct dnetmap_block *block);
struct dnetmap_prefix *dnetmap_prefix_of(struct dnetmap_net *dn,
					 __be32 postnat, u32 len);
bool dnetmap_prefix_covers(struct dnetmap_net *dn, __be32 addr);
bool dnetmap_prefix_shared(struct dnetmap_net *dn, __be32 addr);
struct dnetmap_prefix *dnetmap_prefix_oldest_of(struct dnetmap_net *dn,
						__be32 addr);
struct dnetmap_prefix *dnetmap_prefix_from(struct dnetmap_net *dn, u32 first,
					   u32 len);
bool dnetmap_prefix_overlaps(const struct dnetmap_prefix *prefix);
void dnetmap_prefix_open(struct dnetmap_prefix *prefix);
void dnetmap_prefix_open_of(struct dnetmap_net *dn, __be32 addr);
void dnetmap_prefix_close(struct dnetmap_prefix *prefix);
void dnetmap_prefix_close_full(struct dnetmap_prefix *prefix);
struct dnetmap_prefix *dnetmap_prefix_first_open(struct dnetmap_net *dn);
void dnetmap_prefix_turn(struct dnetmap_prefix *prefix);
int dnetmap_prefix_index(struct dnetmap_prefix *prefix);
void dnetmap_prefix_unindex(struct dnetmap_prefix *prefix);
void dnetmap_prefix_list(struct dnetmap_prefix *prefix);
void dnetmap_prefix_unlist(struct dnetmap_prefix *prefix, struct list_head *list);
int dnetmap_prefix_table_init(struct dnetmap_net *dn);
void dnetmap_prefix_table_destroy(struct dnetmap_net *dn);

#endif /* _DNETMAP_PREFIX_INDEX_H */
