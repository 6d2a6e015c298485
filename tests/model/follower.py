# SPDX-License-Identifier: GPL-2.0-only
"""Who follows the events by netlink: knows the table without ever reading it.

Events are read from the history as they happen, each once. A listener has to hear
the same.
"""

import time
from fractions import Fraction

from log import Mismatch
from model import SECOND, Prefix, dotted

ALWAYS = {"seq", "incarnation", "kind", "boottime"}
PREFIX = {"prefix", "prefix-len"}
PAIR = {"prenat", "postnat"} | PREFIX
# What an event is about. A ttl is for active bindings, a notice may lack the prefix.
ABOUT = {
    "add": PAIR | {"state", "ttl"},
    "end": PAIR | {"reason"},
    "pass": PAIR,
    "prefix-new": PREFIX | {"flags"},
    "prefix-set": PREFIX | {"flags"},
    "prefix-end": PREFIX,
    "flush": PREFIX,
    "no-address": {"prenat"} | PREFIX,
}


def clock():
    """The time and the date, and how far the date is ahead."""
    boottime = time.clock_gettime_ns(time.CLOCK_BOOTTIME)
    return boottime, time.time_ns() - boottime


def prefix_of(event):
    return Prefix(event["prefix"], event["prefix-len"]) \
        if "prefix" in event else None


def pair_of(event):
    return f"{dotted(event['prenat'])} -> {dotted(event['postnat'])}"


class Follower:
    """slack: how far the clock may be off."""

    def __init__(self, family, model, slack):
        self.family = family
        self.model = model
        self.slack = slack
        self.incarnation = None
        self.told = []      # all events, in order
        self.seen = 0       # an answer has named so many
        self.heard = 0      # of them, the listener has heard
        self.waiting = []   # heard, not yet told
        self.since = clock()[0]
        self.prefixes = {}  # prefix: its flags
        self.table = {}     # postnat: prenat, prefix and state of the active ones

    @staticmethod
    def wrong(what, expected, seen):
        raise Mismatch(what, expected, seen)

    def numbered(self, answer):
        """An answer tells the number of the last event before it was read."""
        number = answer["event-seq"]
        if number < len(self.told) or \
                self.told and answer["incarnation"] != self.incarnation:
            self.wrong("the number of the last event",
                       f"{len(self.told)} of {self.incarnation}", answer)
        self.seen = max(self.seen, number)

    def read(self):
        """Whatever has happened since, and nothing else."""
        until, offset = clock()
        for event in self.family.dump("event-get", seq=len(self.told) + 1):
            self.take(event, offset)
        if len(self.told) < self.seen:
            self.wrong("the number of the last event",
                       f"up to {len(self.told)}", self.seen)
        self.hear(until)
        self.since = until
        self.model.events.overdue(until - self.slack)
        if not self.model.events.all_seen():
            self.wrong("an event is missing", self.model.events.next(), "nothing")
        self.compare()

    def read_again(self, back):
        """From the history, so many of them."""
        first = max(len(self.told) - back, 0)
        events = self.family.dump("event-get", seq=first + 1)
        for event in events:
            del event["realtime"]
        if events[:back] != self.told[first:]:
            self.wrong(f"events from number {first + 1} on", self.told[first:],
                       events)

    def take(self, event, offset):
        date = event.pop("realtime")
        when = event["boottime"]
        self.incarnation = self.incarnation or event["incarnation"]
        if event["seq"] != len(self.told) + 1 or \
                event["incarnation"] != self.incarnation:
            self.wrong("an event's number",
                       f"{len(self.told) + 1} of {self.incarnation}", event)
        if not self.since - self.slack <= when <= clock()[0] or \
                abs(date - when - offset) > self.slack:
            self.wrong("an event's time", f"from {self.since} on, and "
                       f"{offset} more by date", (event, date))
        self.since = max(self.since, when)
        self.told.append(event)
        if text := self.apply(event):
            self.model.events.seen(text, when, self.slack)

    def hear(self, until):
        """What has been told comes within a second."""
        self.waiting += self.family.heard()
        count = min(len(self.waiting), len(self.told) - self.heard)
        heard, self.waiting = self.waiting[:count], self.waiting[count:]
        for event in heard:
            del event["realtime"]
        told = self.told[self.heard:self.heard + count]
        if heard != told:
            self.wrong("what a listener hears", told, heard)
        self.heard += count
        late = [e for e in self.told[self.heard:]
                if e["boottime"] < until - SECOND - self.slack]
        if late:
            self.wrong("what a listener hears", late, "nothing")

    # What an event says

    def apply(self, event):
        """Returns it in words, where the model has a word for it."""
        kind = event["kind"]
        keys = event.keys() - ALWAYS
        missing = ABOUT.get(kind, set()) - keys
        if keys - ABOUT.get(kind, set()) or missing and not (
                missing == {"ttl"} and event["state"] == "static"
                or missing == PREFIX and kind == "no-address"):
            self.wrong("what an event is about", ABOUT.get(kind), event)
        word = {"pass": "pass_"}.get(kind, kind.replace("-", "_"))
        return getattr(self, word)(event, prefix_of(event))

    def add(self, event, prefix):
        if event["postnat"] in self.table:
            self.wrong("a binding begins", "not again", event)
        self.table[event["postnat"]] = event["prenat"], prefix, event["state"]
        state = "static"
        if "ttl" in event:
            state = f"ttl {Fraction(event['ttl'], 1000)}"
        return f"add {pair_of(event)} in {prefix} {state}"

    def holder(self, event):
        """The prefix that has held a binding until now."""
        prenat, prefix, _ = self.table.get(event["postnat"], (None, None, None))
        if prenat != event["prenat"]:
            self.wrong(f"{pair_of(event)} is there", self.table, event)
        return prefix

    def end(self, event, prefix):
        if self.holder(event) != prefix:
            self.wrong(f"{pair_of(event)} ends", self.holder(event), event)
        del self.table[event["postnat"]]
        return f"end {pair_of(event)} in {prefix} {event['reason']}"

    def pass_(self, event, prefix):
        if self.holder(event) == prefix or prefix not in self.prefixes:
            self.wrong(f"{pair_of(event)} passes", "to another prefix", event)
        self.table[event["postnat"]] = (event["prenat"], prefix,
                                        self.table[event["postnat"]][2])

    def prefix_new(self, event, prefix):
        if prefix in self.prefixes:
            self.wrong("a prefix begins", "not again", event)
        self.prefixes[prefix] = event["flags"]
        return f"prefix-new {prefix}"

    def prefix_set(self, event, prefix):
        """When, the specification leaves open."""
        if self.prefixes.get(prefix, event["flags"]) == event["flags"]:
            self.wrong("flags change", self.prefixes, event)
        self.prefixes[prefix] = event["flags"]

    def prefix_end(self, event, prefix):
        if prefix not in self.prefixes:
            self.wrong("a prefix ends", self.prefixes, event)
        del self.prefixes[prefix]
        self.table = {a: b for a, b in self.table.items() if b[1] != prefix}
        return f"prefix-end {prefix}"

    def flush(self, _, prefix):
        self.table = {a: b for a, b in self.table.items() if a not in prefix}
        return f"flush {prefix}"

    @staticmethod
    def no_address(event, prefix):
        return f"no-address {dotted(event['prenat'])} in {prefix}"

    # What it comes to

    def compare(self):
        prefixes = {p.prefix: p.flags() for p in self.model.pools}
        if self.prefixes != prefixes:
            self.wrong("prefixes, as events tell", prefixes, self.prefixes)
        table = {b.postnat: (b.prenat, b.through.prefix,
                             "static" if b.static else "active")
                 for b in self.model.by_postnat.values() if not b.over}
        ends = {t.text for t in self.model.events.timeouts}
        left = {a: b for a, b in self.table.items() if a in table or
                f"end {dotted(b[0])} -> {dotted(a)} in {b[1]} timeout" not in ends}
        if left != table:
            self.wrong("active bindings, as events tell", table, left)
