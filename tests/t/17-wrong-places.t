#!/bin/bash
# Only table nat; only chains that are reached from PREROUTING, OUTPUT and
# POSTROUTING; only IPv4.
# share: um
. tests/lib.sh

# What the kernel, and iptables of either backend, make of EINVAL.
EINVAL="Invalid argument"

rules() { gw "iptables-$BACKEND-save" | grep DNETMAP; }

rule=(-j DNETMAP --prefix 20.0.0.0/26)

test_case "other tables"
tables=(filter mangle raw)
# A kernel without security modules has no such table.
if ipt -t security -S > /dev/null 2>&1; then tables+=(security); fi
for table in "${tables[@]}"; do
	refused "$EINVAL" ipt -t $table -A OUTPUT "${rule[@]}"
done
is "$(rules)" "" "none is there"
within 2 "" "and no prefix" files

test_case "another hook"
refused "$EINVAL" nat -A INPUT "${rule[@]}"
refused "$EINVAL" nat -A INPUT -j DNETMAP
is "$(rules)" "" "none is there"
within 2 "" "and no prefix" files

test_case "a chain of the user's, reached from another hook"
nat -N pool
nat -A pool "${rule[@]}"
nat -A PREROUTING -j pool
refused "$EINVAL" nat -A INPUT -j pool
is "$(nat -S INPUT)" "-P INPUT ACCEPT" "the jump is refused"
is "$(flow 192.168.0.10)" 192.168.0.10 "it is reached from PREROUTING alone"
nat -A POSTROUTING -s 192.168.0.0/16 -j pool
is "$(flow 192.168.0.10)" 20.0.0.0 "and then from POSTROUTING"
nat -F
nat -X pool

test_case "the chain first, then the rule"
nat -N inner
nat -N outer
nat -A outer -j inner
nat -A INPUT -j outer
refused "$EINVAL" nat -A inner "${rule[@]}"
is "$(rules)" "" "the rule is refused"
within 2 "" "and no prefix is left" files
nat -F
nat -X

test_case "IPv6"
export XTABLES_LIBDIR=/tests/raw-rule:$PLUGINS
for table in nat mangle; do
	refused "No (chain|such)" gw "ip6tables-$BACKEND" -t $table \
		-A POSTROUTING -j DNETMAP --raw 00
	is "$(gw "ip6tables-$BACKEND" -t $table -S POSTROUTING)" \
		"-P POSTROUTING ACCEPT" "table $table has no rule"
done
