#!/bin/bash
# Programs of others read what the command prints, as they are in Debian: promtool its
# metrics, jq its prefixes, rsyslog its events. A VM makes all; they are read here.
#
# $KVER is its kernel, as for tests/vm/run.
set -euo pipefail

here=$(dirname "$(readlink -f "$0")")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
count=0

# is SEEN EXPECTED NAME
is() {
	count=$((count + 1))
	if [ "$1" = "$2" ]; then
		echo "ok $count - $3"
	else
		echo "not ok $count - $3"
		printf 'expected: %s\nseen:     %s\n' "$2" "$1" | sed 's/^/# /'
	fi
}

# in_root NAME COMMAND...: where the packages of a list are
in_root() {
	local root
	root=$("$here/../debian/root" bookworm/amd64 "$1")
	"$here/../debian/in" "$root" "${@:2}"
}

# In the guest: events of all kinds that a gateway has, some of them before anybody
# listens, and what the counters are then.
# shellcheck disable=SC2016 # its variables are the guest's
gateway='
	topology
	nat -A POSTROUTING -s 192.168.0.0/24 -j DNETMAP --prefix 20.0.0.0/31
	nat -A POSTROUTING -d 198.51.100.3 -j DNETMAP --prefix 30.0.0.0/26 --own
	flow 192.168.0.10 > /dev/null
	gw dnetmap add 192.168.0.11 20.0.0.1 static
	nsenter --net=/run/netns/gw dnetmap -j monitor --snapshot > /tmp/events & listener=$!
	wait_for 5 grep -q snapshot-end /tmp/events
	flow 192.168.0.12 > /dev/null
	gw dnetmap -j | sed "s/^/prefix: /"
	flow 192.168.1.13 198.51.100.3 > /dev/null
	pass_time 601
	gw dnetmap del 192.168.0.11
	gw dnetmap prefix new 40.0.0.0/24
	gw dnetmap prefix del 40.0.0.0/24
	gw dnetmap flush 20.0.0.0/31
	wait_for 5 grep -q \"flush\" /tmp/events
	kill $listener
	sed "s/^/event: /" /tmp/events
	gw dnetmap stats --prometheus | sed "s/^/metric: /"
'
"$here/../vm/run" -c "$gateway" > "$work/printed"
sed -n 's/^event: //p' "$work/printed" > "$work/events"
sed -n 's/^metric: //p' "$work/printed" > "$work/metrics"
sed -n 's/^prefix: //p' "$work/printed" > "$work/prefixes"

# promtool FILE: what it says of metrics, and its status
promtool() {
	local status=0
	in_root promtool promtool check metrics < "$1" 2>&1 || status=$?
	echo "status $status"
}

is "$(grep -c '^dnetmap_[a-z_]*{prefix="30.0.0.0/26"} [0-9]' "$work/metrics")" \
	"$(grep -c '^dnetmap_[a-z_]*{prefix="20.0.0.0/31"} [0-9]' "$work/metrics")" \
	"metrics of each prefix"
is "$(promtool "$work/metrics")" "status 0" "promtool finds nothing wrong"
sed '/^# HELP.*added_total/d' "$work/metrics" > "$work/without"
is "$(promtool "$work/without" | tail -n 1)" "status 3" "and would: a counter without a word on it"
sed '0,/} /s// /' "$work/metrics" > "$work/broken"
is "$(promtool "$work/broken" | tail -n 1)" "status 1" "and would: a line without its end"

# As dnetmap(8) has it.
filter=$(sed -n "s/^dnetmap .* | jq .*'\(.*\)'/\1/p" "$here/../../man/dnetmap.8")
is "$(in_root jq jq -r "$filter" < "$work/prefixes")" 20.0.0.0/31 \
	"jq tells which prefix is nearly full"

# rsyslog TEMPLATE: what it makes of the events, read from their file
rsyslog() {
	local tries=0 pid
	mkdir "$work/spool"
	cat > "$work/config" <<- END
		global(workDirectory="$work/spool" maxMessageSize="8k")
		module(load="imfile" mode="polling" pollingInterval="1")
		module(load="mmjsonparse")
		input(type="imfile" file="$work/events" tag="dnetmap")
		template(name="read" type="string" string="$1\n")
		action(type="mmjsonparse" cookie="")
		action(type="omfile" file="$work/read" template="read")
	END
	: > "$work/read"
	in_root rsyslog rsyslogd -n -iNONE -f "$work/config" 2> "$work/said" & pid=$!
	until [ "$(wc -l < "$work/read")" -ge "$(wc -l < "$work/events")" ] ||
		[ $((++tries)) -gt 300 ] || ! kill -0 "$pid"; do sleep 0.1; done
	kill "$pid" || :
	wait "$pid" || :
	cat "$work/said" "$work/read"
}

# field NAME: of each event, or nothing where it has none
field() { sed -E "/.*\"$1\":(\"([^\"]*)\"|([0-9]+)).*/!s/.*//; s//\2\3/" "$work/events"; }

is "$(field event | sort -u | paste -sd ' ')" \
	"add end flush no-address prefix-end prefix-new snapshot snapshot-end" \
	"events of these kinds"
is "$(rsyslog '%parsesuccess%,%$!event%,%$!seq%,%$!realtime%,%$!incarnation%,%$!prenat%,%$!postnat%,%$!prefix%')" \
	"$(paste -d , <(sed 's/.*/OK/' "$work/events") <(field event) <(field seq) \
		<(field realtime) <(field incarnation) <(field prenat) <(field postnat) \
		<(field prefix))" \
	"rsyslog takes each line as JSON, and has its fields, to the nanosecond"
echo "1..$count"
