// SPDX-License-Identifier: GPL-2.0-only
/*
 * Rules with --persistent, which make their prefix persistent once they are in
 * force.
 *
 * Theory of operation
 *
 * The first rule with --persistent that is added for a prefix makes the prefix
 * persistent. Further ones change nothing while there is one: such a rule may
 * be an old one that is only checked again, and a command may have changed the
 * setting meanwhile. So these rules are counted, and the prefix knows whether
 * it is still to be made persistent (prefix.c).
 *
 * A rule being added may belong to a transaction that is going to be refused
 * because of another rule. Then it must leave no trace. The core does not tell
 * a target whether a transaction is refused or committed. But a refused
 * transaction releases its rules before the system call that added them
 * returns. So a rule only records a wish for its prefix to be persistent. The
 * wish is fulfilled if its rule still exists at the end of the system call.
 * (That includes a rule that the same nf_tables transaction removes again: a
 * worker releases it later.)
 *
 * The end of the system call is detected by the last fput() of a file: the file
 * is released on the task's way back to user space. It has no other purpose.
 * Rules are added only by user-space tasks; for a kernel thread, fput() would
 * leave the release to a worker.
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
#include "prefix_index.h"
#include "rule.h"

/**
 * struct dnetmap_wish - a rule's wish for its prefix to be persistent
 * @by_rule: in dnetmap_wishes, while its rule exists
 * @rule: the rule; only a hash key, never dereferenced, as the rule may be gone
 * @block: the prefix
 * @net: its namespace, with a reference
 */
struct dnetmap_wish {
	struct hlist_node		by_rule;
	const struct xt_dnetmap_tginfo	*rule;
	struct dnetmap_block		block;
	struct net			*net;
};

/*
 * Wishes of all transactions that are under way, each with possibly many rules;
 * guarded by dnetmap_wishes_lock.
 */
static DEFINE_HASHTABLE(dnetmap_wishes, 10);
/* Held for at most a walk over a bucket. Taken before &dnetmap_net.lock. */
static DEFINE_SPINLOCK(dnetmap_wishes_lock);

/* Is the rule, which is counted, yet to make its prefix persistent? */
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
 * The rule still holds its count, so the state and the prefix exist:
 * dnetmap_persist_rule_goes() waits for this lock before the rule is released.
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
 * dnetmap_persist_rule_comes() - a rule with --persistent is being added
 * @net: the namespace
 * @rule: the rule, which names a prefix and is counted there; its address must
 *	be the one that dnetmap_persist_rule_goes() will get
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
 * dnetmap_persist_rule_goes() - a rule with --persistent is removed or refused
 * @rule: the rule, still counted
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
