# shellcheck shell=bash
# New flows of the same hosts on all CPUs at once, so that whatever happens to a
# binding happens in company: its making, hits, its end, readers, its prefix.
# vm: cpus=4 append=kcsan.skip_watch=20 append=kcsan.udelay_task=200
# vm: append=kcsan.udelay_interrupt=100 log=long
. tests/lib.sh

# burst_on_all COUNT HOSTS: so many new flows of these from each CPU, in order.
# Who falls behind finds bindings made, and catches up with who makes them.
burst_on_all() {
	local cpu burst bursts=()
	for cpu in 0 1 2 3; do
		taskset -c "$cpu" burst -s "$1" "$2" "$WAN/1:1" lan & bursts+=($!)
	done
	for burst in "${bursts[@]}"; do
		wait "$burst" || fail "a burst ends well" "status: $?"
	done
} > /dev/null

# left_with: each host and an address that flows of it got, once
left_with() {
	gw conntrack -L -p udp 2> /dev/null |
		sed -E 's/.* src=(192[0-9.]+) .* dst=(20[0-9.]+) .*/\1 -> \2/' |
		sort -uV
}

# repeated FIELD: what is there more than once in this field of /tmp/pairs
repeated() { cut -d' ' -f"$1" /tmp/pairs | sort | uniq -d; }

# hosts: all that there are, in the order of sort
hosts() { printf '%s\n' 192.168.{0..7}.{0..255} | sort; }

# adds: how many the log has
adds() { klog | grep -c ^add; }

# load_rules: hits bring an expiry forward, put it off, and leave it alone, over
# prefixes that overlap and have not enough
load_rules() { gw "iptables-$BACKEND-restore" <<< "$ruleset"; }
ruleset="*nat
-A PREROUTING -j DNETMAP --ttl -1
-A POSTROUTING -p udp --dport 1:8 -j DNETMAP --prefix 20.0.0.0/28 --ttl 0
-A POSTROUTING -p udp --dport 9:16 -j DNETMAP --prefix 20.0.0.0/27 --ttl 1
-A POSTROUTING -o wan -j DNETMAP --prefix 20.0.0.0/27
COMMIT"

sysctl -qw net.netfilter.nf_conntrack_max=65536
dmesg -n 5 # the console is slow, and there will be many lines

test_case "new hosts on all CPUs"
# The gateway's MAC address is known: else, while it is asked for, the CPUs have
# more packets wait than may, and a host whose packets all go is none.
isnt "$(PROTOCOL=tcp flow 172.16.0.1)" none "a flow before them"
gw sysctl -qw net.netfilter.nf_conntrack_udp_timeout=600
for net in {0..7}; do
	nat -A POSTROUTING -s "192.168.$net.0/24" -j DNETMAP \
		--prefix "20.0.$net.0/24"
	burst_on_all 256 "192.168.$net.0/256"
done
wait_for 30 sees 2048 adds
left_with > /tmp/pairs
is "$(repeated 1)" "" "no host has two addresses"
is "$(repeated 3)" "" "no address has two hosts"
is "$(hosts | comm -23 - <(cut -d' ' -f1 /tmp/pairs | sort))" "" "each host has one"
klog | sed -n 's/^add binding //p' | sort -V > /tmp/log
is "$(diff /tmp/log /tmp/pairs)" "" "the log says the same, and once"

test_case "hits, ends and readers on all CPUs"
ip -n wan route add local 203.0.113.0/24 dev lo
touch /tmp/go
inbound=
start_reading 1
while [ -e /tmp/go ]; do
	burst 256 203.0.113.1/1 20.0.0.0/32:1 wan
done > /dev/null 2>&1 & outside=$!
for round in {1..10}; do
	load_rules
	burst_on_all 768 192.168.0.0/32 & senders=$!
	[ $((round % 2)) = 0 ] || wait $senders
	inbound+=" $(reached PREROUTING 1)"
	flush_nat gw
	wait $senders
	gw conntrack -F 2> /dev/null
done
rm /tmp/go
wait $outside
stop_reading
isnt "${inbound//[ 0]/}" "" "and packets from outside"
wait_for 30 nothing_to_log
klog > /tmp/log
in_range "$(grep -c ^add /tmp/log)" 2000 50000 "bindings were made"
in_range "$(grep -c ^timeout /tmp/log)" 1000 50000 "and expired"
is "$(grep -c ^prefix /tmp/log)" 20 "or went with their prefixes"
is "$(open_ends)" "" "the log breaks no promise, and all has ended"
