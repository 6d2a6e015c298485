# SPDX-License-Identifier: GPL-2.0-only
"""Is the comparison able to fail? Plays against models with one rule broken.

Each must be found, within so many steps: tests/model/run --mutants [--steps N]
"""

import os
import sys
import types

# What is broken, in model.py's own words.
MUTANTS = [
    ("a source of the prefix is translated",
     "any(source in p for p in pools)", "False"),
    ("--reuse is ignored", "(rule.reuse or not rule.prefix", "(not rule.prefix"),
    ("a rule without prefix reactivates nothing elsewhere",
     "(rule.reuse or not rule.prefix\n                            or",
     "(rule.reuse\n                            or rule.prefix and"),
    ("an expired binding of the prefix is not reactivated",
     "or binding.postnat in rule.prefix)", "and True)"),
    ("an expired binding serves DNAT",
     "if not binding or not binding.active(now):\n            return None\n"
     "        if rule.prefix", "if not binding:\n            return None\n"
     "        if rule.prefix"),
    ("DNAT ignores the prefix",
     "if rule.prefix and destination not in rule.prefix", "if False"),
    ("--ttl 0 keeps the expiry", "if ttl >= 0 and", "if ttl > 0 and"),
    ("a negative --ttl is a ttl", "if ttl >= 0 and", "if"),
    ("default_ttl is 600", "self.module.default_ttl if rule.ttl is None",
     "600 if rule.ttl is None"),
    ("inbound hits are not recorded",
     "self.hit(binding, rule, now)\n        return binding.prenat",
     "return binding.prenat"),
    ("expired addresses go before new ones",
     "if room > 0 and never is not None:",
     "if room > 0 and never is not None and oldest is None:"),
    ("the address that expired last goes first",
     "oldest = min(idle.values())", "oldest = max(idle.values())"),
    ("any prefix may recycle a binding",
     "pool in (None, b.through)", "(not pool or b.postnat in pool)"),
    ("a freed address is forgotten",
     "self.freed[binding.postnat] = since", "pass"),
    ("a freed address is free since it was freed",
     "self.free(old, old.expiry)", "self.free(old, now)"),
    ("a shared freed address is remembered",
     "if address in p]) == 1", "if address in p]) >= 1"),
    ("a new prefix leaves freed addresses alone",
     "for address in [a for a in self.freed if a in prefix]:",
     "for address in []:"),
    ("bindings die with their prefix",
     "heirs = [p for p in self.pools if binding.postnat in p]", "heirs = []"),
    ("max_bindings does not count freed addresses",
     "records = len(self.by_postnat) + len(self.freed)",
     "records = len(self.by_postnat)"),
    ("a full namespace refuses", "if not self.make_room(now, old):\n            return None", "return None"),
    ("the first notice of a spell is repeated", "holder.spell = True", "pass"),
    ("a spell never ends", "pool.spell = False\n            if", "if"),
    ("ttl is a second more", "-(-(self.expiry - now) // SECOND) - 1",
     "-(-(self.expiry - now) // SECOND)"),
    ("the mean is rounded up", "sum(ttls) // len(ttls)",
     "-(-sum(ttls) // len(ttls))"),
    ("timeouts are not logged",
     "self.log.timeout(binding.pair(), binding.expiry)", "None"),
    ("removed prefixes are not logged",
     'self.log.expect(f"prefix {pool.prefix} removed", now, gone)', "pass"),
    ("--static is ignored by SNAT",
     "if rule.static:\n            if not", "if False:\n            if not"),
    ("--static is ignored by DNAT",
     "if rule.static and not binding.static:", "if False:"),
    ("--persistent is ignored", "if asked and not pool.asked:", "if False:"),
    ("--persistent counts again where it was there before",
     "if asked and not pool.asked:", "if asked:"),
    ("+persistent is ignored", '"+persistent":\n            pool.persistent = True',
     '"+persistent":\n            pass'),
    ("what is there is added again",
     "if old and old[0].static and old[0] is old[-1] and len(old) == 2:",
     "if False:"),
    ("what is deleted was never given", "self.free(binding, now)", "pass"),
    ("what is not there can be deleted", "raise Refused(errno.ENOENT)", "return"),
    ("a flush leaves freed addresses alone",
     'del self.freed[address]\n        self.log.expect(f"prefix {pool.prefix} f',
     'pass\n        self.log.expect(f"prefix {pool.prefix} f'),
    ("--own is ignored", "own = {r.prefix for r in rules if r.own}",
     "own = set()"),
    ("a rule without prefix is given addresses of own prefixes",
     "if self.scope(pool) is not scope:", "if False:"),
    ("a prefix stays own",
     "if p.own and p.prefix not in own and p not in gone]", "if False]"),
    ("bindings keep their scope when their prefix becomes own",
     "for binding in self.held(pool):\n            self.move",
     "for binding in ():\n            self.move"),
    ("of two bindings in a scope, that which was there stays",
     "elif self.hit_later(", "elif False and self.hit_later("),
    ("of two bindings in a scope, that which comes stays",
     "elif self.hit_later(", "elif True or self.hit_later("),
    ("a command finds the bindings that a host has in other scopes",
     "or address == b.prenat and b.scope is self.scope(pool)]",
     "or address == b.prenat]"),
    ("a static binding replaces what its host has in the shared scope",
     "old = [b for b in (self.by_prenat.get((scope, prenat)),",
     "old = [b for b in (self.by_prenat.get((None, prenat)),"),
]


def model(mutant):
    """The module model with one rule broken."""
    name, old, new = mutant
    path = os.path.join(os.path.dirname(__file__), "model.py")
    with open(path, encoding="utf-8") as file:
        text = file.read()
    if text.count(old) != 1:
        raise ValueError(f"{name}: {old!r} is there {text.count(old)} times")
    broken = types.ModuleType("model")
    sys.modules["model"] = broken
    exec(compile(text.replace(old, new), path, "exec"), broken.__dict__)


def found(mutant, arguments):
    """Plays in a child, which has a model of its own: ours, without a mutant."""
    print(f"broken: {mutant[0] if mutant else 'nothing'}", flush=True)
    child = os.fork()
    if child == 0:
        if mutant:
            model(mutant)
        from play import play
        _, good = play(arguments)
        sys.stdout.flush()
        os._exit(good)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


def main(arguments):
    missed = [mutant[0] for mutant in MUTANTS if not found(mutant, arguments)]
    # Flushed, or the child would say it once more.
    print(f"figure: {len(MUTANTS)} breaks of the model", flush=True)
    for name in missed:
        print(f"NOT FOUND: {name}", flush=True)
    # What they leave behind is not what the next is found by.
    agrees = not found(None, arguments + ["--steps", "2000"])
    if not agrees:
        print("FOUND, where none is broken")
    return agrees and not missed


if __name__ == "__main__":
    sys.exit(not main(sys.argv[1:]))
