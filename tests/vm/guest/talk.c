// SPDX-License-Identifier: GPL-2.0-only
/*
 * The hosts' half of the tests' traffic: who am I to you, who are you to me?
 *
 *   talk NETNS serve
 *	Answer on every address of the namespace, UDP, TCP and SCTP, port 7:
 *	"CLIENT-ADDRESS CLIENT-PORT SERVER-ADDRESS SERVER-PORT", as seen here.
 *   talk NETNS ask PROTOCOL SOURCE[:PORT] DESTINATION
 *	Open one new flow and print the answer, or "none" after a deadline
 *	that is too short for a first retransmission; but not where several
 *	CPUs run in real time, on a machine that may be busy.
 *   talk NETNS flood SOURCE COUNT DESTINATION
 *	Send one UDP datagram, a new flow, from each of COUNT consecutive
 *	addresses, and wait for no answer.
 *
 * One static program that enters the namespace by itself: under emulation,
 * starting programs is most of what a test costs.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <err.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define PORT		7
#define DEADLINE_MS	900
#define PATIENCE_MS	20000

typedef struct sockaddr_in addr_t;

static const int on = 1;

static void enter_netns(const char *name)
{
	char path[64];
	int fd;

	snprintf(path, sizeof(path), "/run/netns/%s", name);
	fd = open(path, O_RDONLY);
	if (fd < 0 || setns(fd, CLONE_NEWNET))
		err(2, "%s", path);
	close(fd);
}

static addr_t parse_addr(const char *text, int port)
{
	addr_t addr = { .sin_family = AF_INET };
	char ip[32];

	if (sscanf(text, "%31[^:]:%d", ip, &port) < 1 ||
	    inet_pton(AF_INET, ip, &addr.sin_addr) != 1)
		errx(2, "%s: not an address", text);
	addr.sin_port = htons(port);
	return addr;
}

static int open_socket(const char *protocol, const addr_t *source)
{
	int fd;

	if (!strcmp(protocol, "udp"))
		fd = socket(AF_INET, SOCK_DGRAM, 0);
	else if (!strcmp(protocol, "tcp"))
		fd = socket(AF_INET, SOCK_STREAM, 0);
	else if (!strcmp(protocol, "sctp"))
		fd = socket(AF_INET, SOCK_STREAM, IPPROTO_SCTP);
	else
		errx(2, "%s: not a protocol", protocol);
	if (fd < 0)
		err(2, "%s", protocol);
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (bind(fd, (void *)source, sizeof(*source)))
		err(2, "bind %s", inet_ntoa(source->sin_addr));
	return fd;
}

static int describe(char *text, size_t size, const addr_t *client,
		    const addr_t *server)
{
	char from[INET_ADDRSTRLEN], to[INET_ADDRSTRLEN];

	inet_ntop(AF_INET, &client->sin_addr, from, sizeof(from));
	inet_ntop(AF_INET, &server->sin_addr, to, sizeof(to));
	return snprintf(text, size, "%s %d %s %d\n", from,
			ntohs(client->sin_port), to, ntohs(server->sin_port));
}

static void answer_stream(int listener)
{
	socklen_t client_len = sizeof(addr_t), server_len = sizeof(addr_t);
	addr_t client, server;
	char text[64];
	int fd = accept(listener, (void *)&client, &client_len);

	if (fd < 0)
		return;
	if (!getsockname(fd, (void *)&server, &server_len))
		send(fd, text, describe(text, sizeof(text), &client, &server),
		     MSG_NOSIGNAL);
	close(fd);
}

/* Answer from the address that was asked: the control data that came in with
 * the datagram, which names it, goes out again with the answer.
 */
static void answer_datagram(int fd)
{
	char text[64], control[CMSG_SPACE(sizeof(struct in_pktinfo))];
	addr_t client, server = { .sin_port = htons(PORT) };
	struct iovec iov = { text, sizeof(text) };
	struct msghdr msg = { &client, sizeof(client), &iov, 1, control,
			      sizeof(control), 0 };
	struct in_pktinfo *info;

	if (recvmsg(fd, &msg, 0) < 0 || !CMSG_FIRSTHDR(&msg))
		return;
	info = (void *)CMSG_DATA(CMSG_FIRSTHDR(&msg));
	info->ipi_ifindex = 0;
	info->ipi_spec_dst = info->ipi_addr;
	server.sin_addr = info->ipi_addr;
	iov.iov_len = describe(text, sizeof(text), &client, &server);
	sendmsg(fd, &msg, 0);
}

static void serve(void)
{
	const addr_t any = { .sin_family = AF_INET, .sin_port = htons(PORT) };
	static const char * const protocols[] = { "udp", "tcp", "sctp" };
	struct pollfd fds[3];
	int count = access("/proc/net/sctp", F_OK) ? 2 : 3;

	for (int i = 0; i < count; i++) {
		fds[i].fd = open_socket(protocols[i], &any);
		fds[i].events = POLLIN;
		if (i > 0 && listen(fds[i].fd, 128))
			err(2, "listen");
	}
	setsockopt(fds[0].fd, IPPROTO_IP, IP_PKTINFO, &on, sizeof(on));
	if (daemon(0, 0))
		err(2, "daemon");
	while (poll(fds, count, -1) > 0) {
		if (fds[0].revents)
			answer_datagram(fds[0].fd);
		for (int i = 1; i < count; i++)
			if (fds[i].revents)
				answer_stream(fds[i].fd);
	}
}

static int wait_for(int fd, short events)
{
	struct pollfd pfd = { fd, events, 0 };
	bool real_time = sysconf(_SC_NPROCESSORS_ONLN) > 1;

	return poll(&pfd, 1, real_time ? PATIENCE_MS : DEADLINE_MS) == 1;
}

static void ask(const char *protocol, const char *from, const char *to)
{
	addr_t source = parse_addr(from, 0), server = parse_addr(to, PORT);
	int fd = open_socket(protocol, &source);
	ssize_t len = -1;
	char text[64];

	fcntl(fd, F_SETFL, O_NONBLOCK);
	connect(fd, (void *)&server, sizeof(server));
	if (wait_for(fd, POLLOUT) &&
	    (strcmp(protocol, "udp") || send(fd, "?", 1, 0) == 1) &&
	    wait_for(fd, POLLIN))
		len = recv(fd, text, sizeof(text) - 1, 0);
	if (len > 0)
		printf("%.*s", (int)len, text);
	else
		puts("none");
}

static void flood(const char *from, int count, const char *to)
{
	addr_t first = parse_addr(from, 0), server = parse_addr(to, PORT);
	const addr_t any = { .sin_family = AF_INET };
	char control[CMSG_SPACE(sizeof(struct in_pktinfo))] = { 0 };
	struct iovec iov = { "?", 1 };
	struct msghdr msg = { &server, sizeof(server), &iov, 1, control,
			      sizeof(control), 0 };
	struct cmsghdr *cmsg = CMSG_FIRSTHDR(&msg);
	struct in_pktinfo *info = (void *)CMSG_DATA(cmsg);
	int fd = open_socket("udp", &any);

	cmsg->cmsg_level = IPPROTO_IP;
	cmsg->cmsg_type = IP_PKTINFO;
	cmsg->cmsg_len = CMSG_LEN(sizeof(*info));
	for (int i = 0; i < count; i++) {
		info->ipi_spec_dst.s_addr =
			htonl(ntohl(first.sin_addr.s_addr) + i);
		if (sendmsg(fd, &msg, 0) != 1)
			err(2, "datagram %d", i);
	}
}

int main(int argc, char **argv)
{
	if (argc < 3)
		errx(2, "usage: see the head of talk.c");
	enter_netns(argv[1]);
	if (argc == 3 && !strcmp(argv[2], "serve"))
		serve();
	else if (argc == 6 && !strcmp(argv[2], "ask"))
		ask(argv[3], argv[4], argv[5]);
	else if (argc == 6 && !strcmp(argv[2], "flood"))
		flood(argv[3], atoi(argv[4]), argv[5]);
	else
		errx(2, "usage: see the head of talk.c");
	return 0;
}
