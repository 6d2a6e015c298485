#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Sum up gcov's JSON: lines run, by file; lines not run, with explanations.

These are on stderr; on stdout is a test that they are as they should be.

    gcov --json-format --stdout ... | coverage.py EXPLANATIONS TOP

A line of EXPLANATIONS is "FILE: TEXT OF THE LINE # why", and is for one line. One
that there is no such line for is wrong; one whose line did run is only named, as
what races does that now and then.
"""

import functools
import json
import os
import sys
from collections import defaultdict

GOAL = 95


def counts(stream):
    """{file: {line: how often it ran}}, of the module's own files."""
    ran = defaultdict(lambda: defaultdict(int))
    for document in filter(str.strip, stream):
        for file in json.loads(document)["files"]:
            name = file["file"]
            at = name.rfind("kernel/")
            if at < 0 or not os.path.exists(os.path.join(top, name[at:])):
                continue
            for line in file["lines"]:
                ran[name[at:]][line["line_number"]] += line["count"]
    return ran


def explanations(path):
    """{(file, text): [why]}"""
    why = defaultdict(list)
    with open(path, encoding="utf-8") as file:
        for line in file:
            if line.strip() and not line.startswith("#"):
                name, rest = line.rstrip("\n").split(": ", 1)
                text, reason = rest.rsplit(" # ", 1)
                why[name, text.strip()].append(reason)
    return why


@functools.cache
def text_of(name):
    """The lines of a source, of which there may be none."""
    path = os.path.join(top, name)
    if not os.path.exists(path):
        return []
    with open(path, encoding="utf-8") as file:
        return [line.strip() for line in file]


def say(text):
    print(text, file=sys.stderr)


top = sys.argv[2]
ran = counts(sys.stdin)
why = explanations(sys.argv[1])
unexplained = aimless = lines = done = 0
for name in sorted(ran):
    of_file = ran[name]
    run = sum(1 for n in of_file.values() if n)
    lines += len(of_file)
    done += run
    say(f"{name:24} {run:5} of {len(of_file):5} lines"
        f" {100 * run / len(of_file):6.1f} %")
say(f"{'all':24} {done:5} of {lines:5} lines {100 * done / lines:6.1f} %\n")
for (name, line), reasons in why.items():
    there = text_of(name).count(line)
    for reason in reasons[there:]:
        aimless += 1
        say(f"{name}: {line}  # NO SUCH LINE: {reason}")
    del reasons[there:]
for name in sorted(ran):
    for number, count in sorted(ran[name].items()):
        if count:
            continue
        line = text_of(name)[number - 1]
        reasons = why[name, line]
        unexplained += not reasons
        say(f"{name}:{number}: {line}"
            f"  # {reasons.pop(0) if reasons else 'NOT EXPLAINED'}")
for (name, line), reasons in why.items():
    for reason in reasons:
        say(f"{name}: {line}  # IT DID RUN: {reason}")
good = 100 * done >= GOAL * lines and not unexplained and not aimless
print(f"1..1\n{'ok' if good else 'not ok'} 1 - {100 * done / lines:.1f} % of "
      f"{lines} lines ran, {unexplained} of the others not explained, "
      f"{aimless} explanations of none")
print(f"# figure: {done} lines run, of {lines}")
sys.exit(not good)
