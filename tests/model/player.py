# SPDX-License-Identifier: GPL-2.0-only
"""Does each operation to the real thing and to the model, and compares."""

import errno
import re

from log import Log, Mismatch
from model import SECOND, Module, Namespace, Prefix, Refused, dotted, number
from path import Packet, Path
from promises import PREFIX, Promises, rows
from reader import Reader
from ruleset import Entry
from world import Gateway, now

MILLISECOND = SECOND // 1000
LIMITS = {
    "default_ttl": range(1, 2147483648),
    "hash_size": [1 << n for n in range(21)],
}
SUFFIX = re.compile(r"(.*) \[net:(\d+)\]")


class Place:
    """A gateway, and all that is expected of it."""

    def __init__(self, gateway, module, pinned, home, prefer, grain):
        self.gateway = gateway
        self.home = home
        self.log = Log()
        self.model = Namespace(module, self.log, prefer, grain)
        self.path = Path(self.model, pinned)
        self.promises = Promises()
        self.promises.logged = not module.disable_log
        self.readers = []

    def read_on(self):
        self.readers = [r for r in self.readers if r.step()]

    def close(self):
        for reader in self.readers:
            reader.close()
        self.gateway.close()


class Player:
    """grain: how far the clock may be off between the module and us."""

    def __init__(self, world, grain=20 * MILLISECOND):
        self.world = world
        self.grain = grain
        self.places = {}
        self.module = None
        self.unread = []        # lines of the log, not yet compared
        self.seen = []          # what the last packet became
        self.looking_at = None

    def play(self, operation):
        """Returns False where the operation makes no sense by now."""
        name, *args = operation
        if args and name not in ("sleep", "param", "load", "gateway") and \
                args[0] not in self.places:
            return False
        self.quiet(self.grain * 2)
        if getattr(self, name)(*args) is False:
            return False
        for place in self.places.values():
            place.read_on()
        self.check_all()
        return True

    def quiet(self, ahead):
        """Lets time pass until nothing is about to expire."""
        while True:
            time = now()
            soon = [b.expiry for p in self.places.values()
                    for b in p.model.by_postnat.values()
                    if not b.over and not b.static
                    and -self.grain < b.expiry - time <= ahead
                    and b.expiry != b.hit]
            if not soon:
                return
            self.world.sleep_until(max(soon) + self.grain + MILLISECOND)

    # Time, module, namespaces

    def load(self, parameters):
        """Inserts the module, which takes its defaults for what is wrong."""
        values = dict(parameters)
        wrong = [name for name, good in LIMITS.items()
                 if name in values and values[name] not in good]
        for name in wrong:
            del values[name]
        self.module = Module(**{k: v for k, v in values.items()
                                if k in Module.__dataclass_fields__})
        self.world.insert(**parameters)
        for name in wrong:
            self.wait(lambda: self.told_off(name),
                      f"the log says what {name} should have been", SECOND)

    def reload(self, _, parameters):
        self.unload()
        self.load(parameters)
        self.check_all()
        for place in self.places.values():
            place.model.module = self.module
            place.promises.log_switched(not self.module.disable_log)

    def unload(self):
        for index, place in self.places.items():
            if place.path.ruleset.entries:
                self.restore(index, [], False)
        self.wait(self.world.remove, "the module can be removed")
        for place in self.places.values():
            left = {p.prefix for p in place.model.pools}
            order = self.order(place, left)
            for pool in place.model.pools:
                pool.persistent = False
            place.model.set_rules([], now(), order=order)

    def wait(self, condition, what, limit=3 * SECOND):
        deadline = now() + limit
        while not condition():
            if now() > deadline:
                raise Mismatch(f"within {limit / SECOND} s", what, "no")
            self.world.sleep_until(now() + 20 * MILLISECOND)

    def param(self, name, value):
        good = value in LIMITS.get(name, range(2))
        if name == "disable_log":
            self.drain()
        if self.world.set(name, value) != (0 if good else errno.EINVAL):
            raise Mismatch(f"{name} = {value}", "taken" if good else "EINVAL",
                           "not so")
        if good:
            setattr(self.module, name, value)
            for place in self.places.values():
                place.promises.log_switched(not self.module.disable_log)

    def sleep(self, milliseconds):
        self.world.sleep_until(now() + milliseconds * MILLISECOND)

    def gateway(self, index, backend, pinned):
        if index in self.places:
            return False
        self.places[index] = Place(Gateway(index != 0, backend, pinned),
                                   self.module, pinned, index == 0,
                                   self.prefer, self.grain)
        return True

    def delete(self, index):
        """A namespace goes, rules and bindings in place, silently."""
        if index == 0:
            return False
        self.drain()
        place = self.places.pop(index)
        place.gateway.close()
        self.world.sleep_until(now() + 2 * SECOND)
        for reader in place.readers:
            reader.finds_nothing()

    def close(self):
        """The end of an episode: everything goes, and the log is complete."""
        self.unload()
        self.drain()
        for index in sorted(self.places):
            place = self.places.pop(index)
            if place.home:
                place.gateway.conntrack.flush()
                place.gateway.restore("".join(
                    f"*{t}\nCOMMIT\n" for t in ("nat", "raw", "filter")))
            place.close()
        self.world.sleep_until(now() + SECOND)
        self.collect()
        if self.unread:
            raise Mismatch("the log after the end", "nothing", self.unread)

    def drain(self):
        self.quiet(3 * SECOND)
        self.world.sleep_until(now() + 2200 * MILLISECOND)
        self.check_all()

    # Rules

    def iptables(self, index, command):
        place = self.places[index]
        edited = place.path.ruleset.edited(command)
        if edited is None:
            return False
        self.transaction(place, edited,
                         lambda g: g.iptables(*command.split()))
        return True

    def restore(self, index, lines, noflush):
        place = self.places[index]
        ruleset, text = place.path.ruleset.restored(lines, noflush)
        self.transaction(place, ruleset, lambda g: g.restore(
            text, *(["--noflush"] if noflush else [])))

    def refused(self, index, lines):
        """A ruleset that the kernel refuses for its last line."""
        place = self.places[index]
        for line in lines:
            prefix = Entry.parse(line).rule.prefix
            place.log.may_come |= {f"new prefix {prefix}",
                                   f"prefix {prefix} removed"}
        bad = "-A INPUT -j DNETMAP --prefix 20.0.0.0/30"
        text = place.path.ruleset.restored(
            [str(e) for e in place.path.ruleset.entries] + lines, False)[1]
        text = text.replace("COMMIT", bad + "\nCOMMIT")
        if not place.gateway.refused(text):
            raise Mismatch("a rule in INPUT", "refused", "accepted")
        self.world.sleep_until(now() + 2 * SECOND)
        self.check_all()
        place.log.may_come = set()

    def roundtrip(self, index):
        """What iptables-save prints, restored, changes nothing."""
        place = self.places[index]
        self.check_rules(place)
        saved = place.gateway.command(
            f"iptables-{place.gateway.backend}-save", "-t", "nat")
        self.transaction(place, place.path.ruleset, lambda g: g.restore(saved))
        self.check_rules(place)

    @staticmethod
    def check_rules(place):
        expected = sorted(map(str, place.path.ruleset.entries))
        seen = sorted(place.gateway.rules())
        if expected != seen:
            raise Mismatch("iptables -S", expected, seen)

    def transaction(self, place, ruleset, change):
        """Changes the rules at once; prefixes may go within 2 s."""
        self.quiet(2500 * MILLISECOND)
        self.check(place)
        # Lines of prefixes that went before say nothing of these.
        self.wait(lambda: self.told(place), "the log tells what was before",
                  2 * SECOND)
        before = {p.prefix for p in place.model.pools}
        rules = ruleset.rules()
        place.promises.scopes |= any(r.own for r in rules)
        change(place.gateway)
        kept = {p.prefix for p in place.model.pools if p.persistent}
        after = {r.prefix for r in rules if r.prefix} | kept
        names = {n for p in after for n in (p.file, p.file + "_stat")}
        self.wait(lambda: place.gateway.file_names() == names,
                  f"/proc has {sorted(names)}", 2 * SECOND)
        own = {r.prefix for r in rules if r.own}
        turned = any(p.own and p.prefix not in own for p in place.model.pools)
        # Without rules, the module may keep its state for a moment.
        if turned or not rules:
            self.world.sleep_until(now() + SECOND)
        order = self.order(place, before ^ after)
        place.path.ruleset = ruleset
        place.model.set_rules(rules, now(), order)

    def told(self, place):
        self.compare_log(now())
        return place.log.all_seen()

    def order(self, place, prefixes):
        """In which order the log says that prefixes came and went."""
        def told():
            self.collect()
            for where, _, text in self.unread:
                match = PREFIX.fullmatch(text)
                if where is place and match and match[3] != "flushed":
                    yield Prefix.parse(match[1] or match[2])
        if len(prefixes) > 1:
            self.wait(lambda: prefixes <= set(told()),
                      f"the log tells of {[str(p) for p in prefixes]}", SECOND)
        return list(told())

    # Packets

    def packet(self, index, came, proto, src, sport, dst, dport, answer):
        place = self.places[index]
        packet = Packet(proto, number(src), sport, number(dst), dport)
        known = packet in place.path.flows
        if answer and not (known and place.path.tracking()):
            return False
        left = self.pass_on(place, packet, came, answer)
        if not known and left and left[1].dst != packet.dst:
            place.promises.dnat(dotted(left[1].dst), dst)
        return True

    def pass_on(self, place, packet, came, answer=False):
        """Sends a packet; returns where it went and as what."""
        time = now()
        self.seen = place.gateway.send(packet, came, answer)
        self.looking_at = place
        left = place.path.forward(packet, came, time)
        expected = [left] if left else []
        if self.seen != expected:
            raise Mismatch(f"{packet} from {came}", self.show(expected),
                           self.show(self.seen))
        return left

    def burst(self, index, src, count, sport, dst):
        """A flow from each of many hosts."""
        place = self.places[index]
        for n in range(count):
            self.pass_on(place, Packet("udp", number(src) + n, sport + n,
                                       number(dst), 7), "lan")

    @staticmethod
    def show(packets):
        return ", ".join(f"{p} to {side}" for side, p in packets) or "nothing"

    @staticmethod
    def check_conntrack(place):
        """All flows that there were, and nothing else."""
        conntrack = place.gateway.conntrack
        expected = {conntrack.encoded(packet, reply)
                    for packet, reply in place.path.entries.items()}
        seen = conntrack.table()
        if seen != expected:
            raise Mismatch("conntrack's table", *(
                [tuple(str(conntrack.packet(t)) for t in flow)
                 for flow in flows]
                for flows in (expected - seen, seen - expected)))

    def prefer(self, what, among):
        """Where the specification leaves a choice: what was chosen."""
        if what == "given":
            for _, packet in self.seen:
                if packet.src in among:
                    return packet.src
        else:
            left = self.tables(self.looking_at)
            for address in among:
                if address not in left:
                    return address
        return min(among)

    @staticmethod
    def tables(place):
        return {number(postnat) for name, text in place.gateway.files().items()
                if not name.endswith("_stat")
                for _, postnat, _, _ in rows(text)}

    # /proc

    def read(self, index, prefix, size):
        """Reads a file in small pieces."""
        place = self.places[index]
        prefix = Prefix.parse(prefix)
        if not place.model.pool(prefix):
            return False
        for name in (prefix.file, prefix.file + "_stat"):
            with place.gateway.net:
                seen = place.gateway.read(name, size)
            self.compare(place, name, seen, now())
        return True

    def read_slowly(self, index, prefix):
        place = self.places[index]
        prefix = Prefix.parse(prefix)
        if not place.model.pool(prefix):
            return False
        place.readers.append(Reader(place, prefix))
        return True

    def write(self, index, prefix, text):
        place = self.places[index]
        prefix = Prefix.parse(prefix)
        if not place.model.pool(prefix):
            return False
        self.quiet(2500 * MILLISECOND)
        named = prefix in (r.prefix for r in place.path.ruleset.rules())
        seen = place.gateway.write(prefix.file, text)
        self.looking_at = place
        expected = 0
        try:
            place.model.write(prefix, text.removesuffix("\n"), now(), named)
        except Refused as refused:
            expected = refused.args[0]
            if expected == errno.EINVAL:
                self.wait(lambda: self.told_off("expected"),
                          f"the log says what {text!r} should have been",
                          SECOND)
        if seen != expected:
            raise Mismatch(f"writing {text!r} to {prefix.file}",
                           errno.errorcode.get(expected, "success"),
                           errno.errorcode.get(seen, "success"))
        if not place.model.pool(prefix):
            self.wait(lambda: not prefix.file in place.gateway.file_names(),
                      f"/proc has no {prefix.file}", 2 * SECOND)
        return True

    def told_off(self, text):
        """Takes the line about a mistake out of the log."""
        self.collect()
        lines = [line for line in self.unread
                 if text in line[2]]
        self.unread = [line for line in self.unread if line not in lines]
        return len(lines) == 1

    # Comparison

    def check_all(self):
        for place in self.places.values():
            self.check(place)

    def check(self, place):
        self.quiet(self.grain * 2)
        time = now()
        for other in self.places.values():
            other.model.tick(time)
        expected = place.model.files(time)
        files = place.gateway.files()
        self.compare_log(time)
        place.promises.tables(files, time, self.grain * 3)
        self.check_conntrack(place)
        if files != expected:
            if files.keys() != expected.keys():
                raise Mismatch("the files in /proc/net/xt_DNETMAP",
                               sorted(expected), sorted(files))
            for name, text in files.items():
                self.compare(place, name, text, time)

    def compare(self, place, name, seen, time):
        """As exactly as the clock allows."""
        prefix = Prefix.parse(name.removesuffix("_stat").replace("_", "/"))
        form = place.model.stat if name.endswith("_stat") else \
            place.model.table
        low = form(prefix, now(), self.grain)
        high = form(prefix, time, -self.grain)
        if not self.between(low, seen, high):
            raise Mismatch(f"{name} at {time / SECOND:.6f}",
                           "\n" + form(prefix, time), "\n" + seen)

    @staticmethod
    def between(low, seen, high):
        words = [text.replace("\n", " \n ").split(" ")
                 for text in (low, seen, high)]
        if len({len(w) for w in words}) > 1:
            return False
        for a, x, b in zip(*words):
            if x == a or x == b:
                continue
            try:
                if not int(a) <= int(x) <= int(b):
                    return False
            except ValueError:
                return False
        return True

    def collect(self):
        homes = {p.gateway.net.inode: p for p in self.places.values()
                 if not p.home}
        for stamp, text in self.world.log():
            place = self.places.get(0)
            if match := SUFFIX.fullmatch(text):
                text, inode = match.groups()
                if (place := homes.get(int(inode))) is None:
                    raise Mismatch("a line in the log", "none of a namespace "
                                   "that is gone or unknown", repr(text))
            self.unread.append((place, stamp, text))

    def compare_log(self, time):
        self.collect()
        lines, self.unread = self.unread, []
        for place, stamp, text in lines:
            if place is None:
                raise Mismatch("a line in the log", "none", repr(text))
            place.log.seen(text, stamp, self.grain * 3)
            place.promises.line(text)
        for place in self.places.values():
            place.log.overdue(time - self.grain * 3)
