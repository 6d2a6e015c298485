# SPDX-License-Identifier: GPL-2.0-only
"""Packets as bytes, and conntrack's view of their flows by netlink."""

import socket
import struct
from functools import lru_cache

from model import dotted
from path import Packet

NETLINK_NETFILTER = 12
PROTOS = {"udp": 17, "tcp": 6, "icmp": 1, "pong": 1}
ECHO_REPLY, ECHO = 0, 8
SYN, SYN_ACK = 2, 18


def checksum(data):
    if len(data) % 2:
        data += b"\0"
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    total = (total >> 16) + (total & 0xffff)
    return ~(total + (total >> 16)) & 0xffff


def ip_header(packet, size):
    header = struct.pack("!BBHHHBBHII", 0x45, 0, 20 + size, 0, 0, 64,
                         PROTOS[packet.proto], 0, packet.src, packet.dst)
    return header[:10] + struct.pack("!H", checksum(header)) + header[12:]


def udp(packet):
    return struct.pack("!HHHH", packet.sport, packet.dport, 8, 0)


def tcp(packet, answer):
    body = bytearray(struct.pack(
        "!HHIIBBHHH", packet.sport, packet.dport, 1000, 1001 if answer else 0,
        0x50, SYN_ACK if answer else SYN, 8192, 0, 0))
    pseudo = struct.pack("!IIHH", packet.src, packet.dst, 6, len(body))
    struct.pack_into("!H", body, 16, checksum(pseudo + body))
    return bytes(body)


def icmp(packet):
    kind = ECHO if packet.proto == "icmp" else ECHO_REPLY
    body = struct.pack("!BBHHH", kind, 0, 0, packet.sport, 1)
    return body[:2] + struct.pack("!H", checksum(body)) + body[4:]


def encode(packet, answer=False):
    """The bytes of a packet; answer: of a TCP connection's second."""
    if packet.proto == "udp":
        body = udp(packet)
    elif packet.proto == "tcp":
        body = tcp(packet, answer)
    else:
        body = icmp(packet)
    return ip_header(packet, len(body)) + body


def decode(data):
    """The packet in these bytes, or a description of what else they are."""
    proto, src, dst = struct.unpack_from("!9xB2xII", data)
    if proto == 1 and data[20] in (ECHO, ECHO_REPLY):
        ident, = struct.unpack_from("!H", data, 24)
        kind = "icmp" if data[20] == ECHO else "pong"
        return Packet(kind, src, ident, dst, ident)
    if proto in (6, 17):
        sport, dport = struct.unpack_from("!HH", data, 20)
        return Packet("udp" if proto == 17 else "tcp", src, sport, dst, dport)
    return f"protocol {proto}, {dotted(src)} > {dotted(dst)}: {data.hex()}"


class Conntrack:
    """One namespace's conntrack table, through a netlink socket of it."""

    NEW, GET, DELETE = 0x100, 0x101, 0x102
    REQUEST, ACK, DUMP = 1, 4, 0x300
    ERROR, DONE = 2, 3
    ORIG, REPLY = 1, 2
    NESTED = 0x8000

    def __init__(self):
        self.sock = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW,
                                  NETLINK_NETFILTER)

    def close(self):
        self.sock.close()

    @staticmethod
    def message(kind, flags, attributes):
        body = struct.pack("!BBH", socket.AF_INET, 0, 0) + attributes
        return struct.pack("=IHHII", 16 + len(body), kind, flags, 1, 0) + body

    def ask(self, kind, flags, attributes):
        self.sock.send(self.message(kind, self.REQUEST | flags, attributes))
        answer = self.sock.recv(65536)
        size, kind = struct.unpack_from("=IH", answer)
        error = 0
        if kind == self.ERROR:
            error, = struct.unpack_from("=i", answer, 16)
        return -error, answer[20:size]

    def flush(self):
        error, _ = self.ask(self.DELETE, self.ACK, b"")
        if error:
            raise OSError(error, "conntrack flush")

    def table(self):
        """All entries, as encoded() has them."""
        self.sock.send(self.message(self.GET, self.REQUEST | self.DUMP, b""))
        entries = set()
        while True:
            answer = self.sock.recv(1 << 20)
            at = 0
            while at < len(answer):
                size, kind = struct.unpack_from("=IH", answer, at)
                if kind == self.DONE:
                    return entries
                parts = dict(self.attributes(answer[at + 20:at + size]))
                entries.add((parts[self.ORIG], parts[self.REPLY]))
                at += size + 3 & ~3

    @classmethod
    def encoded(cls, packet, reply):
        """A flow's first packet, and the one that is its answer."""
        return cls.tuple(packet), cls.tuple(reply)

    @classmethod
    def attribute(cls, kind, data):
        return (struct.pack("=HH", 4 + len(data), kind) + data
                + bytes(-len(data) % 4))

    @classmethod
    @lru_cache(maxsize=65536)
    def tuple(cls, packet):
        addresses = (cls.attribute(1, struct.pack("!I", packet.src))
                     + cls.attribute(2, struct.pack("!I", packet.dst)))
        ports = cls.attribute(1, bytes([PROTOS[packet.proto]]))
        if packet.proto in ("icmp", "pong"):
            kind = ECHO if packet.proto == "icmp" else ECHO_REPLY
            ports += (cls.attribute(4, struct.pack("!H", packet.sport))
                      + cls.attribute(5, bytes([kind]))
                      + cls.attribute(6, bytes([0])))
        else:
            ports += (cls.attribute(2, struct.pack("!H", packet.sport))
                      + cls.attribute(3, struct.pack("!H", packet.dport)))
        return (cls.attribute(1 | cls.NESTED, addresses)
                + cls.attribute(2 | cls.NESTED, ports))

    @staticmethod
    def attributes(data):
        at = 0
        while at + 4 <= len(data):
            size, kind = struct.unpack_from("=HH", data, at)
            yield kind & 0x3fff, data[at + 4:at + size]
            at += size + 3 & ~3

    @classmethod
    def packet(cls, data):
        parts = dict(cls.attributes(data))
        addresses = dict(cls.attributes(parts[1]))
        ports = dict(cls.attributes(parts[2]))
        src, = struct.unpack("!I", addresses[1])
        dst, = struct.unpack("!I", addresses[2])
        proto = ports[1][0]
        if proto == 1:
            ident, = struct.unpack("!H", ports[4])
            kind = "icmp" if ports[5][0] == ECHO else "pong"
            return Packet(kind, src, ident, dst, ident)
        sport, = struct.unpack("!H", ports[2])
        dport, = struct.unpack("!H", ports[3])
        return Packet("udp" if proto == 17 else "tcp", src, sport, dst, dport)
