# SPDX-License-Identifier: GPL-2.0-only
"""Operations by netlink: requests, and what the answers have to be."""

import errno

from family import Refused
from follower import Follower
from log import Log, Mismatch
from model import MILLISECOND, SECOND, Placed, Prefix, number
from model import Refused as Foreseen
from world import now

TIMES = ("ttl", "ended", "last-hit")


def block(prefix):
    """The attributes that name a prefix, or none."""
    return {"prefix": prefix.first, "prefix-len": prefix.length} if prefix else {}


def parse(address):
    return None if address is None else number(address)


class Talker:
    """A part of the Player."""

    # What begins and ends with the module

    def listen(self, place):
        place.family = place.gateway.family()
        place.model.events = Log()
        place.follower = Follower(place.family, place.model, self.grain * 3)

    def stop_listening(self, place):
        """What ends with the module is not told."""
        place.follower.read()
        place.family.close()
        place.family = place.follower = None

    # Requests

    def request(self, place, change, command, **values):
        """Asks for a change, and makes it in the model.

        Returns answers, or None if it is refused, as it should be.
        """
        time = now()
        self.looking_at = place
        answers, code, expected = None, 0, [0]
        try:
            answers = place.family.ask(command, **values)
        except Refused as refused:
            code = refused.code
        try:
            change(time)
        except Foreseen as foreseen:
            expected = foreseen.args
        if code not in expected:
            raise Mismatch(f"{command} {values}",
                           [errno.errorcode.get(e, "success") for e in expected],
                           errno.errorcode.get(code, "success"))
        return answers

    def nl_add(self, index, pairs, force):
        """Pairs: prenat, postnat, prefix or None, state, milliseconds or None."""
        place = self.places[index]
        places = [Placed(number(prenat), number(postnat),
                         prefix and Prefix.parse(prefix), state, ms)
                  for prenat, postnat, prefix, state, ms in pairs]
        time = now()
        answers = self.request(
            place, lambda time: place.model.place(places, force, time),
            "binding-new", force=force or None, binding=[
                {"prenat": p.prenat, "postnat": p.postnat, "state": p.state,
                 "ttl": p.ms if p.state == "active" else None,
                 "ended": p.ms if p.state == "expired" else None,
                 **block(p.prefix)} for p in places])
        if answers:
            there = [(place.model.by_postnat.get(p.postnat), p.prenat)
                     for p in sorted(places, key=lambda p: p.prenat)]
            self.compare_bindings(
                place, [b for b, prenat in there if b and b.prenat == prenat],
                answers[0].get("binding", []), time)

    def nl_del(self, index, prenat, postnat, prefix):
        place = self.places[index]
        prefix = prefix and Prefix.parse(prefix)
        self.request(place, lambda time: place.model.unbind(
            parse(prenat), parse(postnat), prefix, time), "binding-del",
            prenat=parse(prenat), postnat=parse(postnat), **block(prefix))

    def nl_prefix(self, index, what, prefix):
        """What: new, del, flush, or to set it persistent: on, off."""
        place = self.places[index]
        prefix = Prefix.parse(prefix)
        self.quiet(2500 * MILLISECOND)
        values = block(prefix)
        if what in ("on", "off"):
            values |= {"flags": {"persistent"} if what == "on" else set(),
                       "flags-mask": {"persistent"}}
            what = "set"
        answers = self.request(
            place, lambda time: place.model.request(
                what, prefix, values.get("flags"), time),
            "flush" if what == "flush" else f"prefix-{what}", **values)
        self.gone(place, prefix)
        pool = place.model.pool(prefix)
        if answers:
            self.compare_prefixes(place, [pool], answers)

    def gone(self, place, prefix):
        """If a prefix has ended, lets its files go, and the state, if it was the last."""
        if place.model.pool(prefix):
            return
        self.wait(lambda: prefix.file not in place.gateway.file_names(),
                  f"/proc has no {prefix.file}", 2 * SECOND)
        if not place.model.rules and not place.model.pools:
            self.world.sleep_until(now() + SECOND)

    # Answers

    def nl_get(self, index, prenat, postnat, prefix):
        place = self.places[index]
        prefix = prefix and Prefix.parse(prefix)
        found = place.model.find(parse(prenat), parse(postnat), prefix)

        def foresee(_):
            if not found:
                raise Foreseen(errno.ENOENT)
        time = now()
        answers = self.request(place, foresee, "binding-get",
                               prenat=parse(prenat), postnat=parse(postnat),
                               **block(prefix))
        if found:
            self.compare_bindings(place, [found], answers, time, numbered=True)

    def nl_list(self, index, subnet, state, postnat, prefix):
        place = self.places[index]
        subnet = subnet and Prefix.parse(subnet)
        prefix = prefix and Prefix.parse(prefix)
        time = now()
        answers = place.family.dump(
            "binding-get", state=state, postnat=parse(postnat), **block(prefix),
            **({"prenat": subnet.first, "prenat-len": subnet.length}
               if subnet else {}))
        self.compare_bindings(place, sorted(
            (b for b in place.model.by_postnat.values()
             if (not prefix or b.postnat in prefix)
             and (not subnet or b.prenat in subnet)
             and state in (None, b.state(time))
             and parse(postnat) in (None, b.postnat)),
            key=lambda b: b.postnat), answers, time, numbered=True)

    def nl_counters(self, index, prefix):
        """Of a prefix, or of all."""
        place = self.places[index]
        for other in self.places.values():
            other.model.tick(now())
        if prefix is None:
            self.compare_prefixes(
                place, sorted(place.model.pools, key=lambda p: (
                    p.prefix.first, p.prefix.length)),
                place.family.dump("prefix-get"))
            return
        pool = place.model.pool(Prefix.parse(prefix))

        def foresee(_):
            if not pool:
                raise Foreseen(errno.ENOENT)
        answers = self.request(place, foresee, "prefix-get",
                               **block(Prefix.parse(prefix)))
        if answers:
            self.compare_prefixes(place, [pool], answers)

    def nl_history(self, index, back):
        self.places[index].follower.read_again(back)

    def compare_bindings(self, place, bindings, answers, time, numbered=False):
        """As exactly as the clock allows."""
        if numbered:
            for answer in answers:
                place.follower.numbered(answer)
                del answer["event-seq"], answer["incarnation"]
        ends = time - self.grain, now() + self.grain
        if len(bindings) != len(answers) or not all(
                self.fits(answer, *(self.binding(b, time, end) for end in ends))
                for b, answer in zip(bindings, answers)):
            raise Mismatch("bindings", [self.binding(b, time, time)
                                        for b in bindings], answers)

    @staticmethod
    def fits(answer, early, late):
        """Is it what it was early or late, at a time in between?"""
        return any(answer.keys() == one.keys() and all(
            min(one[k], other.get(k, 0)) <= answer[k] <= max(one[k], other.get(k, 0))
            if k in TIMES else answer[k] == one[k] for k in one)
            for one, other in ((early, late), (late, early)))

    @staticmethod
    def binding(b, time, clock):
        """Its attributes, by a clock that may be off."""
        state = b.state(clock)
        left = {"active": {"ttl": b.expiry - clock},
                "expired": {"ended": clock - b.expiry}, "static": {}}[state]
        return {"prenat": b.prenat, "postnat": b.postnat,
                "prefix": b.through.prefix.first,
                "prefix-len": b.through.prefix.length, "state": state,
                "scope": "own" if b.scope else "shared",
                "last-hit": max(b.hit + clock - time, 0) // SECOND,
                **{k: v // MILLISECOND for k, v in left.items()}}

    def compare_prefixes(self, place, pools, answers):
        expected = [self.prefix(place, pool) for pool in pools]
        for answer in answers:
            place.follower.numbered(answer)
            del answer["event-seq"], answer["incarnation"]
        if answers != expected:
            raise Mismatch("prefixes", expected, answers)

    @staticmethod
    def prefix(place, pool):
        model = place.model
        held = [b for b in model.by_postnat.values() if b.through is pool]
        return {"prefix": pool.prefix.first, "prefix-len": pool.prefix.length,
                "flags": pool.flags(), "rules": model.named(pool),
                "usable": pool.prefix.last - pool.prefix.first + 1,
                "active": sum(not b.over for b in held),
                "static": sum(b.static for b in held),
                "expired": sum(b.over for b in held),
                **{name.replace("_", "-"): count
                   for name, count in vars(pool.tally).items()},
                "refused-any": model.tally.refused, "events-lost": 0}
