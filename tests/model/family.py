# SPDX-License-Identifier: GPL-2.0-only
"""The family "dnetmap", by the names and the types of its description.

Addresses are numbers, values of an enum are its words, and flags are sets of
them.
"""

import os
import socket
import sys

TESTS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..")
sys.path.append(os.path.join(TESTS, "vm/guest"))

import genl                     # noqa: E402
from genl import Refused        # noqa: E402, F401
from policy import Spec         # noqa: E402


class Type:
    """An attribute's content, from and to a plain value."""

    def __init__(self, spec, attribute):
        self.name = attribute["name"]
        self.of = attribute["type"]
        self.big = attribute.get("byte-order") == "big-endian"
        self.words = [e["name"] for e in
                      spec.enums.get(attribute.get("enum"), ())]
        self.flags = "enum-as-flags" in attribute
        self.nested = attribute.get("nested-attributes")

    def encode(self, kind, value):
        if self.of == "flag":
            return genl.attr(kind)
        if self.nested:
            return genl.attr(kind | genl.NESTED, SETS[self.nested].encode(value))
        if self.flags:
            value = sum(1 << self.words.index(word) for word in value)
        elif self.words:
            value = self.words.index(value)
        return genl.attr(kind, value.to_bytes(
            8 if self.of == "u64" else 4, "big" if self.big else sys.byteorder))

    def decode(self, data):
        if self.of == "flag":
            return True
        if self.nested:
            return SETS[self.nested].decode(data)
        value = int.from_bytes(data, "big" if self.big else sys.byteorder)
        if self.flags:
            return {w for i, w in enumerate(self.words) if value >> i & 1}
        return self.words[value] if self.words else value


class Set:
    """The attributes of a kind of message."""

    def __init__(self, spec, attributes):
        self.types = {n: Type(spec, a) for n, a in attributes.items()}
        self.numbers = {t.name: n for n, t in self.types.items()}

    def encode(self, values):
        """What is None is left out; of a list, each is an attribute."""
        return b"".join(
            self.types[self.numbers[name]].encode(self.numbers[name], one)
            for name, value in values.items()
            for one in (value if isinstance(value, list) else [value])
            if one is not None)

    def decode(self, data):
        """Nests come in a list, whatever their number is."""
        values = {}
        for kind, content in genl.attrs(data):
            about = self.types[kind]
            if about.nested:
                values.setdefault(about.name, []).append(about.decode(content))
            elif about.of != "pad":
                values[about.name] = about.decode(content)
        return values


def described(path=os.path.join(TESTS, "dnetmap.yaml")):
    spec = Spec(path)
    sets = {name: Set(spec, attributes) for name, attributes in spec.sets.items()}
    commands = {op["name"]: (number, sets[op["attribute-set"]])
                for number, op in enumerate(spec.operations, 1)}
    return sets, commands


SETS, COMMANDS = described()


class Family:
    """In the namespace that one is in: requests, and a listener to events."""

    def __init__(self):
        self.asks = genl.Netlink()
        self.hears = genl.Netlink()
        self.hears.join()
        self.hears.sock.setblocking(False)

    def close(self):
        self.asks.sock.close()
        self.hears.sock.close()

    def ask(self, command, how=genl.ACK, /, **values):
        """Answers, as dicts; raises Refused."""
        number, about = COMMANDS[command]
        return [about.decode(answer[4:])
                for answer in self.asks.ask(number, about.encode(values), how)]

    def dump(self, command, **values):
        return self.ask(command, genl.DUMP, **values)

    def heard(self):
        """The events that have come."""
        about = COMMANDS["event-ntf"][1]
        while True:
            try:
                data = self.hears.sock.recv(self.hears.size)
            except BlockingIOError:
                return
            for _, _, content in genl.messages(data):
                yield about.decode(content[4:])
