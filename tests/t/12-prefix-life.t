#!/bin/bash
# A prefix exists from its first rule to its last, however rules are replaced
# in between; and so do its bindings and its files in /proc.
. tests/lib.sh

HOST=192.168.0.10
pool=(-j DNETMAP --prefix 20.0.0.0/26)

# pairs PREFIX: its table without what time changes
pairs() { bindings "$1" | sed 's/ ttl: .* lasthit:/ lasthit:/'; }

# free_memory: in KiB
free_memory() { sed -nE 's/^MemFree: *([0-9]+) kB/\1/p' /proc/meminfo; }

# restore RULE...: the whole of table nat, in one transaction
restore() {
	printf '%s\n' '*nat' ':PREROUTING ACCEPT' ':INPUT ACCEPT' \
		':OUTPUT ACCEPT' ':POSTROUTING ACCEPT' "$@" COMMIT |
		gw "iptables-$BACKEND-restore"
}

two_hosts() {
	flow $HOST > /dev/null
	flow 192.168.0.11 > /dev/null
}

test_case "a prefix exists from its first rule to its last"
is "$(files)" "" "none without a rule"
nat -A POSTROUTING -s 192.168.0.0/16 "${pool[@]}"
is "$(files)" $'20.0.0.0_26\n20.0.0.0_26_stat' "its files come with its first rule"
flow $HOST > /dev/null
nat -A PREROUTING "${pool[@]}"
nat -D POSTROUTING -s 192.168.0.0/16 "${pool[@]}"
pass_time 3
is "$(files)" $'20.0.0.0_26\n20.0.0.0_26_stat' "they stay with its second"
is "$(inbound 20.0.0.0)" $HOST "and so do bindings"
nat -D PREROUTING "${pool[@]}"
within 2 "" "the files go with the last rule" files
nat -A PREROUTING -j DNETMAP
is "$(inbound 20.0.0.0)" none "and so do bindings"
logged "the log" "new prefix 20.0.0.0/26" "add binding $HOST -> 20.0.0.0" \
	"prefix 20.0.0.0/26 removed"

test_case "a prefix that comes again has nothing of its former life"
nat -A PREROUTING -j DNETMAP
nat -A POSTROUTING -s 192.168.0.0/16 "${pool[@]}" --ttl 100
two_hosts
pass_time 50
flow $HOST > /dev/null
pass_time 51
like "$(bindings 20.0.0.0_26)" "ttl: -.*\$" "one of two has expired"
nat -D POSTROUTING 1
within 2 "" "both are gone" files
nat -A POSTROUTING -s 192.168.0.0/16 "${pool[@]}"
is "$(bindings 20.0.0.0_26)" "" "no binding"
is "$(flow 192.168.0.11)" 20.0.0.0 "the first address again"
logged "the log" "new prefix 20.0.0.0/26" \
	"add binding $HOST -> 20.0.0.0" \
	"add binding 192.168.0.11 -> 20.0.0.1" \
	"timeout binding 192.168.0.11 -> 20.0.0.1" \
	"prefix 20.0.0.0/26 removed" \
	"new prefix 20.0.0.0/26" \
	"add binding 192.168.0.11 -> 20.0.0.0"

test_case "a ruleset replaced in one transaction loses no binding"
restore "-A POSTROUTING -s 192.168.0.0/16 ${pool[*]}" "-A PREROUTING -j DNETMAP"
two_hosts
before=$(pairs 20.0.0.0_26)
ok "with what was saved" ipt_restore < <(ipt_save -t nat)
is "$(pairs 20.0.0.0_26)" "$before" "nothing is lost"
restore "-A OUTPUT -o wan ${pool[*]} --ttl 5" "-A PREROUTING ${pool[*]}"
is "$(pairs 20.0.0.0_26)" "$before" "nor by other rules, of the same prefix"
is "$(inbound 20.0.0.1)" 192.168.0.11 "they serve"
restore "-A POSTROUTING -s 192.168.0.0/16 ${pool[*]} --reuse" \
	"-A POSTROUTING -s 192.168.0.0/16 -j DNETMAP --prefix 20.0.1.0/26"
pass_time 3
is "$(flow 192.168.0.11)" 20.0.0.1 "the hosts keep their addresses"
is "$(flow 192.168.0.12)" 20.0.0.2 "the next one gets the next"
logged "the log" "new prefix 20.0.0.0/26" "add binding $HOST -> 20.0.0.0" \
	"add binding 192.168.0.11 -> 20.0.0.1" "new prefix 20.0.1.0/26" \
	"add binding 192.168.0.12 -> 20.0.0.2"

test_case "a transaction without the prefix removes it"
restore "-A POSTROUTING -s 192.168.0.0/16 ${pool[*]}"
two_hosts
restore "-A POSTROUTING -s 192.168.0.0/16 -j DNETMAP --prefix 20.0.1.0/26"
within 2 $'20.0.1.0_26\n20.0.1.0_26_stat' "its files go" files
is "$(flow $HOST)" 20.0.1.0 "its hosts move"
logged "the log" "new prefix 20.0.0.0/26" "add binding $HOST -> 20.0.0.0" \
	"add binding 192.168.0.11 -> 20.0.0.1" "new prefix 20.0.1.0/26" \
	"prefix 20.0.0.0/26 removed" "add binding $HOST -> 20.0.1.0"

test_case "a refused transaction leaves all as it was"
restore "-A POSTROUTING -s 192.168.0.0/16 ${pool[*]}" "-A PREROUTING -j DNETMAP"
two_hosts
before=$(pairs 20.0.0.0_26)
refused "Invalid argument|RULE_APPEND|line|COMMIT" restore \
	"-A POSTROUTING -j DNETMAP --prefix 20.0.1.0/26" \
	"-A INPUT -j DNETMAP --prefix 20.0.2.0/26"
within 2 $'20.0.0.0_26\n20.0.0.0_26_stat' "no prefix of it stays" files
is "$(pairs 20.0.0.0_26)" "$before" "no binding is lost"
is "$(flow 192.168.0.12)" 20.0.0.2 "the rules work"
is "$(inbound 20.0.0.0)" $HOST "the bindings serve"

test_case "flows that conntrack already knows go on"
ipt -A FORWARD -m conntrack --ctstate INVALID -j DROP
nat -A POSTROUTING -s 192.168.0.0/16 "${pool[@]}"
is "$(flow $HOST:5000)" 20.0.0.0 "a flow"
nat -F
within 2 "" "the last rule goes" files
is "$(flow $HOST:5000)" 20.0.0.0 "the flow goes on"
is "$(flow $HOST:5001)" $HOST "another is not translated"
ipt -F FORWARD

test_case "a /8 is instant, and costs memory by the addresses it has given"
nat -A POSTROUTING -s 10.99.0.0/16 -j DNETMAP --prefix 20.0.0.0/32
before=$(free_memory)
started=$(uptime)
nat -A POSTROUTING -s 192.168.0.0/16 -j DNETMAP --prefix 30.0.0.0/8
took=$(($(uptime | tr -d .) - ${started/./}))
ok "instant: $took hundredths of a second" [ "$took" -lt 20 ]
is "$(flow $HOST)" 30.0.0.0 "the first address"
is "$(bindings 30.0.0.0_8_stat)" "1 16777216 599" "all of it is usable"
cost=$((before - $(free_memory)))
ok "it takes less than two bits for each: $cost KiB" [ "$cost" -lt 4096 ]
