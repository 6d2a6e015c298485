// SPDX-License-Identifier: GPL-2.0-only
/*
 * New flows for the benchmark, and what each of them costs.
 *
 *   burst [-s] [-d] [-i USEC] [-t USEC] COUNT SOURCE/HOSTS \
 *	DESTINATION/HOSTS:PORT NETNS...
 *
 * Sends COUNT UDP datagrams, each a new flow, from each network namespace, in
 * batches. The namespaces take turns, so that whatever disturbs the machine
 * disturbs all alike. Addresses come in a scattered order; once the sources
 * have all been there they come again, with another port. Prints what a flow
 * cost in ns, a line for each namespace: median, 99th percentile and mean of
 * its batches.
 *
 *   -s  addresses come in sequence
 *   -d  a rule drops the flows, which is no error
 *   -i  a batch is due each so many microseconds, as a real-time process, and
 *       its cost is counted from then
 *   -t  turns are by the clock, and last so many microseconds: who runs at the
 *       same time on another CPU sends from the same namespace
 *
 * One socket: a source address that changes by IP_PKTINFO costs no system call.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define BATCH		32
#define NSEC_PER_SEC	1000000000ULL

struct hosts {
	uint32_t first;
	uint32_t count;	/* a power of two */
	uint16_t port;
};

struct sender {
	int fd;
	uint32_t *cost;	/* of each batch */
	uint32_t sent;	/* batches */
};

struct datagram {
	struct sockaddr_in to;
	union {
		char buf[CMSG_SPACE(sizeof(struct in_pktinfo))];
		struct cmsghdr align;
	} control;
	struct iovec iov;
};

static struct datagram datagrams[BATCH];
static struct mmsghdr batch[BATCH];
static uint32_t stride = 2654435761U;	/* odd: a permutation of any power of two */
static int drops, interval, turn;

static struct hosts parse_hosts(const char *text)
{
	struct hosts hosts = { .port = 0 };
	struct in_addr addr;
	char ip[32];

	if (sscanf(text, "%31[^/]/%u:%hu", ip, &hosts.count, &hosts.port) < 2 ||
	    inet_pton(AF_INET, ip, &addr) != 1 ||
	    !hosts.count || hosts.count & (hosts.count - 1))
		errx(2, "%s: expected ADDRESS/POWER-OF-TWO[:PORT]", text);
	hosts.first = ntohl(addr.s_addr);
	return hosts;
}

static struct sender open_sender(const char *netns, uint32_t batches)
{
	struct sender sender;
	char path[64];
	int ns;

	snprintf(path, sizeof(path), "/run/netns/%s", netns);
	ns = open(path, O_RDONLY);
	if (ns < 0 || setns(ns, CLONE_NEWNET))
		err(2, "%s", path);
	close(ns);
	sender.sent = 0;
	sender.fd = socket(AF_INET, SOCK_DGRAM, 0);
	sender.cost = malloc(batches * sizeof(*sender.cost));
	if (sender.fd < 0 || !sender.cost)
		err(1, "%s", netns);
	/* Its pages are there before it matters. */
	memset(sender.cost, 1, batches * sizeof(*sender.cost));
	return sender;
}

static struct in_pktinfo *pktinfo(struct msghdr *msg)
{
	return (void *)CMSG_DATA(CMSG_FIRSTHDR(msg));
}

__attribute__((noinline)) static void prepare(void)
{
	for (int i = 0; i < BATCH; i++) {
		struct datagram *d = &datagrams[i];
		struct msghdr *msg = &batch[i].msg_hdr;
		struct cmsghdr *cmsg;

		d->to.sin_family = AF_INET;
		d->iov = (struct iovec) { "?", 1 };
		*msg = (struct msghdr) { &d->to, sizeof(d->to), &d->iov, 1,
					 &d->control, sizeof(d->control), 0 };
		cmsg = CMSG_FIRSTHDR(msg);
		cmsg->cmsg_level = IPPROTO_IP;
		cmsg->cmsg_type = IP_PKTINFO;
		cmsg->cmsg_len = CMSG_LEN(sizeof(struct in_pktinfo));
	}
}

static uint32_t host(const struct hosts *hosts, uint32_t i)
{
	return htonl(hosts->first + (i * stride & (hosts->count - 1)));
}

static void address(const struct hosts *from, const struct hosts *to,
		    uint32_t first)
{
	for (uint32_t i = 0; i < BATCH; i++) {
		struct sockaddr_in *addr = &datagrams[i].to;

		pktinfo(&batch[i].msg_hdr)->ipi_spec_dst.s_addr =
			host(from, first + i);
		addr->sin_addr.s_addr = host(to, first + i);
		addr->sin_port = htons(to->port + (first + i) / from->count);
	}
}

static uint64_t now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * NSEC_PER_SEC + ts.tv_nsec;
}

/* When the next batch may start, by the clock. */
static uint64_t start_batch(void)
{
	static uint64_t due;

	if (!interval)
		return now();
	if (!due)
		due = now();
	due += interval * 1000ULL;
	clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME,
			&(struct timespec) { due / NSEC_PER_SEC,
					     due % NSEC_PER_SEC }, NULL);
	return due;
}

/* Returns what it cost. */
static uint32_t send_batch(int fd)
{
	uint64_t start = start_batch();

	for (int sent = 0, n; sent < BATCH; sent += n) {
		n = sendmmsg(fd, batch + sent, BATCH - sent, 0);
		if (n < 0 && drops && errno == EPERM)
			n = 1;
		if (n < 0)
			err(1, "sendmmsg");
	}
	return now() - start;
}

static int ascending(const void *a, const void *b)
{
	const uint32_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

__attribute__((noinline)) static void report(uint32_t *cost, uint32_t batches)
{
	double sum = 0;

	for (uint32_t i = 0; i < batches; i++)
		sum += cost[i];
	qsort(cost, batches, sizeof(*cost), ascending);
	printf("%.1f %.1f %.1f\n", (double)cost[batches / 2] / BATCH,
	       (double)cost[batches * 99ULL / 100] / BATCH,
	       sum / batches / BATCH);
}

static void parse_options(int argc, char **argv)
{
	int option;

	while ((option = getopt(argc, argv, "sdi:t:")) >= 0) {
		if (option == 's')
			stride = 1;
		else if (option == 'd')
			drops = 1;
		else if (option == 'i')
			interval = atoi(optarg);
		else if (option == 't')
			turn = atoi(optarg);
	}
	if (argc - optind < 4)
		errx(2, "usage: see the head of burst.c");
	if (interval && sched_setscheduler(0, SCHED_FIFO,
					   &(struct sched_param) { 1 }))
		err(1, "SCHED_FIFO");
}

/* Whose is the batch number @step of all? */
static uint32_t whose_turn(uint32_t step, uint32_t count)
{
	return (turn ? now() / 1000 / turn : step) % count;
}

int main(int argc, char **argv)
{
	struct sender senders[argc];
	struct hosts from, to;
	uint32_t batches, step, left;
	int i, count;

	parse_options(argc, argv);
	argv += optind;
	count = argc - optind - 3;
	batches = strtoul(argv[0], NULL, 0) / BATCH;
	from = parse_hosts(argv[1]);
	to = parse_hosts(argv[2]);
	for (i = 0; i < count; i++)
		senders[i] = open_sender(argv[3 + i], batches);
	prepare();
	for (step = 0, left = batches * count; left; step++) {
		struct sender *s = &senders[whose_turn(step, count)];

		if (s->sent == batches)
			continue;
		address(&from, &to, s->sent * BATCH);
		s->cost[s->sent++] = send_batch(s->fd);
		left--;
	}
	for (i = 0; i < count; i++)
		report(senders[i].cost, batches);
	return 0;
}
