/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _DNETMAP_PREFIXES_H
#define _DNETMAP_PREFIXES_H

#include <linux/atomic.h>
#include <linux/list.h>
#include <linux/rbtree.h>
#include <linux/rcupdate.h>
#include <linux/rhashtable-types.h>
#include <linux/types.h>

#include "block.h"
#include "queue.h"
#include "shortage.h"

struct dnetmap_net;
struct proc_dir_entry;

/**
 * struct dnetmap_prefix - a subnet of postnat addresses that rules draw from
 * @by_block: in &dnetmap_net.prefixes
 * @block: name and key; never changes
 * @first: lowest address that may be given, host order; never changes
 * @last: highest; never changes
 * @lowest: no address from @first to below this one is without a record, while
 *	@erasures is current, host order; guarded by &dnetmap_net.lock
 * @erasures: &dnetmap_net.erasures when that was found; guarded by
 *	&dnetmap_net.lock
 * @shortage: of this prefix
 * @idle: &dnetmap_binding.queued of the records held through this prefix whose
 *	address may be given to another host, by when their bindings ended
 * @longest_idle: while there are any, in &dnetmap_net.idle_prefixes; guarded by
 *	&dnetmap_net.lock
 * @list: in &dnetmap_net.prefix_list, then in &dnetmap_net.ending_prefixes,
 *	and when it has ended in &dnetmap_net.ended_prefixes; guarded as these
 * @flush: in &dnetmap_net.flush_prefixes, or empty; guarded by &dnetmap_net.lock
 * @flushes: how often somebody has asked for a flush; guarded by
 *	&dnetmap_net.lock
 * @flushed: how many of these are done; changed under &dnetmap_pernet.mutex
 * @by_addr: in &dnetmap_net.prefixes_by_addr, if @listed
 * @by_age: in &dnetmap_net.open_prefixes, if @open
 * @rules: rules that name it; guarded by &dnetmap_net.lock, and those that come
 *	hold &dnetmap_pernet.mutex, too
 * @persistent_rules: those of them with --persistent; guarded as @rules
 * @persistent: outlives its rules; guarded by &dnetmap_net.lock
 * @wanted: is to become @persistent, once one of @persistent_rules is in force;
 *	guarded by &dnetmap_net.lock
 * @listed: in &dnetmap_net.prefix_list: its files are there before that, and
 *	after; changed under &dnetmap_net.lock, and what begins under
 *	&dnetmap_pernet.mutex, too
 * @open: may have an address to give; guarded by &dnetmap_net.lock
 * @ending: in &dnetmap_net.ending_prefixes; changed under &dnetmap_net.lock
 * @ended: no longer @listed, and its files are to go; set under &dnetmap_net.lock,
 *	changed else under &dnetmap_pernet.mutex
 * @handlers: of its files that run, and may sleep for as long as whoever called
 *	them likes
 * @number: ascends in the order in which they began; changed under
 *	&dnetmap_net.lock
 * @dn: the namespace
 * @table_file: of /proc; guarded by &dnetmap_pernet.mutex
 * @stat_file: of /proc; guarded by &dnetmap_pernet.mutex
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
	struct dnetmap_queued	longest_idle;
	struct list_head	list;
	struct list_head	flush;
	u32			flushes;
	u32			flushed;
	struct rb_node		by_addr;
	struct rb_node		by_age;
	unsigned int		rules;
	unsigned int		persistent_rules;
	bool			persistent;
	bool			wanted;
	bool			listed;
	bool			open;
	bool			ending;
	bool			ended;
	atomic_t		handlers;
	u64			number;
	struct dnetmap_net	*dn;
	struct proc_dir_entry	*table_file;
	struct proc_dir_entry	*stat_file;
	struct rcu_head		rcu;
};

/**
 * dnetmap_prefix_usable() - may a prefix give this address?
 * @prefix: the prefix
 * @addr: the address
 *
 * Return: false too for those of its block that whole_prefix keeps out of use.
 */
static inline bool dnetmap_prefix_usable(const struct dnetmap_prefix *prefix,
					 __be32 addr)
{
	u32 host = ntohl(addr);

	return host >= prefix->first && host <= prefix->last;
}

struct dnetmap_prefix *dnetmap_prefix_find(struct dnetmap_net *dn,
					   const struct dnetmap_block *block);
struct dnetmap_prefix *dnetmap_prefix_of(struct dnetmap_net *dn,
					 __be32 postnat, u32 len);
bool dnetmap_prefix_covers(struct dnetmap_net *dn, __be32 addr);
bool dnetmap_prefix_shared(struct dnetmap_net *dn, __be32 addr);
struct dnetmap_prefix *dnetmap_prefix_oldest_of(struct dnetmap_net *dn,
						__be32 addr);
bool dnetmap_prefix_overlaps(const struct dnetmap_prefix *prefix);
void dnetmap_prefix_open(struct dnetmap_prefix *prefix);
void dnetmap_prefix_open_of(struct dnetmap_net *dn, __be32 addr);
void dnetmap_prefix_close(struct dnetmap_prefix *prefix);
void dnetmap_prefix_close_full(struct dnetmap_prefix *prefix);
struct dnetmap_prefix *dnetmap_prefix_first_open(struct dnetmap_net *dn);
int dnetmap_prefix_index(struct dnetmap_prefix *prefix);
void dnetmap_prefix_unindex(struct dnetmap_prefix *prefix);
void dnetmap_prefix_list(struct dnetmap_prefix *prefix);
void dnetmap_prefix_unlist(struct dnetmap_prefix *prefix, struct list_head *list);
int dnetmap_prefix_table_init(struct dnetmap_net *dn);
void dnetmap_prefix_table_destroy(struct dnetmap_net *dn);

#endif /* _DNETMAP_PREFIXES_H */
