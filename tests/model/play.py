# SPDX-License-Identifier: GPL-2.0-only
"""Plays random sequences against the module and compares it with the model.

Runs in a guest as root, started by tests/model/run.
"""

import argparse
import ast
import subprocess
import sys
import time
from random import Random

from choice import Chooser
from log import Mismatch
from model import SECOND, Unsure
from player import MILLISECOND, Player
from world import Failed, World, now

EPISODE = 300
MOST_BROKEN_OFF = 0.1


def say(text):
    print(text, flush=True)


def align(world):
    """An episode starts on a whole second, so that it replays alone."""
    world.sleep_until(-(-now() // (10 * SECOND)) * 10 * SECOND)


class Episode:
    """Some operations from one seed, in fresh namespaces and a fresh module."""

    def __init__(self, world, options):
        self.world = world
        self.options = options
        self.played = []
        self.player = Player(world, options.grain * MILLISECOND)
        self.broken_off = False

    def play(self, operation):
        self.played.append(operation)
        if self.options.verbose:
            say(f"{now() / SECOND:.6f} {operation!r}")
        if self.player.play(operation):
            return True
        self.played.pop()
        return False

    def random(self, number, steps):
        align(self.world)
        self.world.note(f"seed {self.options.seed}, episode {number}")
        chooser = Chooser(Random(f"{self.options.seed}.{number}"),
                          self.player, self.options.longest_sleep)
        for operation in chooser.first():
            self.play(operation)
        done = 0
        try:
            while done < steps:
                done += self.play(chooser.next())
            self.player.close()
        except Unsure:
            self.broken_off = True
            self.abandon()
        return done

    def replay(self, operations):
        align(self.world)
        for operation in operations:
            self.play(operation)
        self.player.close()

    def abandon(self):
        """Leaves things midway, as clean as can be."""
        subprocess.run("""
            for b in legacy nft; do
                for t in nat raw filter; do
                    iptables-$b -t $t -F; iptables-$b -t $t -X
                done
            done""", shell=True, executable="/bin/bash", check=False,
                       capture_output=True)
        for place in self.player.places.values():
            place.gateway.conntrack.flush()
            place.close()
        self.world.sleep_until(now() + 5 * SECOND)
        self.world.remove()
        self.world.sleep_until(now() + SECOND)
        self.world.log()


def fails(world, options, operations):
    """How a sequence fails, if it does."""
    episode = Episode(world, options)
    try:
        episode.replay(operations)
    except (Mismatch, Failed) as error:
        episode.abandon()
        return error
    except Unsure:
        episode.abandon()
    return None


def describe(player):
    """What the model knows of the gateways."""
    for index, place in player.places.items():
        say(f"gateway {index}, {place.gateway.backend}:")
        for entry in place.path.ruleset.entries:
            say(f"  {entry}")
        for line in place.model.describe(now()):
            say(f"  {line}")


def shrink(world, options, operations, error):
    """A shorter sequence that fails too, by leaving parts out."""
    start, operations = operations[:2], operations[2:]
    size, tries = len(operations), 0
    while size := size // 2:
        at = len(operations)
        while at > 0 and tries < options.shrink:
            at -= size
            shorter = operations[:max(at, 0)] + operations[at + size:]
            tries += 1
            if failed := fails(world, options, start + shorter):
                operations, error = shorter, failed
    say(f"shrunk to {len(start + operations)} operations:")
    for operation in start + operations:
        say(f"  {operation!r}")
    say(error)


def report(options, number, episode, error):
    say(f"MISMATCH: seed {options.seed}, episode {number}, "
        f"step {len(episode.played)}")
    say(error)
    describe(episode.player)
    say("the last operations:")
    for operation in episode.played[-12:]:
        say(f"  {operation!r}")


def random(world, options):
    """Episodes until the steps are done; the number played, and success."""
    done, number = 0, options.episode
    shown = broken_off = 0
    while done < options.steps:
        episode = Episode(world, options)
        steps = min(EPISODE, options.steps - done)
        try:
            done += episode.random(number, steps)
        except Exception as error:
            report(options, number, episode, error)
            episode.abandon()
            if not isinstance(error, (Mismatch, Failed)):
                raise
            if options.shrink:
                shrink(world, options, episode.played, error)
            return done + len(episode.played), False
        number += 1
        broken_off += episode.broken_off
        if done - shown >= 1000:
            shown = done
            say(f"{done} of {options.steps} steps")
    episodes = number - options.episode
    say(f"{broken_off} of {episodes} episodes broken off, "
        "where nothing says what comes")
    return done, broken_off <= 1 + MOST_BROKEN_OFF * episodes


def replay(world, options):
    with open(options.replay, encoding="utf-8") as file:
        operations = [ast.literal_eval(line.strip("# \n"))
                      for line in file if line.strip("# \n")]
    episode = Episode(world, options)
    try:
        episode.replay(operations)
    except (Mismatch, Failed) as error:
        report(options, 0, episode, error)
        return len(episode.played), False
    return len(operations), True


def play(arguments):
    """What the command line says; the number of steps, and success."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--module", required=True)
    parser.add_argument("--steps", type=int, default=50000)
    parser.add_argument("--seed", default="1")
    parser.add_argument("--episode", type=int, default=0)
    parser.add_argument("--replay")
    parser.add_argument("--shrink", type=int, default=200)
    parser.add_argument("--grain", type=int, default=20)
    parser.add_argument("--longest-sleep", type=int, default=1000000)
    parser.add_argument("--verbose", action="store_true")
    options = parser.parse_args(arguments)
    world = World(options.module)
    return (replay if options.replay else random)(world, options)


if __name__ == "__main__":
    steps, success = play(sys.argv[1:])
    say(f"figure: {steps} steps")
    sys.exit(not success)
