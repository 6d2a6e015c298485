// SPDX-License-Identifier: GPL-2.0-only
/*
 * A module with the name of ours that does no work but does wrong: what the
 * VM harness has to find out.
 */
#include <linux/module.h>
#include <linux/slab.h>

static char *fault = "";
module_param(fault, charp, 0444);

/* Not in the init section, whose place in memory other modules may take. */
static noinline void leak(void)
{
	void *memory = kmalloc(64, GFP_KERNEL);

	/* The compiler would see that nobody needs it. */
	barrier_data(memory);
}

static int __init fault_init(void)
{
	WARN_ON(!strcmp(fault, "warn"));
	if (!strcmp(fault, "leak"))
		leak();
	if (!strcmp(fault, "stay"))
		__module_get(THIS_MODULE);
	if (!strcmp(fault, "prefix"))
		pr_info("xt_DNETMAP: new prefix 20.0.0.0/26\n");
	while (!strcmp(fault, "lockup"))
		cpu_relax();
	return 0;
}

static void __exit fault_exit(void)
{
}

module_init(fault_init);
module_exit(fault_exit);
MODULE_DESCRIPTION("Faults for the VM harness to find");
MODULE_LICENSE("GPL");
