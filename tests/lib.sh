# shellcheck shell=bash
# The language of the tests; a file in tests/t starts with ". tests/lib.sh".
# It runs inside a VM (see tests/vm/run), once for each backend of iptables.
#
#	lan (the hosts)                  gw                  wan (the world)
#	192.168.0.0/16  10.0.0.2 --- 10.0.0.1  198.51.100.1 --- 198.51.100.2
#	172.16.0.0/12                                   and 198.51.100.3
#
# Every address of lan's two networks is a host. Of the world's side, each
# address that is not its own, so any public one, is reached through gw.

: "${BACKEND:=legacy}"
WAN=198.51.100.2
# shellcheck disable=SC2034 # for tests that put another before it
PLUGINS=$(echo /usr/lib/*-linux-gnu/xtables)

CASE=
module_is_plain=true
exec {never}<> <(:)

# --- Assertions: one line of TAP each, and what was seen where it fails ------

tap() {
	printf '%s\n' "$1" >&"${TAP_FD:-1}"
	if [ -n "${TAP_COPY:-}" ]; then printf '%s\n' "$1" >> "$TAP_COPY"; fi
}

# figure NUMBER OF-WHAT: for tests/report, which adds them up
figure() { diag "figure: $1 $2"; }

diag() { tap "# ${1//$'\n'/$'\n# '}"; }

pass() { tap "ok - [$BACKEND] ${CASE:+$CASE: }$1"; }

# fail NAME [WHAT...]: one diagnostic for each WHAT
fail() {
	local what
	tap "not ok - [$BACKEND] ${CASE:+$CASE: }$1"
	for what in "${@:2}"; do diag "$what"; done
	return 0
}

# is SEEN EXPECTED NAME
is() {
	if [ "$1" = "$2" ]; then
		pass "$3"
	else
		fail "$3" "expected: $2" "seen:     $1"
	fi
}

# isnt SEEN UNEXPECTED NAME
isnt() {
	if [ "$1" != "$2" ]; then
		pass "$3"
	else
		fail "$3" "expected: anything but $2" "seen:     $1"
	fi
}

# like SEEN REGEX NAME
like() {
	if [[ $1 =~ $2 ]]; then
		pass "$3"
	else
		fail "$3" "expected: a match of /$2/" "seen:     $1"
	fi
}

# unlike SEEN REGEX NAME
unlike() {
	if [[ ! $1 =~ $2 ]]; then
		pass "$3"
	else
		fail "$3" "expected: no match of /$2/" "seen:     $1"
	fi
}

# in_range SEEN LOW HIGH NAME: numbers; LOW and HIGH may be sums
in_range() {
	if [[ $1 =~ ^-?[0-9.]+$ ]] &&
		awk "BEGIN { exit !($2 <= $1 && $1 <= $3) }"; then
		pass "$4"
	else
		fail "$4" "expected: $2 to $3" "seen:     $1"
	fi
}

# ok NAME COMMAND...: it succeeds
ok() {
	local seen status=0
	seen=$("${@:2}" 2>&1) || status=$?
	if [ "$status" = 0 ]; then
		pass "$1"
	else
		fail "$1" "expected: success of ${*:2}" \
			"seen:     status $status" "$seen"
	fi
}

# refused REGEX COMMAND...: it fails by itself, with a message that matches
refused() {
	local seen status=0
	seen=$("${@:2}" 2>&1) || status=$?
	if [ "$status" -gt 0 ] && [ "$status" -lt 126 ] && [[ $seen =~ $1 ]]; then
		pass "refused: ${*:2}"
	else
		fail "refused: ${*:2}" "expected: failure with a match of /$1/" \
			"seen:     status $status" "$seen"
	fi
}

# within SECONDS EXPECTED NAME COMMAND...: it comes to print EXPECTED
within() {
	local seen
	wait_for "$1" sees "$2" "${@:4}"
	is "$seen" "$2" "$3"
}

sees() {
	seen=$("${@:2}" 2>&1)
	[ "$seen" = "$1" ]
}

# --- Time --------------------------------------------------------------------

# pass_time SECONDS: takes none of ours, but in a VM with several CPUs
pass_time() { read -rt "$1" -u "$never" || :; }

# uptime: seconds from boot, in hundredths
uptime() {
	local now
	read -r now _ < /proc/uptime
	echo "$now"
}

# With several CPUs, time is that of a machine that may be busy with others.
patience=1
[ "$(nproc)" = 1 ] || patience=5

# wait_for SECONDS COMMAND...: until it succeeds
wait_for() {
	local now end='' pause=5 text
	until "${@:2}"; do
		# no fork: it would cost more than the wait
		read -r now _ < /proc/uptime
		now=${now/./}
		: "${end:=$((10#$now + $1 * 100 * patience))}"
		[ "$now" -lt "$end" ] || return 1
		printf -v text '0.%02d' $pause
		pass_time "$text"
		pause=$((pause < 20 ? pause * 2 : pause))
	done
}

# --- The topology, and traffic through it ------------------------------------

in_ns() { nsenter --net="/run/netns/$1" "${@:2}"; }
lan() { in_ns lan "$@"; }
gw() { in_ns gw "$@"; }
wan() { in_ns wan "$@"; }

# ipt ARGUMENTS: iptables, of the backend under test, on the gateway
ipt() { gw "iptables-$BACKEND" "$@"; }
ipt_save() { gw "iptables-$BACKEND-save" "$@"; }
ipt_restore() { gw "iptables-$BACKEND-restore" "$@"; }

# nat ARGUMENTS: the same, in table nat
nat() { ipt -t nat "$@"; }

topology() {
	# By numbers of their own, the kernel sees that there is another device behind
	# each, and has a link up at once; else in a second.
	ip -batch - <<- END
		netns add lan
		netns add gw
		netns add wan
		link add eth0 index 11 netns lan type veth peer name lan index 21 netns gw
		link add eth0 index 12 netns wan type veth peer name wan index 22 netns gw
	END
	ip -n lan -batch - <<- END
		link set lo up
		link set eth0 up
		addr add 10.0.0.2/30 dev eth0
		route add default via 10.0.0.1
		route add local 192.168.0.0/16 dev lo
		route add local 172.16.0.0/12 dev lo
	END
	ip -n gw -batch - <<- END
		link set lo up
		link set lan up
		link set wan up
		addr add 10.0.0.1/30 dev lan
		addr add 198.51.100.1/24 dev wan
		route add 192.168.0.0/16 via 10.0.0.2
		route add 172.16.0.0/12 via 10.0.0.2
	END
	ip -n wan -batch - <<- END
		link set lo up
		link set eth0 up
		addr add 198.51.100.2/24 dev eth0
		addr add 198.51.100.3/24 dev eth0
		route add default via 198.51.100.1
	END
	gw sysctl -qw net.ipv4.ip_forward=1
	# Before that, a packet may stay in a queue while time passes.
	wait_for 5 links_are_up
	talk lan serve
	talk wan serve
}

links_are_up() {
	local ns
	for ns in lan gw wan; do
		! ip -n $ns -o link show type veth | grep -qv " state UP " ||
			return
	done
}

# flow SOURCE[:PORT] [DESTINATION]: a new flow from a host, of one packet and
# its answer; prints the source address that the destination saw, or "none".
# FROM names another namespace than lan, PROTOCOL another than udp.
flow() {
	local answer
	answer=$(talk "${FROM:-lan}" ask "${PROTOCOL:-udp}" "$1" "${2:-$WAN}")
	echo "${answer%% *}"
}

# inbound DESTINATION: a new flow from the world; prints the address of the
# host that answered, or "none"
inbound() {
	local answer
	answer=$(talk wan ask "${PROTOCOL:-udp}" "$WAN" "$1")
	answer=${answer#* * }
	echo "${answer%% *}"
}

# bindings PREFIX, as in 20.0.0.0_26 or 20.0.0.0_26_stat
bindings() { gw cat "/proc/net/xt_DNETMAP/$1"; }

# files: the tables that there are
files() { gw ls -A /proc/net/xt_DNETMAP 2> /dev/null; }

# pairs PREFIX: its bindings as "HOST -> ADDRESS", without their times
pairs() { bindings "$1" | sed 's/ --- .*//'; }

# start_reading COUNT: so many readers, each of whom reads all files of the
# gateway, again and again
start_reading() {
	local n
	: > /tmp/reading
	readers=()
	for ((n = 0; n < $1; n++)); do
		read_files > "/tmp/read$n" & readers+=($!)
		wait_for 30 test -s "/tmp/read$n"
	done
}

# stop_reading: they have read something, and nothing that was wrong
stop_reading() {
	rm /tmp/reading
	wait "${readers[@]}"
	is "$(cat /tmp/read? | grep -vE '^reading$|^lines: [1-9]' | sort -u)" "" \
		"readers saw whole lines, each address once, in order"
	rm /tmp/read?
}

# read_files: while there is /tmp/reading; prints that it does, what is wrong, and
# how much it was
read_files() {
	# shellcheck disable=SC2016 # the variables are Perl's
	gw perl -e '
		my $lines = 0;
		$| = 1;
		print "reading\n";
		while (-e "/tmp/reading") {
			for my $name (glob "/proc/net/xt_DNETMAP/*") {
				open my $file, "<", $name or next;
				my $last = -1;
				while (<$file>) {
					$lines++;
					next if $name =~ /_stat/ &&
						/^\d+ \d+ \d+( persistent)?$/;
					if (!/^([0-9.]+) -> ([0-9.]+) --- ttl: (-?\d+|S) lasthit: (\d+|S)$/) {
						print "$name: no line: $_";
						next;
					}
					my $address = unpack "N", pack "C4", split /\./, $2;
					print "$name: out of order: $_" if $address <= $last;
					$last = $address;
				}
			}
		}
		print "lines: $lines\n"
	'
}

# tell PREFIX COMMAND...: write each to the prefix's file, in one write, all by
# one descriptor; prints for each how many bytes were taken, or the error
tell() {
	gw perl -e '
		open my $file, ">", "/proc/net/xt_DNETMAP/" . shift or die "$!\n";
		print syswrite($file, $_) // $!, "\n" for @ARGV
	' "$@"
}

# takes PREFIX COMMAND...: each of them whole
takes() {
	local text lengths=() names
	for text in "${@:2}"; do lengths+=("${#text}"); done
	printf -v names ' %q' "${@:2}"
	is "$(tell "$@")" "$(printf '%s\n' "${lengths[@]}")" "taken:$names"
}

# send_raw NAMESPACE SOURCE DESTINATION PROTOCOL [HEX]: one packet, sent past
# every check of its source that a socket would make
send_raw() {
	# shellcheck disable=SC2016 # the variables are Perl's
	in_ns "$1" perl -MSocket -e '
		my ($source, $to, $protocol, $hex) = @ARGV;
		my $payload = pack "H*", $hex // "";
		my $packet = pack "CCnnnCCna4a4a*", 0x45, 0,
			20 + length $payload, 0, 0, 64, $protocol, 0,
			inet_aton($source), inet_aton($to), $payload;
		socket my $socket, AF_INET, SOCK_RAW, 255 or die $!;
		setsockopt $socket, SOL_SOCKET, SO_BROADCAST, 1;
		send $socket, $packet, 0, sockaddr_in(0, inet_aton $to) or die $!
	' "${@:2}"
}

# inner_hosts NETNS: make hosts of 100.64.0.0/10 in the namespace itself, whose
# flows to 203.0.113.0/24 pass OUTPUT and POSTROUTING, and go nowhere: the
# cheapest way to many bindings is to "talk NETNS flood" from there
inner_hosts() {
	ip -n "$1" -batch - <<- END
		link set lo up
		link add sink type dummy
		link set sink up
		route add local 100.64.0.0/10 dev lo
		route add 203.0.113.0/24 dev sink
	END
}

# busy_netns NAMESPACE HOSTS: make one, with rules of all kinds that bind this
# many hosts of its own: 192.168.0.0 and on, to 20.0.0.0 and on
busy_netns() {
	ip netns add "$1"
	ip -n "$1" link set lo up
	ip -n "$1" route add local 192.168.0.0/16 dev lo
	in_ns "$1" "iptables-$BACKEND-restore" <<- END
		*nat
		-A POSTROUTING -j DNETMAP --prefix 20.0.0.0/8
		-A OUTPUT -j DNETMAP --prefix 20.0.0.0/26 --ttl 1
		-A PREROUTING -j DNETMAP
		COMMIT
	END
	talk "$1" flood 192.168.0.0 "$2" 192.168.0.1
}

# new_tenant: make a namespace "tenant" of somebody else's root, with hosts as those
# of inner_hosts; its life is that of a process, $tenant
new_tenant() {
	unshare -Urn sleep infinity & tenant=$!
	wait_for 5 grep -q ' 1$' "/proc/$tenant/gid_map"
	touch /run/netns/tenant
	mount --bind "/proc/$tenant/ns/net" /run/netns/tenant
	inner_hosts tenant
}

# tenant COMMAND...: as that root, in that namespace
tenant() { nsenter -U -n -t "$tenant" "$@"; }

# reached CHAIN NUMBER: how many packets came to this rule of table nat
reached() { nat -nvxL "$1" "$2" | awk '{ print $1 }'; }

# --- The kernel's log --------------------------------------------------------

# klog: what the module has logged in this test, without prefix and suffix
klog() {
	dmesg -t | awk '
		/^test case: / { count = 0 }
		sub(/^xt_DNETMAP: /, "") {
			sub(/ \[net:[0-9]+\]$/, "")
			lines[++count] = $0
		}
		END { for (i = 1; i <= count; i++) print lines[i] }'
}

# logged NAME LINE...: the log comes to hold just these lines (within a second)
logged() {
	local expected
	expected=$(printf '%s\n' "${@:2}")
	within 2 "$expected" "$1" klog
}

# events_may_be_lost: in this test case, the log may say that they are
events_may_be_lost() { echo "<6>events may be lost" > /dev/kmsg; }

# hosts_have_scopes: in this test case, prefixes are own, and a host may have an
# address in each scope
hosts_have_scopes() { echo "<6>own prefixes" > /dev/kmsg; }

# note_log_switched: what comes from here on does not know what was before
note_log_switched() {
	pass_time 0.3
	echo "<6>the log is switched" > /dev/kmsg
}

# What a healthy kernel does not say. Most WARNs, BUGs and oopses panic, and
# never come here; these words are for the rest.
bad_words='WARNING|BUG|Oops|Call Trace|refcount|[Ll]eak|bjects remaining'
bad_words+='|still has objects|unregister_netdevice: waiting|[Cc]orrupt'
bad_words+='|hung_task|blocked for more than|lockup|rcu.*stall|suspicious'

# bad_log: the lines with such words, from "tests begin"
bad_log() {
	dmesg | grep -q 'tests begin' || echo "the log has lost its beginning"
	dmesg | sed '1,/tests begin/d' | grep -E "$bad_words"
}

# silent_end NAMESPACE: it will be deleted with its rules in place, which ends
# its bindings without a line in the log
silent_end() {
	echo "<6>silent end: net:$(stat -Lc %i "/run/netns/$1")" > /dev/kmsg
}

# --- The module --------------------------------------------------------------

# module [PARAMETER=VALUE...]: insert it anew; the next test gets it plain
# shellcheck disable=SC2120 # tests pass them
module() {
	wait_for 10 remove_module || rmmod xt_DNETMAP
	modprobe xt_DNETMAP "$@"
	note_module_text
	if [ $# = 0 ]; then module_is_plain=true; else module_is_plain=false; fi
}

# Not by modprobe: what ours needs would go, too, and when it comes back it would
# have its init code where ours is next. What that has allocated is not ours.
remove_module() { ! inserted || rmmod xt_DNETMAP 2> /dev/null; }

inserted() { [ -e /sys/module/xt_DNETMAP ]; }

# parameter NAME [VALUE]: print it, or write it; the next test gets it plain
parameter() {
	local file=/sys/module/xt_DNETMAP/parameters/$1
	if [ $# = 1 ]; then
		cat "$file"
	else
		module_is_plain=false
		[ "$1" != disable_log ] || note_log_switched
		echo "$2" > "$file"
	fi
}

# users: how many rules hold it, and how many who are in its files
users() { cat /sys/module/xt_DNETMAP/refcnt; }

# KASAN keeps what has been freed until a cache is shrunk.
shrink_slabs() { tee /sys/kernel/slab/{dnetmap,kmalloc}*/shrink <<< 1; } \
	> /dev/null 2>&1

# traces CACHE: what SLUB has allocated, a paragraph for each stack of callers: file,
# number of objects, callers. Before Linux 5.16 it knows no stack, but the one caller.
traces() { /tests/vm/guest/left-in-memory traces "$1"; }

# memory: what it has allocated, and where; but not the lists of hooks
memory() {
	shrink_slabs
	traces '*' | awk -v RS= '
		/\[xt_DNETMAP\]/ && !/nf_ct_netns/ { print $1, $2, $3 }' | sort
}

# grown BEFORE: what of it is more than memory said before
grown() { comm -13 <(echo "$1") <(memory); }

# left_in_memory: what it has left allocated, and where; also when it has gone
left_in_memory() {
	shrink_slabs
	/tests/vm/guest/left-in-memory
}

left_in_slabs() { ls -d /sys/kernel/slab/dnetmap* 2> /dev/null; }

# Where its code lies now; when it has gone, what it allocated is traced there.
note_module_text() { /tests/vm/guest/left-in-memory text; }

# --- A test, from fresh namespaces to none -----------------------------------

# test_case NAME: end the test before, and begin another
test_case() {
	end_case
	CASE=$1
	echo "<6>test case: [$BACKEND] $1" > /dev/kmsg
	topology
}

end_case() {
	local ns
	[ -n "$CASE" ] || return 0
	kill_strays
	for ns in /run/netns/*; do
		case ${ns##*/} in
		lan | wan | '*') ;;
		*) flush_nat "${ns##*/}" ;;
		esac
	done
	# The log follows within a second: before that, it may not have begun.
	pass_time 1
	wait_for 5 nothing_to_log
	ip -all netns delete
	if ! $module_is_plain; then module; fi
	CASE=
}

# Whatever runs in another namespace than we do would keep it alive.
kill_strays() {
	local process
	for process in /proc/[0-9]*; do
		[ "$process/ns/net" -ef /proc/self/ns/net ] ||
			kill -9 "${process#/proc/}"
	done 2> /dev/null
}

flush_nat() {
	in_ns "$1" "iptables-$BACKEND-restore" <<- END
		*nat
		:PREROUTING ACCEPT
		:INPUT ACCEPT
		:OUTPUT ACCEPT
		:POSTROUTING ACCEPT
		COMMIT
	END
}

# The log follows its events within a second, if their namespace still lives.
nothing_to_log() { open_ends > /dev/null; }
open_ends() { dmesg -t | /tests/vm/guest/open-ends; }

trap end_case EXIT
