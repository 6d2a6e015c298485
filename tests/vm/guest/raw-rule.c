// SPDX-License-Identifier: GPL-2.0-only
/*
 * A plugin that sends the kernel whatever it is told, and prints what the
 * kernel hands back:
 *
 *   -j DNETMAP --raw HEX
 *
 * It takes the place of the real one where XTABLES_LIBDIR starts with its
 * folder. RAW_RULE_SIZE is the size of the rule, 48 bytes if not set; HEX may
 * be shorter, and zeroes follow it. For any family.
 */
#include <stdio.h>
#include <stdlib.h>
#include <xtables.h>

static struct xtables_target raw_rule;

static const struct xt_option_entry raw_rule_options[] = {
	{ .name = "raw", .type = XTTYPE_STRING, .flags = XTOPT_MAND },
	XTOPT_TABLEEND,
};

static void raw_rule_parse(struct xt_option_call *cb)
{
	unsigned char *data = cb->data;

	xtables_option_parse(cb);
	for (size_t i = 0; i < raw_rule.size; i++)
		if (sscanf(cb->arg + 2 * i, "%2hhx", &data[i]) != 1)
			break;
}

static void raw_rule_save(const void *ip, const struct xt_entry_target *target)
{
	printf(" --raw ");
	for (size_t i = 0; i < target->u.target_size - sizeof(*target); i++)
		printf("%02x", target->data[i]);
}

static struct xtables_target raw_rule = {
	.version	= XTABLES_VERSION,
	.name		= "DNETMAP",
	.family		= NFPROTO_UNSPEC,
	.x6_parse	= raw_rule_parse,
	.x6_options	= raw_rule_options,
	.save		= raw_rule_save,
};

static void __attribute__((constructor)) raw_rule_register(void)
{
	const char *size = getenv("RAW_RULE_SIZE");

	raw_rule.size = size ? atoi(size) : 48;
	raw_rule.userspacesize = raw_rule.size;
	xtables_register_target(&raw_rule);
}
