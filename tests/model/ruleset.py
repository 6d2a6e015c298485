# SPDX-License-Identifier: GPL-2.0-only
"""Rulesets, as iptables reads, prints and changes them."""

from dataclasses import dataclass

from model import Prefix, Rule

BUILT_IN = ("PREROUTING", "INPUT", "OUTPUT", "POSTROUTING")


@dataclass(frozen=True)
class Entry:
    """A line of the ruleset, as iptables -S prints it."""

    chain: str
    rule: Rule = None
    jump: str = None
    source: Prefix = None
    came: str = None    # -i
    goes: str = None    # -o

    @classmethod
    def parse(cls, text):
        words = iter(text.split())
        it = {"chain": None}
        rule = {}
        for word in words:
            if word == "-A":
                it["chain"] = next(words)
            elif word == "-s":
                it["source"] = Prefix.parse(next(words))
            elif word == "-i":
                it["came"] = next(words)
            elif word == "-o":
                it["goes"] = next(words)
            elif word == "-j":
                target = next(words)
                if target != "DNETMAP":
                    it["jump"] = target
            elif word == "--prefix":
                rule["prefix"] = Prefix.parse(next(words))
            elif word == "--ttl":
                rule["ttl"] = int(next(words))
            elif word in ("--reuse", "--static", "--persistent", "--own"):
                rule[word[2:]] = True
            else:
                raise ValueError(f"{word!r} in {text!r}")
        return cls(**it, rule=None if "jump" in it else Rule(**rule))

    def match(self):
        return "".join(f" {option} {value}" for option, value in
                       (("-s", self.source), ("-i", self.came),
                        ("-o", self.goes)) if value)

    def __str__(self):
        target = f"-j {self.jump}" if self.jump else self.rule
        return f"-A {self.chain}{self.match()} {target}"

    def matches(self, source, came, goes):
        return ((self.source is None or source in self.source)
                and self.came in (None, came) and self.goes in (None, goes))


class Ruleset:
    """The table nat: what iptables' commands make of it."""

    def __init__(self, entries=()):
        self.entries = list(entries)

    def chain(self, name):
        return [e for e in self.entries if e.chain == name]

    def rules(self):
        return [e.rule for e in self.entries if e.rule]

    def has(self, chain):
        return chain in BUILT_IN or \
            any(chain in (e.chain, e.jump) for e in self.entries)

    def edited(self, command):
        """What a command makes of it; None if it fails."""
        verb, chain, *rest = command.split()
        if not self.has(chain):
            return None
        inside = self.chain(chain)
        added = []
        at = len(inside)
        if rest and rest[0].isdigit():
            at = int(rest.pop(0)) - 1
        if rest:
            added = [Entry.parse(f"-A {chain} {' '.join(rest)}")]
        if verb == "-F":
            inside = []
        elif verb == "-D" and added:
            if added[0] not in inside:
                return None
            inside.remove(added.pop())
        elif at + (verb in ("-D", "-R")) > len(inside):
            return None
        else:
            inside[at:at + (verb in ("-D", "-R"))] = added
        others = [e for e in self.entries if e.chain != chain]
        return Ruleset(others + inside)

    def restored(self, lines, noflush):
        """What iptables-restore makes of it, and its input."""
        added = [Entry.parse(line) for line in lines]
        chains = dict.fromkeys(c for e in added for c in (e.chain, e.jump)
                               if c and not (noflush and self.has(c)))
        new = [f":{c} - [0:0]" for c in chains if c not in BUILT_IN]
        text = self.table(new + lines)
        return Ruleset(self.entries * noflush + added), text

    @staticmethod
    def table(lines):
        policies = [f":{chain} ACCEPT [0:0]" for chain in BUILT_IN]
        return "\n".join(["*nat", *policies, *lines, "COMMIT", ""])
