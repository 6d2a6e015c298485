// SPDX-License-Identifier: GPL-2.0-only
/*
 * What is written to a prefix's file: from the write to the operation.
 *
 * The input is what one write hands over. It goes through proc.c and command.c
 * as they are; what they would have done to bindings and prefixes is noted
 * here, and compared with what the manual says of such a text.
 */
#include "fuzz.h"
#include "../../kernel/binding.h"
#include "../../kernel/expiry.h"
#include "../../kernel/net.h"
#include "../../kernel/place.h"
#include "../../kernel/prefix.h"
#include "../../kernel/prefix_index.h"
#include "../../kernel/proc.h"

#define ADDR(a, b, c, d)	((u32)(a) << 24 | (b) << 16 | (c) << 8 | (d))

enum operation {
	NOTHING, FLUSH, PERSISTENT, NOT_PERSISTENT, ADD, REMOVE
};

/* What a write has led to, or should. Addresses are in host order. */
struct outcome {
	int err;
	enum operation operation;
	u32 prenat;
	u32 postnat;
	bool reaped;
	unsigned int refusals;
};

static struct outcome seen;

/*
 * 20.0.0.0/26, which does not give its first and its last address. It has
 * 20.0.0.7, which 192.168.0.7 holds, and each host outside that has an odd
 * address holds something, those in 10/8 of another prefix.
 */
static struct net net;
static struct dnetmap_net dn = { .net = &net };
static struct dnetmap_prefix prefix = { .dn = &dn };
static struct dnetmap_record known, found;

#define FIRST		ADDR(20, 0, 0, 0)
#define LAST		ADDR(20, 0, 0, 63)
#define KNOWN		ADDR(20, 0, 0, 7)
#define KNOWN_HOST	ADDR(192, 168, 0, 7)
/* There is no memory for a binding of this one. */
#define COSTLY		ADDR(20, 0, 0, 62)

int dnetmap_max_bindings;
unsigned int dnetmap_proc_perms, dnetmap_proc_uid, dnetmap_proc_gid;
int fuzz_module_held;
const struct proc_ops *fuzz_file_ops;

static bool has_binding(u32 host)
{
	return host & 1 && (host < FIRST || host > LAST);
}

static bool is_elsewhere(u32 host)
{
	return host >> 24 == 10;
}

/* What the module calls */

static void note(enum operation operation)
{
	EXPECT(seen.operation == NOTHING, "%d after %d", operation,
	       seen.operation);
	seen.operation = operation;
}

static void expect_locked(bool locked)
{
	EXPECT(dn.lock.held == locked, "%d", dn.lock.held);
	EXPECT(fuzz_rcu_depth == locked, "%d", fuzz_rcu_depth);
}

void *fuzz_table_find(const void *key)
{
	u32 host;

	expect_locked(true);
	memcpy(&host, key, sizeof(host));
	host = ntohl(host);
	if (!has_binding(host))
		return NULL;
	found.prenat = htonl(host);
	found.postnat = htonl(is_elsewhere(host) ? ADDR(30, 0, 0, 1) : KNOWN);
	return &found;
}

struct dnetmap_record *dnetmap_scope_find(struct dnetmap_net *net,
					  struct dnetmap_prefix *of,
					  __be32 prenat, s64 now)
{
	EXPECT(net == &dn && of == &prefix, "%p %p", net, of);
	return fuzz_table_find(&prenat);
}

int dnetmap_place_all(struct dnetmap_placing *placing)
{
	const struct dnetmap_place *place = placing->places;

	expect_locked(false);
	EXPECT(placing->dn == &dn && placing->count == 1 && placing->force,
	       "%p, %u", placing->dn, placing->count);
	EXPECT(place->state == DNETMAP_PLACE_STATIC &&
	       dnetmap_block_equal(&place->block, &prefix.block), "%d",
	       place->state);
	if (!prefix.listed)
		return -ENOENT;
	note(ADD);
	seen.prenat = ntohl(place->prenat);
	seen.postnat = ntohl(place->postnat);
	return ntohl(place->postnat) == COSTLY ? -ENOSPC : 0;
}

void dnetmap_binding_remove(struct dnetmap_net *net, struct dnetmap_record *b,
			    s64 now)
{
	expect_locked(true);
	EXPECT(net == &dn && now == dnetmap_now(), "%lld", (long long)now);
	note(REMOVE);
	seen.prenat = ntohl(b->prenat);
	seen.postnat = ntohl(b->postnat);
}

int dnetmap_prefix_flush(struct dnetmap_prefix *of, bool patient)
{
	expect_locked(false);
	EXPECT(of == &prefix && patient, "%p", of);
	note(FLUSH);
	return 0;
}

int dnetmap_prefix_set_persistent(struct dnetmap_prefix *of, bool on,
				  bool patient)
{
	expect_locked(false);
	EXPECT(of == &prefix && patient, "%p", of);
	note(on ? PERSISTENT : NOT_PERSISTENT);
	/* No rule is left. */
	prefix.barred = prefix.listed && !on;
	return prefix.listed ? 0 : -ENOENT;
}

void dnetmap_net_assert_locked(const struct net *net)
{
	(void)net;
}

void dnetmap_net_reap_later(struct net *of)
{
	expect_locked(false);
	EXPECT(of == &net && of->held, "%p", of);
	seen.reaped = true;
}

void dnetmap_expiry_catch_up(struct dnetmap_net *net)
{
	expect_locked(false);
	EXPECT(net == &dn, "%p", net);
}

bool dnetmap_expiry_advance(struct dnetmap_net *net, s64 now,
			    unsigned int batch)
{
	expect_locked(true);
	EXPECT(net == &dn && now == dnetmap_now(), "%lld", (long long)now);
	EXPECT(batch == DNETMAP_EXPIRY_BATCH, "%u", batch);
	return true;
}

/* For readers of the file, of which there are none. */
struct dnetmap_record *dnetmap_record_next(struct dnetmap_net *net,
					    u64 *addr, u32 last)
{
	EXPECT(false, "%p %p %u", net, addr, last);
	return NULL;
}

/* What the manual says */

static struct outcome fails(int err)
{
	return (struct outcome) { .err = err, .refusals = err == -EINVAL };
}

static struct outcome expect_add(u32 prenat, u32 postnat)
{
	struct outcome add = { 0, ADD, prenat, postnat, false, 0 };

	if (!fuzz_host_can_own(prenat) || (prenat >= FIRST && prenat <= LAST) ||
	    postnat <= FIRST || postnat >= LAST)
		return fails(-EINVAL);
	if (!prefix.listed)
		return fails(-ENOENT);
	if (postnat == COSTLY)
		add.err = -ENOSPC;
	return add;
}

static struct outcome expect_remove(u32 addr)
{
	struct outcome out = { 0, REMOVE, addr, KNOWN, false, 0 };

	if (!prefix.listed)
		return fails(-ENOENT);
	if (addr == KNOWN)
		out.prenat = KNOWN_HOST;
	else if (!has_binding(addr) || is_elsewhere(addr))
		return fails(-ENOENT);
	return out;
}

static struct outcome expect_persistent(enum operation operation)
{
	bool listed = prefix.listed;

	return (struct outcome) { listed ? 0 : -ENOENT, operation, 0, 0,
				  listed && operation == NOT_PERSISTENT, 0 };
}

static bool is_word(const struct fuzz_text *text, const char *word)
{
	return text->left == strlen(word) &&
	       !memcmp(text->at, word, text->left);
}

static struct outcome expect(struct fuzz_text text)
{
	u32 prenat, addr;

	if (text.left && text.at[text.left - 1] == '\n')
		text.left--;
	if (is_word(&text, "flush"))
		return (struct outcome) { .operation = FLUSH };
	if (is_word(&text, "+persistent"))
		return expect_persistent(PERSISTENT);
	if (is_word(&text, "-persistent"))
		return expect_persistent(NOT_PERSISTENT);
	if (fuzz_read_char(&text, '-'))
		return fuzz_read_addr(&text, &addr) && !text.left ?
		       expect_remove(addr) : fails(-EINVAL);
	if (fuzz_read_char(&text, '+') && fuzz_read_addr(&text, &prenat) &&
	    fuzz_read_char(&text, ':') && fuzz_read_addr(&text, &addr) &&
	    !text.left)
		return expect_add(prenat, addr);
	return fails(-EINVAL);
}

/* The write */

static void compare(const struct outcome *expected)
{
	expect_locked(false);
	EXPECT(!net.held && !fuzz_module_held && !prefix.handlers.value,
	       "%d, %d, %d", net.held, fuzz_module_held, prefix.handlers.value);
	EXPECT(seen.err == expected->err, "%d, not %d", seen.err,
	       expected->err);
	EXPECT(seen.operation == expected->operation, "%d, not %d",
	       seen.operation, expected->operation);
	EXPECT(seen.prenat == expected->prenat, "%08x, not %08x",
	       seen.prenat, expected->prenat);
	EXPECT(seen.postnat == expected->postnat, "%08x, not %08x",
	       seen.postnat, expected->postnat);
	EXPECT(seen.reaped == expected->reaped, "%d", seen.reaped);
	EXPECT(seen.refusals == expected->refusals, "%u, not %u",
	       seen.refusals, expected->refusals);
}

static void write_at(loff_t pos, struct fuzz_text text,
		     struct outcome expected)
{
	struct file file = { .inode.data = &prefix };
	ssize_t written;

	fuzz_refusals = 0;
	seen = (struct outcome) { 0 };
	written = fuzz_file_ops->proc_write(&file, text.at, text.left, &pos);
	if (written >= 0)
		EXPECT((size_t)written == text.left, "%zd", written);
	seen.err = written < 0 ? (int)written : 0;
	seen.refusals = fuzz_refusals;
	compare(&expected);
	prefix.barred = false;
}

/* A tree that has nothing but the one binding. */
static void plant(struct dnetmap_addrtree *tree)
{
	static struct dnetmap_addrtree_node upper, middle, leaf;

	known.prenat = htonl(KNOWN_HOST);
	known.postnat = htonl(KNOWN);
	tree->root.slot[20] = &upper;
	upper.slot[0] = &middle;
	middle.slot[0] = &leaf;
	leaf.slot[7] = &known;
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	prefix.block = (struct dnetmap_block) { htonl(FIRST), 26 };
	prefix.first = FIRST + 1;
	prefix.last = LAST - 1;
	plant(&dn.by_postnat);
	return dnetmap_proc_prefix_add(&prefix);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_text text = { (const char *)data, size };

	prefix.listed = false;
	write_at(0, text, expect(text));
	prefix.listed = true;
	write_at(0, text, expect(text));
	fuzz_count(seen.operation != NOTHING);
	net.dead = true;
	write_at(0, text, (struct outcome) { .err = -EIO });
	net.dead = false;
	prefix.barred = true;
	write_at(0, text, (struct outcome) { .err = -EIO });
	/* The end of what has been cut. */
	write_at(1, text, fails(-EINVAL));
	return 0;
}
