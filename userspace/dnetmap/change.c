// SPDX-License-Identifier: GPL-2.0-or-later
/* add, del, flush and prefix: what changes bindings and prefixes. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ask.h"
#include "change.h"
#include "out.h"
#include "verbs.h"

/*
 * PRENAT POSTNAT [static | ttl SECONDS | expired [SECONDS]] [in PREFIX] [force]: what
 * add takes, and a line of save is. Says what is wrong, with "where" in front.
 */
bool change_parse(char **words, struct binding *b, bool *force, const char *where)
{
	*b = (struct binding){ .ms = UINT64_MAX };
	*force = false;
	if (!words[0] || !addr_parse(words[0], &b->prenat) || !words[1] ||
	    !addr_parse(words[1], &b->postnat)) {
		say_usage("%s: %s: expected a private and a public address", where,
			  !words[0] ? "nothing" : !addr_parse(words[0], &b->prenat) ?
			  words[0] : words[1] ?: "nothing behind it");
		return false;
	}
	for (words += 2; *words; words++) {
		if (!strcmp(*words, "static")) {
			b->state = DNETMAP_BINDING_STATE_STATIC;
		} else if (!strcmp(*words, "force")) {
			*force = true;
		} else if (!strcmp(*words, "ttl")) {
			if (!words[1] || !ms_parse(words[1], &b->ms)) {
				say_usage("%s: ttl: %s: expected 0 to 2147483647 seconds",
					  where, words[1] ?: "nothing");
				return false;
			}
			words++;
		} else if (!strcmp(*words, "expired")) {
			b->state = DNETMAP_BINDING_STATE_EXPIRED;
			b->ms = 0;
			if (words[1] && ms_parse(words[1], &b->ms))
				words++;
		} else if (!strcmp(*words, "in")) {
			if (!words[1] || !prefix_parse(words[1], &b->prefix)) {
				say_usage("%s: in: %s: expected ADDR/LEN", where,
					  words[1] ?: "nothing");
				return false;
			}
			words++;
		} else {
			say_usage("%s: %s: expected static, ttl, expired, in or force",
				  where, *words);
			return false;
		}
	}
	return true;
}

static int keep_binding(const struct binding *b, void *data)
{
	*(struct binding *)data = *b;
	return 0;
}

/*
 * Says which binding is in the way of another one. The kernel has told that there
 * is one; it may have gone since.
 */
void change_explain(const struct binding *b, const char *where)
{
	char prenat[ADDR_TEXT], postnat[ADDR_TEXT], a[ADDR_TEXT], p[ADDR_TEXT];
	struct filter by_postnat = { .postnat = b->postnat, .state = -1 };
	struct filter by_prenat = { .prenat = { b->prenat, 32 }, .state = -1 };
	struct binding rival = {};
	struct wire_error error;

	ask_bindings(&by_postnat, keep_binding, &rival, &error);
	if (!rival.postnat || rival.prenat == b->prenat)
		ask_bindings(&by_prenat, keep_binding, &rival, &error);
	say_error("%s: %s -> %s: in the way is %s -> %s, which only force ends", where,
		  addr_text(b->prenat, prenat), addr_text(b->postnat, postnat),
		  addr_text(rival.prenat, a), addr_text(rival.postnat, p));
}

enum status verb_add(char **words)
{
	struct wire_error error;
	struct binding b;
	size_t bad;
	bool force;

	if (!change_parse(words, &b, &force, "add"))
		return USAGE;
	if (ask_add(&b, 1, force, &bad, &error))
		return DONE;
	if (error.code != EEXIST)
		return ask_failed("add", &error);
	change_explain(&b, "add");
	return FAILED;
}

/* del ADDR | del PRENAT POSTNAT, either with: in PREFIX */
enum status verb_del(char **words)
{
	struct prefix_name in = {};
	uint32_t addr, postnat = 0;
	struct wire_error error;
	char **rest = words;

	if (!*rest || !addr_parse(*rest++, &addr))
		return say_usage("del: %s: expected an address", *words ?: "nothing");
	if (*rest && addr_parse(*rest, &postnat))
		rest++;
	if (*rest && !strcmp(*rest, "in")) {
		if (!rest[1] || !prefix_parse(rest[1], &in))
			return say_usage("del: in: %s: expected ADDR/LEN", rest[1] ?: "nothing");
		rest += 2;
	}
	if (*rest)
		return say_usage("del: %s: expected one address or a pair, and in PREFIX", *rest);
	if (postnat ? ask_del(addr, postnat, &in, &error) :
		      ask_del(0, addr, &in, &error) || (error.code == ENOENT &&
			      ask_del(addr, 0, &in, &error)))
		return DONE;
	if (error.code == ENOENT && out.exist)
		return DONE;
	return ask_failed("del", &error);
}

enum status verb_flush(char **words)
{
	struct prefix_name name;
	struct wire_error error;

	if (!words[0] || words[1] || !prefix_parse(words[0], &name))
		return say_usage("flush: %s: expected one prefix ADDR/LEN", say_extra(words));
	return ask_prefix(DNETMAP_CMD_FLUSH, &name, NULL, &error) ?
	       DONE : ask_failed("flush", &error);
}

static enum status prefix_set(char **words)
{
	struct prefix_name name;
	struct wire_error error;
	uint32_t flags;

	if (!words[0] || !prefix_parse(words[0], &name))
		return say_usage("prefix set: %s: expected ADDR/LEN", words[0] ?: "nothing");
	if (!words[1] || strcmp(words[1], "persistent") || !words[2] || words[3] ||
	    (strcmp(words[2], "on") && strcmp(words[2], "off")))
		return say_usage("prefix set: expected PREFIX persistent on, or off");
	flags = strcmp(words[2], "on") ? 0 : DNETMAP_PREFIX_FLAGS_PERSISTENT;
	return ask_prefix(DNETMAP_CMD_PREFIX_SET, &name, &flags, &error) ?
	       DONE : ask_failed("prefix set", &error);
}

/* prefix new PREFIX | prefix del PREFIX */
static enum status prefix_make(char **words, uint8_t command, int harmless,
			       const char *what)
{
	struct prefix_name name;
	struct wire_error error;

	if (!words[0] || words[1] || !prefix_parse(words[0], &name))
		return say_usage("%s: %s: expected one prefix ADDR/LEN", what, say_extra(words));
	if (ask_prefix(command, &name, NULL, &error) ||
	    (out.exist && error.code == harmless))
		return DONE;
	return ask_failed(what, &error);
}

enum status verb_prefix(char **words)
{
	if (!*words)
		return verb_overview(words);
	if (!strcmp(*words, "new"))
		return prefix_make(words + 1, DNETMAP_CMD_PREFIX_NEW, EEXIST, "prefix new");
	if (!strcmp(*words, "del"))
		return prefix_make(words + 1, DNETMAP_CMD_PREFIX_DEL, ENOENT, "prefix del");
	if (!strcmp(*words, "set"))
		return prefix_set(words + 1);
	return say_usage("prefix: %s: expected new, set or del", *words);
}
