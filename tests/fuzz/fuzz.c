// SPDX-License-Identifier: GPL-2.0-only
#include "fuzz.h"

static unsigned long taken_inputs, refused_inputs;

/* A run that has seen only one of the two has shown nothing: "run" looks. */
void fuzz_count(bool taken)
{
	if (taken)
		taken_inputs++;
	else
		refused_inputs++;
}

static void __attribute__((destructor)) tell_count(void)
{
	fprintf(stderr, "fuzz: %lu taken, %lu refused\n",
		taken_inputs, refused_inputs);
}

bool fuzz_read_char(struct fuzz_text *text, char c)
{
	if (!text->left || *text->at != c)
		return false;
	text->at++;
	text->left--;
	return true;
}

/* A number up to @max as it is printed: digits, and no zero before others. */
bool fuzz_read_number(struct fuzz_text *text, uint32_t max, uint32_t *number)
{
	const char *begin = text->at;
	uint64_t value = 0;

	while (text->left && *text->at >= '0' && *text->at <= '9') {
		value = value * 10 + (uint64_t)(*text->at - '0');
		if (value > max)
			return false;
		text->at++;
		text->left--;
	}
	*number = (uint32_t)value;
	return text->at == begin + 1 || (text->at > begin && *begin != '0');
}

/* Four numbers up to 255, with dots between. */
bool fuzz_read_addr(struct fuzz_text *text, uint32_t *addr)
{
	uint32_t octet;
	int i;

	*addr = 0;
	for (i = 0; i < 4; i++) {
		if (i && !fuzz_read_char(text, '.'))
			return false;
		if (!fuzz_read_number(text, 255, &octet))
			return false;
		*addr = *addr << 8 | octet;
	}
	return true;
}

/* None of 0.0.0.0/8, 127.0.0.0/8, 224.0.0.0/4 and 255.255.255.255. */
bool fuzz_host_can_own(uint32_t addr)
{
	uint32_t octet = addr >> 24;

	return octet != 0 && octet != 127 && !(octet >= 224 && octet <= 239) &&
	       addr != 0xffffffff;
}

/* Is it what a rule may name: a /8 to a /32 of addresses that hosts can own? */
bool fuzz_is_prefix(uint32_t first, uint32_t last)
{
	uint64_t size;

	if (!fuzz_host_can_own(first))
		return false;
	for (size = 1; size <= 1 << 24; size *= 2)
		if (first % size == 0 && first + size - 1 == last)
			return true;
	return false;
}
