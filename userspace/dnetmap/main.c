// SPDX-License-Identifier: GPL-2.0-or-later
/* dnetmap(8): options, and the choice of a verb. */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "dnetmap-help.h"
#include "out.h"
#include "verbs.h"
#include "wire.h"

/* A verb without a section of the manual page has no such string. */
#define VERB(verb)	{ #verb, verb_##verb, HELP_##verb }

static const struct verb {
	const char *name;
	enum status (*run)(char **words);
	const char *help;
} verbs[] = {
	VERB(list),
	VERB(show),
	VERB(add),
	VERB(del),
	VERB(flush),
	VERB(prefix),
	VERB(stats),
	VERB(monitor),
	VERB(save),
	VERB(restore),
	VERB(who),
	VERB(check),
};

static enum status help(void)
{
	size_t i;

	printf("Usage: dnetmap [-n NETNS] [-j] [-H] [-x] [-c WHEN] [VERB ...]\n\n"
	       "Without a verb: the prefixes with their counters.\n\n"
	       "  -n, --netns NAME   in this network namespace, of ip netns\n"
	       "  -j, --json         an object in each line\n"
	       "  -H, --no-header    no header\n"
	       "  -x, --exist        what is as it is to be is no error\n"
	       "  -c, --color WHEN   auto, always or never\n"
	       "  -V, --version\n"
	       "  -h, --help         this, or that of the verb behind which it stands\n\n");
	for (i = 0; i < sizeof(verbs) / sizeof(*verbs); i++)
		fputs(verbs[i].help, stdout);
	return DONE;
}

static bool enter_netns(const char *name)
{
	char path[256];
	int fd;

	if (strchr(name, '/') ||
	    snprintf(path, sizeof(path), "/run/netns/%s", name) >= (int)sizeof(path)) {
		say_error("--netns: %s: expected a name, as ip netns has it", name);
		return false;
	}
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || setns(fd, CLONE_NEWNET)) {
		say_error("--netns: %s: %s", name, strerror(errno));
		return false;
	}
	close(fd);
	return true;
}

static bool choose_color(const char *when)
{
	const char *no_color = getenv("NO_COLOR");

	if (!strcmp(when, "always"))
		out.color = true;
	else if (!strcmp(when, "never"))
		out.color = false;
	else if (!strcmp(when, "auto"))
		out.color = isatty(STDOUT_FILENO) && !(no_color && *no_color);
	else
		return false;
	return true;
}

/* Where there is no module, these have something to say nevertheless. */
static bool works_alone(const struct verb *verb)
{
	return verb->run == verb_who || verb->run == verb_check;
}

static enum status run_verb(char **words)
{
	size_t i;

	if (!*words)
		return wire_open() ? verb_overview(words) : FAILED;
	for (i = 0; i < sizeof(verbs) / sizeof(*verbs); i++) {
		if (strcmp(*words, verbs[i].name))
			continue;
		if (words[1] && (!strcmp(words[1], "--help") || !strcmp(words[1], "-h"))) {
			fputs(verbs[i].help, stdout);
			return DONE;
		}
		return works_alone(&verbs[i]) || wire_open() ? verbs[i].run(words + 1) : FAILED;
	}
	return say_usage("%s: no such verb; see dnetmap --help", *words);
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "netns", required_argument, NULL, 'n' },
		{ "json", no_argument, NULL, 'j' },
		{ "no-header", no_argument, NULL, 'H' },
		{ "exist", no_argument, NULL, 'x' },
		{ "color", required_argument, NULL, 'c' },
		{ "version", no_argument, NULL, 'V' },
		{ "help", no_argument, NULL, 'h' },
		{}
	};
	int option;

	signal(SIGPIPE, SIG_DFL);
	choose_color("auto");
	while ((option = getopt_long(argc, argv, "+n:jHxc:Vh", options, NULL)) != -1) {
		switch (option) {
		case 'n':
			if (!enter_netns(optarg))
				return FAILED;
			break;
		case 'j':
			out.json = true;
			break;
		case 'H':
			out.no_header = true;
			break;
		case 'x':
			out.exist = true;
			break;
		case 'c':
			if (!choose_color(optarg))
				return say_usage("--color: %s: expected auto, always or never",
						 optarg);
			break;
		case 'V':
			printf("dnetmap %s\n", VERSION);
			return out_end(DONE);
		case 'h':
			return out_end(help());
		default:
			return USAGE;
		}
	}
	return out_end(run_verb(argv + optind));
}
