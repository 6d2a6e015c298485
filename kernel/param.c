// SPDX-License-Identifier: GPL-2.0-only
/*
 * Module parameters.
 *
 * A bad value that is written to a loaded module is refused with EINVAL. A bad
 * value at load time only causes a warning, and the default stays in force: a
 * typing error in modprobe.d must not leave a gateway without NAT.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/log2.h>
#include <linux/module.h>
#include <linux/moduleparam.h>

#include "param.h"

#define DNETMAP_HASH_SIZE_MAX	1048576
#define DNETMAP_HISTORY_MAX	1048576

/* These two can be changed at any time: read them with READ_ONCE(). */
int dnetmap_default_ttl = 600;
bool dnetmap_disable_log;
/* The log and the history, by default. */
atomic_t dnetmap_event_sinks = ATOMIC_INIT(2);
/* The others never change once the module is loaded. */
unsigned int dnetmap_hash_size = 256;
unsigned int dnetmap_event_history = 65536;
int dnetmap_max_bindings = 1048576;
bool dnetmap_whole_prefix = true;
unsigned int dnetmap_proc_perms = 0644;
unsigned int dnetmap_proc_uid;
unsigned int dnetmap_proc_gid;

/*
 * All parameters may be given without a value, and the setters decide what that
 * means: a switch is on, as for a bool of the kernel's; for the rest it is a
 * bad value, handled as any other. Without this flag the kernel would refuse
 * it.
 */
#define DNETMAP_PARAM_FLAGS	KERNEL_PARAM_OPS_FL_NOARG

/* Set once the module is loaded; then bad values are errors, not warnings. */
static bool dnetmap_param_strict;

/**
 * dnetmap_param_loaded() - refuse bad values from here on
 *
 * Context: end of module initialisation.
 */
void dnetmap_param_loaded(void)
{
	WRITE_ONCE(dnetmap_param_strict, true);
}

static int dnetmap_param_refuse(const char *val, const struct kernel_param *kp,
				const char *expected)
{
	if (READ_ONCE(dnetmap_param_strict))
		return -EINVAL;
	pr_warn("%s=%s: expected %s; using the default\n", kp->name,
		val ?: "", expected);
	return 0;
}

static int dnetmap_param_set_positive(const char *val,
				      const struct kernel_param *kp)
{
	int n;

	if (!val || kstrtoint(val, 0, &n) || n < 1)
		return dnetmap_param_refuse(val, kp, "1 to 2147483647");
	WRITE_ONCE(*(int *)kp->arg, n);
	return 0;
}

static int dnetmap_param_set_switch(const char *val,
				    const struct kernel_param *kp)
{
	bool on = true;

	if (val && kstrtobool(val, &on))
		return dnetmap_param_refuse(val, kp, "0 or 1");
	WRITE_ONCE(*(bool *)kp->arg, on);
	return 0;
}

static int dnetmap_param_set_disable_log(const char *val,
					 const struct kernel_param *kp)
{
	bool before = dnetmap_disable_log;
	int err = dnetmap_param_set_switch(val, kp);

	/* The core sets one parameter at a time. */
	atomic_add(before - dnetmap_disable_log, &dnetmap_event_sinks);
	return err;
}

static int dnetmap_param_set_history(const char *val,
				     const struct kernel_param *kp)
{
	unsigned int n;

	if (!val || kstrtouint(val, 0, &n) || n > DNETMAP_HISTORY_MAX)
		return dnetmap_param_refuse(val, kp, "0 to 1048576");
	atomic_add(!!n - !!dnetmap_event_history, &dnetmap_event_sinks);
	dnetmap_event_history = n;
	return 0;
}

static int dnetmap_param_set_hash_size(const char *val,
				       const struct kernel_param *kp)
{
	unsigned int n;

	if (!val || kstrtouint(val, 0, &n) || !is_power_of_2(n) ||
	    n > DNETMAP_HASH_SIZE_MAX)
		return dnetmap_param_refuse(val, kp,
					    "a power of two up to 1048576");
	WRITE_ONCE(*(unsigned int *)kp->arg, n);
	return 0;
}

static int dnetmap_param_set_perms(const char *val,
				   const struct kernel_param *kp)
{
	unsigned int n;

	if (!val || kstrtouint(val, 0, &n) || n & ~0777)
		return dnetmap_param_refuse(val, kp, "0 to 0777");
	*(unsigned int *)kp->arg = n;
	return 0;
}

/* U32_MAX is no valid id: the kernel uses it as the invalid one. */
static int dnetmap_param_set_id(const char *val, const struct kernel_param *kp)
{
	unsigned int n;

	if (!val || kstrtouint(val, 0, &n) || n == U32_MAX)
		return dnetmap_param_refuse(val, kp, "0 to 4294967294");
	*(unsigned int *)kp->arg = n;
	return 0;
}

static int dnetmap_param_get_perms(char *buf, const struct kernel_param *kp)
{
	return sysfs_emit(buf, "%#o\n", *(unsigned int *)kp->arg);
}

static const struct kernel_param_ops dnetmap_param_positive_ops = {
	.flags	= DNETMAP_PARAM_FLAGS,
	.set	= dnetmap_param_set_positive,
	.get	= param_get_int,
};

/* Shown in the form in which it is documented and set: 0 or 1. */
static int dnetmap_param_get_switch(char *buf, const struct kernel_param *kp)
{
	return sysfs_emit(buf, "%d\n", *(bool *)kp->arg);
}

static const struct kernel_param_ops dnetmap_param_switch_ops = {
	.flags	= DNETMAP_PARAM_FLAGS,
	.set	= dnetmap_param_set_switch,
	.get	= dnetmap_param_get_switch,
};

static const struct kernel_param_ops dnetmap_param_disable_log_ops = {
	.flags	= DNETMAP_PARAM_FLAGS,
	.set	= dnetmap_param_set_disable_log,
	.get	= dnetmap_param_get_switch,
};

static const struct kernel_param_ops dnetmap_param_history_ops = {
	.flags	= DNETMAP_PARAM_FLAGS,
	.set	= dnetmap_param_set_history,
	.get	= param_get_uint,
};

static const struct kernel_param_ops dnetmap_param_perms_ops = {
	.flags	= DNETMAP_PARAM_FLAGS,
	.set	= dnetmap_param_set_perms,
	.get	= dnetmap_param_get_perms,
};

static const struct kernel_param_ops dnetmap_param_id_ops = {
	.flags	= DNETMAP_PARAM_FLAGS,
	.set	= dnetmap_param_set_id,
	.get	= param_get_uint,
};

static const struct kernel_param_ops dnetmap_param_hash_size_ops = {
	.flags	= DNETMAP_PARAM_FLAGS,
	.set	= dnetmap_param_set_hash_size,
	.get	= param_get_uint,
};

module_param_cb(default_ttl, &dnetmap_param_positive_ops,
		&dnetmap_default_ttl, 0644);
MODULE_PARM_DESC(default_ttl,
		 "seconds that a hit grants a binding where the rule names none (600)");

module_param_cb(hash_size, &dnetmap_param_hash_size_ops,
		&dnetmap_hash_size, 0444);
MODULE_PARM_DESC(hash_size,
		 "initial number of hash buckets, a power of two up to 1048576 (256)");

module_param_cb(disable_log, &dnetmap_param_disable_log_ops,
		&dnetmap_disable_log, 0644);
MODULE_PARM_DESC(disable_log,
		 "1: no binding lines and no notices in the kernel log (0)");

module_param_cb(event_history, &dnetmap_param_history_ops,
		&dnetmap_event_history, 0444);
MODULE_PARM_DESC(event_history,
		 "events that a namespace keeps for those who read them later (65536)");

module_param_cb(max_bindings, &dnetmap_param_positive_ops,
		&dnetmap_max_bindings, 0444);
MODULE_PARM_DESC(max_bindings,
		 "bindings and remembered addresses that a namespace may hold (1048576)");

module_param_cb(whole_prefix, &dnetmap_param_switch_ops,
		&dnetmap_whole_prefix, 0444);
MODULE_PARM_DESC(whole_prefix,
		 "0: keep the first and last address of each prefix out of use (1)");

module_param_cb(proc_perms, &dnetmap_param_perms_ops, &dnetmap_proc_perms,
		0444);
MODULE_PARM_DESC(proc_perms, "mode of the /proc files (0644)");

module_param_cb(proc_uid, &dnetmap_param_id_ops, &dnetmap_proc_uid, 0444);
MODULE_PARM_DESC(proc_uid, "owner of the /proc files (0)");

module_param_cb(proc_gid, &dnetmap_param_id_ops, &dnetmap_proc_gid, 0444);
MODULE_PARM_DESC(proc_gid, "group of the /proc files (0)");
