# SPDX-License-Identifier: GPL-2.0-only
"""A reader of a binding table who takes his time."""

import os

from log import Mismatch
from model import number
from promises import rows

PAGE = 4096


class Reader:
    """Sees every binding that lives through the whole read exactly once."""

    def __init__(self, place, prefix):
        self.place = place
        self.prefix = prefix
        self.file = place.gateway.open(prefix.file)
        self.text = b""
        self.alive = set(self.bindings())

    def bindings(self):
        return [b.pair() for b in self.place.model.of(self.prefix)]

    def step(self):
        """Reads a little; False at the end."""
        self.alive &= set(self.bindings())
        if not self.place.model.pool(self.prefix):
            self.close()
            return False
        part = os.read(self.file, PAGE)
        self.text += part
        if part:
            return True
        self.check()
        self.close()
        return False

    def check(self):
        seen = rows(self.text.decode("ascii"))
        pairs = [f"{prenat} -> {postnat}" for prenat, postnat, _, _ in seen]
        order = [number(postnat) for _, postnat, _, _ in seen]
        if order != sorted(set(order)):
            raise Mismatch(f"a slow read of {self.prefix.file}",
                           "each address once, in order", pairs)
        if missing := self.alive - set(pairs):
            raise Mismatch(f"a slow read of {self.prefix.file}",
                           f"these too: {sorted(missing)}", pairs)

    def finds_nothing(self):
        """The namespace is gone."""
        try:
            part = os.read(self.file, PAGE)
            raise Mismatch(f"reading {self.prefix.file} of a namespace that "
                           "is gone", "an error", part)
        except OSError:
            self.close()

    def close(self):
        os.close(self.file)
