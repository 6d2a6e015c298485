// SPDX-License-Identifier: GPL-2.0-only
/*
 * The iptables side of the DNETMAP target: reads the rule's options into the
 * 48 bytes that the kernel gets, and prints those bytes as options again.
 *
 * Parsing is strict, so that one rule has one spelling in print: whatever
 * iptables -S prints is taken back as it is, and yields the same 48 bytes.
 */

#include <arpa/inet.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <xtables.h>
#include <linux/netfilter/xt_DNETMAP.h>

/* An option's id is its bit in the rule's flags, which so mirror xflags. */
enum {
	O_TTL		= 0,
	O_REUSE		= 1,
	O_PREFIX	= 2,
	O_STATIC	= 3,
	O_PERSISTENT	= 4,
	O_HOLD_FLOWS	= 6,
	O_OWN		= 7,
};

/* Options that have their place in a rule, but are refused for now. */
#define DNETMAP_PENDING	XT_DNETMAP_HOLD_FLOWS

/*
 * In the order of output. --prefix and --ttl are strings to libxtables: its
 * XTTYPE_HOSTMASK resolves names, and its integers have no sign.
 */
static const struct xt_option_entry dnetmap_opts[] = {
	{ .name = "prefix", .id = O_PREFIX, .type = XTTYPE_STRING },
	{ .name = "reuse", .id = O_REUSE, .type = XTTYPE_NONE },
	{ .name = "ttl", .id = O_TTL, .type = XTTYPE_STRING },
	{ .name = "static", .id = O_STATIC, .type = XTTYPE_NONE },
	{ .name = "persistent", .id = O_PERSISTENT, .type = XTTYPE_NONE,
	  .also = XT_DNETMAP_PREFIX },
	{ .name = "hold-flows", .id = O_HOLD_FLOWS, .type = XTTYPE_NONE,
	  .also = XT_DNETMAP_PREFIX },
	{ .name = "own", .id = O_OWN, .type = XTTYPE_NONE,
	  .also = XT_DNETMAP_PREFIX },
	XTOPT_TABLEEND,
};

static const char *const dnetmap_usage[] = {
	[O_PREFIX] = " address[/mask]\n"
		"\t\t\t\tTake public addresses from this subnet, /8 to /32\n"
		"\t\t\t\t(default: from those of all rules)\n",
	[O_REUSE] = "\n"
		"\t\t\t\tGive a host its expired address of any subnet\n",
	[O_TTL] = " seconds\n"
		"\t\t\t\tKeep an address so long after each new flow;\n"
		"\t\t\t\tnegative: leave its time as it is\n"
		"\t\t\t\t(default: the module's default_ttl)\n",
	[O_STATIC] = "\n"
		"\t\t\t\tUse static bindings only\n",
	[O_PERSISTENT] = "\n"
		"\t\t\t\tKeep the subnet when its last rule goes\n",
	[O_HOLD_FLOWS] = "\n"
		"\t\t\t\tHold back an address that still has live flows\n",
	[O_OWN] = "\n"
		"\t\t\t\tKeep the bindings of this subnet apart from others\n",
};

static bool option_is_pending(const struct xt_option_entry *opt)
{
	return DNETMAP_PENDING & 1U << opt->id;
}

static void dnetmap_help(void)
{
	const struct xt_option_entry *opt;

	printf("DNETMAP target options:\n");
	for (opt = dnetmap_opts; opt->name; opt++)
		if (!option_is_pending(opt))
			printf("  --%s%s", opt->name, dnetmap_usage[opt->id]);
}

static void __attribute__((noreturn))
refuse_value(const struct xt_option_call *cb, const char *expected)
{
	xtables_error(PARAMETER_PROBLEM,
		      "DNETMAP: bad value \"%s\" for \"--%s\": expected %s",
		      cb->arg, cb->entry->name, expected);
}

/**
 * parse_int - read a whole number in plain decimal
 * @arg: the text
 * @value: set to the number
 *
 * Return: false if @arg is no number, overflows, or is not how printf writes
 * it. The latter refuses spaces, a plus, hexadecimal, and leading zeros, which
 * other options of iptables take for octal.
 */
static bool parse_int(const char *arg, int *value)
{
	char canonical[sizeof("-2147483648")];

	*value = (int)strtol(arg, NULL, 10);
	snprintf(canonical, sizeof(canonical), "%d", *value);
	return strcmp(arg, canonical) == 0;
}

static void parse_ttl(const struct xt_option_call *cb)
{
	struct xt_dnetmap_tginfo *info = cb->data;

	if (!parse_int(cb->arg, &info->ttl))
		refuse_value(cb, "seconds as a plain decimal number, "
				 "-2147483648 to 2147483647");
}

/* Return: the mask's length, negative if @arg is no mask at all. */
static int parse_mask(const char *arg)
{
	struct in_addr mask;
	int len;

	if (inet_pton(AF_INET, arg, &mask) == 1)
		return xtables_ipmask_to_cidr(&mask);
	return parse_int(arg, &len) ? len : -1;
}

/* Kinds of addresses that fill whole prefixes, and that no host has. */
static bool is_no_hosts(uint32_t addr)
{
	return addr >> 24 == 0 || addr >> 24 == IN_LOOPBACKNET ||
	       IN_MULTICAST(addr) || addr == INADDR_BROADCAST;
}

static void parse_prefix(const struct xt_option_call *cb)
{
	/* Room for one more than fits: what is cut off remains too long. */
	char text[INET_ADDRSTRLEN + 1];
	struct xt_dnetmap_tginfo *info = cb->data;
	const char *slash = strchr(cb->arg, '/');
	struct in_addr addr;
	uint32_t first, host_bits;
	int len = 32;

	snprintf(text, sizeof(text), "%.*s", (int)strcspn(cb->arg, "/"),
		 cb->arg);
	if (inet_pton(AF_INET, text, &addr) != 1)
		refuse_value(cb, "an IPv4 address with an optional mask, "
				 "such as 20.0.0.0/26");

	if (slash)
		len = parse_mask(slash + 1);
	if (len < DNETMAP_PREFIX_LEN_MIN || len > 32)
		refuse_value(cb, "a mask from 8 to 32, as a length, "
				 "or dotted without holes");

	first = ntohl(addr.s_addr);
	host_bits = (uint32_t)((uint64_t)UINT32_MAX >> len);
	if (first & host_bits)
		refuse_value(cb, "the first address of the subnet, "
				 "without host bits");
	if (is_no_hosts(first))
		refuse_value(cb, "addresses that hosts can have, none of 0/8, "
				 "127/8, 224/4 and 255.255.255.255");

	info->prefix.flags = NF_NAT_RANGE_MAP_IPS;
	info->prefix.min_addr.ip = addr.s_addr;
	info->prefix.max_addr.ip = htonl(first | host_bits);
}

static void dnetmap_parse(struct xt_option_call *cb)
{
	struct xt_dnetmap_tginfo *info = cb->data;

	xtables_option_parse(cb);
	if (option_is_pending(cb->entry))
		xtables_error(PARAMETER_PROBLEM,
			      "DNETMAP: \"--%s\" is not supported by this version",
			      cb->entry->name);

	switch (cb->entry->id) {
	case O_PREFIX:
		parse_prefix(cb);
		break;
	case O_TTL:
		parse_ttl(cb);
		break;
	}
	info->flags |= 1U << cb->entry->id;
}

/* A range that is no subnet is not ours: show it so that no parser takes it. */
static void print_prefix(const struct nf_nat_range *range)
{
	uint32_t host_bits = range->min_addr.ip ^ range->max_addr.ip;
	struct in_addr mask = { .s_addr = ~host_bits };
	int len = xtables_ipmask_to_cidr(&mask);

	printf(" %s", xtables_ipaddr_to_numeric(&range->min_addr.in));
	if (len >= 0 && !(range->min_addr.ip & host_bits))
		printf("/%d", len);
	else
		printf("-%s", xtables_ipaddr_to_numeric(&range->max_addr.in));
}

/**
 * print_rule - print a rule's options
 * @target: the rule
 * @dashes: what goes before the name of an option
 *
 * What a newer plugin may have put into the rule is shown in brackets: a
 * restore stumbles over it, instead of making a different rule.
 */
static void print_rule(const struct xt_entry_target *target, const char *dashes)
{
	const struct xt_dnetmap_tginfo *info = (const void *)target->data;
	unsigned int unknown = info->flags;
	const struct xt_option_entry *opt;

	for (opt = dnetmap_opts; opt->name; opt++) {
		if (!(info->flags & 1U << opt->id))
			continue;
		unknown &= ~(1U << opt->id);
		printf(" %s%s", dashes, opt->name);
		if (opt->id == O_PREFIX)
			print_prefix(&info->prefix);
		else if (opt->id == O_TTL)
			printf(" %d", info->ttl);
	}
	if (unknown)
		printf(" [unknown flags 0x%x]", unknown);
}

static void dnetmap_print(const void *ip __attribute__((unused)),
			  const struct xt_entry_target *target,
			  int numeric __attribute__((unused)))
{
	print_rule(target, "");
}

static void dnetmap_save(const void *ip __attribute__((unused)),
			 const struct xt_entry_target *target)
{
	print_rule(target, "--");
}

static struct xtables_target dnetmap_target = {
	.version	= XTABLES_VERSION,
	.name		= "DNETMAP",
	.revision	= 0,
	.family		= NFPROTO_IPV4,
	.size		= XT_ALIGN(sizeof(struct xt_dnetmap_tginfo)),
	.userspacesize	= XT_ALIGN(sizeof(struct xt_dnetmap_tginfo)),
	.help		= dnetmap_help,
	.x6_parse	= dnetmap_parse,
	.x6_options	= dnetmap_opts,
	.print		= dnetmap_print,
	.save		= dnetmap_save,
};

static void __attribute__((constructor)) dnetmap_register(void)
{
	xtables_register_target(&dnetmap_target);
}
