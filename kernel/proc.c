// SPDX-License-Identifier: GPL-2.0-only
/*
 * /proc/net/xt_DNETMAP: two files for each prefix.
 *
 *   <addr>_<len>       its bindings, a line each, by ascending postnat address;
 *                      takes commands (command.c)
 *   <addr>_<len>_stat  active bindings, usable addresses, mean ttl
 *
 * Readers hold the RCU read lock and no other lock. They leave it every few
 * dozen records: a read covers a page of them, but a seek walks over all that
 * precede the position. A position in the table is an address, relative to the
 * prefix. So a reader that continues finds its place again, whatever has been
 * added or removed meanwhile, and shows a binding that existed all the time
 * exactly once.
 *
 * proc_remove() waits for the handlers of a file that run. So what they do that
 * may take long, they do as handlers of the prefix (handler.c), whose files are
 * removed when the last of these has left. What a handler of a file does outside
 * of that is short, and so are open and release.
 */
#include <linux/atomic.h>
#include <linux/capability.h>
#include <linux/proc_fs.h>
#include <linux/sched.h>
#include <linux/seq_file.h>
#include <linux/uaccess.h>
#include <linux/uidgid.h>
#include <net/net_namespace.h>

#include "command.h"
#include "compat.h"
#include "handler.h"
#include "net.h"
#include "param.h"
#include "prefix_index.h"
#include "proc.h"
#include "record.h"

#define DNETMAP_PROC_DIR	"xt_DNETMAP"
/*
 * Records to look at before leaving the RCU read side and rescheduling: another
 * user may have made the table large.
 */
#define DNETMAP_PROC_BATCH	64

/* <addr>_<len> and <addr>_<len>_stat */
#define DNETMAP_PROC_NAME_SIZE	sizeof("255.255.255.255_32_stat")

/*
 * Seconds to the expiry, rounded up, less one: negative if and only if the
 * expiry has come.
 */
static s64 dnetmap_proc_ttl(s64 state, s64 now)
{
	s64 left = dnetmap_state_expiry(state) - now;

	if (left > 0)
		return div_s64(left - 1, NSEC_PER_SEC);
	return div_s64(left, NSEC_PER_SEC) - 1;
}

/* Handlers */

/*
 * Returns NULL if the prefix has ended, or namespace or module is going away.
 */
static struct dnetmap_prefix *dnetmap_proc_enter(const struct file *file)
{
	struct dnetmap_prefix *prefix = pde_data(file_inode(file));

	return dnetmap_handler_enter(prefix) ? prefix : NULL;
}

/* Called for each record looked at; now and then leaves the RCU read side. */
static void dnetmap_proc_give_way(unsigned int *looked_at)
{
	if (++*looked_at % DNETMAP_PROC_BATCH)
		return;
	rcu_read_unlock();
	cond_resched();
	rcu_read_lock();
}

/* The table */

/**
 * struct dnetmap_proc_reader - state of an open table
 * @looked_at: number of records looked at so far
 */
struct dnetmap_proc_reader {
	unsigned int	looked_at;
};

/* Find the first binding at or after *pos, and set *pos to its position. */
static void *dnetmap_proc_seek(struct seq_file *seq, loff_t *pos)
{
	struct dnetmap_prefix *prefix = pde_data(file_inode(seq->file));
	struct dnetmap_proc_reader *reader = seq->private;
	u32 first = dnetmap_block_first(&prefix->block);
	u32 last = dnetmap_block_last(&prefix->block);
	struct dnetmap_record *r;
	u64 addr;

	for (addr = first + *pos;; addr++) {
		dnetmap_proc_give_way(&reader->looked_at);
		r = dnetmap_record_next(prefix->dn, &addr, last);
		if (!r) {
			*pos = (loff_t)(last - first) + 1;
			return NULL;
		}
		if (dnetmap_record_listed(r))
			break;
	}
	*pos = addr - first;
	return r;
}

static void *dnetmap_proc_start(struct seq_file *seq, loff_t *pos)
	__acquires(RCU)
{
	rcu_read_lock();
	return dnetmap_proc_seek(seq, pos);
}

static void *dnetmap_proc_next(struct seq_file *seq, void *v, loff_t *pos)
{
	++*pos;
	return dnetmap_proc_seek(seq, pos);
}

static void dnetmap_proc_stop(struct seq_file *seq, void *v)
	__releases(RCU)
{
	rcu_read_unlock();
}

static int dnetmap_proc_show(struct seq_file *seq, void *v)
{
	struct dnetmap_record *r = v;
	s64 state = atomic64_read(&r->state);

	seq_printf(seq, "%pI4 -> %pI4 --- ", &r->prenat, &r->postnat);
	if (state == DNETMAP_STATIC)
		seq_puts(seq, "ttl: S lasthit: S\n");
	else
		seq_printf(seq, "ttl: %lld lasthit: %u\n",
			   dnetmap_proc_ttl(state, dnetmap_now()),
			   READ_ONCE(r->last_hit));
	return 0;
}

static const struct seq_operations dnetmap_proc_table_ops = {
	.start	= dnetmap_proc_start,
	.next	= dnetmap_proc_next,
	.stop	= dnetmap_proc_stop,
	.show	= dnetmap_proc_show,
};

static int dnetmap_proc_open(struct inode *inode, struct file *file)
{
	return seq_open_private(file, &dnetmap_proc_table_ops,
				sizeof(struct dnetmap_proc_reader));
}

static ssize_t dnetmap_proc_read(struct kiocb *iocb, struct iov_iter *to)
{
	struct dnetmap_prefix *prefix = dnetmap_proc_enter(iocb->ki_filp);
	ssize_t done;

	if (!prefix)
		return -EIO;
	done = seq_read_iter(iocb, to);
	dnetmap_handler_leave(prefix);
	return done;
}

/* A seek may walk over the whole table, so it is a handler like a read. */
static loff_t dnetmap_proc_lseek(struct file *file, loff_t offset, int whence)
{
	struct dnetmap_prefix *prefix = dnetmap_proc_enter(file);
	loff_t pos;

	if (!prefix)
		return -EIO;
	pos = seq_lseek(file, offset, whence);
	dnetmap_handler_leave(prefix);
	return pos;
}

/* A write is exactly one command; longer or split writes are refused. */
static ssize_t dnetmap_proc_command(struct dnetmap_prefix *prefix,
				    struct file *file, const char __user *buf,
				    size_t size, loff_t *pos)
{
	char text[DNETMAP_COMMAND_SIZE] = "";
	int err;

	if (!file_ns_capable(file, prefix->dn->net->user_ns, CAP_NET_ADMIN))
		return -EPERM;
	if (copy_from_user(text, buf, min(size, sizeof(text) - 1)))
		return -EFAULT;
	if (*pos || size >= sizeof(text) || strlen(text) != size)
		err = dnetmap_command_refuse(prefix, text);
	else
		err = dnetmap_command_run(prefix, text);
	return err ?: size;
}

static ssize_t dnetmap_proc_write(struct file *file, const char __user *buf,
				  size_t size, loff_t *pos)
{
	struct dnetmap_prefix *prefix = dnetmap_proc_enter(file);
	ssize_t done;

	if (!prefix)
		return -EIO;
	done = dnetmap_proc_command(prefix, file, buf, size, pos);
	dnetmap_handler_leave(prefix);
	return done;
}

static const struct proc_ops dnetmap_proc_file_ops = {
	.proc_open	= dnetmap_proc_open,
	.proc_read_iter	= dnetmap_proc_read,
	.proc_lseek	= dnetmap_proc_lseek,
	.proc_write	= dnetmap_proc_write,
	.proc_release	= seq_release_private,
};

/* The statistics */

struct dnetmap_proc_stat {
	u32	active;
	u32	dynamic;
	s64	ttl_sum;
};

static void dnetmap_proc_count(struct dnetmap_proc_stat *stat,
			       struct dnetmap_record *r, s64 now)
{
	s64 state = atomic64_read(&r->state);

	if (!dnetmap_record_listed(r) || !dnetmap_state_active(state, now))
		return;
	stat->active++;
	if (state == DNETMAP_STATIC)
		return;
	stat->dynamic++;
	stat->ttl_sum += dnetmap_proc_ttl(state, now);
}

static int dnetmap_proc_stat_show(struct seq_file *seq, void *v)
{
	struct dnetmap_prefix *prefix = seq->private;
	u64 addr = dnetmap_block_first(&prefix->block);
	u32 last = dnetmap_block_last(&prefix->block);
	struct dnetmap_proc_stat stat = {};
	s64 now = dnetmap_now();
	struct dnetmap_record *r;
	unsigned int looked_at = 0;

	rcu_read_lock();
	for (; (r = dnetmap_record_next(prefix->dn, &addr, last)); addr++) {
		dnetmap_proc_count(&stat, r, now);
		dnetmap_proc_give_way(&looked_at);
	}
	rcu_read_unlock();
	seq_printf(seq, "%u %u %lld%s\n", stat.active,
		   prefix->last - prefix->first + 1,
		   stat.dynamic ? div_s64(stat.ttl_sum, stat.dynamic) : 0,
		   READ_ONCE(prefix->persistent) ? " persistent" : "");
	return 0;
}

static int dnetmap_proc_stat_open(struct inode *inode, struct file *file)
{
	return single_open(file, dnetmap_proc_stat_show, pde_data(inode));
}

static const struct proc_ops dnetmap_proc_stat_ops = {
	.proc_open	= dnetmap_proc_stat_open,
	.proc_read_iter	= dnetmap_proc_read,
	.proc_lseek	= dnetmap_proc_lseek,
	.proc_release	= single_release,
};

/* The files */

/*
 * The mode that proc_perms names. procfs turns mode 0 into 0444, but leaves the
 * sticky bit alone, which has no meaning on a file.
 */
static umode_t dnetmap_proc_mode(void)
{
	return dnetmap_proc_perms ?: S_ISVTX;
}

/* Set the owner that proc_uid and proc_gid name, in the namespace's user ns. */
static void dnetmap_proc_set_owner(const struct dnetmap_net *dn,
				   struct proc_dir_entry *file)
{
	kuid_t uid = make_kuid(dn->net->user_ns, dnetmap_proc_uid);
	kgid_t gid = make_kgid(dn->net->user_ns, dnetmap_proc_gid);

	proc_set_user(file, uid_valid(uid) ? uid : GLOBAL_ROOT_UID,
		      gid_valid(gid) ? gid : GLOBAL_ROOT_GID);
}

/* Create a file of a prefix, unless it exists. */
static int dnetmap_proc_file_add(struct dnetmap_prefix *prefix,
				 struct proc_dir_entry **file,
				 const char *suffix, const struct proc_ops *ops)
{
	char name[DNETMAP_PROC_NAME_SIZE];

	if (*file)
		return 0;
	snprintf(name, sizeof(name), "%pI4_%u%s",
		 &prefix->block.addr, prefix->block.len, suffix);
	*file = proc_create_data(name, dnetmap_proc_mode(),
				 prefix->dn->proc_dir, ops, prefix);
	if (!*file)
		return -ENOMEM;
	dnetmap_proc_set_owner(prefix->dn, *file);
	return 0;
}

/**
 * dnetmap_proc_prefix_add() - create those files of a prefix that do not exist
 * @prefix: the prefix
 *
 * Context: process, &dnetmap_pernet.mutex held; sleeps.
 * Return: 0 or -ENOMEM.
 */
int dnetmap_proc_prefix_add(struct dnetmap_prefix *prefix)
{
	dnetmap_net_assert_locked(prefix->dn->net);
	return dnetmap_proc_file_add(prefix, &prefix->table_file, "",
				     &dnetmap_proc_file_ops) ?:
	       dnetmap_proc_file_add(prefix, &prefix->stat_file, "_stat",
				     &dnetmap_proc_stat_ops);
}

/**
 * dnetmap_proc_prefix_remove() - remove the files of a prefix, unless a handler
 *	runs
 * @prefix: the prefix, which has ended
 *
 * Context: process, &dnetmap_pernet.mutex held; sleeps.
 * Return: true if done; false if a handler runs: the last one to leave calls
 * dnetmap_net_reap_later().
 */
bool dnetmap_proc_prefix_remove(struct dnetmap_prefix *prefix)
{
	dnetmap_net_assert_locked(prefix->dn->net);
	/* Orders the store of @barred before the load of @handlers. */
	smp_mb();
	if (atomic_read(&prefix->handlers))
		return false;
	proc_remove(prefix->stat_file);
	proc_remove(prefix->table_file);
	return true;
}

/**
 * dnetmap_proc_net_add() - create the directory of a namespace
 * @dn: the namespace
 *
 * Context: process, &dnetmap_pernet.mutex held; sleeps.
 * Return: 0 or -ENOMEM.
 */
int dnetmap_proc_net_add(struct dnetmap_net *dn)
{
	dnetmap_net_assert_locked(dn->net);
	dn->proc_dir = proc_mkdir(DNETMAP_PROC_DIR, dn->net->proc_net);
	return dn->proc_dir ? 0 : -ENOMEM;
}

/**
 * dnetmap_proc_net_remove() - remove the directory of a namespace, with all
 *	files
 * @dn: the namespace
 *
 * Files are left in it only if the namespace is being deleted, and then no
 * handler runs.
 *
 * Context: process, &dnetmap_pernet.mutex held; sleeps.
 */
void dnetmap_proc_net_remove(struct dnetmap_net *dn)
{
	dnetmap_net_assert_locked(dn->net);
	proc_remove(dn->proc_dir);
}
