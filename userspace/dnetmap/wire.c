// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Talks to the kernel's netlink family "dnetmap", by libmnl: requests and dumps on
 * one socket, events on another.
 */
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <linux/genetlink.h>
#include <linux/dnetmap.h>

#include "say.h"
#include "wire.h"

/* Holds the largest answer: a bulk request is answered by all its bindings. */
#define WIRE_BUFFER	(256 * 1024)
/* Holds the largest datagram of events, with room to spare. */
#define WIRE_EVENT_DATAGRAM	(64 * 1024)
/* Of the socket for events. */
#define WIRE_EVENT_BUFFER	(32 * 1024 * 1024)

static struct mnl_socket *asking, *listening;
static char buffer[WIRE_BUFFER];
/* Of its own: who is called back for an event may ask. */
static char event_buffer[WIRE_EVENT_DATAGRAM];
static uint16_t family;
static uint32_t group;
static uint32_t sequence;

static struct mnl_socket *wire_socket(void)
{
	struct mnl_socket *socket = mnl_socket_open(NETLINK_GENERIC);
	int on = 1;

	if (!socket || mnl_socket_bind(socket, 0, MNL_SOCKET_AUTOPID) < 0) {
		say_error("cannot open a netlink socket: %s", strerror(errno));
		return NULL;
	}
	mnl_socket_setsockopt(socket, NETLINK_EXT_ACK, &on, sizeof(on));
	mnl_socket_setsockopt(socket, NETLINK_GET_STRICT_CHK, &on, sizeof(on));
	return socket;
}

static struct nlmsghdr *wire_header(void *to, uint16_t type, uint8_t command,
				    uint16_t flags)
{
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(to);
	struct genlmsghdr *genl;

	nlh->nlmsg_type = type;
	nlh->nlmsg_flags = NLM_F_REQUEST | flags;
	nlh->nlmsg_seq = ++sequence;
	genl = mnl_nlmsg_put_extra_header(nlh, sizeof(*genl));
	genl->cmd = command;
	genl->version = DNETMAP_FAMILY_VERSION;
	return nlh;
}

/* Begins a request in a buffer, for wire_ask(). */
struct nlmsghdr *wire_request(void *to, uint8_t command, uint16_t flags)
{
	return wire_header(to, family, command, flags);
}

/* What the kernel says beside the error, from an offset in the payload on. */
static void wire_explain(const struct nlmsghdr *nlh, size_t skip,
			 struct wire_error *error)
{
	const struct nlattr *attr;

	if (!(nlh->nlmsg_flags & NLM_F_ACK_TLVS))
		return;
	mnl_attr_for_each(attr, nlh, skip) {
		if (mnl_attr_get_type(attr) == NLMSGERR_ATTR_MSG)
			strncpy(error->text, mnl_attr_get_str(attr),
				sizeof(error->text) - 1);
		else if (mnl_attr_get_type(attr) == NLMSGERR_ATTR_OFFS)
			error->offset = mnl_attr_get_u32(attr);
	}
}

static void wire_refused(const struct nlmsghdr *nlh, struct wire_error *error)
{
	const struct nlmsgerr *err = mnl_nlmsg_get_payload(nlh);
	size_t skip = sizeof(*err);

	error->code = -err->error;
	/* The request comes first, unless it is left out. */
	if (!(nlh->nlmsg_flags & NLM_F_CAPPED))
		skip += MNL_ALIGN(err->msg.nlmsg_len - sizeof(err->msg));
	wire_explain(nlh, skip, error);
}

/* The end of a dump, which may be that it was refused. */
static void wire_done(const struct nlmsghdr *nlh, struct wire_error *error)
{
	if (mnl_nlmsg_get_payload_len(nlh) < sizeof(int))
		return;
	error->code = -*(int *)mnl_nlmsg_get_payload(nlh);
	wire_explain(nlh, sizeof(int), error);
}

/* Returns true while more is to come. */
static bool wire_answer(const struct nlmsghdr *nlh, wire_callback *callback,
			void *data, struct wire_error *error)
{
	switch (nlh->nlmsg_type) {
	case NLMSG_ERROR:
		wire_refused(nlh, error);
		return false;
	case NLMSG_DONE:
		wire_done(nlh, error);
		return false;
	}
	if (nlh->nlmsg_type >= NLMSG_MIN_TYPE && callback &&
	    callback(nlh, data) < 0) {
		error->code = ECANCELED;
		return false;
	}
	return true;
}

/*
 * Sends a request, and calls back for each message of the answer. Returns false if
 * it was refused; a callback that returns less than 0 ends it with ECANCELED.
 */
bool wire_ask(struct nlmsghdr *request, wire_callback *callback, void *data,
	      struct wire_error *error)
{
	const struct nlmsghdr *nlh;
	bool more = true;
	ssize_t got;
	int left;

	*error = (struct wire_error){};
	if (!(request->nlmsg_flags & NLM_F_DUMP))
		request->nlmsg_flags |= NLM_F_ACK;
	if (mnl_socket_sendto(asking, request, request->nlmsg_len) < 0) {
		error->code = errno;
		return false;
	}
	while (more) {
		got = mnl_socket_recvfrom(asking, buffer, sizeof(buffer));
		if (got < 0) {
			error->code = errno;
			break;
		}
		left = got;
		nlh = (const struct nlmsghdr *)buffer;
		for (; more && mnl_nlmsg_ok(nlh, left); nlh = mnl_nlmsg_next(nlh, &left))
			if (nlh->nlmsg_seq == request->nlmsg_seq)
				more = wire_answer(nlh, callback, data, error);
	}
	return !error->code;
}

static int wire_group(const struct nlattr *attr)
{
	const struct nlattr *one, *part;

	mnl_attr_for_each_nested(one, attr)
		mnl_attr_for_each_nested(part, one)
			if (mnl_attr_get_type(part) == CTRL_ATTR_MCAST_GRP_ID)
				group = mnl_attr_get_u32(part);
	return 0;
}

static int wire_family(const struct nlmsghdr *nlh, void *data)
{
	const struct nlattr *attr;

	(void)data;
	mnl_attr_for_each(attr, nlh, sizeof(struct genlmsghdr)) {
		if (mnl_attr_get_type(attr) == CTRL_ATTR_FAMILY_ID)
			family = mnl_attr_get_u16(attr);
		else if (mnl_attr_get_type(attr) == CTRL_ATTR_MCAST_GROUPS)
			wire_group(attr);
	}
	return 0;
}

/* Finds the family. Returns false, having said why, if that cannot be. */
bool wire_open(void)
{
	char request[MNL_NLMSG_HDRLEN + 256];
	struct wire_error error;
	struct nlmsghdr *nlh;

	asking = wire_socket();
	if (!asking)
		return false;
	nlh = wire_header(request, GENL_ID_CTRL, CTRL_CMD_GETFAMILY, 0);
	mnl_attr_put_strz(nlh, CTRL_ATTR_FAMILY_NAME, DNETMAP_FAMILY_NAME);
	if (wire_ask(nlh, wire_family, NULL, &error) && family)
		return true;
	if (error.code != ENOENT)
		say_error("cannot find the netlink family: %s", strerror(error.code));
	else if (access("/sys/module/xt_DNETMAP", F_OK))
		say_error("the module is not loaded: modprobe xt_DNETMAP, or see dnetmap check");
	else
		say_error("the module that is loaded is older than this command: no netlink family");
	return false;
}

static bool wire_join(unsigned int to)
{
	return mnl_socket_setsockopt(listening, NETLINK_ADD_MEMBERSHIP, &to,
				     sizeof(to)) >= 0;
}

/*
 * Joins the group of events, and before that the one which tells that the family
 * goes. Returns false, having said why, if that cannot be.
 */
bool wire_listen(void)
{
	int size = WIRE_EVENT_BUFFER, fd;

	listening = wire_socket();
	if (!listening)
		return false;
	fd = mnl_socket_get_fd(listening);
	/* More than the system's limit only if we may. */
	if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size)))
		setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
	if (!wire_join(GENL_ID_CTRL) || !group || !wire_join(group)) {
		say_error("cannot listen to events: %s",
			  group ? strerror(errno) : strerror(EPERM));
		return false;
	}
	return true;
}

int wire_fd(void)
{
	return mnl_socket_get_fd(listening);
}

/* Does the message tell that the family has gone? */
static bool wire_is_end(const struct nlmsghdr *nlh)
{
	const struct genlmsghdr *genl = mnl_nlmsg_get_payload(nlh);
	const struct nlattr *attr;

	if (nlh->nlmsg_type != GENL_ID_CTRL || genl->cmd != CTRL_CMD_DELFAMILY)
		return false;
	mnl_attr_for_each(attr, nlh, sizeof(*genl))
		if (mnl_attr_get_type(attr) == CTRL_ATTR_FAMILY_ID)
			return mnl_attr_get_u16(attr) == family;
	return false;
}

/*
 * Calls back for each event of a datagram. Returns 0 or an error number: ENODEV where
 * the family has gone, ECANCELED where the callback has returned less than 0.
 */
int wire_receive(wire_callback *callback, void *data)
{
	const struct nlmsghdr *nlh = (const struct nlmsghdr *)event_buffer;
	ssize_t got = mnl_socket_recvfrom(listening, event_buffer,
					  sizeof(event_buffer));
	int left = got;

	if (got < 0)
		return errno;
	for (; mnl_nlmsg_ok(nlh, left); nlh = mnl_nlmsg_next(nlh, &left)) {
		if (nlh->nlmsg_type == family && callback(nlh, data) < 0)
			return ECANCELED;
		if (wire_is_end(nlh))
			return ENODEV;
	}
	return 0;
}
