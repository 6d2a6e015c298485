#!/bin/bash
# /proc/net/xt_DNETMAP: two files for each prefix, in exactly this format.
. tests/lib.sh

# early_in_second: wait until a second of the time since boot has just begun
early_in_second() {
	local now
	now=$(uptime)
	pass_time "$(awk "BEGIN { printf \"%.2f\", 1.05 - $now % 1 }")"
}

# at TIME: wait until that time since boot
at() { pass_time "$(awk "BEGIN { printf \"%.2f\", $1 - $(uptime) }")"; }

lasthit() { bindings 20.0.0.0_26 | sed -nE 's/.* lasthit: ([0-9]+)$/\1/p'; }

test_case "two files for each prefix, named after it"
nat -A POSTROUTING -j DNETMAP --prefix 20.0.0.0/26
nat -A POSTROUTING -j DNETMAP --prefix 30.1.0.0/16
nat -A PREROUTING -j DNETMAP --prefix 40.0.0.1
is "$(gw ls /proc/net/xt_DNETMAP)" "20.0.0.0_26
20.0.0.0_26_stat
30.1.0.0_16
30.1.0.0_16_stat
40.0.0.1_32
40.0.0.1_32_stat" "these, and no other"
is "$(wan ls /proc/net/xt_DNETMAP 2>&1)" \
	"ls: cannot access '/proc/net/xt_DNETMAP': No such file or directory" \
	"none in a namespace without rules"
within 2 "" "none when the rules are gone" \
	eval "nat -F; gw ls /proc/net | grep DNETMAP"

test_case "a line for each binding"
nat -A POSTROUTING -j DNETMAP --prefix 20.0.0.0/26
is "$(bindings 20.0.0.0_26 | od -c)" "0000000" "no binding, no line"
early_in_second
second=$(uptime)
second=${second%.*}
flow 192.168.0.10 > /dev/null
flow 192.168.100.200 > /dev/null
is "$(bindings 20.0.0.0_26 | od -An -c)" "$(od -An -c <<< \
"192.168.0.10 -> 20.0.0.0 --- ttl: 599 lasthit: $second
192.168.100.200 -> 20.0.0.1 --- ttl: 599 lasthit: $second")" \
	"prenat, postnat, ttl and lasthit, to the byte"

test_case "ttl: seconds to expiry, rounded up, less one"
nat -A POSTROUTING -o wan -j DNETMAP --prefix 20.0.0.0/26
nat -A PREROUTING -j DNETMAP --ttl -1
start=$(uptime)
flow 192.168.0.10 > /dev/null
for sample in "0.5 599 1" "1.5 598 1" "598.5 1 1" "599.5 0 1" \
	"600.5 -1 0" "601.5 -2 0"; do
	read -r after ttl active <<< "$sample"
	at "$start + $after"
	like "$(bindings 20.0.0.0_26)" " ttl: $ttl lasthit: " "$after s after"
	is "$(bindings 20.0.0.0_26_stat)" "$active 64 $((active * ttl))" \
		"$after s after: $active active"
done
is "$(inbound 20.0.0.0)" none "negative is expired"

# Not the kernel's jiffies, which begin 300 s before the boot's wrap-around.
test_case "lasthit: whole seconds from system boot to the last hit"
nat -A POSTROUTING -o wan -j DNETMAP --prefix 20.0.0.0/26
nat -A PREROUTING -j DNETMAP --ttl -1
hit_seconds() {
	local before after
	before=$(uptime)
	"$@" > /dev/null
	after=$(uptime)
	in_range "$(lasthit)" "${before%.*}" "${after%.*}" "a hit by $*"
}
hit_seconds flow 192.168.0.10
pass_time 100
hit_seconds flow 192.168.0.10
pass_time 100
hit_seconds inbound 20.0.0.0
hit=$(lasthit)
pass_time 700
is "$(lasthit)" "$hit" "it stays when the binding expires"
is "$(inbound 20.0.0.0)" none "a packet to the expired binding"
is "$(lasthit)" "$hit" "is no hit"
hit_seconds flow 192.168.0.10

test_case "by ascending postnat address"
nat -A POSTROUTING -j DNETMAP --prefix 20.0.0.0/26 --ttl 0
nat -I POSTROUTING -s 192.168.1.0/24 -j DNETMAP --prefix 20.0.0.0/26
talk lan flood 192.168.0.1 64 "$WAN"
talk lan flood 192.168.0.65 5 "$WAN"
talk lan flood 192.168.1.1 7 "$WAN"
is "$(bindings 20.0.0.0_26 | sed 's/ ---.*//')" "$(
	for i in {0..63}; do
		host=0.$((i + 1))
		if [ "$i" -lt 5 ]; then host=0.$((i + 65)); fi
		if [ "$i" -ge 5 ] && [ "$i" -lt 12 ]; then host=1.$((i - 4)); fi
		echo "192.168.$host -> 20.0.0.$i"
	done
)" "by number, not by text, nor by age: active and expired"

test_case "_stat: active bindings, usable addresses, mean ttl"
nat -A POSTROUTING -s 192.168.0.1 -j DNETMAP --prefix 20.0.0.0/26 --ttl 100
nat -A POSTROUTING -s 192.168.0.2 -j DNETMAP --prefix 20.0.0.0/26 --ttl 200
nat -A POSTROUTING -s 192.168.0.3 -j DNETMAP --prefix 20.0.0.0/26 --ttl 401
nat -A POSTROUTING -s 192.168.0.4 -j DNETMAP --prefix 20.0.0.0/26 --ttl 0
nat -A POSTROUTING -s 192.168.0.5 -j DNETMAP --prefix 30.0.0.0/26
is "$(bindings 20.0.0.0_26_stat | od -An -c)" "$(od -An -c <<< "0 64 0")" \
	"without a binding"
start=$(uptime)
talk lan flood 192.168.0.1 5 "$WAN"
at "$start + 0.5"
is "$(bindings 20.0.0.0_26_stat | od -An -c)" "$(od -An -c <<< "3 64 232")" \
	"(99 + 199 + 400) / 3, rounded down; neither expired nor of others"
at "$start + 50.5"
is "$(bindings 20.0.0.0_26_stat)" "3 64 182" "(49 + 149 + 350) / 3: as of now"
at "$start + 99.5"
is "$(bindings 20.0.0.0_26_stat)" "3 64 133" "(0 + 100 + 301) / 3"
at "$start + 100.5"
is "$(bindings 20.0.0.0_26_stat)" "2 64 199" "(99 + 300) / 2"
at "$start + 401.5"
is "$(bindings 20.0.0.0_26_stat)" "0 64 0" "all expired"

test_case "_stat: usable addresses of prefixes of all sizes"
for size in 8=16777216 12=1048576 24=256 30=4 31=2 32=1; do
	nat -A POSTROUTING -j DNETMAP --prefix "20.0.0.0/${size%=*}"
	is "$(bindings "20.0.0.0_${size%=*}_stat")" "0 ${size#*=} 0" "/${size%=*}"
done

test_case "a binding is of every prefix that its address lies in"
nat -A POSTROUTING -s 192.168.0.1 -j DNETMAP --prefix 20.0.0.0/25 --ttl 100
nat -A POSTROUTING -j DNETMAP --prefix 20.0.0.0/24 --ttl 0
nat -A PREROUTING -j DNETMAP --prefix 20.0.0.128/25
talk lan flood 192.168.0.1 2 "$WAN"
is "$(bindings 20.0.0.0_25 | sed 's/ lasthit.*//')" \
	"192.168.0.1 -> 20.0.0.0 --- ttl: 99
192.168.0.2 -> 20.0.0.1 --- ttl: -1" "the smaller"
is "$(bindings 20.0.0.0_24)" "$(bindings 20.0.0.0_25)" "the larger"
is "$(bindings 20.0.0.128_25)" "" "not the other"
is "$(bindings 20.0.0.0_25_stat)" "1 128 99" "_stat of the smaller"
is "$(bindings 20.0.0.0_24_stat)" "1 256 99" "_stat of the larger"
is "$(bindings 20.0.0.128_25_stat)" "0 128 0" "_stat of the other"
