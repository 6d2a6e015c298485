/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _DNETMAP_DRIVER_H
#define _DNETMAP_DRIVER_H

/*
 * Drives the plugin as iptables does, but asks no kernel. Who includes this
 * says what is to be done with a rule that is refused: refuse() gets what
 * libxtables and the plugin have to say against it.
 */

#include <getopt.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <xtables.h>
#include <linux/netfilter_ipv4/ip_tables.h>

#define BLOB_SIZE	48

static void __attribute__((noreturn, format(printf, 2, 3)))
refuse(enum xtables_exittype status, const char *msg, ...);

static int any_revision(const char *name __attribute__((unused)),
			uint8_t rev __attribute__((unused)),
			int opt __attribute__((unused)))
{
	return 1;
}

static struct option no_opts[] = { XT_GETOPT_TABLEEND };

static struct xtables_globals globals = {
	.program_name = "roundtrip",
	.program_version = "1",
	.orig_opts = no_opts,
	.exit_err = refuse,
	.compat_rev = any_revision,
};

/* The plugin's options, in terms of getopt_long(). */
static struct option *options;

static struct xtables_target *load_plugin(void)
{
	struct xtables_target *target;
	size_t size;

	if (xtables_init_all(&globals, NFPROTO_IPV4) < 0)
		refuse(OTHER_PROBLEM, "cannot initialise libxtables");
	target = xtables_find_target("DNETMAP", XTF_LOAD_MUST_SUCCEED);
	if (target->size != BLOB_SIZE || target->userspacesize != BLOB_SIZE)
		refuse(OTHER_PROBLEM, "sizes are %zu and %zu, expected %u",
		       target->size, target->userspacesize, BLOB_SIZE);

	size = XT_ALIGN(sizeof(struct xt_entry_target)) + target->size;
	target->t = xtables_calloc(1, size);
	if (target->init)
		target->init(target->t);
	options = xtables_options_xfrm(no_opts, NULL, target->x6_options,
				       &target->option_offset);
	return target;
}

/* The part of iptables' own loop over its arguments that concerns a target. */
static void parse_options(struct xtables_target *target, int argc, char **argv)
{
	struct ipt_entry entry = { 0 };
	bool invert = false;
	int c;

	opterr = 0;
	while ((c = getopt_long(argc, argv, "-:", options, NULL)) != -1) {
		if (c == ':')
			refuse(PARAMETER_PROBLEM,
			       "option \"%s\" requires an argument",
			       argv[optind - 1]);
		if (c == '?')
			refuse(PARAMETER_PROBLEM, "unknown option \"%s\"",
			       argv[optind - 1]);
		if (c == 1 && strcmp(optarg, "!") != 0)
			refuse(PARAMETER_PROBLEM, "Bad argument `%s'", optarg);
		if (c == 1) {
			invert = true;
			continue;
		}
		xtables_option_tpcall((unsigned int)c, argv, invert, target,
				      &entry);
		invert = false;
	}
	xtables_option_tfcall(target);
}

#endif /* _DNETMAP_DRIVER_H */
