# SPDX-License-Identifier: GPL-2.0-only
"""Compare the policy of the running kernel with the family's description.

Prints what differs, and for how many operations all agrees.
"""

import platform
import sys

import genl

KINDS = {"flag": 1, "u32": 4, "u64": 5, "nest": 13}
LARGEST = {"u32": 2**32 - 1, "u64": 2**64 - 1}
CAN_DO, CAN_DUMP, HAS_POLICY, UNS_ADMIN = 2, 4, 8, 16


class Yaml:
    """As much of YAML as the description needs."""

    def __init__(self, text):
        self.lines, self.anchors = [], {}
        for line in text.splitlines():
            text = line.strip()
            if not text or text.startswith(("#", "---")):
                continue
            if self.lines and self.lines[-1][1].count("[") > self.lines[-1][1].count("]"):
                self.lines[-1][1] += " " + text
            else:
                self.lines.append([len(line) - len(line.lstrip()), text])

    def deeper(self, indent):
        return self.lines and self.lines[0][0] > indent

    def block(self):
        indent = self.lines[0][0]
        if not self.lines[0][1].startswith("-"):
            return self.mapping(indent)
        items = []
        while self.lines and self.lines[0][0] == indent and \
                self.lines[0][1].startswith("- "):
            items.append(self.lines.pop(0)[1][2:])
        while self.lines and self.lines[0] == [indent, "-"]:
            self.lines.pop(0)
            items.append(self.block())
        return items

    def mapping(self, indent):
        found = {}
        while self.lines and self.lines[0][0] == indent and self.lines[0][1] != "-":
            key, _, rest = self.lines.pop(0)[1].partition(":")
            found[key] = self.value(rest.strip(), indent)
        return found

    def value(self, text, indent):
        if text == ">-":
            while self.deeper(indent):
                self.lines.pop(0)
            return None
        if text.startswith("["):
            return [word.strip() for word in text.strip("[]").split(",")]
        if text.startswith("*"):
            return self.anchors[text[1:]]
        if text and not text.startswith("&"):
            return text
        value = self.block()
        self.anchors[text[1:]] = value
        return value


class Spec:
    """What the description says of each attribute and operation."""

    def __init__(self, text):
        spec = Yaml(text).block()
        self.enums = {d["name"]: d["entries"] for d in spec["definitions"]}
        self.sets = {}
        for s in spec["attribute-sets"]:
            whole = {a["name"]: a for a in self.sets.get(s.get("subset-of"), ())}
            self.sets[s["name"]] = [whole.get(a["name"], a) for a in s["attributes"]]
        self.operations = spec["operations"]["list"]

    def limit(self, a):
        if "enum" in a:
            count = len(self.enums[a["enum"]])
            if "enum-as-flags" in a:
                return {"mask": (1 << count) - 1}
            return {"min": 0, "max": count - 1}
        if a["type"] not in LARGEST:
            return {}
        checks = a.get("checks", {})
        return {"min": int(checks.get("min", 0)),
                "max": int(checks.get("max", LARGEST[a["type"]]))}

    def policy(self, name, wanted=None):
        found = {}
        for i, a in enumerate(self.sets[name], 1):
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
    with open(sys.argv[1], encoding="utf-8") as file:
        SPEC = Spec(file.read())
    print("\n".join(differences(SPEC, Kernel())))
