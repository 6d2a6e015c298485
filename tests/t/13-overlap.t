#!/bin/bash
# Prefixes that overlap: an address has one binding over all of them, and a
# binding outlives its prefix where its address lies in another one.
# share: um
. tests/lib.sh

HOST=192.168.0.10

# to PREFIX [OPTION...]: a rule for the hosts
to() { nat -A POSTROUTING -s 192.168.0.0/16 -j DNETMAP --prefix "$@"; }
# to2 PREFIX [OPTION...]: a rule for the hosts of lan's second network
to2() { nat -A POSTROUTING -s 172.16.0.0/12 -j DNETMAP --prefix "$@"; }

drop() { nat -D POSTROUTING -s 192.168.0.0/16 -j DNETMAP --prefix "$@"; }
drop2() { nat -D POSTROUTING -s 172.16.0.0/12 -j DNETMAP --prefix "$@"; }

gone() { ! gw test -e "/proc/net/xt_DNETMAP/$1"; }

# pairs PREFIX: its table without what time changes
pairs() { bindings "$1" | sed 's/ ttl: .* lasthit:/ lasthit:/'; }

# time_of COMMAND...: hundredths of a second, where time is what was done
time_of() {
	local before
	before=$(uptime)
	"$@"
	before=${before/./} after=$(uptime)
	echo $((10#${after/./} - 10#$before))
}

test_case "growing a /25 to a /24 in one restore moves no host"
to 20.0.0.0/25
nat -A PREROUTING -j DNETMAP
flow $HOST > /dev/null
flow 192.168.0.11 > /dev/null
pass_time 550
flow $HOST > /dev/null
pass_time 51
logged "one of two has expired" "new prefix 20.0.0.0/25" \
	"add binding $HOST -> 20.0.0.0" "add binding 192.168.0.11 -> 20.0.0.1" \
	"timeout binding 192.168.0.11 -> 20.0.0.1"
before=$(pairs 20.0.0.0_25)
ok "restored" ipt_restore < <(ipt_save -t nat | sed 's,20.0.0.0/25,20.0.0.0/24,')
within 2 $'20.0.0.0_24\n20.0.0.0_24_stat' "the /24 in place of the /25" files
is "$(pairs 20.0.0.0_24)" "$before" "with all bindings"
like "$(bindings 20.0.0.0_24)" "ttl: 54[0-9] .*ttl: -" "and their ttls"
is "$(inbound 20.0.0.0)" $HOST "the active one serves"
is "$(inbound 20.0.0.1)" none "the expired one does not"
is "$(flow 192.168.0.12)" 20.0.0.2 "a new host gets an address never given"
is "$(flow 192.168.0.11)" 20.0.0.1 "the second host comes back to its own"
logged "nothing in the log about bindings that pass" \
	"new prefix 20.0.0.0/25" \
	"add binding $HOST -> 20.0.0.0" "add binding 192.168.0.11 -> 20.0.0.1" \
	"timeout binding 192.168.0.11 -> 20.0.0.1" \
	"new prefix 20.0.0.0/24" "prefix 20.0.0.0/25 removed" \
	"add binding 192.168.0.12 -> 20.0.0.2" \
	"add binding 192.168.0.11 -> 20.0.0.1"

test_case "shrinking a /24 to a /31 keeps what lies in it"
to 20.0.0.0/24
nat -A PREROUTING -j DNETMAP
for host in $HOST 192.168.0.11 192.168.0.12; do flow "$host" > /dev/null; done
ok "restored" ipt_restore < <(ipt_save -t nat | sed 's,20.0.0.0/24,20.0.0.0/31,')
within 2 $'20.0.0.0_31\n20.0.0.0_31_stat' "the /31 in place of the /24" files
is "$(inbound 20.0.0.1)" 192.168.0.11 "what lies in it is kept"
is "$(inbound 20.0.0.2)" none "what does not is gone"
like "$(bindings 20.0.0.0_31_stat)" "^2 2 59[89]$" "the /31 is full"
is "$(flow 192.168.0.12)" 192.168.0.12 "the third host has none"
logged "the log" "new prefix 20.0.0.0/24" "add binding $HOST -> 20.0.0.0" \
	"add binding 192.168.0.11 -> 20.0.0.1" \
	"add binding 192.168.0.12 -> 20.0.0.2" \
	"new prefix 20.0.0.0/31" "prefix 20.0.0.0/24 removed" \
	"ip 192.168.0.12 - no free addresses in prefix 20.0.0.0/31"

test_case "an address has one binding over prefixes that overlap"
to 20.0.0.0/25
to2 20.0.0.0/24
to2 20.0.0.0/23
is "$(flow $HOST)" 20.0.0.0 "the first, through the /25"
is "$(flow 172.16.0.10)" 20.0.0.1 "through the /24 the next"
is "$(flow 192.168.0.11)" 20.0.0.2 "through the /25 the next"
is "$(pairs 20.0.0.0_24)" "$(pairs 20.0.0.0_25)" "each shows all that lie in it"
pass_time 601
is "$(flow 172.16.0.11)" 20.0.0.3 "an expired one of another prefix is not given"
is "$(flow 192.168.0.12)" 20.0.0.4 "nor one of its own while others are unused"

test_case "what is full because of another prefix"
to 20.0.0.0/31
to2 20.0.0.0/30 --ttl 300
flow 172.16.0.10 > /dev/null
flow 172.16.0.11 > /dev/null
is "$(flow $HOST)" $HOST "nothing to give while others have it all"
pass_time 301
is "$(flow $HOST)" $HOST "nor once they have expired, through their prefix"
drop2 20.0.0.0/30 --ttl 300
wait_for 2 gone 20.0.0.0_30
is "$(flow $HOST)" 20.0.0.0 "but when they have passed to this one"

test_case "bindings pass to the oldest prefix that their address lies in"
to2 20.0.0.0/31
to 20.0.0.0/30
nat -I POSTROUTING -s $HOST -j DNETMAP --prefix 20.0.0.0/32 --ttl 100
is "$(flow $HOST)" 20.0.0.0 "given through the youngest"
pass_time 101
nat -D POSTROUTING 1
wait_for 2 gone 20.0.0.0_32
for i in 1 2 3; do
	is "$(flow 192.168.1.$i)" 20.0.0.$i "the younger heir gives others"
done
is "$(flow 192.168.1.4)" 192.168.1.4 "and never this one"
is "$(flow 172.16.0.10)" 20.0.0.0 "but the older one does"

test_case "what has passed is given in the order in which it expired"
to 20.0.0.0/31
to2 20.0.0.0/30
seen="$(flow $HOST) $(flow 192.168.0.11) $(flow 172.16.0.10) $(flow 172.16.0.11)"
is "$seen" "20.0.0.0 20.0.0.1 20.0.0.2 20.0.0.3" "all are given"
for host in 172.16.0.10 192.168.0.11 172.16.0.11 $HOST; do
	pass_time 100
	flow "$host" > /dev/null
done
pass_time 601
drop 20.0.0.0/31
wait_for 2 gone 20.0.0.0_31
order=
for i in 1 2 3 4; do order+="$(flow 172.16.1.$i) "; done
is "$order" "20.0.0.2 20.0.0.1 20.0.0.3 20.0.0.0 " "the longest expired first"

test_case "the last of several prefixes takes the bindings with it"
to 20.0.0.0/25
to2 20.0.0.0/24
nat -A PREROUTING -j DNETMAP
flow $HOST > /dev/null
drop 20.0.0.0/25
wait_for 2 gone 20.0.0.0_25
is "$(inbound 20.0.0.0)" $HOST "it serves through the /24"
drop2 20.0.0.0/24
wait_for 2 gone 20.0.0.0_24
is "$(inbound 20.0.0.0)" none "and is gone with that"
logged "the log" "new prefix 20.0.0.0/25" "new prefix 20.0.0.0/24" \
	"add binding $HOST -> 20.0.0.0" "prefix 20.0.0.0/25 removed" \
	"prefix 20.0.0.0/24 removed"

# Where a prefix overlaps with any other, each of its bindings may have an heir.
test_case "a prefix with many bindings goes, of many prefixes"
inner_hosts gw
{
	echo "*nat"
	echo "-A POSTROUTING -s 100.64.0.0/10 -j DNETMAP --prefix 20.0.0.0/16"
	echo "-A POSTROUTING -s 192.168.0.0/16 -j DNETMAP --prefix 20.0.255.255"
	for i in {0..7}; do
		printf -- "-A PREROUTING -j DNETMAP --prefix 30.0.$i.%s\n" {0..255}
	done
	echo COMMIT
} > /tmp/rules
parameter disable_log 1
gw "iptables-$BACKEND-restore" < /tmp/rules
talk gw flood 100.64.0.0 20000 203.0.113.1
like "$(bindings 20.0.0.0_16_stat)" "^20000 " "20,000 bindings, 2,050 prefixes"
go() {
	nat -D POSTROUTING 1
	wait_for 5 gone 20.0.0.0_16
}
in_range "$(time_of go)" 0 60 "it takes no time for each pair of these"
