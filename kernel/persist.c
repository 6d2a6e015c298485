// SPDX-License-Identifier: GPL-2.0-only
/*
 * Rules that make their prefix persistent, from when they are in force.
 *
 * Theory of operation
 *
 * The first rule with --persistent that comes to a prefix makes it persist. Others
 * that come while there is one change nothing: it may be one that was there before,
 * checked anew, and a command may have decided otherwise since. So such rules are
 * counted, and the prefix knows whether this is still to be done (prefix.c).
 *
 * A rule that comes may belong to a transaction that will be refused, for
 * another of its rules, and then must leave no trace. Nobody tells a target
 * whether a transaction is refused or carried out. But a refused one lets go of
 * its rules before the system call that brought them is over. So a rule only
 * wishes for its prefix to be persistent, and a wish whose rule is there still
 * at the end of the system call comes true. (Also where the same transaction of
 * nf_tables removes the rule: that is let go of later, by a worker.)
 *
 * That end is told by the last fput() of a file: it releases the file on the
 * task's way back to user space. The file has no other purpose. Rules come from
 * tasks of user space only; for a thread of the kernel's, fput() would leave the
 * release to a worker.
 */
#include <linux/anon_inodes.h>
#include <linux/err.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/hashtable.h>
#include <linux/module.h>
#include <linux/slab.h>

#include "net.h"
#include "persist.h"
#include "prefix.h"
#include "prefixes.h"
#include "rule.h"

/**
 * struct dnetmap_wish - a rule's wish for its prefix to be persistent
 * @by_rule: in dnetmap_wishes, while its rule is there
 * @rule: the rule, which may be gone: a key
 * @block: the prefix
 * @net: its namespace, with a reference
 */
struct dnetmap_wish {
	struct hlist_node		by_rule;
	const struct xt_dnetmap_tginfo	*rule;
	struct dnetmap_block		block;
	struct net			*net;
};

/* Of the transactions under way, of many rules each; under dnetmap_wishes_lock. */
static DEFINE_HASHTABLE(dnetmap_wishes, 10);
/* Held for as long as a bucket of these is. Taken before &dnetmap_net.lock. */
static DEFINE_SPINLOCK(dnetmap_wishes_lock);

/* Is this for the rule to wish? It is counted. */
static bool dnetmap_wish_matters(const struct net *net,
				 const struct dnetmap_block *block)
{
	bool matters;

	rcu_read_lock();
	matters = dnetmap_prefix_wanted(dnetmap_net(net), block);
	rcu_read_unlock();
	return matters;
}

/*
 * The rule still holds its count: dnetmap_persist_rule_goes() waits for this lock before
 * the rule is released.
 */
static void dnetmap_wish_fulfil(const struct dnetmap_wish *wish)
{
	struct dnetmap_net *dn;

	lockdep_assert_held(&dnetmap_wishes_lock);
	rcu_read_lock();
	dn = dnetmap_net(wish->net);
	dnetmap_prefix_grant(dnetmap_prefix_find(dn, &wish->block));
	rcu_read_unlock();
}

static int dnetmap_wish_release(struct inode *inode, struct file *file)
{
	struct dnetmap_wish *wish = file->private_data;

	spin_lock(&dnetmap_wishes_lock);
	if (hash_hashed(&wish->by_rule)) {
		hash_del(&wish->by_rule);
		dnetmap_wish_fulfil(wish);
	}
	spin_unlock(&dnetmap_wishes_lock);
	put_net(wish->net);
	kfree(wish);
	return 0;
}

static const struct file_operations dnetmap_wish_file_ops = {
	.owner		= THIS_MODULE,
	.release	= dnetmap_wish_release,
};

/**
 * dnetmap_persist_rule_comes() - a rule is to make its prefix persistent
 * @net: the namespace
 * @rule: the rule, which names a prefix and is counted there; that address is
 *	where dnetmap_persist_rule_goes() will look for it
 *
 * Context: process; sleeps.
 * Return: 0 or an error.
 */
int dnetmap_persist_rule_comes(struct net *net,
			       const struct xt_dnetmap_tginfo *rule)
{
	struct dnetmap_block block = dnetmap_rule_block(rule);
	struct dnetmap_wish *wish;
	struct file *file;

	if (!dnetmap_wish_matters(net, &block))
		return 0;
	wish = kmalloc(sizeof(*wish), GFP_KERNEL_ACCOUNT);
	if (!wish)
		return -ENOMEM;
	wish->rule = rule;
	wish->block = block;
	wish->net = get_net(net);
	file = anon_inode_getfile("[dnetmap]", &dnetmap_wish_file_ops, wish, 0);
	if (IS_ERR(file)) {
		put_net(net);
		kfree(wish);
		return PTR_ERR(file);
	}
	spin_lock(&dnetmap_wishes_lock);
	hash_add(dnetmap_wishes, &wish->by_rule, (unsigned long)rule);
	spin_unlock(&dnetmap_wishes_lock);
	fput(file);
	return 0;
}

/**
 * dnetmap_persist_rule_goes() - a rule goes, which may have been refused
 * @rule: the rule
 *
 * Context: process.
 */
void dnetmap_persist_rule_goes(const struct xt_dnetmap_tginfo *rule)
{
	struct dnetmap_wish *wish;
	struct hlist_node *next;

	spin_lock(&dnetmap_wishes_lock);
	hash_for_each_possible_safe(dnetmap_wishes, wish, next, by_rule,
				    (unsigned long)rule)
		if (wish->rule == rule)
			hash_del(&wish->by_rule);
	spin_unlock(&dnetmap_wishes_lock);
}
