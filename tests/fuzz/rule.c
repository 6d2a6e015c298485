// SPDX-License-Identifier: GPL-2.0-only
/*
 * The module's check of a rule, and what it reads of those that pass.
 *
 * The input is a rule: the 48 bytes that whoever may change rules can hand to
 * the kernel. What it lacks of them is zero.
 */
#include "fuzz.h"
#include "../../kernel/rule.h"

/* The fields, by the offsets that are promised. */
struct fields {
	uint32_t range_flags;
	uint32_t first;
	uint32_t last;
	uint8_t flags;
	int32_t ttl;
};

static struct fields read_fields(const uint8_t *bytes)
{
	struct fields f;

	memcpy(&f.range_flags, bytes, 4);
	memcpy(&f.first, bytes + 4, 4);
	memcpy(&f.last, bytes + 20, 4);
	memcpy(&f.flags, bytes + 40, 1);
	memcpy(&f.ttl, bytes + 44, 4);
	f.first = ntohl(f.first);
	f.last = ntohl(f.last);
	return f;
}

/* The manual: --prefix, --reuse, --ttl, --static, --persistent, --own; no other. */
static bool is_good(const struct fields *f)
{
	bool prefix = f->flags & 4;
	bool of_prefix = f->flags & (16 | 128);

	if (f->flags & (32 | 64) || f->range_flags != prefix ||
	    of_prefix > prefix)
		return false;
	return !prefix || fuzz_is_prefix(f->first, f->last);
}

/* All that read the prefix of a rule see the addresses from first to last. */
static void check_membership(const struct xt_dnetmap_tginfo *rule,
			     const struct fields *f, uint32_t addr)
{
	struct dnetmap_block block = dnetmap_rule_block(rule);
	bool inside = addr >= f->first && addr <= f->last;

	EXPECT(dnetmap_rule_prefix_has(rule, htonl(addr)) == inside,
	       "%08x of %08x-%08x", addr, f->first, f->last);
	EXPECT(dnetmap_block_has(&block, htonl(addr)) == inside,
	       "%08x of %08x-%08x", addr, f->first, f->last);
}

static void check_prefix(const struct xt_dnetmap_tginfo *rule,
			 const struct fields *f)
{
	struct dnetmap_block block = dnetmap_rule_block(rule);
	int bit;

	EXPECT(block.len >= 8 && block.len <= 32, "/%u", block.len);
	EXPECT(dnetmap_block_first(&block) == f->first, "%08x", f->first);
	EXPECT(dnetmap_block_last(&block) == f->last, "%08x", f->last);
	check_membership(rule, f, f->first - 1);
	check_membership(rule, f, f->last + 1);
	for (bit = 0; bit < 32; bit++) {
		check_membership(rule, f, f->first ^ 1U << bit);
		check_membership(rule, f, f->last ^ 1U << bit);
	}
}

static void check_good(const struct xt_dnetmap_tginfo *rule,
		       const struct fields *f)
{
	bool has_ttl = f->flags & 1;

	EXPECT(dnetmap_rule_names_prefix(rule) == !!(f->flags & 4),
	       "%02x", f->flags);
	EXPECT(dnetmap_rule_static_only(rule) == !!(f->flags & 8),
	       "%02x", f->flags);
	EXPECT(dnetmap_rule_ttl(rule) ==
	       (has_ttl ? f->ttl : dnetmap_default_ttl),
	       "flags %02x, ttl %d", f->flags, f->ttl);
	if (dnetmap_rule_names_prefix(rule))
		check_prefix(rule, f);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t bytes[48] = { 0 };
	struct xt_dnetmap_tginfo rule;
	struct fields f;
	bool good;
	int err;

	memcpy(bytes, data, min(size, sizeof(bytes)));
	memcpy(&rule, bytes, sizeof(rule));
	f = read_fields(bytes);
	good = is_good(&f);
	fuzz_refusals = 0;
	err = dnetmap_rule_check(NULL, &rule);
	EXPECT(err == (good ? 0 : -EINVAL),
	       "%d for range flags %x, %08x-%08x, flags %02x", err,
	       f.range_flags, f.first, f.last, f.flags);
	EXPECT(fuzz_refusals == !good, "%u lines in the log", fuzz_refusals);
	EXPECT(!memcmp(&rule, bytes, sizeof(rule)), "the rule was written to");
	if (good)
		check_good(&rule, &f);
	fuzz_count(good);
	return 0;
}
