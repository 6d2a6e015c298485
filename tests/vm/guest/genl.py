# SPDX-License-Identifier: GPL-2.0-only
"""Generic netlink in raw bytes, for messages that no library would send."""

import errno
import socket
import struct
import sys

REQUEST, ACK, DUMP = 1, 4, 0x300
ERROR, DONE = 2, 3
CAPPED, TLVS = 0x100, 0x200
NESTED = 0x8000
GENERIC, CONTROL = 16, 16
SOL_NETLINK, ADD_MEMBERSHIP, EXT_ACK, STRICT = 270, 1, 11, 12
RCVBUFFORCE = 33


def attr(kind, data=b""):
    data = struct.pack("=HH", 4 + len(data), kind) + data
    return data + bytes(-len(data) % 4)


def u16(kind, number):
    return attr(kind, struct.pack("=H", number))


def u32(kind, number):
    return attr(kind, struct.pack("=I", number))


def u64(kind, number):
    return attr(kind, struct.pack("=Q", number))


def addr(kind, text):
    return attr(kind, socket.inet_aton(text))


def nest(kind, *attrs):
    return attr(kind | NESTED, b"".join(attrs))


def attrs(data):
    """Pairs of number and content, as they come."""
    while len(data) >= 4:
        size, kind = struct.unpack_from("=HH", data)
        yield kind & 0x3fff, data[4:size]
        data = data[(size + 3) & ~3:]


def number(data):
    return int.from_bytes(data, sys.byteorder)


def messages(data):
    """Triples of type, flags and content."""
    while len(data) >= 16:
        size, kind, flags = struct.unpack_from("=IHH", data)
        yield kind, flags, data[16:size]
        data = data[(size + 3) & ~3:]


class Refused(Exception):
    """A refusal: its errno, the kernel's words, and the offset it points at."""

    def __init__(self, kind, flags, content):
        self.code = -struct.unpack_from("=i", content)[0]
        self.text, self.offset = "", None
        if flags & TLVS:
            skip = 4
            # The request comes first; but not in the end of a dump.
            if kind == ERROR:
                request = struct.unpack_from("=I", content, 4)[0]
                skip += 16 if flags & CAPPED else request
            told = dict(attrs(content[(skip + 3) & ~3:]))
            self.text = told.get(1, b"").rstrip(b"\0").decode()
            self.offset = number(told[2]) if 2 in told else None
        super().__init__(f"{errno.errorcode[self.code]} {self.text}".rstrip())


class Netlink:
    """A socket, and the family; the kernel sends a dump in slices of size, or less."""

    def __init__(self, name="dnetmap", size=65536):
        self.size = size
        self.sock = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, GENERIC)
        self.sock.bind((0, 0))
        for option in EXT_ACK, STRICT:
            self.sock.setsockopt(SOL_NETLINK, option, 1)
        about = self.ask(3, attr(2, name.encode() + b"\0"), family=CONTROL)
        self.about = dict(attrs(about[0][4:]))
        self.family = number(self.about[1])
        self.groups = {}
        for _, group in attrs(self.about.get(7, b"")):
            group = dict(attrs(group))
            self.groups[group[1].rstrip(b"\0").decode()] = number(group[2])

    def send(self, content, flags=0, family=None):
        self.sock.send(struct.pack("=IHHII", 16 + len(content),
                                   family or self.family, REQUEST | flags, 1, 0)
                       + content)

    def answers(self):
        """Contents, until the end of the answer; raises Refused."""
        while True:
            for kind, flags, content in messages(self.sock.recv(self.size)):
                if kind == ERROR or kind == DONE and number(content[:4]):
                    if number(content[:4]):
                        raise Refused(kind, flags, content)
                    return
                if kind == DONE:
                    return
                yield content

    def ask(self, command, content=b"", flags=ACK, family=None, version=1):
        self.send(struct.pack("=BBH", command, version, 0) + content, flags, family)
        return list(self.answers())

    def join(self, group="events"):
        if group not in self.groups:
            raise PermissionError(errno.EPERM, "there is no such group")
        self.sock.setsockopt(SOL_NETLINK, ADD_MEMBERSHIP, self.groups[group])

    def word(self, *request, **how):
        """What becomes of a request, in a word or two."""
        try:
            return f"done {len(self.ask(*request, **how))}"
        except Refused as refused:
            return str(refused)

