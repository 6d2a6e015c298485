# shellcheck shell=bash
# What the command costs with many bindings, and whether a listener has all events of
# many. Time counts instructions here.
# lanes: amd64
# vm: debug=no mem=2048 backends=nft timeout=3600
. tests/lib.sh

dnetmap() { gw dnetmap "$@"; }

# hundredths COMMAND...: how many of a second it takes
hundredths() {
	local from to
	from=$(uptime)
	"$@" > /dev/null || echo failed
	to=$(uptime)
	echo $((10#${to/./} - 10#${from/./}))
}

# state COUNT: what save writes of so many static bindings
state() {
	mawk -v count="$1" -v now="$(date +%s)" 'BEGIN {
		print "# dnetmap save 1\n# boot unknown\n# time " now ".000"
		print "prefix new 20.0.0.0/12"
		for (i = 0; i < count; i++) {
			rest = int(i / 65536) "." int(i / 256) % 256 "." i % 256
			print "add 10." rest " 20." rest " static in 20.0.0.0/12"
		}
	}'
}

# new_hosts FIRST COUNT: so many hosts, 10.FIRST.0.0 the first of them, send a packet each
new_hosts() {
	local table='table ip drop { chain late {
		type filter hook postrouting priority 300; policy drop; } }'
	gw nft "$table"
	gw ip route replace local 10.0.0.0/8 dev lo
	burst -s -d "$2" "10.$1.0.0/131072" 198.51.100.2/1:9 gw > /dev/null
	gw nft delete table ip drop
}

# listen FILE [COMMAND...]: to events, until it is killed: $listener
listen() {
	nsenter --net=/run/netns/gw "${@:2}" dnetmap -j monitor > "$1" 2>&1 &
	listener=$!
	wait_for 10 listened
	# With any request, the kernel finds out that somebody listens.
	dnetmap > /dev/null
}

# listened: a socket has joined the family's group
listened() { ! gw awk '$2 == 16 && $4 > "00008000" { exit 1 }' /proc/net/netlink; }

# count FILE: bindings that have begun, and events that are told to be lost
count() {
	mawk '/"event":"add"/ { added++ }
		/"event":"lost"/ { match($0, /"count":[0-9]+/)
			lost += substr($0, RSTART + 8, RLENGTH - 8) }
		END { print added + 0, lost + 0 }' "$1"
}

leave() {
	kill $listener
	wait $listener 2> /dev/null
}

# quiet: no line for each binding; writing them would take longer than all else
quiet() { module disable_log=1; }

test_case "65,536 bindings"
quiet
state 65536 > /tmp/state
in_range "$(hundredths dnetmap restore /tmp/state)" 1 199 "are restored within 2 seconds"
is "$(dnetmap -j list | wc -l)" 65536 "all of them"
in_range "$(hundredths dnetmap save /tmp/saved)" 1 199 "and saved"
is "$(grep -c ^add /tmp/saved)" 65536 "all of them"

dnetmap prefix del 20.0.0.0/12

test_case "1,048,576 bindings"
quiet
state 1048576 > /tmp/state
ok "are restored" dnetmap restore /tmp/state
is "$(ulimit -v 10240 && dnetmap -j list | wc -l)" 1048576 "are listed in 10 MB of memory"
in_range "$(hundredths dnetmap -j stats)" 0 2 "their counters take some milliseconds"
rm /tmp/state /tmp/saved
dnetmap prefix del 20.0.0.0/12

test_case "100,000 events at once"
quiet
nat -A POSTROUTING -j DNETMAP --prefix 20.0.0.0/12
listen /tmp/events
new_hosts 0 100000
within 60 "100000 0" "a listener has them all" count /tmp/events
leave

test_case "a listener that stands still"
quiet
nat -A POSTROUTING -j DNETMAP --prefix 20.0.0.0/12
listen /tmp/events setpriv --reuid 12 --regid 34 --clear-groups
kill -STOP $listener
new_hosts 0 50000
kill -CONT $listener
within 60 "50000 0" "has what the history has" count /tmp/events
is "$(sed -nE 's/.*"prenat":"([^"]*)","postnat":"([^"]*)".*/\1 -> \2/p' /tmp/events | sort | sha1sum)" \
	"$(pairs 20.0.0.0_12 | sort | sha1sum)" "which is the table"
kill -STOP $listener
new_hosts 2 100000
kill -CONT $listener
complete() { read -r added lost <<< "$(count /tmp/events)" && [ $((added + lost)) -ge 150000 ]; }
wait_for 60 complete
is $((added + lost)) 150000 "and is told how many it has lost"
in_range "$lost" 1 40000 "those that the history has no more"
leave
