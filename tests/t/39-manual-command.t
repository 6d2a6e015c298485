#!/bin/bash
# The examples of dnetmap(8), as they are written; but jq is of tests/host/readers.t.
# vm: backends=nft
. tests/lib.sh

# example WORDS: the one that has these words
example() {
	awk -v words="$1" '
		/^\.Bd/ { text = ""; inside = 1; next }
		/^\.Ed/ { if (inside && index(text, words)) printf "%s", text; inside = 0 }
		inside { gsub(/\\-/, "-"); text = text $0 "\n" }
	' /tests/dnetmap.8
}

# run WORDS [FILTER]: it, and what it prints
run() { gw bash -ec "$(example "$1" | ${2:-cat})" 2>&1 || echo "status $?"; }

# pair ADDRESS: the binding that has it, with its state
pair() { gw dnetmap -H show "$1" | awk '{ print $1, $2, $3 }'; }

mkdir -p /var/log /var/lib/prometheus/node-exporter

test_case "before the rules"
is "$(run "prefix new")" "" "an address is reserved"
is "$(pair 20.0.0.40)" "192.168.0.25 20.0.0.40 static" "for its server"
nat -A POSTROUTING -s 192.168.0.0/16 -j DNETMAP --prefix 20.0.0.0/26
is "$(flow 192.168.0.25)" 20.0.0.40 "which has it"
is "$(run "prefix new")" "" "and so it is again"
like "$(run "dnetmap show")" "192.168.0.25 +20.0.0.40 .*192.168.0.25 +20.0.0.40 " \
	"the binding, by either address"
gw dnetmap prefix set 20.0.0.0/26 persistent off

test_case "whoever has it"
nat -A POSTROUTING -s 192.168.0.0/16 -j DNETMAP --prefix 20.0.0.0/26
gw dnetmap add 192.168.0.99 20.0.0.40
is "$(run "static force")" "" "a server gets its address"
is "$(pair 20.0.0.40)" "192.168.0.25 20.0.0.40 static" "it has it"

test_case "over a reboot"
nat -A POSTROUTING -s 192.168.0.0/16 -j DNETMAP --prefix 20.0.0.0/26
flow 192.168.0.25 > /dev/null
is "$(run "dnetmap save")" "" "saved"
nat -F POSTROUTING
wait_for 10 remove_module
is "$(run "dnetmap restore")" "" "restored"
is "$(pair 192.168.0.25)" "192.168.0.25 20.0.0.0 active" "it is there"
gw dnetmap prefix del 20.0.0.0/26

test_case "Prometheus"
nat -A POSTROUTING -s 192.168.0.0/16 -j DNETMAP --prefix 20.0.0.0/26
is "$(run prometheus)" "" "metrics"
like "$(cat /var/lib/prometheus/node-exporter/dnetmap.prom)" \
	'dnetmap_addresses_usable\{prefix="20.0.0.0/26"\} 64' "are in their file"

test_case "a record"
nat -A POSTROUTING -s 192.168.0.0/16 -j DNETMAP --prefix 20.0.0.0/26
gw bash -c "$(example "monitor --snapshot" | sed 's/^/exec /')" &
recorder=$!
wait_for 5 grep -qs snapshot-end /var/log/dnetmap.json
gw dnetmap add 192.168.0.25 20.0.0.40
pass_time 1
now=@$EPOCHREALTIME
pass_time 1
gw dnetmap del 20.0.0.40
wait_for 5 grep -q deleted /var/log/dnetmap.json
kill $recorder
like "$(run "dnetmap who" "sed s/2026.*Z/$now/")" \
	"^192.168.0.25 20.0.0.40 active in 20.0.0.0/26 since .* until .* deleted$" "is asked"
