# SPDX-License-Identifier: GPL-2.0-only
"""What DNETMAP does, in one network namespace: the specification as a program.

It knows nothing of the module. Times are nanoseconds of CLOCK_BOOTTIME. Where
more than one outcome is right, `prefer` says which one the real thing chose.
"""

import errno
import re
from dataclasses import dataclass, field
from functools import lru_cache

from log import Log

SECOND = 1_000_000_000
ADDRESS = r"\d+\.\d+\.\d+\.\d+"


def number(address):
    a, b, c, d = map(int, address.split("."))
    return a << 24 | b << 16 | c << 8 | d


@lru_cache(maxsize=65536)
def dotted(n):
    return f"{n >> 24}.{n >> 16 & 255}.{n >> 8 & 255}.{n & 255}"


@dataclass(frozen=True)
class Prefix:
    """A block of addresses, and what the text of it looks like."""

    first: int
    length: int

    @classmethod
    @lru_cache(maxsize=None)
    def parse(cls, text):
        address, length = text.split("/")
        return cls(number(address), int(length))

    def __post_init__(self):
        object.__setattr__(self, "last",
                           self.first + (1 << 32 - self.length) - 1)

    def __contains__(self, address):
        return self.first <= address <= self.last

    def __str__(self):
        return f"{dotted(self.first)}/{self.length}"

    def overlaps(self, other):
        return self.first <= other.last and other.first <= self.last

    @property
    def file(self):
        return f"{dotted(self.first)}_{self.length}"


NO_HOST = [Prefix.parse(p) for p in
           ("0.0.0.0/8", "127.0.0.0/8", "224.0.0.0/4", "255.255.255.255/32")]


@dataclass(frozen=True)
class Rule:
    """The options of one rule; what it matches is path.py's concern."""

    prefix: Prefix = None
    reuse: bool = False
    ttl: int = None
    static: bool = False
    persistent: bool = False
    own: bool = False

    def __str__(self):
        words = ["-j DNETMAP"]
        if self.prefix:
            words.append(f"--prefix {self.prefix}")
        if self.reuse:
            words.append("--reuse")
        if self.ttl is not None:
            words.append(f"--ttl {self.ttl}")
        if self.static:
            words.append("--static")
        if self.persistent:
            words.append("--persistent")
        if self.own:
            words.append("--own")
        return " ".join(words)


@dataclass
class Module:
    """The module's parameters."""

    default_ttl: int = 600
    max_bindings: int = 1048576
    disable_log: int = 0


@dataclass(eq=False)
class Pool:
    """A prefix that exists."""

    prefix: Prefix
    persistent: bool = False
    asked: bool = False     # some rule says --persistent
    spell: bool = False     # has nothing to give, and the log has said so
    own: bool = False       # its bindings are a scope of their own

    def __contains__(self, address):
        return address in self.prefix


@dataclass(eq=False)
class Binding:
    prenat: int
    postnat: int
    through: Pool           # gave it, and alone may give it to another host
    scope: Pool = None      # the own prefix whose scope it is in, or none
    expiry: int = 0
    hit: int = 0
    static: bool = False
    over: bool = False      # its end by timeout is in the log's account
    timeout: object = field(default=None, repr=False)

    def active(self, now):
        return self.static or now < self.expiry

    def ttl(self, now):
        """Seconds to expiry, rounded up, less one."""
        return -(-(self.expiry - now) // SECOND) - 1

    def pair(self):
        return f"{dotted(self.prenat)} -> {dotted(self.postnat)}"


class Unsure(Exception):
    """What comes now is open, or depends on a choice that cannot be seen."""


class Refused(Exception):
    """A write to /proc that fails, with its error number."""


class Namespace:
    """grain: how far off the model's clock may be."""

    def __init__(self, module, log=None, prefer=None, grain=0):
        self.module = module
        self.log = log or Log()
        self.prefer = prefer or (lambda what, among: min(among))
        self.grain = grain
        self.pools = []         # oldest first
        self.by_prenat = {}     # by scope and prenat address
        self.by_postnat = {}
        self.freed = {}         # address: since when; remembered, to go last
        self.spell = False      # of rules that name no prefix
        self.moved = set()      # in this change: whose bindings, to which scope

    # Packets

    def snat(self, rule, source, now):
        """The source that a new flow gets, or None: traversal continues."""
        self.tick(now)
        pools = [self.pool(rule.prefix)] if rule.prefix else self.pools
        if any(source in p for p in NO_HOST) or any(source in p for p in pools):
            return None
        scope = self.scope(pools[0]) if rule.prefix else None
        binding = self.by_prenat.get((scope, source))
        if rule.static:
            if not (binding and binding.static):
                return None
        elif not binding or not binding.active(now):
            if binding and (rule.reuse or not rule.prefix
                            or binding.postnat in rule.prefix):
                self.activate(binding, rule, now)
            else:
                binding = self.bind(source, scope, rule, pools, now)
                if not binding:
                    return None
        self.hit(binding, rule, now)
        return binding.postnat

    def dnat(self, rule, destination, now):
        """The destination that a new flow gets, or None."""
        self.tick(now)
        binding = self.by_postnat.get(destination)
        if not binding or not binding.active(now):
            return None
        if rule.prefix and destination not in rule.prefix:
            return None
        if rule.static and not binding.static:
            return None
        self.hit(binding, rule, now)
        return binding.prenat

    def hit(self, binding, rule, now):
        ttl = self.module.default_ttl if rule.ttl is None else rule.ttl
        if ttl >= 0 and not binding.static:
            binding.expiry = now + ttl * SECOND
        binding.hit = now
        self.tick(now)

    # Scopes

    @staticmethod
    def scope(pool):
        return pool if pool.own else None

    def move(self, binding, holder, now):
        """Another prefix holds a binding, or the same one has turned.

        Of two bindings of a host in a scope, the one stays that was hit in the
        later second, or else the one that was there.
        """
        binding.through = holder
        scope = self.scope(holder)
        if scope is binding.scope:
            return
        del self.by_prenat[binding.scope, binding.prenat]
        binding.scope = scope
        key = scope, binding.prenat
        rival = self.by_prenat.get(key)
        if scope and binding.prenat in scope:
            self.end(binding, now)      # its rules leave such hosts alone
        elif not rival:
            self.by_prenat[key] = binding
        elif self.hit_later(binding, rival, again=key in self.moved):
            self.end(rival, now)
            self.by_prenat[key] = binding
        else:
            self.end(binding, now)
        self.moved.add(key)

    def ends_in(self, binding, holder):
        """Would a binding end, or end another, if that held it?

        The holder goes, and may be own until then or not.
        """
        return any(scope is not binding.scope and (
            bool(scope) and binding.prenat in scope
            or (scope, binding.prenat) in self.by_prenat)
            for scope in (self.scope(holder), None))

    def hit_later(self, binding, rival, again):
        """Was it, in whole seconds? Which came first of two cannot be seen."""
        seconds = {(binding.hit + e) // SECOND - (rival.hit - e) // SECOND
                   for e in (-self.grain, 0, self.grain)}
        later = {s > 0 for s in seconds}
        if len(later) > 1 or again and 0 in seconds:
            raise Unsure
        return later.pop()

    def settle(self, pool, now):
        """A prefix has become own, or is it no longer: its bindings follow."""
        for binding in self.held(pool):
            self.move(binding, pool, now)

    def held(self, pool):
        """In the order in which the module visits them."""
        return sorted((b for b in self.by_postnat.values() if b.through is pool),
                      key=lambda b: b.postnat)

    # Bindings

    def bind(self, source, scope, rule, pools, now):
        """A new binding for a host, which loses the expired one it may have."""
        old = self.by_prenat.get((scope, source))
        for pool in pools:
            if self.scope(pool) is not scope:
                continue
            address = self.take(pool, now, old)
            if address is None:
                continue
            pool.spell = False
            if not pool.own:
                self.spell = False
            after = [self.by_postnat.get(address), old]
            if old and old.postnat in self.by_postnat:
                self.free(old, old.expiry)
            self.forget(address)
            binding = Binding(source, address, pool, scope)
            self.activate(binding, rule, now, after)
            return binding
        self.nothing_to_give(source, rule, now)
        return None

    def take(self, pool, now, old):
        """The address that a prefix gives to a host, in place of an old one.

        Where the old one leaves room for the new one at the limit, the
        specification does not say whether the host counts as new.
        """
        records = len(self.by_postnat) + len(self.freed)
        room = self.module.max_bindings - records
        never = self.never_given(pool)
        oldest = self.longest_idle(now, pool)
        if room > 0 and never is not None:
            return never
        if old and not self.remembers(old.postnat) and room == 0:
            either = [a for a in (never, oldest) if a is not None]
            return self.prefer("given", either) if either else None
        if oldest is not None or never is None:
            return oldest
        if not self.make_room(now, old):
            return None
        return self.prefer("given", [never, self.never_given(pool)])

    def make_room(self, now, old=None):
        """At the limit, the longest-expired binding is dropped.

        The old binding of the host is missed in the tables in any case, so
        that among equals it is the last to look for.
        """
        if len(self.by_postnat) + len(self.freed) < self.module.max_bindings:
            return True
        victim = self.longest_idle(now, last=old)
        if victim is None:
            return False
        self.forget(victim)
        return True

    def never_given(self, pool):
        for address in range(pool.prefix.first, pool.prefix.last + 1):
            if address not in self.by_postnat and address not in self.freed:
                return address
        return None

    def longest_idle(self, now, pool=None, last=None):
        """The address that has been free or expired the longest."""
        idle = {b.postnat: b.expiry // SECOND
                for b in self.by_postnat.values()
                if not b.active(now) and pool in (None, b.through)}
        idle.update((a, t // SECOND) for a, t in self.freed.items()
                    if pool is None or a in pool)
        if not idle:
            return None
        oldest = min(idle.values())
        among = [a for a, t in idle.items() if t == oldest]
        if pool:
            return self.prefer("given", among)
        if len(among) > 1 and any(a in self.freed for a in among):
            raise Unsure
        among.sort(key=lambda a: bool(last) and a == last.postnat)
        return self.prefer("dropped", among)

    def activate(self, binding, rule, now, after=()):
        after = [b.timeout for b in (binding, *after) if b]
        self.by_prenat[binding.scope, binding.prenat] = binding
        self.by_postnat[binding.postnat] = binding
        binding.expiry = now + self.module.default_ttl * SECOND
        binding.over = False
        binding.timeout = None
        self.say(f"add binding {binding.pair()}", now, after)

    def free(self, binding, since):
        """A binding goes; its prefix remembers the address, unless shared."""
        self.forget(binding.postnat)
        if self.remembers(binding.postnat):
            self.freed[binding.postnat] = since

    def remembers(self, address):
        return len([p for p in self.pools if address in p]) == 1

    def forget(self, address):
        self.freed.pop(address, None)
        binding = self.by_postnat.pop(address, None)
        key = binding and (binding.scope, binding.prenat)
        if binding and self.by_prenat.get(key) is binding:
            del self.by_prenat[key]

    def tick(self, now):
        """Whatever expired up to now has its end in the log within 2 s."""
        for binding in self.by_postnat.values():
            if not binding.over and not binding.active(now):
                binding.over = True
                binding.timeout = None if self.module.disable_log else \
                    self.log.timeout(binding.pair(), binding.expiry)

    def nothing_to_give(self, source, rule, now):
        holder = self.pool(rule.prefix) if rule.prefix else self
        if holder.spell:
            return
        holder.spell = True
        where = f"prefix {rule.prefix}" if rule.prefix else "any prefix"
        self.say(f"ip {dotted(source)} - no free addresses in {where}", now)

    # Prefixes

    def pool(self, prefix):
        return next((p for p in self.pools if p.prefix == prefix), None)

    def set_rules(self, rules, now, order=()):
        """One transaction: new prefixes come first, unnamed ones go last.

        order: the prefixes as the log names them, where several come or go.
        """
        self.tick(now)
        self.moved.clear()
        own = {r.prefix for r in rules if r.own}
        named = list(dict.fromkeys(r.prefix for r in rules if r.prefix))
        rank = {p: i for i, p in enumerate(order)}
        for prefix in sorted(named, key=lambda p: rank.get(p, 0)):
            if not self.pool(prefix):
                self.create(prefix, prefix in own, now)
        for pool in self.pools:
            if pool.prefix in own and not pool.own:
                pool.own = True
                self.settle(pool, now)
            asked = any(r.prefix == pool.prefix and r.persistent for r in rules)
            if asked and not pool.asked:
                pool.persistent = True
            pool.asked = asked
        gone = [p for p in self.pools
                if p.prefix not in named and not p.persistent]
        turned = [p for p in self.pools
                  if p.own and p.prefix not in own and p not in gone]
        # It is what it is to be at once; its own bindings move later.
        for pool in turned:
            pool.own = False
        for pool in sorted(gone, key=lambda p: rank.get(p.prefix, 0)):
            self.remove(pool, now, gone)
        # Of two bindings of one host, the prefix that is settled last ends one.
        hosts = [b.prenat for pool in turned for b in self.held(pool)]
        if len(hosts) > len(set(hosts)):
            raise Unsure
        for pool in turned:
            self.settle(pool, now)
        if not rules and not self.pools:
            self.spell = False      # nothing is left that could know

    def create(self, prefix, own, now):
        self.pools.append(Pool(prefix, own=own))
        for address in [a for a in self.freed if a in prefix]:
            del self.freed[address]
        self.log.expect(f"new prefix {prefix}", now)

    def remove(self, pool, now, going=()):
        """Bindings pass to the oldest prefix that has their address, or go.

        Of prefixes that go at the same time, one may or may not be an heir.
        """
        self.pools.remove(pool)
        for address in [a for a in self.freed if a in pool]:
            del self.freed[address]
        gone = []
        for binding in self.held(pool):
            heirs = [p for p in self.pools if binding.postnat in p]
            heir = next((p for p in heirs if p not in going), None)
            if heir:
                self.move(binding, heir, now)
            else:
                if any(self.ends_in(binding, p) for p in heirs):
                    raise Unsure
                gone.append(binding.timeout)
                self.forget(binding.postnat)
        self.log.expect(f"prefix {pool.prefix} removed", now, gone)

    # /proc

    def of(self, prefix):
        return sorted((b for b in self.by_postnat.values()
                       if b.postnat in prefix), key=lambda b: b.postnat)

    def table(self, prefix, now, error=0):
        """The bindings of a prefix, by a clock that is early by an error."""
        return "".join(
            f"{b.pair()} --- ttl: S lasthit: S\n" if b.static else
            f"{b.pair()} --- ttl: {b.ttl(now + error)} "
            f"lasthit: {(b.hit - error) // SECOND}\n"
            for b in self.of(prefix))

    def stat(self, prefix, now, error=0):
        active = [b for b in self.of(prefix) if b.active(now)]
        ttls = [b.ttl(now + error) for b in active if not b.static]
        mean = sum(ttls) // len(ttls) if ttls else 0
        size = prefix.last - prefix.first + 1
        flag = " persistent" if self.pool(prefix).persistent else ""
        return f"{len(active)} {size} {mean}{flag}\n"

    def files(self, now):
        """What /proc/net/xt_DNETMAP holds: names and contents."""
        files = {}
        for pool in self.pools:
            files[pool.prefix.file] = self.table(pool.prefix, now)
            files[pool.prefix.file + "_stat"] = self.stat(pool.prefix, now)
        return files

    def write(self, prefix, text, now, named):
        """A command written to the file of a prefix; named: has rules."""
        self.tick(now)
        pool = self.pool(prefix)
        if text == "flush":
            self.flush(pool, now)
        elif text == "+persistent":
            pool.persistent = True
        elif text == "-persistent":
            pool.persistent = False
            self.moved.clear()
            if not named:
                self.remove(pool, now)
        elif match := re.fullmatch(rf"\+({ADDRESS}):({ADDRESS})", text):
            self.add_static(pool, *map(number, match.groups()), now)
        elif match := re.fullmatch(rf"-({ADDRESS})", text):
            self.delete(pool, number(match[1]), now)
        else:
            raise Refused(errno.EINVAL)

    def add_static(self, pool, prenat, postnat, now):
        if prenat in pool or postnat not in pool:
            raise Refused(errno.EINVAL)
        scope = self.scope(pool)
        old = [b for b in (self.by_prenat.get((scope, prenat)),
                           self.by_postnat.get(postnat)) if b]
        if old and old[0].static and old[0] is old[-1] and len(old) == 2:
            return
        for binding in dict.fromkeys(old):
            self.end(binding, now)
        self.forget(postnat)
        if not self.make_room(now):
            raise Refused(errno.ENOSPC)
        binding = Binding(prenat, postnat, pool, scope, hit=now, static=True)
        self.by_prenat[scope, prenat] = self.by_postnat[postnat] = binding
        self.say(f"add binding {binding.pair()}", now,
                 [b.timeout for b in old])

    def delete(self, pool, address, now):
        found = [b for b in self.of(pool.prefix)
                 if address == b.postnat
                 or address == b.prenat and b.scope is self.scope(pool)]
        if not found:
            raise Refused(errno.ENOENT)
        if len(found) > 1:
            raise Unsure
        self.end(found[0], now)

    def end(self, binding, now):
        if binding.active(now):
            self.say(f"remove binding {binding.pair()}", now)
            self.free(binding, now)
        else:
            self.free(binding, binding.expiry)

    def flush(self, pool, now):
        after = []
        for binding in self.of(pool.prefix):
            after.append(binding.timeout)
            self.forget(binding.postnat)
        for address in [a for a in self.freed if a in pool]:
            del self.freed[address]
        self.log.expect(f"prefix {pool.prefix} flushed", now, after)

    # Diagnostics

    def describe(self, now):
        yield "prefixes: " + ", ".join(
            str(p.prefix) + (" (spell)" if p.spell else "")
            + (" (persistent)" if p.persistent else "")
            + (" (own)" if p.own else "") for p in self.pools)
        for b in sorted(self.by_postnat.values(), key=lambda b: b.postnat):
            yield (f"{b.pair()} through {b.through.prefix}, " +
                   ("static" if b.static else
                    f"to expire in {(b.expiry - now) / SECOND:.6f} s"))
        for address, since in sorted(self.freed.items()):
            yield (f"{dotted(address)} free for "
                   f"{(now - since) / SECOND:.6f} s")

    # The log

    def say(self, text, now, after=()):
        """A binding's line or a notice; those of prefixes always come."""
        if not self.module.disable_log:
            self.log.expect(text, now, after)
