/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _DNETMAP_FUZZ_H
#define _DNETMAP_FUZZ_H

/*
 * What the targets share: how they tell what is wrong, and what an address is
 * and a prefix, said in other words than those of module and plugin, so that
 * the two can be compared. Addresses are in host order.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What has to hold, whatever the input; libFuzzer keeps one for which not. */
#define EXPECT(condition, ...)						\
do {									\
	if (!(condition)) {						\
		fprintf(stderr, "%s:%d: not so: %s: ",			\
			__FILE__, __LINE__, #condition);		\
		fprintf(stderr, __VA_ARGS__);				\
		fputc('\n', stderr);					\
		abort();						\
	}								\
} while (0)

/* A part of the input that is read, and forgotten, from its front. */
struct fuzz_text {
	const char *at;
	size_t left;
};

void fuzz_count(bool taken);

bool fuzz_read_char(struct fuzz_text *text, char c);
bool fuzz_read_number(struct fuzz_text *text, uint32_t max, uint32_t *number);
bool fuzz_read_addr(struct fuzz_text *text, uint32_t *addr);

bool fuzz_host_can_own(uint32_t addr);
bool fuzz_is_prefix(uint32_t first, uint32_t last);

#endif /* _DNETMAP_FUZZ_H */
