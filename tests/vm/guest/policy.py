# SPDX-License-Identifier: GPL-2.0-only
"""Compare the policy of the running kernel with the family's description.

Prints what differs, and for how many operations all agrees.
"""

import platform
import sys

import yaml

import genl

KINDS = {"flag": 1, "u32": 4, "u64": 5, "nest": 13}
LARGEST = {"u32": 2**32 - 1, "u64": 2**64 - 1}
CAN_DO, CAN_DUMP, HAS_POLICY, UNS_ADMIN = 2, 4, 8, 16


class Spec:
    """What the description says of each attribute and operation."""

    def __init__(self, path):
        with open(path, encoding="utf-8") as file:
            spec = yaml.safe_load(file)
        self.enums = {d["name"]: d["entries"] for d in spec["definitions"]}
        self.sets = {}      # numbers and attributes, of each
        for s in spec["attribute-sets"]:
            whole = self.sets.get(s.get("subset-of")) or \
                dict(enumerate(s["attributes"], 1))
            names = {a["name"] for a in s["attributes"]}
            self.sets[s["name"]] = {n: a for n, a in whole.items() if a["name"] in names}
        self.operations = spec["operations"]["list"]

    def limit(self, a):
        if "enum" in a:
            count = len(self.enums[a["enum"]])
            if "enum-as-flags" in a:
                return {"mask": (1 << count) - 1}
            return {"min": 0, "max": count - 1}
        if a["type"] not in LARGEST:
            return {}
        return {"min": 0, "max": LARGEST[a["type"]], **a.get("checks", {})}

    def policy(self, name, wanted=None):
        found = {}
        for i, a in self.sets[name].items():
            if a["type"] == "pad" or wanted is not None and a["name"] not in wanted:
                continue
            found[i] = {"kind": KINDS[a["type"]], **self.limit(a)}
            if a["type"] == "nest":
                found[i]["nest"] = self.policy(a["nested-attributes"])
        return found

    def operation(self, op, merged):
        """Its flags, and its policies; None where there is none."""
        policies, flags = {}, 0
        for mode, flag in ("do", CAN_DO), ("dump", CAN_DUMP):
            if mode in op:
                flags |= flag
                wanted = op[mode].get("request", {}).get("attributes", [])
                policies[mode] = self.policy(op["attribute-set"], wanted)
        # Linux before 6.2 has one policy for both.
        if merged and len(policies) == 2:
            policies["do"] = policies["dump"] = policies["dump"] or policies["do"]
        if any(policies.values()):
            flags |= HAS_POLICY
        if "uns-admin-perm" in op.get("flags", []):
            flags |= UNS_ADMIN
        return flags, policies


class Kernel:
    """What the kernel says."""

    def __init__(self):
        self.netlink = genl.Netlink()
        self.policies, self.modes = {}, {}
        request = genl.u16(1, self.netlink.family)
        for content in self.netlink.ask(10, request, flags=genl.DUMP, family=genl.CONTROL):
            for kind, data in genl.attrs(content[4:]):
                if kind == 8:
                    self.learn(data)
                elif kind == 9:
                    for command, modes in genl.attrs(data):
                        self.modes[command] = {("do", "dump")[k - 1]: genl.number(v)
                                               for k, v in genl.attrs(modes)}
        self.flags = {}
        for _, op in genl.attrs(self.netlink.about[6]):
            op = dict(genl.attrs(op))
            self.flags[genl.number(op[1])] = genl.number(op[2])

    def learn(self, data):
        for index, entries in genl.attrs(data):
            for number, entry in genl.attrs(entries):
                told = {k: genl.number(v) for k, v in genl.attrs(entry)}
                found = {"kind": told[1]}
                for name, kind in ("min", 4), ("max", 5), ("mask", 12), ("nest", 8):
                    if kind in told:
                        found[name] = told[kind]
                self.policies.setdefault(index, {})[number] = found

    def policy(self, index):
        found = {}
        for number, entry in self.policies.get(index, {}).items():
            found[number] = dict(entry)
            if "nest" in entry:
                found[number]["nest"] = self.policy(entry["nest"])
        return found

    def operation(self, command):
        modes = self.modes.get(command, {})
        return self.flags.get(command), {m: self.policy(i) for m, i in modes.items()}


def differences(spec, kernel):
    merged = [int(n) for n in platform.release().split(".")[:2]] < [6, 2]
    agree = 0
    seen = dict(kernel.flags)
    for command, op in enumerate(spec.operations, 1):
        if "do" not in op and "dump" not in op:
            continue
        flags, policies = spec.operation(op, merged)
        seen_flags, seen_policies = kernel.operation(command)
        seen.pop(command, None)
        same = flags == seen_flags
        if not same:
            yield f"{op['name']}: flags: expected {flags}, seen {seen_flags}"
        for mode, policy in policies.items():
            if policy != seen_policies.get(mode, {}):
                same = False
                yield f"{op['name']} {mode}: expected {policy}, seen {seen_policies.get(mode)}"
        agree += same
    if seen:
        yield f"not described: {seen}"
    yield f"{agree} operations agree"


if __name__ == "__main__":
    print("\n".join(differences(Spec(sys.argv[1]), Kernel())))
