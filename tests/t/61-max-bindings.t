#!/bin/bash
# max_bindings: what happens at the bound of a namespace.
# share: um
. tests/lib.sh

hosts() { bindings "$1" | sed 's/ ---.*//; s/192\.168\.0\.//'; }

test_case "a new host is refused where every binding is active"
module max_bindings=3
nat -A POSTROUTING -j DNETMAP --prefix 20.0.0.0/26
for host in 1 2 3; do flow 192.168.0.$host > /dev/null; done
is "$(flow 192.168.0.4)" 192.168.0.4 "the fourth"
pass_time 10
is "$(flow 192.168.0.1)" 20.0.0.0 "but not one that has a binding"
is "$(hosts 20.0.0.0_26 | wc -l)" 3 "there are three"
logged "the log has a notice" \
	"new prefix 20.0.0.0/26" \
	"add binding 192.168.0.1 -> 20.0.0.0" \
	"add binding 192.168.0.2 -> 20.0.0.1" \
	"add binding 192.168.0.3 -> 20.0.0.2" \
	"ip 192.168.0.4 - no free addresses in prefix 20.0.0.0/26"
pass_time 601
is "$(flow 192.168.0.4)" 20.0.0.1 "it is served once another has expired"

test_case "a new host takes the address of the prefix's longest-expired binding"
module max_bindings=3
for rule in "1 900" "2 300" "3 100" "0/24 600"; do
	nat -A POSTROUTING -s "192.168.0.${rule% *}" \
		-j DNETMAP --prefix 20.0.0.0/26 --ttl "${rule#* }"
done
for host in 1 2 3; do flow 192.168.0.$host > /dev/null; done
pass_time 500
is "$(flow 192.168.0.4)" 20.0.0.2 "of the one that expired first"
is "$(flow 192.168.0.5)" 20.0.0.1 "then of the next"
is "$(flow 192.168.0.6)" 192.168.0.6 "there is no other"
is "$(hosts 20.0.0.0_26)" "1 -> 20.0.0.0
5 -> 20.0.0.1
4 -> 20.0.0.2" "it is three bindings all the time"

test_case "else the namespace's longest-expired binding is dropped for it"
module max_bindings=3
for rule in "1 20 100" "2 40 300" "3 30 900" "4 30 900" "5 30 900" "6 30 900"; do
	read -r host net ttl <<< "$rule"
	nat -A POSTROUTING -s "192.168.0.$host" \
		-j DNETMAP --prefix "$net.0.0.0/26" --ttl "$ttl"
done
for host in 1 2 3; do flow 192.168.0.$host > /dev/null; done
pass_time 400
is "$(flow 192.168.0.4)" 30.0.0.1 "a host of another prefix"
is "$(hosts 20.0.0.0_26) $(hosts 40.0.0.0_26)" " 2 -> 40.0.0.0" \
	"has what was for the longest-expired"
is "$(flow 192.168.0.5)" 30.0.0.2 "and the next"
is "$(hosts 40.0.0.0_26)" "" "for the other"
is "$(flow 192.168.0.6)" 192.168.0.6 "and then there is none to drop"
logged "what is dropped had its end in the log" \
	"new prefix 20.0.0.0/26" \
	"new prefix 40.0.0.0/26" \
	"new prefix 30.0.0.0/26" \
	"add binding 192.168.0.1 -> 20.0.0.0" \
	"add binding 192.168.0.2 -> 40.0.0.0" \
	"add binding 192.168.0.3 -> 30.0.0.0" \
	"timeout binding 192.168.0.1 -> 20.0.0.0" \
	"timeout binding 192.168.0.2 -> 40.0.0.0" \
	"add binding 192.168.0.4 -> 30.0.0.1" \
	"add binding 192.168.0.5 -> 30.0.0.2" \
	"ip 192.168.0.6 - no free addresses in prefix 30.0.0.0/26"

# Host 1 leaves 20.0.0.0 for the other prefix. That address is remembered as
# free, so that the fourth record would be one too many.
test_case "freed addresses that have to be remembered count"
module max_bindings=3
nat -A POSTROUTING -d 198.51.100.3 -j DNETMAP --prefix 30.0.0.0/26
nat -A POSTROUTING -j DNETMAP --prefix 20.0.0.0/26
flow 192.168.0.1 > /dev/null
pass_time 601
is "$(flow 192.168.0.1 198.51.100.3)" 30.0.0.0 "a host moves"
is "$(flow 192.168.0.2 198.51.100.3)" 30.0.0.1 "another comes"
is "$(flow 192.168.0.3)" 20.0.0.0 "at the limit, the freed address is given"

# Host 5 takes the record of 20.0.0.0, host 6 the address 20.0.0.1.
test_case "a prefix that lost a record at the bound has that address to give"
module max_bindings=4
for rule in "1 20.0.0.0/31 100" "2 20.0.0.0/31 300" "3 30.0.0.0/29 500" \
	"4 30.0.0.0/29 900" "5 30.0.0.0/29 900" "6 20.0.0.0/31 900"; do
	read -r host prefix ttl <<< "$rule"
	nat -A POSTROUTING -s "192.168.0.$host" \
		-j DNETMAP --prefix "$prefix" --ttl "$ttl"
done
nat -A POSTROUTING -j DNETMAP
for host in 1 2 3 4; do flow 192.168.0.$host > /dev/null; done
pass_time 200
is "$(flow 192.168.0.5)" 30.0.0.2 "the first expired record is dropped"
pass_time 200
is "$(flow 192.168.0.6)" 20.0.0.1 "the next expired address is given"
pass_time 200
is "$(flow 192.168.0.7)" 20.0.0.0 "the oldest prefix has the other"

test_case "a freed address is forgotten for a new host"
module max_bindings=2
nat -A POSTROUTING -d 198.51.100.3 -j DNETMAP --prefix 30.0.0.0/26
nat -A POSTROUTING -j DNETMAP --prefix 20.0.0.0/26
flow 192.168.0.1 > /dev/null
pass_time 601
is "$(flow 192.168.0.1 198.51.100.3)" 30.0.0.0 "a host moves"
is "$(flow 192.168.0.2 198.51.100.3)" 30.0.0.1 "another comes"
is "$(flow 192.168.0.3)" 192.168.0.3 "two active bindings are the limit"

test_case "each namespace has its own limit"
module max_bindings=2
ip netns add other
inner_hosts other
in_ns other "iptables-$BACKEND" -t nat -A OUTPUT -j DNETMAP --prefix 20.0.0.0/26
nat -A POSTROUTING -j DNETMAP --prefix 20.0.0.0/26
talk lan flood 192.168.0.1 3 "$WAN"
talk other flood 100.64.0.1 3 203.0.113.1
is "$(bindings 20.0.0.0_26_stat)" "2 64 599" "two here"
is "$(in_ns other cat /proc/net/xt_DNETMAP/20.0.0.0_26_stat)" "2 64 599" \
	"and two there"

test_case "the default"
is "$(parameter max_bindings)" 1048576 "is about a million"
