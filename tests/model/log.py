# SPDX-License-Identifier: GPL-2.0-only
"""The kernel log that the model expects, and the lines that really come.

Lines come in the order of their events, within a second. When an expiry is
noticed is the module's choice, within 2 s of it: its line may come anywhere
behind the lines of events before it, and before any line that follows from it.
"""

SECOND = 1_000_000_000


class Mismatch(Exception):
    def __init__(self, what, expected, seen):
        super().__init__(f"{what}\nexpected: {expected}\nseen:     {seen}")


class Line:
    def __init__(self, text, when, after):
        self.text = text
        self.deadline = when + SECOND
        self.after = after


class Timeout:
    def __init__(self, text, expiry, place):
        self.text = text
        self.deadline = expiry + 2 * SECOND
        self.place = place      # the number of lines that come before it


class Log:
    def __init__(self):
        self.lines = []         # in order; those before .done have come
        self.done = 0
        self.timeouts = []      # not yet come
        self.may_come = set()   # a refused ruleset's prefixes, for a moment

    def expect(self, text, now, after=()):
        self.lines.append(Line(text, now, [t for t in after if t]))

    def timeout(self, pair, expiry):
        t = Timeout(f"timeout binding {pair}", expiry, len(self.lines))
        self.timeouts.append(t)
        return t

    def seen(self, text, when, slack):
        """A line came, stamped so; raises Mismatch if it should not have."""
        item = self.find(text)
        if item is None:
            if text not in self.may_come:
                raise Mismatch("a line in the log", self.next(), repr(text))
        elif when > item.deadline + slack:
            raise Mismatch("a late line in the log",
                           f"{item.text!r} until {item.deadline / SECOND:.3f}",
                           f"at {when / SECOND:.3f}")
        elif isinstance(item, Line):
            self.done += 1
        else:
            self.timeouts.remove(item)

    def find(self, text):
        for t in self.timeouts:
            if t.text == text and t.place <= self.done:
                return t
        if self.done < len(self.lines):
            line = self.lines[self.done]
            if line.text == text and not self.missing(line):
                return line
        return None

    def missing(self, line):
        return [t for t in line.after if t in self.timeouts]

    def overdue(self, now):
        """Raises Mismatch for a line that should have come by now."""
        if self.done < len(self.lines):
            line = self.lines[self.done]
            if now > line.deadline:
                raise Mismatch("a line is missing in the log", self.next(),
                               "nothing")
        for t in self.timeouts:
            if now > t.deadline:
                raise Mismatch("a line is missing in the log", repr(t.text),
                               "nothing")

    def all_seen(self):
        """But for the ends that are noticed later."""
        return self.done == len(self.lines)

    def next(self):
        """What may come next, for a message."""
        next_ = [repr(t.text) for t in self.timeouts if t.place <= self.done]
        if self.done < len(self.lines):
            line = self.lines[self.done]
            if not self.missing(line):
                next_.append(repr(line.text))
        return " or ".join(next_) or "nothing"
