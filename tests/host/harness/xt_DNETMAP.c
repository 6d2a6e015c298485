// SPDX-License-Identifier: GPL-2.0-only
/*
 * A module with the name of ours that does no work but does wrong: what the
 * VM harness, and the kernels with sanitizers, have to find out.
 */
#include <linux/delay.h>
#include <linux/kthread.h>
#include <linux/list.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/netdevice.h>
#include <linux/rculist.h>
#include <linux/rcupdate.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/timer.h>
#include <linux/vmalloc.h>
#include <net/net_namespace.h>

static char *fault = "";
module_param(fault, charp, 0444);

/*
 * Not in the init section, whose place in memory other modules may take; and
 * nothing that a compiler sees through.
 */

static noinline void warn(void)
{
	WARN_ON(1);
}

static noinline void leak(void)
{
	void *memory = kmalloc(64, GFP_KERNEL);

	barrier_data(memory);
}

static noinline void stay(void)
{
	__module_get(THIS_MODULE);
}

static noinline void prefix(void)
{
	pr_info("xt_DNETMAP: new prefix 20.0.0.0/26\n");
}

static noinline void lockup(void)
{
	/* QEMU stops at each cpu_relax(): two seconds would take minutes. */
	for (;;)
		barrier();
}

static noinline void use_after_free(void)
{
	char *memory = kmalloc(64, GFP_KERNEL);

	kfree(memory);
	OPTIMIZER_HIDE_VAR(memory);
	READ_ONCE(*memory);
}

static noinline void out_of_bounds(void)
{
	char *memory = kmalloc(64, GFP_KERNEL);
	int end = 64;

	OPTIMIZER_HIDE_VAR(end);
	WRITE_ONCE(memory[end], 0);
	kfree(memory);
}

static noinline void far_shift(void)
{
	int distance = 40;

	OPTIMIZER_HIDE_VAR(distance);
	pr_info("%d\n", 1 << distance);
}

static noinline void sleep_in_atomic(void)
{
	static DEFINE_SPINLOCK(lock);

	spin_lock_bh(&lock);
	kfree(kmalloc(64, GFP_KERNEL));
	spin_unlock_bh(&lock);
}

static noinline void dereference_outside_rcu(void)
{
	static int __rcu *pointer;

	if (rcu_dereference(pointer))
		pr_info("it is there\n");
}

static noinline void walk_outside_rcu(void)
{
	static LIST_HEAD(list);
	static struct entry {
		struct list_head list;
	} entry, *each;

	list_add_rcu(&entry.list, &list);
	list_for_each_entry_rcu(each, &list, list)
		barrier();
}

static noinline void put_namespace_twice(void)
{
	netns_tracker tracker;

	get_net_track(&init_net, &tracker, GFP_KERNEL);
	put_net_track(&init_net, &tracker);
	put_net_track(&init_net, &tracker);
}

static noinline void put_device_twice(void)
{
	netdevice_tracker tracker;

	netdev_hold(init_net.loopback_dev, &tracker, GFP_KERNEL);
	netdev_put(init_net.loopback_dev, &tracker);
	netdev_put(init_net.loopback_dev, &tracker);
}

static noinline void lock_in_any_order(void)
{
	static DEFINE_MUTEX(a);
	static DEFINE_MUTEX(b);

	mutex_lock(&a);
	mutex_lock(&b);
	mutex_unlock(&b);
	mutex_unlock(&a);
	mutex_lock(&b);
	mutex_lock(&a);
	mutex_unlock(&a);
	mutex_unlock(&b);
}

static noinline void delete_twice(void)
{
	static LIST_HEAD(list);
	static struct list_head entry;

	list_add(&entry, &list);
	list_del(&entry);
	list_del(&entry);
}

static void nothing(struct timer_list *timer)
{
}

static noinline void free_running_timer(void)
{
	struct timer_list *timer = kmalloc(sizeof(*timer), GFP_KERNEL);

	timer_setup(timer, nothing, 0);
	mod_timer(timer, jiffies + HZ);
	kfree(timer);
}

static noinline void lose_pages(void)
{
	void *memory = vmalloc(PAGE_SIZE);

	barrier_data(memory);
}

static int counter;

static int count(void *unused)
{
	unsigned long end = jiffies + 10 * HZ;

	while (time_before(jiffies, end)) {
		counter++;
		barrier();
		cond_resched();
	}
	return 0;
}

static noinline void race(void)
{
	kthread_run(count, NULL, "race");
	count(NULL);
	msleep(1000);
}

static const struct {
	const char	*name;
	void		(*commit)(void);
} faults[] = {
	{ "warn", warn },
	{ "leak", leak },
	{ "stay", stay },
	{ "prefix", prefix },
	{ "lockup", lockup },
	{ "use-after-free", use_after_free },
	{ "out-of-bounds", out_of_bounds },
	{ "far-shift", far_shift },
	{ "sleep-in-atomic", sleep_in_atomic },
	{ "dereference-outside-rcu", dereference_outside_rcu },
	{ "walk-outside-rcu", walk_outside_rcu },
	{ "put-namespace-twice", put_namespace_twice },
	{ "put-device-twice", put_device_twice },
	{ "lock-in-any-order", lock_in_any_order },
	{ "delete-twice", delete_twice },
	{ "free-running-timer", free_running_timer },
	{ "lose-pages", lose_pages },
	{ "race", race },
};

static int __init fault_init(void)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(faults); i++)
		if (!strcmp(fault, faults[i].name))
			faults[i].commit();
	return 0;
}

static void __exit fault_exit(void)
{
}

module_init(fault_init);
module_exit(fault_exit);
MODULE_DESCRIPTION("Faults for the VM harness to find");
MODULE_LICENSE("GPL");
