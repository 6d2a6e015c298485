/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _DNETMAP_FUZZ_KERNEL_H
#define _DNETMAP_FUZZ_KERNEL_H

/*
 * As much of a kernel as the parts of the module need that look at what users
 * hand in: rule.c, command.c, proc.c, and the headers that these include.
 *
 * It is included before all else. The kernel's own headers are then found
 * empty (see "run"), but for those that the C library has.
 */

#include <arpa/inet.h>
#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <linux/types.h>

#define CONFIG_PROC_FS		1

/* Types */

typedef uint8_t			u8;
typedef uint32_t		u32;
typedef int32_t			s32;
typedef uint64_t		u64;
typedef int64_t			s64;
typedef mode_t			umode_t;
typedef unsigned int		gfp_t;

#define GFP_KERNEL_ACCOUNT	1

#define S64_MAX			INT64_MAX
#define S64_MIN			INT64_MIN
#define NSEC_PER_SEC		1000000000L

struct rcu_head			{ int unused; };
struct rhash_head		{ int unused; };
struct rhashtable		{ int unused; };
struct timerqueue_node		{ s64 expires; };
struct timerqueue_head		{ int unused; };
struct hrtimer			{ int unused; };
struct work_struct		{ int unused; };
struct delayed_work		{ int unused; };
struct rcu_work			{ int unused; };
struct mutex			{ int unused; };
struct rb_node			{ int unused; };
struct rb_root			{ int unused; };
struct rb_root_cached		{ int unused; };
struct list_head		{ struct list_head *next, *prev; };
typedef struct { int unused; }	wait_queue_head_t;
typedef struct { int value; }	atomic_t;
typedef struct { s64 value; }	atomic64_t;
typedef struct { int held; }	spinlock_t;

/* The language */

#define __rcu
#define __user
#define __ro_after_init
#define ____cacheline_aligned_in_smp
#define __acquires(lock)
#define __releases(lock)
#define __printf(fmt, args)
#define likely(condition)	(condition)
#define unlikely(condition)	(condition)
#define READ_ONCE(x)		(x)
#define WRITE_ONCE(x, value)	((x) = (value))
#define min(a, b)		((a) < (b) ? (a) : (b))
#define max(a, b)		((a) > (b) ? (a) : (b))
#define sizeof_field(type, field)	sizeof(((type *)0)->field)
#define BITS_TO_LONGS(bits)	(((bits) + 63) / 64)
#define static_assert(condition)	_Static_assert(condition, #condition)

#define atomic64_read(v)	((v)->value)
#define atomic_read(v)		((v)->value)
#define atomic_inc(v)		((v)->value++)
#define atomic_dec_and_test(v)	(!--(v)->value)
#define smp_mb()		((void)0)
#define smp_mb__after_atomic()	((void)0)
#define smp_load_acquire(p)	(*(p))
#define smp_store_release(p, value)	(*(p) = (value))
#define rcu_dereference(p)	(p)
#define rcu_dereference_raw(p)	(p)

#define ERR_PTR(err)		((void *)(long)(err))
#define PTR_ERR(ptr)		((long)(ptr))
#define IS_ERR(ptr)		((unsigned long)(ptr) >= -4095UL)

/* Queues are never looked into. */
#define rb_entry_safe(node, type, member)	((type *)(node))
#define rb_first_cached(root)	((void)(root), (struct rb_node *)NULL)
#define rb_next(node)		((void)(node), (struct rb_node *)NULL)
#define container_of(ptr, type, member)					\
	((type *)((char *)(ptr) - offsetof(type, member)))

static inline int fls(unsigned int x)
{
	return x ? 32 - __builtin_clz(x) : 0;
}

static inline s64 div_s64(s64 dividend, s32 divisor)
{
	return dividend / divisor;
}

static inline u64 div_u64(u64 dividend, u32 divisor)
{
	return dividend / divisor;
}

static inline s64 ktime_get_coarse_boottime_ns(void)
{
	return 1000 * NSEC_PER_SEC;
}

/* Locks: nobody else is here, but what has to be held can be seen. */

extern int fuzz_rcu_depth;

#define rcu_read_lock()		((void)fuzz_rcu_depth++)
#define rcu_read_unlock()	((void)fuzz_rcu_depth--)
#define cond_resched()		((void)0)
#define spin_lock_bh(lock)	((void)(lock)->held++)
#define spin_unlock_bh(lock)	((void)(lock)->held--)
#define lockdep_assert_held(lock)	((void)(lock))

/* The log: each line that is to be said is counted. */

extern unsigned int fuzz_refusals;

struct ratelimit_state {
	int flags;
};

#define RATELIMIT_STATE_INIT_FLAGS(name, interval, burst, flags)	{ 0 }

/* Addresses: <linux/in.h> and <linux/inet.h> */

static inline bool ipv4_is_loopback(__be32 addr)
{
	return (addr & htonl(0xff000000)) == htonl(0x7f000000);
}

static inline bool ipv4_is_multicast(__be32 addr)
{
	return (addr & htonl(0xf0000000)) == htonl(0xe0000000);
}

static inline bool ipv4_is_lbcast(__be32 addr)
{
	return addr == htonl(INADDR_BROADCAST);
}

int in4_pton(const char *src, int srclen, u8 *dst, int delim,
	     const char **end);

/* Formats: the kernel's own conversions */

int fuzz_snprintf(char *buf, size_t size, const char *fmt, ...);
#define snprintf		fuzz_snprintf

/* Tables: one function of the target says what they hold, in place of kernel/search.h. */

#define _DNETMAP_SEARCH_H

void *fuzz_table_find(const void *key);
#define dnetmap_search(table, key, hash, is)	fuzz_table_find(key)
#define cpu_to_be32				htonl

/* The module, while somebody is in a file of it */

extern int fuzz_module_held;

#define THIS_MODULE		NULL
#define try_module_get(module)	((void)(module), ++fuzz_module_held)
#define module_put(module)	((void)(module), fuzz_module_held--)

/* Namespaces */

typedef struct { u32 id; }	kuid_t;
typedef struct { u32 id; }	kgid_t;
struct user_namespace		{ int unused; };
static struct user_namespace	init_user_ns;
struct proc_dir_entry;
struct net_generic		{ void *ptr[1]; };
struct net {
	struct net_generic *gen;
	struct user_namespace *user_ns;
	struct proc_dir_entry *proc_net;
	bool dead;
	int held;
};

void *net_generic(const struct net *net, unsigned int id);

static inline struct net *maybe_get_net(struct net *net)
{
	if (net->dead)
		return NULL;
	net->held++;
	return net;
}

static inline void put_net(struct net *net)
{
	net->held--;
}

#define make_kuid(ns, uid)	((kuid_t) { uid })
#define make_kgid(ns, gid)	((kgid_t) { gid })
#define uid_valid(uid)		((uid).id != ~0U)
#define gid_valid(gid)		((gid).id != ~0U)
#define GLOBAL_ROOT_UID		((kuid_t) { 0 })
#define GLOBAL_ROOT_GID		((kgid_t) { 0 })

/* Files: what proc.c makes is noted, for the target to write to. */

struct inode			{ void *data; };
struct file			{ struct inode inode; };
struct kiocb			{ struct file *ki_filp; };
struct iov_iter;
struct seq_file			{ struct file *file; void *private; };
struct seq_operations {
	void *(*start)(struct seq_file *seq, loff_t *pos);
	void *(*next)(struct seq_file *seq, void *v, loff_t *pos);
	void (*stop)(struct seq_file *seq, void *v);
	int (*show)(struct seq_file *seq, void *v);
};
struct proc_ops {
	int (*proc_open)(struct inode *inode, struct file *file);
	ssize_t (*proc_read_iter)(struct kiocb *iocb, struct iov_iter *to);
	ssize_t (*proc_write)(struct file *file, const char *buf, size_t size,
			      loff_t *pos);
	loff_t (*proc_lseek)(struct file *file, loff_t offset, int whence);
	int (*proc_release)(struct inode *inode, struct file *file);
};

extern const struct proc_ops *fuzz_file_ops;

#define file_inode(file)	(&(file)->inode)
#define DNETMAP_HAVE_HRTIMER_SETUP
#define DNETMAP_HAVE_PDE_DATA
#define pde_data(inode)		((inode)->data)
/* For kernel/compat.h: this kernel has all that it knows of. */
#define _DNETMAP_COMPAT_H
#define file_ns_capable(file, ns, capability)	true
#define copy_from_user(to, from, size)	(memcpy(to, from, size), 0)
#define proc_create_data(name, mode, dir, ops, data)	\
	((void)(dir), fuzz_file_ops = (ops)->proc_write ? (ops) : fuzz_file_ops, \
	 (struct proc_dir_entry *)(data))
#define proc_set_user(file, uid, gid)	((void)(uid), (void)(gid))
#define proc_mkdir(name, dir)	(dir)
#define proc_remove(file)	((void)(file))

/* Nobody reads them here. */
#define seq_open_private(file, ops, size)	((void)(ops), -EINVAL)
#define seq_printf(seq, ...)	((void)(seq))
#define seq_puts(seq, text)	((void)(seq))
#define single_open(file, show, data)	((void)(show), (void)(data), -EINVAL)
#define seq_read_iter(iocb, to)	((void)(to), -EINVAL)
#define seq_lseek(file, offset, whence)	((void)(whence), (offset))
#define seq_release_private	NULL
#define single_release		NULL

#endif /* _DNETMAP_FUZZ_KERNEL_H */
