# SPDX-License-Identifier: GPL-2.0-only
"""Requests that are wrong, late, or never finished, one kind for each argument.

Each prints what becomes of it.
"""

import socket
import struct
import sys

from genl import (DUMP, RCVBUFFORCE, Netlink, Refused, addr,
                  attr, attrs, messages, nest, number, u32, u64)

(BINDING_GET, BINDING_NEW, BINDING_DEL, PREFIX_GET, PREFIX_NEW, PREFIX_SET,
 PREFIX_DEL, FLUSH, EVENT_GET) = range(1, 10)
(PRENAT, PRENAT_LEN, STATE, POSTNAT, PREFIX, PREFIX_LEN, SCOPE, TTL, ENDED, LAST_HIT,
 HELD, EVENT_SEQ, INCARNATION, PAD) = range(1, 15)
STATIC = 1
ADDED = 0
BLOCK = addr(1, "20.0.0.0") + u32(2, 20)


def binding(prenat, postnat, *more):
    return nest(1, addr(PRENAT, prenat), addr(POSTNAT, postnat), *more)


def host(n, first="192.168.0.0"):
    number_of_first, = struct.unpack("!I", socket.inet_aton(first))
    return socket.inet_ntoa(struct.pack("!I", number_of_first + n))


def pairs(hosts, first=0, step=1):
    return b"".join(binding(host(n), host(first + n * step, "20.0.0.0"), u32(STATE, STATIC))
                    for n in hosts)


def deep(levels):
    return nest(1, deep(levels - 1)) if levels else b""


def wrong_messages():
    """Requests that are wrong in themselves."""
    good = binding("192.168.9.9", "20.0.0.99")
    yield "cut before the command", PREFIX_GET, None
    yield "a length below that of a header", PREFIX_GET, struct.pack("=HH", 3, 1)
    yield "an attribute beyond the end", PREFIX_GET, struct.pack("=HH", 8, 1)
    yield "bytes after the last", PREFIX_GET, BLOCK + b"\0\0"
    yield "an address too short", PREFIX_GET, attr(1, b"\x14\0") + u32(2, 26)
    yield "an address too long", PREFIX_GET, attr(1, bytes(8)) + u32(2, 26)
    yield "an address with nothing", PREFIX_GET, attr(1) + u32(2, 26)
    yield "a number that is a nest", PREFIX_GET, nest(1, bytes(4)) + u32(2, 26)
    yield "a length of 0", PREFIX_GET, addr(1, "20.0.0.0") + u32(2, 0)
    yield "a length of 33", PREFIX_GET, addr(1, "20.0.0.0") + u32(2, 33)
    yield "no length", PREFIX_GET, addr(1, "20.0.0.0")
    yield "not the first address", PREFIX_GET, addr(1, "20.0.0.1") + u32(2, 26)
    yield "an unknown attribute", PREFIX_GET, BLOCK + u32(99, 0)
    yield "one of replies only", PREFIX_GET, BLOCK + u32(5, 0)
    yield "padding", BINDING_NEW, nest(1, good[4:], attr(PAD))
    yield "an unknown flag", PREFIX_SET, BLOCK + u32(3, 8)
    yield "a flag that cannot be set", PREFIX_SET, BLOCK + u32(3, 2)
    yield "an unknown command", 99, b""
    yield "command 0", 0, b""
    yield "no binding", BINDING_NEW, b""
    yield "a binding without a nest", BINDING_NEW, attr(1, good[4:])
    yield "an empty binding", BINDING_NEW, nest(1)
    yield "half a binding", BINDING_NEW, nest(1, addr(PRENAT, "192.168.9.9"))
    yield "nested too deep", BINDING_NEW, deep(100)
    yield "an unknown state", BINDING_NEW, nest(1, good[4:], u32(STATE, 3))
    yield ("a static one with a ttl", BINDING_NEW,
           nest(1, good[4:], u32(STATE, STATIC), u64(TTL, 1)))
    yield "too long a ttl", BINDING_NEW, nest(1, good[4:], u64(TTL, 2147483647001))
    yield "the longest number", BINDING_NEW, nest(1, good[4:], u64(TTL, 2**64 - 1))
    yield "what cannot be set", BINDING_NEW, nest(1, good[4:], u32(LAST_HIT, 1))
    yield "a flag with a value", BINDING_NEW, good + u32(2, 1)
    yield "a good one, then half", BINDING_NEW, good + nest(1, addr(PRENAT, "192.168.9.8"))
    yield "513 bindings", BINDING_NEW, pairs(range(513))
    yield "nobody's binding", BINDING_DEL, addr(PRENAT, "0.0.0.0") + addr(POSTNAT, "20.0.0.1")
    yield ("nobody's address", BINDING_DEL,
           addr(PRENAT, "192.168.0.1") + addr(POSTNAT, "0.0.0.0"))
    yield "a state, of one", BINDING_GET, addr(PRENAT, "192.168.0.1") + u32(STATE, 0)


def show_wrong_messages():
    netlink = Netlink()
    for name, command, content in wrong_messages():
        if content is None:
            netlink.send(b"\1\1", flags=4)
            try:
                list(netlink.answers())
                print(f"{name}: done")
            except Refused as refused:
                print(f"{name}: {refused}")
        else:
            print(f"{name}: {netlink.word(command, content)}")
    for name, command, content in (
            ("a dump of what has none", FLUSH, BLOCK),
            ("a dump with an attribute", PREFIX_GET, BLOCK),
            ("a dump with an unknown one", BINDING_GET, u32(99, 0))):
        print(f"{name}: {netlink.word(command, content, flags=DUMP)}")


def show_twice():
    """Of an attribute that comes twice, the last one counts."""
    answer, = Netlink().ask(BINDING_GET, addr(POSTNAT, "20.0.0.7") + addr(POSTNAT, "20.0.0.1"))
    print(".".join(map(str, dict(attrs(answer[4:]))[POSTNAT])))


def show_bulk():
    """512 bindings: all but one are good."""
    netlink = Netlink()
    hosts = list(range(2, 513))
    bad = binding("192.168.9.9", "20.0.0.1")
    for name, where in ("last", 511), ("first", 0), ("in the middle", 300):
        request = pairs(reversed(hosts[:where])) + bad + pairs(hosts[where:])
        try:
            netlink.ask(BINDING_NEW, request)
            print(f"{name}: done")
        except Refused as refused:
            # The header of the message and of the command come first.
            at = refused.offset - 20
            print(f"{name}: {refused}: {(at - len(pairs(hosts[:where]))) or where}")


def show_dump_while_changing():
    """Bindings at even addresses stay; those at odd ones come and go meanwhile."""
    netlink, other = Netlink(size=8192), Netlink()
    for first in range(0, 2048, 512):
        other.ask(BINDING_NEW, pairs(range(first, first + 512), step=2))
    netlink.send(struct.pack("=BBH", BINDING_GET, 1, 0), DUMP)
    seen, turns = [], 0
    for content in netlink.answers():
        postnat = int.from_bytes(dict(attrs(content[4:]))[POSTNAT], "big")
        seen.append(postnat - (20 << 24))
        if len(seen) % 20 == 0:
            turns += 1
            odd = turns * 611 % 2048 * 2 + 1
            pair = addr(PRENAT, host(odd, "172.16.0.0")), addr(POSTNAT, host(odd, "20.0.0.0"))
            other.ask(BINDING_NEW, nest(1, *pair))
            if turns % 2:
                other.ask(BINDING_DEL, pair[0])
            other.ask(BINDING_NEW, pairs([turns % 2048], step=2))
    even = [n for n in seen if n % 2 == 0]
    print("in order" if seen == sorted(set(seen)) else "out of order")
    print("each once" if even == list(range(0, 4096, 2)) else f"not each once: {len(even)}")
    print("with others" if len(seen) > len(even) and turns > 50 else f"none came: {turns}")


def hold(*what):
    """Begin a dump, join the group; go on when a line of standard input says so."""
    netlink, listener = Netlink(size=8192), Netlink()
    if "listen" in what:
        listener.join()
    if "dump" in what:
        netlink.send(struct.pack("=BBH", BINDING_GET, 1, 0), DUMP)
        count = len(list(messages(netlink.sock.recv(netlink.size))))
    print("held", flush=True)
    sys.stdin.readline()
    if "dump" in what:
        count += len(list(netlink.answers()))
        print(f"dumped {count}", flush=True)


def show_reading():
    """What somebody who is not privileged may do, one line each."""
    netlink = Netlink()
    for name, command in ("bindings", BINDING_GET), ("prefixes", PREFIX_GET), \
            ("events", EVENT_GET):
        print(f"dump {name}: {netlink.word(command, flags=DUMP).split()[0]}")
    print(f"get a binding: {netlink.word(BINDING_GET, addr(POSTNAT, '20.0.0.1')).split()[0]}")
    print(f"get a prefix: {netlink.word(PREFIX_GET, BLOCK).split()[0]}")
    try:
        netlink.join()
        print("join: done")
    except PermissionError:
        print("join: EPERM")
    show_changing()


def show_changing():
    netlink = Netlink()
    pair = addr(PRENAT, "192.168.0.1") + addr(POSTNAT, "20.0.0.1")
    for name, command, content in (
            ("binding-new", BINDING_NEW, nest(1, pair)),
            ("binding-del", BINDING_DEL, addr(POSTNAT, "20.0.0.1")),
            ("prefix-new", PREFIX_NEW, addr(1, "30.0.0.0") + u32(2, 26)),
            ("prefix-set", PREFIX_SET, BLOCK + u32(3, 1)),
            ("prefix-del", PREFIX_DEL, BLOCK), ("flush", FLUSH, BLOCK)):
        print(f"{name}: {netlink.word(command, content).split()[0]}")


def listen(count):
    """Print whether so many bindings are added without a gap in the events."""
    netlink = Netlink()
    netlink.sock.setsockopt(1, RCVBUFFORCE, 1 << 25)
    netlink.join()
    netlink.ask(PREFIX_GET, flags=DUMP)
    print("listening", flush=True)
    numbers, added = [], 0
    while added < int(count):
        for _, _, content in messages(netlink.sock.recv(65536)):
            event = dict(attrs(content[4:]))
            numbers.append(number(event[1]))
            added += number(event[3]) == ADDED
    whole = numbers == list(range(numbers[0], numbers[0] + len(numbers)))
    print(f"{added} {'without' if whole else 'with'} a gap", flush=True)


WHAT = {"messages": show_wrong_messages, "twice": show_twice, "bulk": show_bulk,
        "changing-dump": show_dump_while_changing, "hold": hold,
        "reading": show_reading, "changing": show_changing, "listen": listen}
WHAT[sys.argv[1]](*sys.argv[2:])
