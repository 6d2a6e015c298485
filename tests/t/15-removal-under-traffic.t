#!/bin/bash
# Rules and the module go while packets come, and somebody reads all the time.
# vm: cpus=4
. tests/lib.sh

# stream NAMESPACE SOURCE COUNT DESTINATION: new flows from so many sources,
# again and again, until the flood is stopped
stream() {
	while talk "$1" flood "$2" "$3" "$4"; do
		gw conntrack -F
	done > /dev/null 2>&1 &
	streams+=($!)
}

# start_flood: from hosts, more than there are addresses, and from the world
start_flood() {
	start_reading 1
	streams=()
	ip -n wan route add local 203.0.113.0/24 dev lo
	stream lan 192.168.0.0 300 "$WAN"
	stream wan 203.0.113.1 250 20.0.0.1
}

stop_flood() {
	local stream
	stop_reading
	for stream in "${streams[@]}"; do
		kill -0 "$stream" || fail "the flood has gone on"
	done
	kill "${streams[@]}"
	wait "${streams[@]}" 2> /dev/null
}

# load_rules: of all kinds, over prefixes that overlap
load_rules() { gw "iptables-$BACKEND-restore" <<< "$ruleset"; }
ruleset="*nat
-A PREROUTING -j DNETMAP --ttl 1
-A POSTROUTING -s 192.168.0.0/16 -j DNETMAP --prefix 20.0.0.0/25 --ttl 1
-A POSTROUTING -s 192.168.0.0/16 -j DNETMAP --prefix 20.0.0.0/24
-A POSTROUTING -o wan -j DNETMAP --reuse
COMMIT"

bound() { [ -n "$(bindings 20.0.0.0_24 2> /dev/null)" ]; }

dmesg -n 5 # the console is slow, and the flood makes many lines

test_case "the module stays while a rule exists"
nat -A PREROUTING -j DNETMAP
refused "in use" rmmod xt_DNETMAP
nat -A POSTROUTING -s 192.168.0.0/16 -j DNETMAP --prefix 20.0.0.0/26
nat -D PREROUTING -j DNETMAP
is "$(flow 192.168.0.10)" 20.0.0.0 "a binding"
refused "in use" rmmod xt_DNETMAP
is "$(flow 192.168.0.10)" 20.0.0.0 "it still serves"
flush_nat gw
ok "without rules it goes" wait_for 30 remove_module
modprobe xt_DNETMAP
note_module_text

test_case "rules come and go under traffic"
start_flood
for i in {1..5}; do
	load_rules
	ok "round $i: hosts are bound" wait_for 30 bound
	[ $((i % 2)) = 0 ] || pass_time 1
	flush_nat gw
	within 30 "" "round $i: the files go" files
done
load_rules
nat -D POSTROUTING 1
ok "one rule of many goes" wait_for 30 sees $'20.0.0.0_24\n20.0.0.0_24_stat' files
ok "the others work" wait_for 30 bound
stop_flood

test_case "the module comes and goes under traffic"
start_flood
for i in {1..5}; do
	load_rules
	ok "round $i: hosts are bound" wait_for 30 bound
	flush_nat gw
	ok "round $i: it goes" wait_for 30 remove_module
	is "$(left_in_slabs)" "" "round $i: and leaves nothing"
	modprobe xt_DNETMAP
	note_module_text
done
stop_flood
load_rules
like "$(flow 192.168.0.10)" "^20\.0\.0\." "it works after all that"
