// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * check: what keeps DNETMAP from working here, a line each, with what mends it.
 *
 * It looks as the kernel and iptables would and changes nothing. What it may not read,
 * or cannot see from here, it calls unknown. Only what is wrong is a failure.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <glob.h>
#include <ifaddrs.h>
#include <inttypes.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <net/route.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

#include "array.h"
#include "ask.h"
#include "out.h"
#include "verbs.h"

#define TEXT	512

extern char **environ;

enum result { OK, WARNING, WRONG, UNKNOWN };

static bool failed;

/* One line. "mend" is what to do about it, or NULL. */
static void tell(enum result result, const char *check, const char *mend,
		 const char *format, ...) __attribute__((format(printf, 4, 5)));

static void tell(enum result result, const char *check, const char *mend,
		 const char *format, ...)
{
	static const char *const words[] = { "ok", "warning", "wrong", "unknown" };
	static const enum color colors[] = { GREEN, YELLOW, RED, CYAN };
	char text[TEXT];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	failed |= result == WRONG;
	if (out.json) {
		json_t *object = json_object();

		json_object_set_new(object, "result", json_string(words[result]));
		json_object_set_new(object, "check", json_string(check));
		json_object_set_new(object, "text", json_string(text));
		if (mend)
			json_object_set_new(object, "mend", json_string(mend));
		out_json(object);
	} else {
		printf("%s%-8s%s %-11s %s%s%s\n", out_color(colors[result]), words[result],
		       out_color(PLAIN), check, text, mend ? ": " : "", mend ?: "");
	}
}

/* What the system says */

/* The first line of a file; false if there is none, or it may not be read. */
static bool first_line(const char *path, char text[TEXT])
{
	FILE *file = fopen(path, "re");
	bool read = file && fgets(text, TEXT, file);

	if (file)
		fclose(file);
	if (read)
		text[strcspn(text, "\n")] = '\0';
	return read;
}

static bool sysctl(const char *name, long *value)
{
	char path[TEXT + sizeof("/proc/sys/net/")], text[TEXT];

	snprintf(path, sizeof(path), "/proc/sys/net/%s", name);
	if (!first_line(path, text))
		return false;
	*value = strtol(text, NULL, 10);
	return true;
}

static bool interface_sysctl(const char *interface, const char *name, long *value)
{
	char path[TEXT];

	snprintf(path, sizeof(path), "ipv4/conf/%s/%s", interface, name);
	return sysctl(path, value);
}

typedef void line_callback(char *line, void *data);

/*
 * Runs a command, without what it says on standard error, and calls back for each
 * line. Returns its status, or -1 if there is no such command.
 */
static int run(char *const words[], line_callback *callback, void *data)
{
	posix_spawn_file_actions_t actions;
	char line[4096];
	int ends[2], status = -1;
	pid_t child;
	FILE *from;

	if (pipe(ends))
		return -1;
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_addclose(&actions, ends[0]);
	posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
	posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", 1, 0);
	status = posix_spawnp(&child, words[0], &actions, NULL, words, environ);
	posix_spawn_file_actions_destroy(&actions);
	close(ends[1]);
	from = status ? NULL : fdopen(ends[0], "r");
	if (!from) {
		close(ends[0]);
		return -1;
	}
	while (fgets(line, sizeof(line), from)) {
		line[strcspn(line, "\n")] = '\0';
		if (callback)
			callback(line, data);
	}
	fclose(from);
	if (waitpid(child, &status, 0) != child || !WIFEXITED(status))
		return -1;
	return WEXITSTATUS(status) == 127 ? -1 : WEXITSTATUS(status);
}

/* The module and the plugin */

/* Is the module in the list that modprobe goes by? */
static bool is_installed(const char *release, bool *readable)
{
	char path[TEXT], *line = NULL;
	bool found = false;
	size_t size = 0;
	FILE *file;

	snprintf(path, sizeof(path), "/lib/modules/%s/modules.dep", release);
	file = fopen(path, "re");
	*readable = file;
	while (file && !found && getline(&line, &size, file) > 0)
		found = strstr(line, "xt_DNETMAP.ko") && strcspn(line, ":") >
			(size_t)(strstr(line, "xt_DNETMAP.ko") - line);
	free(line);
	if (file)
		fclose(file);
	return found;
}

static bool is_loaded(void)
{
	return !access("/sys/module/xt_DNETMAP", F_OK);
}

static void check_module(void)
{
	struct utsname name;
	bool installed, readable;

	uname(&name);
	installed = is_installed(name.release, &readable);
	if (!readable)
		tell(UNKNOWN, "module", NULL, "/lib/modules/%s/modules.dep cannot be read",
		     name.release);
	else if (installed)
		tell(OK, "module", NULL, "xt_DNETMAP is installed for %s", name.release);
	else
		tell(is_loaded() ? WARNING : WRONG, "module",
		     "install linux-headers of this kernel, then dkms autoinstall, or make install",
		     "xt_DNETMAP is not installed for %s", name.release);
	if (is_loaded())
		tell(OK, "loaded", NULL, "xt_DNETMAP is loaded");
	else
		tell(WRONG, "loaded", "modprobe xt_DNETMAP", "xt_DNETMAP is not loaded");
}

static bool wants_signatures(bool *readable)
{
	char text[TEXT];

	*readable = first_line("/sys/kernel/security/lockdown", text);
	if (*readable && !strstr(text, "[none]"))
		return true;
	if (!first_line("/sys/module/module/parameters/sig_enforce", text))
		return false;
	*readable = true;
	return *text == 'Y';
}

static void note_signer(char *line, void *data)
{
	snprintf(data, TEXT, "%s", line);
}

static void check_signature(void)
{
	static char *const words[] = { "modinfo", "-F", "signer", "xt_DNETMAP", NULL };
	char signer[TEXT] = "";
	bool readable, wants = wants_signatures(&readable);

	if (!readable)
		tell(is_loaded() ? OK : UNKNOWN, "signature", NULL,
		     is_loaded() ? "the kernel has taken the module" :
		     "whether the kernel wants signed modules cannot be read");
	else if (!wants)
		tell(OK, "signature", NULL, "the kernel loads modules that are not signed");
	else if (is_loaded())
		tell(OK, "signature", NULL, "the kernel wants signed modules, and has taken it");
	else if (run(words, note_signer, signer))
		tell(UNKNOWN, "signature", NULL,
		     "the kernel wants signed modules; modinfo finds no xt_DNETMAP");
	else if (*signer)
		tell(UNKNOWN, "signature", "mokutil --import /var/lib/dkms/mok.pub, if it is not",
		     "the module is signed by %s, whose key has to be enrolled", signer);
	else
		tell(WRONG, "signature",
		     "sign it, see SECURE BOOT in xt_DNETMAP(8)",
		     "the kernel wants signed modules, and xt_DNETMAP is not");
}

static void note_options(char *line, void *data)
{
	if (strstr(line, "DNETMAP target options"))
		*(bool *)data = true;
}

/* Where the libraries of distributions are, and where iptables is told to look. */
static bool has_plugin_file(void)
{
	static const char *const folders[] = {
		"/usr/lib/*/xtables", "/usr/lib64/xtables", "/usr/lib/xtables",
		"/usr/local/lib/xtables",
	};
	const char *told = getenv("XTABLES_LIBDIR");
	char path[TEXT];
	bool found = false;
	glob_t files = {};
	size_t i;

	for (i = 0; i < (told ? 1 : sizeof(folders) / sizeof(*folders)) && !found; i++) {
		snprintf(path, sizeof(path), "%s/libxt_DNETMAP.so", told ?: folders[i]);
		found = !glob(path, 0, NULL, &files);
		globfree(&files);
	}
	return found;
}

/* Asked for help, iptables would load the module, too: then only the file is sought. */
static void check_plugin(void)
{
	static char *const words[] = { "iptables", "-j", "DNETMAP", "--help", NULL };
	bool found = false;
	int status = 0;

	if (is_loaded())
		status = run(words, note_options, &found);
	else
		found = has_plugin_file();
	if (found)
		tell(OK, "plugin", NULL, "iptables has libxt_DNETMAP.so");
	else if (status < 0)
		tell(WRONG, "plugin", "install iptables", "there is no iptables");
	else
		tell(WRONG, "plugin", "install it into the folder that pkg-config "
		     "--variable=xtlibdir xtables names",
		     "iptables does not find libxt_DNETMAP.so");
}

/* Rules */

struct rules {
	unsigned int count;
	unsigned int outgoing;		/* not in PREROUTING */
	unsigned long long packets;	/* that came to those */
};

static bool is_incoming(const char *rule)
{
	return !strncmp(rule, "PREROUTING ", 11);
}

static void check_rule(const char *rule)
{
	if (is_incoming(rule) && !strstr(rule, " --ttl -"))
		tell(WARNING, "rules", "add --ttl -1",
		     "\"%s\" lets outsiders keep bindings alive", rule);
	if (!is_incoming(rule) && !strstr(rule, " -s ") && !strstr(rule, " -o "))
		tell(WARNING, "rules", "add -s or -o",
		     "\"%s\" binds every source whose packets pass", rule);
}

/* A line of iptables-save -c: [PACKETS:BYTES] -A CHAIN ... */
static void note_rule(char *line, void *data)
{
	unsigned long long packets;
	struct rules *rules = data;
	char *rule = strstr(line, "] -A ");

	if (!rule || sscanf(line, "[%llu:", &packets) != 1 || !strstr(line, " -j DNETMAP"))
		return;
	rule += strlen("] -A ");
	rules->count++;
	if (!is_incoming(rule)) {
		rules->outgoing++;
		rules->packets += packets;
	}
	check_rule(rule);
}

/* The legacy tables, only if they are in use: to read one would make it. */
static bool has_legacy_nat(void)
{
	FILE *file = fopen("/proc/net/ip_tables_names", "re");
	char name[64];
	bool found = false;

	while (file && !found && fgets(name, sizeof(name), file))
		found = !strcmp(name, "nat\n");
	if (file)
		fclose(file);
	return found;
}

static void check_rules(void)
{
	static char *const legacy[] = { "iptables-legacy-save", "-c", "-t", "nat", NULL };
	static char *const nft[] = { "iptables-nft-save", "-c", "-t", "nat", NULL };
	struct rules rules = {};
	static char *const plain[] = { "iptables-save", "-c", "-t", "nat", NULL };
	int status = run(nft, note_rule, &rules);

	if (has_legacy_nat())
		status = run(legacy, note_rule, &rules);
	else if (status < 0)
		status = run(plain, note_rule, &rules);
	if (status && !rules.count)
		tell(geteuid() ? UNKNOWN : WRONG, "rules", geteuid() ? NULL : "install iptables",
		     geteuid() ? "only root may read the rules" :
		     "iptables-save does not show the rules");
	else if (!rules.outgoing)
		tell(WRONG, "rules", "iptables -t nat -A POSTROUTING -o WAN -s HOSTS "
		     "-j DNETMAP --prefix POOL", rules.count ?
		     "no rule gives addresses to hosts" : "no rule has the target DNETMAP");
	else if (!rules.packets)
		tell(WARNING, "rules", "do hosts send through this gateway, and does no earlier "
		     "rule take their flows?", "no packet has come to a rule");
	else
		tell(OK, "rules", NULL, "%u, with %llu packets", rules.count, rules.packets);
}

/* Pools */

struct pool {
	struct prefix_name name;
	char text[PREFIX_TEXT];
	uint64_t usable;
};

/* The route to a pool, and the network on a link that it is a part of. */
struct way {
	char interface[IFNAMSIZ];	/* "": no route; "*": packets are discarded */
	uint32_t gateway;
	int length;
	char link[IFNAMSIZ];		/* "": none */
};

/*
 * A device that takes packets and has nobody behind it, as a dummy does. Not by /sys,
 * which may be that of another network namespace.
 */
static bool is_sink(const char *interface)
{
	struct ifreq flags = {}, type = {};
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	bool sink;

	snprintf(flags.ifr_name, sizeof(flags.ifr_name), "%s", interface);
	snprintf(type.ifr_name, sizeof(type.ifr_name), "%s", interface);
	sink = !ioctl(fd, SIOCGIFFLAGS, &flags) && flags.ifr_flags & IFF_NOARP &&
	       !ioctl(fd, SIOCGIFHWADDR, &type) &&
	       type.ifr_hwaddr.sa_family == ARPHRD_ETHER;
	close(fd);
	return sink;
}

/* A line of /proc/net/route, the main table, that has all of the pool. */
static void note_route(const struct pool *pool, const char *line, struct way *way)
{
	unsigned int to, gateway, flags, mask;
	char interface[IFNAMSIZ];
	struct prefix_name name;

	if (sscanf(line, "%15s %x %x %x %*d %*d %*d %x", interface, &to, &gateway, &flags,
		   &mask) != 5)
		return;
	name = (struct prefix_name){ ntohl(to), __builtin_popcount(mask) };
	if (name.len > pool->name.len || (name.len && !prefix_has(&name, pool->name.addr)))
		return;
	if (!(flags & RTF_GATEWAY) && name.len && *interface != '*' && !is_sink(interface))
		strcpy(way->link, interface);
	if ((int)name.len <= way->length)
		return;
	strcpy(way->interface, interface);
	way->gateway = flags & RTF_GATEWAY ? ntohl(gateway) : 0;
	way->length = name.len;
}

static bool find_way(const struct pool *pool, struct way *way)
{
	FILE *file = fopen("/proc/net/route", "re");
	bool readable = file;
	char line[TEXT];

	*way = (struct way){ .length = -1 };
	while (file && fgets(line, sizeof(line), file))
		note_route(pool, line, way);
	if (file)
		fclose(file);
	return readable;
}

/* It is a part of a network on a link: somebody has to answer ARP for it. */
static void check_arp(const struct pool *pool, const struct way *way)
{
	long all = 0, own = 0;
	char mend[TEXT];

	interface_sysctl("all", "proxy_arp", &all);
	interface_sysctl(way->link, "proxy_arp", &own);
	if (is_sink(way->interface) && (all || own)) {
		tell(OK, "arp", NULL, "%s: %s answers for it", pool->text, way->link);
		return;
	}
	snprintf(mend, sizeof(mend), "ip link add pool0 type dummy; ip link set pool0 up; "
		 "ip route add %s dev pool0; sysctl -w net.ipv4.conf.%s.proxy_arp=1",
		 pool->text, way->link);
	tell(WRONG, "arp", mend, "%s is a part of the network on %s, and nobody answers ARP for it",
	     pool->text, way->link);
}

static void check_route(const struct pool *pool)
{
	char gateway[ADDR_TEXT], mend[TEXT];
	struct way way;

	if (!find_way(pool, &way)) {
		tell(UNKNOWN, "route", NULL, "/proc/net/route cannot be read");
		return;
	}
	if (*way.link) {
		check_arp(pool, &way);
		return;
	}
	tell(UNKNOWN, "arp", NULL,
	     "%s is on no network of this gateway: does the router have a route for it to here?",
	     pool->text);
	snprintf(mend, sizeof(mend), "ip route add blackhole %s", pool->text);
	if (!*way.interface)
		tell(OK, "route", NULL, "%s: no route, so what nobody holds is refused",
		     pool->text);
	else if (*way.interface == '*' || is_sink(way.interface))
		tell(OK, "route", NULL, "%s: what nobody holds is discarded", pool->text);
	else
		tell(WRONG, "route", mend, "%s: what nobody holds goes to %s by %s, and circles",
		     pool->text, way.gateway ? addr_text(way.gateway, gateway) : "the next",
		     way.interface);
}

static int note_static(const struct binding *b, void *data)
{
	if (b->state == DNETMAP_BINDING_STATE_STATIC)
		*(bool *)data = true;
	return 0;
}

static void check_address(const struct pool *pool, uint32_t addr)
{
	struct filter filter = { .state = -1, .postnat = addr };
	char text[ADDR_TEXT], mend[TEXT];
	struct wire_error error;
	bool reserved = false;

	addr_text(addr, text);
	if (ask_bindings(&filter, note_static, &reserved, &error) && reserved) {
		tell(OK, "addresses", NULL, "%s is the gateway's, and has a static binding", text);
		return;
	}
	snprintf(mend, sizeof(mend), "choose another prefix, or dnetmap add OTHER %s static, "
		 "with OTHER another address of the gateway", text);
	tell(WRONG, "addresses", mend, "%s is the gateway's own, and %s would give it to a host",
	     text, pool->text);
}

static void check_addresses(const struct pool *pool)
{
	struct ifaddrs *all, *one;
	bool found = false;

	if (getifaddrs(&all)) {
		tell(UNKNOWN, "addresses", NULL, "%s", strerror(errno));
		return;
	}
	for (one = all; one; one = one->ifa_next) {
		const struct sockaddr_in *in = (const void *)one->ifa_addr;

		if (!in || in->sin_family != AF_INET ||
		    !prefix_has(&pool->name, ntohl(in->sin_addr.s_addr)))
			continue;
		found = true;
		check_address(pool, ntohl(in->sin_addr.s_addr));
	}
	freeifaddrs(all);
	if (!found)
		tell(OK, "addresses", NULL, "%s: none is the gateway's own", pool->text);
}

struct pools {
	struct pool *list;
	size_t count, room;
};

static int note_pool(const struct prefix *p, void *data)
{
	struct pools *pools = data;
	struct pool *pool;

	pools->list = array_grow(pools->list, pools->count, &pools->room, sizeof(*pool));
	pool = &pools->list[pools->count++];
	*pool = (struct pool){ .name = p->name, .usable = p->usable };
	prefix_text(&p->name, pool->text);
	return 0;
}

static void check_conntrack_max(uint64_t usable)
{
	long most;

	if (!sysctl("netfilter/nf_conntrack_max", &most))
		tell(UNKNOWN, "conntrack", NULL, "nf_conntrack_max cannot be read");
	else if ((uint64_t)most < usable)
		tell(WARNING, "conntrack", "sysctl -w net.netfilter.nf_conntrack_max=...",
		     "nf_conntrack_max is %ld, less than one flow for each of %" PRIu64
		     " addresses", most, usable);
	else
		tell(OK, "conntrack", NULL, "nf_conntrack_max is %ld, for %" PRIu64 " addresses",
		     most, usable);
}

static void check_pools(void)
{
	struct pools pools = {};
	struct wire_error error;
	uint64_t usable = 0;
	size_t i;

	if (!ask_prefixes(note_pool, &pools, &error)) {
		tell(UNKNOWN, "prefixes", NULL, "%s", *error.text ? error.text :
		     strerror(error.code));
		return;
	}
	for (i = 0; i < pools.count; i++) {
		check_addresses(&pools.list[i]);
		check_route(&pools.list[i]);
		usable += pools.list[i].usable;
	}
	check_conntrack_max(usable);
	free(pools.list);
}

/* What the kernel is told */

static void check_forwarding(void)
{
	long on;

	if (!sysctl("ipv4/ip_forward", &on))
		tell(UNKNOWN, "forwarding", NULL, "net.ipv4.ip_forward cannot be read");
	else if (on)
		tell(OK, "forwarding", NULL, "net.ipv4.ip_forward is %ld", on);
	else
		tell(WRONG, "forwarding", "sysctl -w net.ipv4.ip_forward=1",
		     "net.ipv4.ip_forward is 0, so that nothing goes from hosts to the world");
}

/* The stricter of all's and its own counts. */
static void check_rp_filter(void)
{
	struct if_nameindex *all = if_nameindex(), *one;
	long everywhere = 0, own;
	bool some = false;

	interface_sysctl("all", "rp_filter", &everywhere);
	for (one = all; one && one->if_name; one++)
		if (strcmp(one->if_name, "lo") &&
		    interface_sysctl(one->if_name, "rp_filter", &own) && (own || everywhere))
			some = true;
	if_freenameindex(all);
	if (some)
		tell(OK, "rp_filter", NULL, "the kernel checks where packets come from");
	else
		tell(WARNING, "rp_filter", "sysctl -w net.ipv4.conf.LAN.rp_filter=1",
		     "rp_filter is 0 on all interfaces: forged sources can use up a pool");
}

static void check_conntrack(void)
{
	long loose, timeout;

	if (sysctl("netfilter/nf_conntrack_tcp_loose", &loose))
		tell(OK, "conntrack", NULL, "nf_conntrack_tcp_loose is %ld: TCP flows that are "
		     "older than a reboot %s", loose, loose ? "bind their hosts" : "break");
	if (sysctl("netfilter/nf_conntrack_icmp_timeout", &timeout))
		tell(OK, "conntrack", NULL, "nf_conntrack_icmp_timeout is %ld: a ping after a "
		     "longer pause is a new flow", timeout);
}

/* check */
enum status verb_check(char **words)
{
	if (*words)
		return say_usage("check: %s: expected nothing behind it", *words);
	check_module();
	check_signature();
	check_plugin();
	check_rules();
	check_forwarding();
	check_rp_filter();
	check_conntrack();
	if (!is_loaded())
		return FAILED;
	if (wire_open())
		check_pools();
	else
		tell(WRONG, "loaded", "rmmod xt_DNETMAP, then modprobe it",
		     "the module and this command are of different versions");
	return failed ? FAILED : DONE;
}
