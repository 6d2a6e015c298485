#!/bin/bash
# The promises, on several CPUs at once, where hosts fight for few addresses:
# the log, an exact record, is audited against them, and the table against it.
# vm: cpus=4 log=long
. tests/lib.sh

# in_force PREFIX: its active bindings, as "ADDRESS is of HOST"
in_force() {
	bindings "$1" | sed -nE '/ttl: -/d; s/^(.*) -> (.*) ---.*/\2 is of \1/p' |
		sort -k 4
}

# ten_times COMMAND...: in the background
ten_times() {
	for _ in {1..10}; do "$@" || exit; done &
	jobs+=($!)
}

# One prefix lies within the other; the same hosts come from several CPUs, most
# with bindings that are over at once.
test_case "hosts fight for addresses"
nat -A POSTROUTING -o wan -s 192.168.1.0/24 -j DNETMAP --prefix 20.0.0.0/27 --ttl 0
nat -A POSTROUTING -o wan -s 192.168.2.0/24 -j DNETMAP --prefix 20.0.0.16/28 \
	--reuse --ttl 0
nat -A POSTROUTING -o wan -s 192.168.3.0/24 -j DNETMAP --ttl 0
nat -A POSTROUTING -o wan -s 192.168.4.0/28 -j DNETMAP --prefix 20.0.0.0/27 --ttl 1
nat -A POSTROUTING -o wan -j DNETMAP --prefix 30.0.0.0/30 --ttl 300
nat -A PREROUTING -i wan -j DNETMAP --ttl 1
ip -n wan route add local 203.0.113.0/24 dev lo
dmesg -n 5 # the console is slow, and there will be many lines
start_reading 1
jobs=()
for net in 1 2 3 4; do
	ten_times talk lan flood "192.168.$net.1" 60 198.51.100.2
	ten_times talk lan flood "192.168.$net.31" 60 198.51.100.3
done
ten_times talk wan flood 203.0.113.1 50 20.0.0.3
ten_times talk wan flood 203.0.113.1 50 20.0.0.17
for job in "${jobs[@]}"; do wait "$job" || fail "a flood ends well"; done
stop_reading
pass_time 4
wait_for 30 sees "0 32 0" bindings 20.0.0.0_27_stat
in_range "$(klog | grep -c ^add)" 2000 20000 "there was much to fight for"
open_ends > /tmp/open
is "$(grep -v '^never ended' /tmp/open)" "" "the log breaks no promise"
is "$(sed -nE 's/^never ended: binding (.*) -> (.*) \[.*/\2 is of \1/p' /tmp/open |
	sort -k 4)" "$(in_force 30.0.0.0_30)" "and says what is in force in the end"
is "$(bindings 20.0.0.0_27_stat)" "0 32 0" "all else has expired"
