# SPDX-License-Identifier: GPL-2.0-only
"""What to do next: random operations that mean something where things are.

An operation is a tuple of a Player's method and its arguments, all plain
values, so that a sequence can be printed and played again.
"""

from model import Prefix, Rule, dotted
from path import DROPPED, LAN, UNTRACKED
from ruleset import Entry

# Many overlap.
PREFIXES = ["20.0.0.0/30", "20.0.0.0/29", "20.0.0.4/30", "20.0.0.0/28",
            "20.0.0.2/31", "20.0.0.3/32", "20.0.0.8/29", "30.0.0.0/30",
            "30.0.0.1/32", "30.0.0.0/31", "20.0.0.0/8", "40.0.0.0/26"]
CROWDED = ["20.0.0.0/23", "20.0.0.0/24", "20.0.0.0/8", "30.0.0.0/25",
           "30.0.0.0/24"]
SOURCES = [None, "192.168.0.0/16", "192.168.0.0/24", "192.168.0.0/29",
           "192.168.0.4/30", "192.168.0.3/32"]
TTLS = [None, None, None, 3, 10, 60, 600, 0, -1, 100000]
SLEEPS = [(10, 999)] * 3 + [(1000, 1000), (1000, 5000), (3000, 12000),
                            (59000, 62000), (590000, 610000), (1, 1000000)]
SERVICES = (7, DROPPED, UNTRACKED)
OUTSIDERS = [f"198.51.100.{n}" for n in range(2, 8)]
USER = {"more": "POSTROUTING", "inward": "PREROUTING", "own": "OUTPUT"}


class Chooser:
    def __init__(self, random, player, longest_sleep):
        self.random = random
        self.player = player
        self.sleeps = [s for s in SLEEPS if s[1] <= longest_sleep]
        self.crowd = random.random() < 0.1
        self.prefixes = random.sample(
            CROWDED if self.crowd else PREFIXES, random.randint(2, 5))
        self.own_share = random.choice((0, 0, 0.2, 0.5))
        self.hosts = [f"192.168.0.{n + 1}"
                      for n in range(random.choice((4, 8, 14)))]
        self.port = 1024
        self.weights = {
            "packet": 70, "sleep": 12, "iptables": 4, "restore": 1.2,
            "roundtrip": 0.2, "refused": 0.2, "read": 2, "param": 0.5,
            "gateway": 0.4, "delete": 0.2, "reload": 0.2,
            "write": 4,
            "burst": 8 if self.crowd else 0.2,
            "read_slowly": 8 if self.crowd else 1,
        }

    # An episode's beginning

    def parameters(self):
        r = self.random
        return {"default_ttl": r.choice((600, 600, 60, 5, 0)),
                "hash_size": r.choice((256, 1, 16, 3)),
                "max_bindings": r.choice((1048576, 1048576, 2, 4, 9)),
                "disable_log": int(r.random() < 0.1)}

    def first(self):
        yield "load", self.parameters()
        yield self.gateway(0)
        yield "restore", 0, self.ruleset(), False

    # Operations

    def next(self):
        names, weights = zip(*self.weights.items())
        name = self.random.choices(names, weights)[0]
        return getattr(self, name)()

    def place(self):
        """The index of a gateway, mostly of the first."""
        return self.random.choice([0, 0, *self.player.places])

    def gateway(self, index=None):
        r = self.random
        return ("gateway", r.randint(1, 2) if index is None else index,
                r.choice(("legacy", "nft")), r.random() < 0.5)

    def delete(self):
        return "delete", self.random.randint(1, 2)

    def sleep(self):
        return "sleep", self.random.randint(*self.random.choice(self.sleeps))

    def param(self):
        r = self.random
        if r.random() < 0.8:
            return ("param", "default_ttl",
                    r.choice((600, 60, 5, 2147483647, 0, -1, 2147483648)))
        return "param", "disable_log", r.randint(0, 1)

    def reload(self):
        return "reload", 0, self.parameters()

    def read(self):
        return ("read", self.place(), self.random.choice(self.prefixes),
                self.random.choice((1, 7, 60, 4096)))

    def read_slowly(self):
        return ("read_slowly", self.place(),
                self.random.choice(self.prefixes))

    def burst(self):
        r = self.random
        count = r.randint(10, 150)
        return ("burst", self.place(), f"192.168.0.{r.randint(1, 100)}",
                count, self.next_port(count), r.choice(OUTSIDERS))

    def write(self):
        r = self.random
        prefix = r.choice(self.prefixes)
        text = r.choice((
            f"+{r.choice(self.hosts)}:{self.pooled(prefix)}",
            f"+{r.choice(self.hosts)}:{self.pooled(prefix)}",
            f"+{r.choice(self.hosts)}:{self.pooled()}",
            f"-{r.choice(self.hosts)}",
            f"-{self.pooled(prefix)}",
            "flush", "+persistent", "-persistent"))
        if r.random() < 0.1:
            text = r.choice(("", "+", "-", "flush!", " flush", "persistent",
                             "+192.168.0.1", "-20.0.0.0/30", "-192.168.0",
                             "+192.168.0.1:20.0.0.0:", "+a:b", "x" * 300))
        return "write", self.place(), prefix, text + r.choice(("", "\n"))

    # Packets

    def packet(self):
        r = self.random
        index = self.place()
        flows = self.player.places[index].path.flows
        if flows and r.random() < 0.15:
            packet = r.choice(list(flows))
            return self.known(index, packet)
        kind = r.choices((self.outgoing, self.incoming, self.hairpin,
                          self.own, self.odd), (50, 25, 5, 10, 5))[0]
        sport = self.next_port()
        came, src, dst = kind()
        proto = r.choice(("udp", "udp", "tcp", "icmp"))
        dport = r.choices(SERVICES, (20, 1, 1))[0]
        if proto == "icmp":
            dport = sport
            if r.random() < 0.1:
                proto = "pong"
        return "packet", index, came, proto, src, sport, dst, dport, False

    def next_port(self, count=1):
        """The first of so many ports that no flow has had."""
        self.port += count
        return self.port - count

    @staticmethod
    def known(index, packet):
        """A packet of a known flow, in one direction or the other."""
        src = packet.src
        came = "lan" if src in LAN else "wan"
        return ("packet", index, came, packet.proto, dotted(src),
                packet.sport, dotted(packet.dst), packet.dport,
                packet.sport in SERVICES)

    def outgoing(self):
        return "lan", self.random.choice(self.hosts), \
            self.random.choice(OUTSIDERS)

    def incoming(self):
        return "wan", self.random.choice(OUTSIDERS), self.pooled()

    def hairpin(self):
        return "lan", self.random.choice(self.hosts), self.pooled()

    def own(self):
        """A flow of the gateway's own, from a host's address."""
        return "local", self.random.choice(self.hosts), \
            self.random.choice(OUTSIDERS)

    def odd(self):
        """Sources that are in a pool."""
        return "lan", self.pooled(), self.random.choice(OUTSIDERS)

    def pooled(self, prefix=None):
        """An address of a pool, mostly one in use."""
        r = self.random
        bound = [a for p in self.player.places.values()
                 for a in p.model.by_postnat]
        if bound and prefix is None and r.random() < 0.8:
            return dotted(r.choice(bound))
        prefix = Prefix.parse(prefix or r.choice(self.prefixes))
        return dotted(r.randint(prefix.first, min(prefix.last,
                                                  prefix.first + 15)))

    # Rules

    def rule(self, chain):
        r = self.random
        inward = chain in ("PREROUTING", "inward")
        prefix = None
        if r.random() < (0.4 if inward else 0.85):
            prefix = Prefix.parse(r.choice(self.prefixes))
        source = None if inward else r.choice(SOURCES)
        return Entry(
            chain,
            Rule(prefix, r.random() < 0.3, r.choice(TTLS),
                 r.random() < 0.1, prefix is not None and r.random() < 0.1,
                 prefix is not None and r.random() < self.own_share),
            None, source and Prefix.parse(source),
            "wan" if inward and r.random() < 0.3 else None,
            "wan" if not inward and r.random() < 0.3 else None)

    def chain(self):
        return self.random.choices(
            ("POSTROUTING", "PREROUTING", "OUTPUT", *USER),
            (8, 3, 2, 2, 1, 1))[0]

    def ruleset(self, most=6):
        r = self.random
        chains = [self.chain() for _ in range(r.randint(0, most))]
        jumps = [str(Entry(USER[c], jump=c)) for c in USER if c in chains]
        rules = [str(self.rule(c)) for c in chains]
        if r.random() < 0.3:
            return rules + jumps
        return jumps + rules

    def iptables(self):
        r = self.random
        index = self.place()
        entries = self.player.places[index].path.ruleset.entries
        if entries and r.random() < 0.5:
            entry = r.choice(entries)
            inside = [e for e in entries if e.chain == entry.chain]
            at = inside.index(entry) + 1
            words = r.choice((
                "-D" + str(entry)[2:], f"-D {entry.chain} {at}",
                f"-R {entry.chain} {at}" + self.tail(entry.chain),
                f"-R {entry.chain} {at}" + self.tail(entry.chain),
                f"-F {entry.chain}"))
            return "iptables", index, words
        chain = self.chain()
        verb = r.choice((f"-A {chain}", f"-I {chain} 1"))
        return "iptables", index, verb + self.tail(chain)

    def tail(self, chain):
        return str(self.rule(chain))[len(f"-A {chain}"):]

    def restore(self):
        r = self.random
        index = self.place()
        if r.random() < 0.2:
            return "restore", index, [str(self.rule(r.choice(
                ("POSTROUTING", "PREROUTING", "OUTPUT"))))
                for _ in range(3)], True
        lines = self.ruleset()
        for entry in self.player.places[index].path.ruleset.entries:
            if entry.rule and entry.chain not in USER and r.random() < 0.6:
                lines.insert(r.randint(0, len(lines)), str(entry))
        return "restore", index, lines, False

    def roundtrip(self):
        return "roundtrip", self.place()

    def refused(self):
        return "refused", self.place(), [
            f"-A POSTROUTING -j DNETMAP --prefix 50.0.0.{n}/32"
            for n in range(self.random.randint(0, 2))]
