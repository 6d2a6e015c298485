#!/bin/bash
# A rule that has no address to give: what it tells the log, what comes after
# it, and how one without a prefix tries them all.
# share: um
. tests/lib.sh

# no_match: a match that no packet has, for rules that only make a prefix exist
no_match="-s 203.0.113.0/24"

# notices: what the log tells about hosts that got nothing
notices() { klog | grep '^ip '; }

test_case "exhaustion"
nat -A POSTROUTING -j DNETMAP --prefix 20.0.0.0/31
nat -A POSTROUTING -s 192.168.0.0/24 -j MASQUERADE
for host in 0:20.0.0.0 1:20.0.0.1 2:198.51.100.1 3:198.51.100.1; do
	is "$(flow "192.168.0.${host%:*}")" "${host#*:}" \
		"host ${host%:*} is seen as ${host#*:}"
done
is "$(flow 192.168.1.0)" 192.168.1.0 "no next rule: not translated"
is "$(flow 192.168.0.1)" 20.0.0.1 "who has an address keeps it"
is "$(pairs 20.0.0.0_31)" "192.168.0.0 -> 20.0.0.0
192.168.0.1 -> 20.0.0.1" "nothing else is bound"
logged "one notice for all" \
	"new prefix 20.0.0.0/31" \
	"add binding 192.168.0.0 -> 20.0.0.0" \
	"add binding 192.168.0.1 -> 20.0.0.1" \
	"ip 192.168.0.2 - no free addresses in prefix 20.0.0.0/31"

test_case "dropping what got no address"
nat -A POSTROUTING -s 192.168.0.0/24 -j DNETMAP --prefix 20.0.0.0/32
gw nft -f - <<- END
	table ip private {
		chain leaving {
			type filter hook postrouting priority srcnat + 1
			oifname wan ip saddr 192.168.0.0/24 drop
		}
	}
END
is "$(flow 192.168.0.10)" 20.0.0.0 "what has one passes"
is "$(flow 192.168.0.11)" none "what has none does not"

test_case "a spell ends when the prefix gives an address again"
nat -A POSTROUTING -j DNETMAP --prefix 20.0.0.0/32 --ttl 100
flow 192.168.0.10 > /dev/null
flow 192.168.0.11 > /dev/null
pass_time 50
flow 192.168.0.12 > /dev/null
pass_time 50
is "$(flow 192.168.0.13)" 20.0.0.0 "it gives one again"
flow 192.168.0.14 > /dev/null
flow 192.168.0.15 > /dev/null
logged "one notice before, one after" \
	"new prefix 20.0.0.0/32" \
	"add binding 192.168.0.10 -> 20.0.0.0" \
	"ip 192.168.0.11 - no free addresses in prefix 20.0.0.0/32" \
	"timeout binding 192.168.0.10 -> 20.0.0.0" \
	"add binding 192.168.0.13 -> 20.0.0.0" \
	"ip 192.168.0.14 - no free addresses in prefix 20.0.0.0/32"

test_case "a spell goes on where an address goes back to its host"
nat -A POSTROUTING -j DNETMAP --prefix 20.0.0.0/32 --ttl 100
is "$(flow 192.168.0.10) $(flow 192.168.0.11)" "20.0.0.0 192.168.0.11" \
	"one has it, another does not"
pass_time 102
is "$(flow 192.168.0.10) $(flow 192.168.0.12)" "20.0.0.0 192.168.0.12" \
	"as before, once it had expired"
pass_time 102
is "$(flow 192.168.0.12)" 20.0.0.0 "until it goes to another"
logged "one notice" \
	"new prefix 20.0.0.0/32" \
	"add binding 192.168.0.10 -> 20.0.0.0" \
	"ip 192.168.0.11 - no free addresses in prefix 20.0.0.0/32" \
	"timeout binding 192.168.0.10 -> 20.0.0.0" \
	"add binding 192.168.0.10 -> 20.0.0.0" \
	"timeout binding 192.168.0.10 -> 20.0.0.0" \
	"add binding 192.168.0.12 -> 20.0.0.0"

test_case "each prefix has its own spells"
nat -A POSTROUTING -s 192.168.1.0/24 -j DNETMAP --prefix 40.0.0.0/26 --ttl 10
flow 192.168.1.10 > /dev/null
nat -A POSTROUTING -j DNETMAP --prefix 20.0.0.0/32
nat -A POSTROUTING -j DNETMAP --prefix 30.0.0.0/31
is "$(flow 192.168.0.10) $(flow 192.168.0.11) $(flow 192.168.0.12)" \
	"20.0.0.0 30.0.0.0 30.0.0.1" "the next rule gives what the first has not"
is "$(flow 192.168.0.13) $(flow 192.168.0.14)" "192.168.0.13 192.168.0.14" \
	"until it has none either"
pass_time 12
is "$(flow 192.168.1.11) $(flow 192.168.0.15)" "40.0.0.1 192.168.0.15" \
	"(a third one has something to give)"
logged "what one gives does not end the other's" \
	"new prefix 40.0.0.0/26" \
	"add binding 192.168.1.10 -> 40.0.0.0" \
	"new prefix 20.0.0.0/32" \
	"new prefix 30.0.0.0/31" \
	"add binding 192.168.0.10 -> 20.0.0.0" \
	"ip 192.168.0.11 - no free addresses in prefix 20.0.0.0/32" \
	"add binding 192.168.0.11 -> 30.0.0.0" \
	"add binding 192.168.0.12 -> 30.0.0.1" \
	"ip 192.168.0.13 - no free addresses in prefix 30.0.0.0/31" \
	"timeout binding 192.168.1.10 -> 40.0.0.0" \
	"add binding 192.168.1.11 -> 40.0.0.1"

test_case "a rule without a prefix goes through all, the oldest first"
nat -A POSTROUTING -j DNETMAP
# shellcheck disable=SC2086
for prefix in 30.0.0.0/32 20.0.0.0/31 10.99.0.0/32; do
	nat -A POSTROUTING $no_match -j DNETMAP --prefix $prefix
done
is "$(for i in 0 1 2 3; do flow 192.168.0.$i; done | xargs)" \
	"30.0.0.0 20.0.0.0 20.0.0.1 10.99.0.0" "each gives what it has"
is "$(flow 192.168.0.4)" 192.168.0.4 "then there is no more"
flow 192.168.0.5 > /dev/null
within 2 "ip 192.168.0.4 - no free addresses in any prefix" \
	"one notice for all" notices
pass_time 602
is "$(for i in 5 6 7 8 9; do flow 192.168.0.$i; done | xargs)" \
	"30.0.0.0 20.0.0.0 20.0.0.1 10.99.0.0 192.168.0.9" "they give again"
within 2 "ip 192.168.0.4 - no free addresses in any prefix
ip 192.168.0.9 - no free addresses in any prefix" "a spell has ended" notices

test_case "prefixes are as old as their present life"
nat -A POSTROUTING -j DNETMAP
# shellcheck disable=SC2086
for prefix in 20.0.0.0/32 30.0.0.0/32; do
	nat -A POSTROUTING $no_match -j DNETMAP --prefix $prefix
done
nat -D POSTROUTING 2
wait_for 2 gw test ! -e /proc/net/xt_DNETMAP/20.0.0.0_32
# shellcheck disable=SC2086
nat -A POSTROUTING $no_match -j DNETMAP --prefix 20.0.0.0/32
is "$(flow 192.168.0.10)" 30.0.0.0 "a prefix made anew comes last"

test_case "a rule without a prefix as the only rule"
nat -A POSTROUTING -j DNETMAP
nat -A POSTROUTING
is "$(flow 192.168.0.10) $(PROTOCOL=tcp flow 192.168.0.11)" \
	"192.168.0.10 192.168.0.11" "translates nothing"
is "$(reached POSTROUTING 2)" 2 "the packets come to the next rule"
logged "and says so once" \
	"ip 192.168.0.10 - no free addresses in any prefix"
# shellcheck disable=SC2086
nat -A POSTROUTING $no_match -j DNETMAP --prefix 20.0.0.0/26
is "$(flow 192.168.0.10)" 20.0.0.0 "a prefix comes: it gives"

# More than a packet looks at in one critical section, found full one by one.
test_case "a rule without a prefix, behind many that have come to be full again"
inner_hosts gw
parameter disable_log 1
{
	echo "*nat"
	echo "-A OUTPUT -s 100.64.0.0/10 -j DNETMAP --ttl 100"
	for i in {0..5}; do
		printf -- "-A PREROUTING $no_match -j DNETMAP --prefix 40.0.$i.%s\n" {0..255}
	done
	echo COMMIT
} | gw "iptables-$BACKEND-restore"
talk gw flood 100.64.0.0 1536 203.0.113.1
pass_time 102
talk gw flood 100.64.0.0 1536 203.0.113.1
is "$(gw grep -h ' ttl: [0-9]' -r /proc/net/xt_DNETMAP | wc -l)" 1536 \
	"their hosts have come back"
# shellcheck disable=SC2086
nat -A PREROUTING $no_match -j DNETMAP --prefix 30.0.0.0/32
talk gw flood 100.65.0.1 1 203.0.113.1
is "$(pairs 30.0.0.0_32)" "100.65.0.1 -> 30.0.0.0" \
	"the first packet of a new host gets what the youngest has"
