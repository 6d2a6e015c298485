// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * save and restore: prefixes and bindings as commands.
 *
 * save writes a file whole or not at all, so that no failure costs the one before.
 *
 * restore reads the whole file and looks for all that is in its way before it
 * changes anything. What it has added is removed again if the kernel refuses
 * something later, or somebody interrupts it.
 */
#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "array.h"
#include "ask.h"
#include "change.h"
#include "out.h"
#include "replace.h"
#include "verbs.h"

#define HEADER	"# dnetmap save 1"

static uint64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return now.tv_sec * UINT64_C(1000) + now.tv_nsec / 1000000;
}

/* save */

static void print_boot_id(FILE *to)
{
	FILE *file = fopen("/proc/sys/kernel/random/boot_id", "r");
	char id[40] = "unknown";

	if (file && fgets(id, sizeof(id), file))
		id[strcspn(id, "\n")] = '\0';
	if (file)
		fclose(file);
	fprintf(to, "# boot %s\n", id);
}

static int save_prefix(const struct prefix *p, void *data)
{
	char name[PREFIX_TEXT];

	fprintf(data, "prefix new %s\n", prefix_text(&p->name, name));
	if (p->flags & DNETMAP_PREFIX_FLAGS_OWN)
		fprintf(data, "# own %s\n", name);
	return 0;
}

static int save_binding(const struct binding *b, void *data)
{
	char prenat[ADDR_TEXT], postnat[ADDR_TEXT], prefix[PREFIX_TEXT];
	FILE *to = data;

	fprintf(to, "add %s %s", addr_text(b->prenat, prenat),
		addr_text(b->postnat, postnat));
	if (b->state == DNETMAP_BINDING_STATE_STATIC)
		fprintf(to, " static");
	else
		fprintf(to, " %s %" PRIu64 ".%03u",
			b->state == DNETMAP_BINDING_STATE_ACTIVE ? "ttl" : "expired",
			b->ms / 1000, (unsigned int)(b->ms % 1000));
	fprintf(to, " in %s\n", prefix_text(&b->prefix, prefix));
	return ferror(to) ? -1 : 0;
}

static enum status save(FILE *to)
{
	struct filter all = { .state = -1 };
	struct wire_error error;
	uint64_t now = now_ms();

	fprintf(to, HEADER "\n");
	print_boot_id(to);
	fprintf(to, "# time %" PRIu64 ".%03u\n", now / 1000, (unsigned int)(now % 1000));
	if (!ask_prefixes(save_prefix, to, &error) ||
	    !ask_bindings(&all, save_binding, to, &error))
		return ask_failed("save", &error);
	return DONE;
}

/* save [FILE] */
enum status verb_save(char **words)
{
	FILE *file;

	if (!*words)
		return save(stdout);
	if (words[1])
		return say_usage("save: %s: expected one file", words[1]);
	file = replace_begin(*words);
	return file ? replace_end(file, save(file)) : FAILED;
}

/* restore */

/* A line of the file, or a binding that is there. */
struct line {
	struct binding binding;
	unsigned int number;
};

struct restore {
	const char *file;
	unsigned int number;		/* of the line that is read */
	uint64_t passed;		/* ms since the file was written */
	struct line *lines;
	size_t count, room;
	struct prefix_name *prefixes;	/* to make */
	size_t prefix_count, prefix_room;
	struct prefix_name *known;	/* prefixes that the kernel has */
	size_t known_count, known_room;
	struct prefix_name *own;	/* prefixes that were */
	size_t own_count, own_room;
	struct line *there;		/* what the kernel has, by postnat */
	size_t there_count, there_room;
	size_t added;			/* of lines, by the kernel */
	size_t made;			/* of prefixes */
	sigset_t interruptions;		/* that wait until it is done, or undone */
};

/* Where a line is, for what is said of it. */
static const char *at(const struct restore *r, unsigned int number)
{
	static char text[300];

	snprintf(text, sizeof(text), "%.256s, line %u", r->file, number);
	return text;
}

static void let_pass(struct binding *b, uint64_t passed)
{
	if (b->state == DNETMAP_BINDING_STATE_EXPIRED) {
		b->ms += passed;
	} else if (b->state == DNETMAP_BINDING_STATE_ACTIVE && b->ms != UINT64_MAX) {
		if (b->ms > passed) {
			b->ms -= passed;
			return;
		}
		b->state = DNETMAP_BINDING_STATE_EXPIRED;
		b->ms = passed - b->ms;
	}
	if (b->state == DNETMAP_BINDING_STATE_EXPIRED && b->ms > INT32_MAX * UINT64_C(1000))
		b->ms = INT32_MAX * UINT64_C(1000);
}

#define WORDS	12

/* Cuts a line into words. Returns false if there are too many. */
static bool cut(char *text, char *words[WORDS])
{
	size_t count = 0;
	char *word;

	for (word = strtok(text, " \t\r\n"); word; word = strtok(NULL, " \t\r\n")) {
		if (count == WORDS - 1)
			return false;
		words[count++] = word;
	}
	words[count] = NULL;
	return true;
}

static bool read_add(struct restore *r, char **words)
{
	struct line *line;
	bool force;

	r->lines = array_grow(r->lines, r->count, &r->room, sizeof(*r->lines));
	line = &r->lines[r->count];
	line->number = r->number;
	if (!change_parse(words, &line->binding, &force, at(r, r->number)))
		return false;
	if (force) {
		say_usage("%s: force: restore ends no binding", at(r, r->number));
		return false;
	}
	let_pass(&line->binding, r->passed);
	r->count++;
	return true;
}

static bool read_prefix(struct restore *r, char **words)
{
	r->prefixes = array_grow(r->prefixes, r->prefix_count, &r->prefix_room,
			   sizeof(*r->prefixes));
	if (!words[0] || strcmp(words[0], "new") || !words[1] || words[2] ||
	    !prefix_parse(words[1], &r->prefixes[r->prefix_count])) {
		say_usage("%s: expected prefix new ADDR/LEN", at(r, r->number));
		return false;
	}
	r->prefix_count++;
	return true;
}

static void read_time(struct restore *r, const char *text)
{
	uint64_t now = now_ms(), then;
	char *end;

	then = strtoull(text, &end, 10) * 1000;
	if (*end == '.')
		then += strtoul(end + 1, NULL, 10);
	r->passed = now > then ? now - then : 0;
}

static void read_own(struct restore *r, const char *text)
{
	r->own = array_grow(r->own, r->own_count, &r->own_room, sizeof(*r->own));
	r->own_count += prefix_parse(text, &r->own[r->own_count]);
}

/* What no command can make so: when it was, and which prefixes were own. */
static void read_comment(struct restore *r, const char *text)
{
	char *words[WORDS], copy[64];

	snprintf(copy, sizeof(copy), "%s", text);
	if (!cut(copy, words) || !words[0] || !words[1] || !words[2])
		return;
	if (!strcmp(words[1], "time"))
		read_time(r, words[2]);
	else if (!strcmp(words[1], "own"))
		read_own(r, words[2]);
}

static bool read_line(struct restore *r, char *text)
{
	char *words[WORDS];

	if (*text == '#') {
		read_comment(r, text);
		return true;
	}
	if (!cut(text, words)) {
		say_usage("%s: too many words", at(r, r->number));
		return false;
	}
	if (!words[0])
		return true;
	if (!strcmp(words[0], "add"))
		return read_add(r, words + 1);
	if (!strcmp(words[0], "prefix"))
		return read_prefix(r, words + 1);
	say_usage("%s: %s: expected add or prefix new", at(r, r->number), words[0]);
	return false;
}

/* The whole file: what is not whole is not taken. */
static bool read_file(struct restore *r, FILE *file)
{
	char *text = NULL;
	size_t size = 0;
	ssize_t length;
	bool good = true;

	while (good && (length = getline(&text, &size, file)) > 0) {
		r->number++;
		if (r->number == 1 && strncmp(text, HEADER "\n", sizeof(HEADER))) {
			say_error("%s: expected \"" HEADER "\"", at(r, 1));
			good = false;
		} else if (text[length - 1] != '\n') {
			say_error("%s: the file ends in the middle of a line",
				  at(r, r->number));
			good = false;
		} else {
			good = read_line(r, text);
		}
	}
	free(text);
	if (good && ferror(file)) {
		say_error("%s: %s", r->file, strerror(errno));
		good = false;
	} else if (good && !r->number) {
		say_error("%s: the file is empty", r->file);
		good = false;
	}
	return good;
}

static int by_postnat(const void *a, const void *b)
{
	const struct line *x = a, *y = b;

	return x->binding.postnat < y->binding.postnat ? -1 :
	       x->binding.postnat > y->binding.postnat;
}

static int by_prenat(const void *a, const void *b)
{
	const struct line *x = *(const struct line **)a, *y = *(const struct line **)b;

	return x->binding.prenat < y->binding.prenat ? -1 :
	       x->binding.prenat > y->binding.prenat;
}

static int note_binding(const struct binding *b, void *data)
{
	struct restore *r = data;

	r->there = array_grow(r->there, r->there_count, &r->there_room, sizeof(*r->there));
	r->there[r->there_count++] = (struct line){ .binding = *b };
	return 0;
}

static bool same_prefix(const struct prefix_name *a, const struct prefix_name *b)
{
	return a->addr == b->addr && a->len == b->len;
}

/* Does the binding wait for a rule, which makes its prefix own as it was? */
static bool waits_for_rule(const struct restore *r, const struct binding *b)
{
	size_t i;

	for (i = 0; i < r->own_count && b->scope != DNETMAP_BINDING_SCOPE_OWN; i++)
		if (same_prefix(&r->own[i], &b->prefix))
			return true;
	return false;
}

static bool collide(const struct restore *r, const struct line *line,
		    const struct line *other)
{
	char prenat[ADDR_TEXT], postnat[ADDR_TEXT], a[ADDR_TEXT], p[ADDR_TEXT];
	char where[40] = "", mend[80] = "", prefix[PREFIX_TEXT];
	const struct binding *waits =
		line->binding.postnat == other->binding.postnat ? NULL :
		waits_for_rule(r, &line->binding) ? &line->binding :
		waits_for_rule(r, &other->binding) ? &other->binding : NULL;

	if (other->number)
		snprintf(where, sizeof(where), " of line %u", other->number);
	if (waits)
		snprintf(mend, sizeof(mend), ", until a rule with --own names %s",
			 prefix_text(&waits->prefix, prefix));
	say_error("%s: %s -> %s: in the way is %s -> %s%s%s", at(r, line->number),
		  addr_text(line->binding.prenat, prenat),
		  addr_text(line->binding.postnat, postnat),
		  addr_text(other->binding.prenat, a),
		  addr_text(other->binding.postnat, p), where, mend);
	return false;
}

/* Is the same scope meant? An own prefix is one; all others are one. */
static bool same_scope(const struct binding *a, const struct binding *b)
{
	if (a->scope == DNETMAP_BINDING_SCOPE_SHARED && b->scope == DNETMAP_BINDING_SCOPE_SHARED)
		return true;
	return a->scope == b->scope && same_prefix(&a->prefix, &b->prefix);
}

/* Two lines for one address, or an address that another active binding has. */
static bool check_postnat(struct restore *r)
{
	size_t i, j = 0;

	qsort(r->lines, r->count, sizeof(*r->lines), by_postnat);
	for (i = 0; i < r->count; i++) {
		const struct line *line = &r->lines[i];

		if (i && line->binding.postnat == line[-1].binding.postnat)
			return collide(r, line, line - 1);
		while (j < r->there_count &&
		       r->there[j].binding.postnat < line->binding.postnat)
			j++;
		if (j < r->there_count &&
		    r->there[j].binding.postnat == line->binding.postnat &&
		    r->there[j].binding.prenat != line->binding.prenat &&
		    r->there[j].binding.state != DNETMAP_BINDING_STATE_EXPIRED)
			return collide(r, line, &r->there[j]);
	}
	return true;
}

/* A host that has another active binding in the same scope. */
static bool check_prenat(struct restore *r)
{
	size_t count = r->count + r->there_count, i, j;
	const struct line **all = malloc((count + 1) * sizeof(*all));
	bool good = true;

	if (!all) {
		say_error("out of memory");
		return false;
	}
	for (i = 0; i < r->count; i++)
		all[i] = &r->lines[i];
	for (i = 0; i < r->there_count; i++)
		all[r->count + i] = &r->there[i];
	qsort(all, count, sizeof(*all), by_prenat);
	for (i = 0; good && i < count; i++) {
		for (j = i + 1; j < count && all[j]->binding.prenat == all[i]->binding.prenat; j++) {
			bool first = all[i]->number > all[j]->number;
			const struct line *line = all[first ? i : j];
			const struct line *other = all[first ? j : i];

			if (!line->number || line->binding.postnat == other->binding.postnat ||
			    !same_scope(&line->binding, &other->binding) ||
			    (!other->number &&
			     other->binding.state == DNETMAP_BINDING_STATE_EXPIRED))
				continue;
			good = collide(r, line, other);
			break;
		}
	}
	free(all);
	return good;
}

static int note_prefix(const struct prefix *p, void *data)
{
	struct restore *r = data;
	size_t i;

	r->known = array_grow(r->known, r->known_count, &r->known_room, sizeof(*r->known));
	r->known[r->known_count++] = p->name;
	if (!(p->flags & DNETMAP_PREFIX_FLAGS_OWN))
		return 0;
	for (i = 0; i < r->count; i++)
		if (same_prefix(&r->lines[i].binding.prefix, &p->name))
			r->lines[i].binding.scope = DNETMAP_BINDING_SCOPE_OWN;
	return 0;
}

/* Is there a prefix among these that can hold the binding? */
static bool has_holder(const struct prefix_name *names, size_t count,
		       const struct binding *b)
{
	size_t i;

	for (i = 0; i < count; i++)
		if ((!b->prefix.len || same_prefix(&names[i], &b->prefix)) &&
		    prefix_has(&names[i], b->postnat))
			return true;
	return false;
}

static bool check_holders(const struct restore *r)
{
	size_t i;

	for (i = 0; i < r->count; i++) {
		const struct binding *b = &r->lines[i].binding;

		if (has_holder(r->known, r->known_count, b) ||
		    has_holder(r->prefixes, r->prefix_count, b))
			continue;
		say_error("%s: no such prefix", at(r, r->lines[i].number));
		return false;
	}
	return true;
}

static bool check(struct restore *r)
{
	struct filter all = { .state = -1 };
	struct wire_error error;

	if (!ask_bindings(&all, note_binding, r, &error) ||
	    !ask_prefixes(note_prefix, r, &error)) {
		ask_failed("restore", &error);
		return false;
	}
	return check_holders(r) && check_postnat(r) && check_prenat(r);
}

static bool was_there(const struct restore *r, const struct binding *b)
{
	struct line key = { .binding = *b };
	const struct line *found = bsearch(&key, r->there, r->there_count,
					   sizeof(*r->there), by_postnat);

	return found && found->binding.prenat == b->prenat;
}

/* Removes what was not there before. */
static void undo(struct restore *r)
{
	struct wire_error error;
	struct binding *b;

	while (r->added--) {
		b = &r->lines[r->added].binding;
		if (!was_there(r, b))
			ask_del(b->prenat, b->postnat, &b->prefix, &error);
	}
	while (r->made--)
		if (r->prefixes[r->made].len)
			ask_prefix(DNETMAP_CMD_PREFIX_DEL, &r->prefixes[r->made],
				   NULL, &error);
}

static bool make_prefixes(struct restore *r)
{
	struct prefix_name *name;
	struct wire_error error;

	for (; r->made < r->prefix_count; r->made++) {
		name = &r->prefixes[r->made];
		if (ask_prefix(DNETMAP_CMD_PREFIX_NEW, name, NULL, &error))
			continue;
		if (error.code != EEXIST) {
			ask_failed("restore: prefix new", &error);
			return false;
		}
		name->len = 0;		/* it is not ours to end */
	}
	return true;
}

/* What is ignored stays so, as behind nohup. */
static void hold_interruptions(struct restore *r)
{
	static const int numbers[] = { SIGHUP, SIGINT, SIGTERM };
	struct sigaction action;
	size_t i;

	sigemptyset(&r->interruptions);
	for (i = 0; i < sizeof(numbers) / sizeof(*numbers); i++)
		if (!sigaction(numbers[i], NULL, &action) && action.sa_handler != SIG_IGN)
			sigaddset(&r->interruptions, numbers[i]);
	sigprocmask(SIG_BLOCK, &r->interruptions, NULL);
}

static bool is_interrupted(const struct restore *r)
{
	sigset_t waiting;

	sigpending(&waiting);
	sigandset(&waiting, &waiting, &r->interruptions);
	return !sigisemptyset(&waiting);
}

static bool add_bindings(struct restore *r)
{
	static struct binding bulk[WIRE_BULK];
	struct wire_error error;
	size_t count, i, bad;

	while (r->added < r->count) {
		count = r->count - r->added;
		if (count > WIRE_BULK)
			count = WIRE_BULK;
		for (i = 0; i < count; i++)
			bulk[i] = r->lines[r->added + i].binding;
		if (!ask_add(bulk, count, false, &bad, &error)) {
			if (error.code == EEXIST)
				change_explain(&bulk[bad], at(r, r->lines[r->added + bad].number));
			else
				ask_failed(at(r, r->lines[r->added + bad].number), &error);
			return false;
		}
		r->added += count;
		if (is_interrupted(r)) {
			say_error("%s: interrupted", r->file);
			return false;
		}
	}
	return true;
}

static enum status change(struct restore *r)
{
	bool good;

	hold_interruptions(r);
	good = make_prefixes(r) && add_bindings(r);
	if (!good)
		undo(r);
	/* The one that has come ends us here. */
	sigprocmask(SIG_UNBLOCK, &r->interruptions, NULL);
	return good ? DONE : FAILED;
}

static enum status restore(struct restore *r, FILE *file, bool only_check)
{
	if (!read_file(r, file) || !check(r))
		return FAILED;
	return only_check ? DONE : change(r);
}

/* restore [--check] [FILE] */
enum status verb_restore(char **words)
{
	struct restore r = { .file = "standard input" };
	bool only_check = *words && !strcmp(*words, "--check");
	enum status status;
	FILE *file = stdin;

	words += only_check;
	if (*words && words[1])
		return say_usage("restore: %s: expected one file", words[1]);
	if (*words) {
		r.file = *words;
		file = fopen(r.file, "r");
		if (!file) {
			say_error("%s: %s", r.file, strerror(errno));
			return FAILED;
		}
	}
	status = restore(&r, file, only_check);
	if (file != stdin)
		fclose(file);
	free(r.lines);
	free(r.prefixes);
	free(r.known);
	free(r.own);
	free(r.there);
	return status;
}
