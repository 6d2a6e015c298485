// SPDX-License-Identifier: GPL-2.0-only
/*
 * Rules that make their prefix persistent, from when they are in force.
 *
 * Theory of operation
 *
 * A rule that comes may belong to a transaction that will be refused, for
 * another of its rules, and then must leave no trace. Nobody tells a target
 * whether a transaction is refused or carried out. But a refused one lets go of
 * its rules before the system call that brought them is over. So a rule only
 * wishes for its prefix to be persistent, and a wish whose rule is there still
 * at the end of the system call comes true.
 *
 * That end is told by the last fput() of a file: it releases the file on the
 * task's way back to user space. The file has no other purpose.
 */
#include <linux/anon_inodes.h>
#include <linux/err.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/list.h>
#include <linux/module.h>
#include <linux/slab.h>

#include "netns.h"
#include "persist.h"
#include "prefix.h"
#include "rule.h"

/**
 * struct dnetmap_wish - a rule's wish for its prefix to be persistent
 * @list: in dnetmap_wishes
 * @rule: the rule, or NULL where it has gone
 * @net: its namespace, which lives as long as the rule
 */
struct dnetmap_wish {
	struct list_head		list;
	const struct xt_dnetmap_tginfo	*rule;
	struct net			*net;
};

/* Of the transactions under way; guarded by dnetmap_mutex. */
static LIST_HEAD(dnetmap_wishes);

static void dnetmap_wish_fulfil(const struct dnetmap_wish *wish)
{
	struct dnetmap_net *dn = dnetmap_net_locked(wish->net);
	struct dnetmap_block block = dnetmap_rule_block(wish->rule);

	/* The namespace may have taken all with it before its rules go. */
	if (dn)
		dnetmap_prefix_set_persistent(dnetmap_prefix_find(dn, &block),
					      true);
}

static int dnetmap_wish_release(struct inode *inode, struct file *file)
{
	struct dnetmap_wish *wish = file->private_data;

	mutex_lock(&dnetmap_mutex);
	if (wish->rule)
		dnetmap_wish_fulfil(wish);
	list_del(&wish->list);
	mutex_unlock(&dnetmap_mutex);
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
 * Context: process, dnetmap_mutex held; sleeps.
 * Return: 0 or an error.
 */
int dnetmap_persist_rule_comes(struct net *net,
			       const struct xt_dnetmap_tginfo *rule)
{
	struct dnetmap_wish *wish;
	struct file *file;

	lockdep_assert_held(&dnetmap_mutex);
	wish = kmalloc(sizeof(*wish), GFP_KERNEL_ACCOUNT);
	if (!wish)
		return -ENOMEM;
	wish->rule = rule;
	wish->net = net;
	file = anon_inode_getfile("[dnetmap]", &dnetmap_wish_file_ops, wish, 0);
	if (IS_ERR(file)) {
		kfree(wish);
		return PTR_ERR(file);
	}
	list_add(&wish->list, &dnetmap_wishes);
	fput(file);
	return 0;
}

/**
 * dnetmap_persist_rule_goes() - a rule goes, which may have been refused
 * @rule: the rule
 *
 * Context: process, dnetmap_mutex held.
 */
void dnetmap_persist_rule_goes(const struct xt_dnetmap_tginfo *rule)
{
	struct dnetmap_wish *wish;

	lockdep_assert_held(&dnetmap_mutex);
	list_for_each_entry(wish, &dnetmap_wishes, list)
		if (wish->rule == rule)
			wish->rule = NULL;
}
