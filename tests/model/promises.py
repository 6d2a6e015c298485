# SPDX-License-Identifier: GPL-2.0-only
"""The five promises, checked on what is seen, without the model's help."""

import re

from log import Mismatch
from model import SECOND, Prefix, number

ROW = re.compile(r"(\S+) -> (\S+) --- ttl: (-?\d+|S) lasthit: (\d+|S)\n")
BINDING = re.compile(r"(add|timeout|remove) binding (\S+) -> (\S+)")
PREFIX = re.compile(r"new prefix (\S+)|prefix (\S+) (removed|flushed)")


def rows(text):
    """The lines of a binding table: prenat, postnat, ttl, lasthit."""
    found = ROW.findall(text)
    if sum(len(" ->  --- ttl:  lasthit: \n") + sum(map(len, row))
           for row in found) != len(text):
        raise Mismatch("the form of a binding table", "lines of the form "
                       "A -> B --- ttl: T lasthit: L", repr(text))
    return found


class Promises:
    def __init__(self):
        self.prefixes = []
        self.force = {}         # postnat: prenat, as the log tells
        self.active = {}        # postnat: prenat, as the tables tell
        self.doubt = {}         # where these differ: since when
        self.pairs = {}         # postnat: prenat, active or not
        self.prenats = {}       # the same, the other way round
        self.scopes = False     # there are own prefixes, or were
        self.shown = 0          # prefixes in /proc; the log tells later of a new one
        self.logged = True

    def log_switched(self, on):
        """The log is whole from here on, or is not; nothing is under way."""
        if on and not self.logged:
            self.force = dict(self.active)
        self.logged = on
        self.doubt = {}

    def broken(self, which, what):
        raise Mismatch(f"promise {which} is broken", "never", what)

    def line(self, text):
        if match := BINDING.fullmatch(text):
            if self.logged:
                self.binding(*match.groups(), text)
        elif match := PREFIX.fullmatch(text):
            new, old, how = match.groups()
            if new:
                self.prefixes.append(Prefix.parse(new))
            else:
                self.prefix_ends(Prefix.parse(old), how)

    def binding(self, verb, prenat, postnat, text):
        if verb != "add":
            if self.force.pop(postnat, None) != prenat:
                self.broken(5, f"{text!r}, which was not in force")
        elif self.force.get(postnat) == prenat:
            self.broken(5, f"{text!r}, which is in force")
        elif postnat in self.force:
            self.broken(3, f"{text!r}, while {self.force[postnat]} has it")
        elif list(self.force.values()).count(prenat) >= self.most():
            self.broken(1, f"{text!r}, while it has another")
        else:
            self.force[postnat] = prenat

    def most(self):
        """How many bindings a host may have: one in each scope."""
        prefixes = max(len(self.prefixes), self.shown)
        return prefixes + 1 if self.scopes else 1

    def prefix_ends(self, prefix, how):
        if prefix not in self.prefixes:
            self.broken(5, f"the end of {prefix}, which was not there")
        if how == "removed":
            self.prefixes.remove(prefix)
        for postnat in list(self.force):
            address = number(postnat)
            if address in prefix and (how == "flushed" or not any(
                    address in other for other in self.prefixes)):
                del self.force[postnat]

    def tables(self, files, now, slack):
        self.active, self.pairs, self.prenats = {}, {}, {}
        shown = [text for name, text in files.items()
                 if not name.endswith("_stat")]
        self.shown = len(shown)
        for text in shown:
            for prenat, postnat, ttl, _ in rows(text):
                self.prenats.setdefault(prenat, set()).add(postnat)
                if self.pairs.setdefault(postnat, prenat) != prenat or \
                        len(self.prenats[prenat]) > self.most():
                    self.broken(1, f"{prenat} -> {postnat} in {files}")
                if ttl == "S" or int(ttl) >= 0:
                    self.active[postnat] = prenat
        if self.logged:
            self.agree(now, slack)

    def agree(self, now, slack):
        """What is in force by the log is active, but for its delays."""
        force, active = self.force.items(), self.active.items()
        differ = [(pair, *self.doubtful(*pair)) for pair in force - active] + \
                 [(pair, 1, 5, "active, not in the log")
                  for pair in active - force]
        self.doubt = {d: self.doubt.get(d, now) for d in differ}
        for (pair, delay, which, what), since in self.doubt.items():
            if now - since > delay * SECOND + slack:
                self.broken(which, f"{pair[1]} -> {pair[0]} is {what}")

    def doubtful(self, postnat, prenat):
        """In force by the log, and not active: for how long, and why not."""
        others = self.prenats.get(prenat, set()) - {postnat}
        if self.pairs.get(postnat, prenat) != prenat or \
                len(others) >= self.most():
            return 1, 2, "in force by the log but another pair"
        return 2, 5, "in force by the log but not active"

    def dnat(self, prenat, postnat):
        if self.active.get(postnat) != prenat:
            self.broken(4, f"{postnat} went to {prenat}, whose binding was "
                        f"not active in {self.pairs}")
