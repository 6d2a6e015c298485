// SPDX-License-Identifier: GPL-2.0-only
/*
 * The plugin's parser and its printer, driven through libxtables.
 *
 * The input is read twice: as options, one in each line, and as the 48 bytes of
 * a rule, zero for those that it lacks. What the parser takes has to be what
 * the manual allows, in one spelling but for the prefix's mask; it gives those
 * 48 bytes that are meant, which the module takes too; and they are printed as
 * options that make them again. Of any bytes the printer makes options that
 * are either refused or mean the same.
 */
#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>

#include "fuzz.h"
#include "../plugin/driver.h"
#include <linux/netfilter/xt_DNETMAP.h>

#define OPTIONS_MAX	16

struct net;
int dnetmap_rule_check(const struct net *net,
		       const struct xt_dnetmap_tginfo *rule);

/* Options as a command line has them; getopt_long() may change their order. */
struct command_line {
	char text[1024];
	char *argv[OPTIONS_MAX + 2];
	int argc;
};

static struct xtables_target *target;
static void (*parse_option)(struct xt_option_call *cb);
/* The rule, as it should become, and whether the value at hand is good. */
static struct xt_dnetmap_tginfo meant;
static bool value_is_good;
static jmp_buf refused;

static struct xt_dnetmap_tginfo *rule(void)
{
	return (void *)target->t->data;
}

/* What the manual says of values */

static struct fuzz_text read_text(const char *text)
{
	return (struct fuzz_text) { text, strlen(text) };
}

/* Ones, and then zeros: the number of ones. */
static bool mask_length(uint32_t mask, uint32_t *len)
{
	for (*len = 0; *len < 32 && mask & 1U << 31; mask <<= 1)
		++*len;
	return !mask;
}

static bool read_mask(const char *text, uint32_t *len)
{
	struct fuzz_text number = read_text(text), dotted = number;
	uint32_t mask;

	if (fuzz_read_number(&number, 32, len) && !number.left)
		return true;
	return fuzz_read_addr(&dotted, &mask) && !dotted.left &&
	       mask_length(mask, len);
}

static bool read_prefix(const char *value)
{
	struct fuzz_text text = read_text(value);
	uint32_t first, last, len = 32;

	if (!fuzz_read_addr(&text, &first))
		return false;
	if (text.left &&
	    !(fuzz_read_char(&text, '/') && read_mask(text.at, &len)))
		return false;
	last = first + (uint32_t)((1ULL << (32 - len)) - 1);
	meant.prefix.flags = NF_NAT_RANGE_MAP_IPS;
	meant.prefix.min_addr.ip = htonl(first);
	meant.prefix.max_addr.ip = htonl(last);
	return fuzz_is_prefix(first, last);
}

static bool read_ttl(const char *value)
{
	struct fuzz_text text = read_text(value);
	bool negative = fuzz_read_char(&text, '-');
	uint32_t seconds;

	if (!fuzz_read_number(&text, 0x7fffffffU + negative, &seconds) ||
	    text.left || (negative && !seconds))
		return false;
	meant.ttl = (int32_t)(negative ? -seconds : seconds);
	return true;
}

/* The plugin's parser is called through this. */
static void watch_option(struct xt_option_call *cb)
{
	uint8_t flag = (uint8_t)(1U << cb->entry->id);

	value_is_good = true;
	if (flag == XT_DNETMAP_PREFIX)
		value_is_good = read_prefix(cb->arg);
	else if (flag == XT_DNETMAP_TTL)
		value_is_good = read_ttl(cb->arg);
	meant.flags |= flag;
	parse_option(cb);
	EXPECT(value_is_good, "taken: --%s %s", cb->entry->name, cb->arg);
	EXPECT(flag != XT_DNETMAP_HOLD_FLOWS, "--%s", cb->entry->name);
}

static void refuse(enum xtables_exittype status, const char *msg, ...)
{
	char text[2048];
	va_list args;

	va_start(args, msg);
	vsnprintf(text, sizeof(text), msg, args);
	va_end(args);
	EXPECT(status == PARAMETER_PROBLEM, "%d: %s", status, text);
	EXPECT(!value_is_good || !strstr(msg, "bad value"), "%s", text);
	longjmp(refused, 1);
}

/* Parsing and printing */

static void add_option(struct command_line *line, char *option)
{
	if (line->argc <= OPTIONS_MAX)
		line->argv[line->argc++] = option;
}

static void split(struct command_line *line, const char *text, size_t size,
		  char separator)
{
	char *option = line->text;
	size_t i;

	memcpy(line->text, text, size);
	for (i = 0; i <= size; i++) {
		if (i < size && text[i] && text[i] != separator)
			continue;
		line->text[i] = '\0';
		add_option(line, option);
		option = line->text + i + 1;
	}
	line->argv[line->argc] = NULL;
}

/* Return: true where the rule is as the options say. */
static bool parse(struct command_line *line)
{
	memset(rule(), 0, BLOB_SIZE);
	memset(&meant, 0, sizeof(meant));
	value_is_good = true;
	target->tflags = 0;
	optind = 0;
	if (setjmp(refused))
		return false;
	parse_options(target, line->argc, line->argv);
	return true;
}

static void print(char *text, size_t size, bool as_options)
{
	FILE *terminal = stdout;

	*text = '\0';
	stdout = fmemopen(text, size, "w");
	EXPECT(stdout, "no memory for a stream");
	if (as_options)
		target->save(NULL, target->t);
	else
		target->print(NULL, target->t, 1);
	fclose(stdout);
	stdout = terminal;
}

/* -L lists what -S does, but for the dashes. */
static void check_listing(const char *saved)
{
	char listed[1024], text[1024];
	char *to = text;

	for (; *saved; saved++)
		if (strncmp(saved, "--", 2) || saved[2] < 'a')
			*to++ = *saved;
		else
			saved++;
	*to = '\0';
	print(listed, sizeof(listed), false);
	EXPECT(!strcmp(listed, text), "%s, not %s", listed, text);
}

/* What of a rule means something. */
static struct xt_dnetmap_tginfo meaning(const struct xt_dnetmap_tginfo *of)
{
	struct xt_dnetmap_tginfo all = { .flags = of->flags };

	if (of->flags & XT_DNETMAP_PREFIX) {
		all.prefix.flags = NF_NAT_RANGE_MAP_IPS;
		all.prefix.min_addr.ip = of->prefix.min_addr.ip;
		all.prefix.max_addr.ip = of->prefix.max_addr.ip;
	}
	if (of->flags & XT_DNETMAP_TTL)
		all.ttl = of->ttl;
	return all;
}

/*
 * Print the rule and parse that: it is taken where the module takes the rule,
 * and then it means the same, and is printed the same.
 */
static void round_trip(void)
{
	struct xt_dnetmap_tginfo same = meaning(rule());
	bool good = !dnetmap_rule_check(NULL, &same);
	char first[1024], second[1024];
	struct command_line line = { .argc = 0 };

	print(first, sizeof(first), true);
	check_listing(first);
	/* A space comes first: what is before it stands for the command. */
	split(&line, first, strlen(first), ' ');
	EXPECT(parse(&line) == good, "module: %d, plugin: %s", good, first);
	if (!good)
		return;
	EXPECT(!memcmp(rule(), &same, BLOB_SIZE), "another rule: %s", first);
	print(second, sizeof(second), true);
	EXPECT(!strcmp(first, second), "%s, not %s", second, first);
}

static void check_options(const uint8_t *data, size_t size)
{
	struct command_line line = { .argc = 0 };
	bool taken;

	add_option(&line, "DNETMAP");
	split(&line, (const char *)data, size, '\n');
	taken = parse(&line);
	fuzz_count(taken);
	if (!taken)
		return;
	EXPECT(!memcmp(rule(), &meant, BLOB_SIZE), "not what was meant");
	EXPECT(!dnetmap_rule_check(NULL, rule()), "the module refuses it");
	round_trip();
}

static void check_bytes(const uint8_t *data, size_t size)
{
	memset(rule(), 0, BLOB_SIZE);
	memcpy(rule(), data, size < BLOB_SIZE ? size : BLOB_SIZE);
	round_trip();
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	EXPECT(!setjmp(refused), "the plugin cannot be loaded");
	target = load_plugin();
	parse_option = target->x6_parse;
	target->x6_parse = watch_option;
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size >= sizeof(((struct command_line *)0)->text))
		return -1;
	check_options(data, size);
	check_bytes(data, size);
	return 0;
}
