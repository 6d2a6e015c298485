// SPDX-License-Identifier: GPL-2.0-only
/*
 * Drives the plugin as iptables does, but asks no kernel: parses the options
 * of one rule, and shows what the plugin made of them.
 *
 *   roundtrip [OPTION...]	a rule's options, as after "-j DNETMAP"
 *   roundtrip blob HEX		a rule as the kernel holds it, without parsing
 *   roundtrip help		the plugin's help text
 *
 * Prints the rule as iptables -S does, as iptables -L does, and its bytes. A
 * refused rule gets a message and a failing exit status, as from iptables.
 * libxtables finds the plugin by the environment's XTABLES_LIBDIR.
 */

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "driver.h"

static void __attribute__((noreturn, format(printf, 2, 3)))
refuse(enum xtables_exittype status, const char *msg, ...)
{
	va_list args;

	va_start(args, msg);
	vfprintf(stderr, msg, args);
	va_end(args);
	fputc('\n', stderr);
	exit((int)status);
}

static void read_blob(unsigned char *blob, const char *hex)
{
	size_t i;

	if (strlen(hex) != 2UL * BLOB_SIZE)
		refuse(PARAMETER_PROBLEM, "expected %u bytes in hex", BLOB_SIZE);
	for (i = 0; i < BLOB_SIZE; i++) {
		if (sscanf(hex + 2 * i, "%2hhx", &blob[i]) != 1)
			refuse(PARAMETER_PROBLEM, "no hex: %s", hex + 2 * i);
	}
}

static void print_bytes(const unsigned char *blob, int from, int to)
{
	putchar(' ');
	while (from < to)
		printf("%02x", blob[from++]);
}

/* By the offsets that are promised, not by the header that the plugin uses. */
static void print_blob(const unsigned char *blob)
{
	uint32_t range_flags;
	int32_t ttl;

	memcpy(&range_flags, blob, sizeof(range_flags));
	memcpy(&ttl, blob + 44, sizeof(ttl));
	printf("%x", range_flags);
	print_bytes(blob, 4, 20);
	print_bytes(blob, 20, 36);
	print_bytes(blob, 36, 40);
	print_bytes(blob, 40, 41);
	print_bytes(blob, 41, 44);
	printf(" %d\n", ttl);
}

int main(int argc, char **argv)
{
	struct xtables_target *target = load_plugin();
	const char *mode = argc > 1 ? argv[1] : "";

	if (strcmp(mode, "help") == 0) {
		target->help();
		return 0;
	}
	if (strcmp(mode, "blob") == 0 && argc == 3)
		read_blob(target->t->data, argv[2]);
	else
		parse_options(target, argc, argv);

	printf("-j DNETMAP");
	target->save(NULL, target->t);
	printf("\nDNETMAP");
	target->print(NULL, target->t, 1);
	putchar('\n');
	print_blob(target->t->data);
	free(options);
	free(target->t);
	return 0;
}
