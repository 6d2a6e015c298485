# SPDX-License-Identifier: GPL-2.0-only
"""The way of a packet through a gateway, as far as DNETMAP sees it.

Conntrack and NAT here are no more than what the specification takes for
granted: the first packet of a flow meets the rules, later ones go its way.
"""

from typing import NamedTuple

from model import Prefix, dotted
from ruleset import Ruleset

LAN = Prefix.parse("192.168.0.0/16")

# Destination ports that the gateway's other tables know.
DROPPED = 6666      # in FORWARD
UNTRACKED = 6667    # in raw's PREROUTING and OUTPUT


class Packet(NamedTuple):
    proto: str      # udp, tcp, icmp (an echo request) or pong (its reply)
    src: int
    sport: int      # for icmp and pong both ports are the id
    dst: int
    dport: int

    def reply(self):
        proto = {"icmp": "pong", "pong": "icmp"}.get(self.proto, self.proto)
        return Packet(proto, self.dst, self.dport, self.src, self.sport)

    def __str__(self):
        return (f"{self.proto} {dotted(self.src)}:{self.sport} > "
                f"{dotted(self.dst)}:{self.dport}")


class Path:
    """A gateway's chains, and the flows that its conntrack knows."""

    def __init__(self, namespace, pinned):
        self.namespace = namespace
        self.pinned = pinned    # a rule of another table holds conntrack
        self.ruleset = Ruleset()
        self.flows = {}         # whatever packet: what it leaves as
        self.entries = {}       # the first packet of a flow: its answer

    def tracking(self):
        return self.pinned or bool(self.ruleset.rules())

    def forward(self, packet, came, now):
        """Where a packet leaves and as what; None if it does not."""
        dropped = self.pinned and came != "local" and packet.dport == DROPPED
        if packet in self.flows and self.tracking():
            return None if dropped else self.route(self.flows[packet])
        if not self.tracking() or packet.proto == "pong" or \
                self.pinned and packet.dport == UNTRACKED:
            return self.route(packet)
        out = packet
        if came != "local":
            dst = self.walk("PREROUTING", packet, came, None, now)
            out = packet._replace(dst=dst or packet.dst)
            if dropped:
                return None
        goes = self.route(out)[0]
        src = None
        if came == "local":
            src = self.walk("OUTPUT", out, None, goes, now)
        if src is None:
            src = self.walk("POSTROUTING", out, None, goes, now)
        out = out._replace(src=packet.src if src is None else src)
        self.entries[packet] = out.reply()
        self.flows[packet] = out
        self.flows[out.reply()] = packet.reply()
        return goes, out

    def walk(self, chain, packet, came, goes, now):
        """What the first rule that applies to a new flow makes of it."""
        for entry in self.ruleset.chain(chain):
            if not entry.matches(packet.src, came, goes):
                continue
            if entry.jump:
                new = self.walk(entry.jump, packet, came, goes, now)
            elif came:
                new = self.namespace.dnat(entry.rule, packet.dst, now)
            else:
                new = self.namespace.snat(entry.rule, packet.src, now)
            if new is not None:
                return new
        return None

    def route(self, packet):
        return "lan" if packet.dst in LAN else "wan", packet
