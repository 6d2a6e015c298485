# SPDX-License-Identifier: GPL-2.0-only
"""The real thing: gateways in network namespaces, the module, the log, time.

A gateway has two tun devices: what the player writes into one arrives from
that side, and what the gateway sends there, the player reads. The module is
driven by iptables, by packets and by /proc, as its users do.
"""

import ctypes
import errno
import fcntl
import os
import re
import socket
import struct
import subprocess
import time

from model import SECOND
from path import DROPPED, LAN, UNTRACKED
from wire import Conntrack, decode, encode

TUNSETIFF, IFF_TUN, IFF_NO_PI = 0x400454ca, 0x0001, 0x1000
CLONE_NEWNET = 0x40000000
PROC = "/proc/self/net/xt_DNETMAP"
PARAMETERS = "/sys/module/xt_DNETMAP/parameters/"
TAG = "xt_DNETMAP: "
BAD = re.compile(os.environ["bad_words"])

libc = ctypes.CDLL(None, use_errno=True)

SETUP = f"""\
link set lo up
address add 192.168.255.254/16 dev lan
address add 198.51.100.1/24 dev wan
link set lan up
link set wan up
route add default dev wan
"""

SYSCTLS = {
    "net/ipv4/ip_forward": 1,
    "net/ipv4/conf/all/rp_filter": 0,
    "net/ipv4/conf/default/rp_filter": 0,
    "net/ipv4/conf/all/send_redirects": 0,
    "net/ipv4/conf/default/send_redirects": 0,
    "net/ipv6/conf/all/disable_ipv6": 1,
    "net/ipv6/conf/default/disable_ipv6": 1,
    # Conntrack forgets nothing by itself; longer would overflow jiffies.
    **{f"net/netfilter/nf_conntrack_{name}": 2000000 for name in (
        "generic_timeout", "icmp_timeout", "udp_timeout",
        "udp_timeout_stream", "tcp_timeout_syn_sent", "tcp_timeout_syn_recv",
        "tcp_timeout_established", "tcp_timeout_max_retrans",
        "tcp_timeout_unacknowledged")},
}

# Rules of other tables; they hold conntrack in place for good.
OTHERS = {
    "raw": [f"{chain} -p {proto} --dport {UNTRACKED} -j CT --notrack"
            for chain in ("PREROUTING", "OUTPUT") for proto in ("udp", "tcp")],
    "filter": [f"FORWARD -p {proto} --dport {DROPPED} -j DROP"
               for proto in ("udp", "tcp")]
    + ["FORWARD -m conntrack --ctstate DNAT"],
}


def call(function, *args):
    if function(*args) < 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{function.__name__}: {os.strerror(number)}")


def now():
    return time.clock_gettime_ns(time.CLOCK_BOOTTIME)


def put(path, value):
    with open(path, "w", encoding="ascii") as file:
        file.write(str(value))


def tables(table, lines):
    return "\n".join([f"*{table}", *lines, "COMMIT", ""])


class Failed(Exception):
    """A command that should have worked."""


class Namespace:
    """A network namespace, to be entered by `with`."""

    home = None

    def __init__(self, new):
        if Namespace.home is None:
            Namespace.home = os.open("/proc/self/ns/net", os.O_RDONLY)
        if new:
            call(libc.unshare, CLONE_NEWNET)
        self.fd = os.open("/proc/self/ns/net", os.O_RDONLY)
        self.inode = os.fstat(self.fd).st_ino
        self.__exit__()

    def __enter__(self):
        call(libc.setns, self.fd, CLONE_NEWNET)

    def __exit__(self, *_):
        call(libc.setns, self.home, CLONE_NEWNET)

    def close(self):
        os.close(self.fd)


class Gateway:
    """A namespace that forwards between lan and wan under iptables' rules."""

    def __init__(self, new, backend, pinned):
        self.backend = backend
        self.net = Namespace(new)
        with self.net:
            self.tuns = {side: self.tun(side) for side in ("lan", "wan")}
            for name, value in SYSCTLS.items():
                put(f"/proc/sys/{name}", value)
            self.raw = socket.socket(socket.AF_INET, socket.SOCK_RAW,
                                     socket.IPPROTO_RAW)
            self.conntrack = Conntrack()
        self.command("ip", "-batch", "-", given=SETUP)
        if pinned:
            self.restore("".join(tables(t, [f"-A {r}" for r in rules])
                                 for t, rules in OTHERS.items()))

    @staticmethod
    def tun(name):
        fd = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
        fcntl.ioctl(fd, TUNSETIFF, struct.pack("16sH22x", name.encode(),
                                               IFF_TUN | IFF_NO_PI))
        return fd

    def close(self):
        """Lets go of everything; a new namespace is then deleted."""
        for fd in self.tuns.values():
            os.close(fd)
        self.raw.close()
        self.conntrack.close()
        self.net.close()

    # Commands

    def run(self, *words, given=""):
        with self.net:
            return subprocess.run(words, input=given, capture_output=True,
                                  encoding="ascii", check=False)

    def command(self, *words, given=""):
        done = self.run(*words, given=given)
        if done.returncode:
            raise Failed(f"{' '.join(words)} with {given!r}: "
                         f"{done.returncode}: {done.stderr}")
        return done.stdout

    def iptables(self, *words):
        return self.command(f"iptables-{self.backend}", "-t", "nat", *words)

    def restore(self, text, *options):
        self.command(f"iptables-{self.backend}-restore", *options, given=text)

    def refused(self, text):
        """Feeds iptables-restore what the kernel must refuse."""
        return self.run(f"iptables-{self.backend}-restore",
                        given=text).returncode != 0

    def rules(self):
        return [line for line in self.iptables("-S").splitlines()
                if line.startswith("-A")]

    # Packets

    def send(self, packet, came, answer=False):
        """Sends a packet; returns what leaves: (side, packet) of each."""
        data = encode(packet, answer)
        if came == "local":
            try:
                self.raw.sendto(data, (socket.inet_ntoa(data[16:20]), 0))
            except PermissionError:
                pass    # dropped on its way
        else:
            os.write(self.tuns[came], data)
        return [(side, decode(data)) for side, fd in self.tuns.items()
                for data in self.drain(fd)]

    @staticmethod
    def drain(fd):
        try:
            while True:
                yield os.read(fd, 2048)
        except BlockingIOError:
            pass

    # /proc, which shows the namespace that one is in

    def open(self, name, mode=os.O_RDONLY):
        with self.net:
            return os.open(f"{PROC}/{name}", mode)

    @staticmethod
    def names():
        try:
            return os.listdir(PROC)
        except FileNotFoundError:
            return []

    @staticmethod
    def read(name, size=65536):
        fd = os.open(f"{PROC}/{name}", os.O_RDONLY)
        try:
            parts = []
            while part := os.read(fd, size):
                parts.append(part)
            return b"".join(parts).decode("ascii")
        finally:
            os.close(fd)

    def file_names(self):
        """Also those that are about to go, and cannot be read."""
        with self.net:
            return set(self.names())

    def files(self):
        with self.net:
            return {name: self.read(name) for name in self.names()}

    def write(self, name, text):
        """Returns 0 or the error number."""
        fd = self.open(name, os.O_WRONLY)
        try:
            if os.write(fd, text.encode("ascii")) != len(text):
                return -1
            return 0
        except OSError as error:
            return error.errno
        finally:
            os.close(fd)


class World:
    """The module, the kernel's log, and the clock."""

    def __init__(self, module):
        with open(module, "rb") as file:
            self.image = file.read()
        put("/proc/sys/net/netfilter/nf_log_all_netns", 1)
        self.kmsg = os.open("/dev/kmsg", os.O_RDONLY | os.O_NONBLOCK)
        os.lseek(self.kmsg, 0, os.SEEK_END)

    def insert(self, **parameters):
        words = " ".join(f"{k}={v}" for k, v in parameters.items())
        call(libc.init_module, self.image, ctypes.c_ulong(len(self.image)),
             words.encode())

    def remove(self):
        """Removes the module; False where something still uses it."""
        try:
            call(libc.delete_module, b"xt_DNETMAP", os.O_NONBLOCK)
        except OSError as error:
            if error.errno in (errno.EAGAIN, errno.EBUSY):
                return False
            if error.errno != errno.ENOENT:
                raise
        return True

    @staticmethod
    def set(parameter, value):
        """Returns 0 or the error number."""
        try:
            put(PARAMETERS + parameter, value)
            return 0
        except OSError as error:
            return error.errno

    @staticmethod
    def note(text):
        """A line of our own in the kernel's log."""
        put("/dev/kmsg", f"model: {text}\n")

    @staticmethod
    def sleep_until(then):
        while (left := then - now()) > 0:
            time.sleep(left / SECOND)

    def log(self):
        """The module's lines since the last call: (stamp, text) of each.

        No other may be one of those that a healthy kernel does not say.
        """
        lines = []
        while True:
            try:
                record = os.read(self.kmsg, 8192).decode()
            except BlockingIOError:
                return lines
            head, text = record.split("\n")[0].split(";", 1)
            if BAD.search(text):
                raise Failed(f"the kernel's log says: {text}")
            if text.startswith(TAG) and "taints kernel" not in text:
                stamp = int(head.split(",")[2]) * 1000
                lines.append((stamp, text[len(TAG):]))
