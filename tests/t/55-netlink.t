#!/bin/bash
# Netlink and the command: bindings, prefixes, events.
# vm: backends=nft
. tests/lib.sh

HOST=192.168.0.10

# dnetmap WORD...: the command, on the gateway
dnetmap() { gw dnetmap "$@"; }

# table [WORD...]: pairs with their state
table() { dnetmap -H list "$@" | awk '{ print $1, $2, $3 }'; }

# counters PREFIX: active, static, expired, peak, added, reactivated, timed out, removed,
# recycled, refused
counters() {
	dnetmap -j stats | grep "\"$1\"" |
		sed -E 's/.*"active":([0-9]+),"static":([0-9]+),"expired":([0-9]+),"peak":([0-9]+),"added":([0-9]+),"reactivated":([0-9]+),"timed_out":([0-9]+),"removed":([0-9]+),"recycled":([0-9]+),"refused":([0-9]+).*/\1 \2 \3 \4 \5 \6 \7 \8 \9/'
}

test_case "without a rule"
module
is "$(dnetmap -H 2>&1)" "" "there is no prefix, and that is no error"
is "$(dnetmap -H list 2>&1)" "" "nor a binding"

test_case "list, show"
nat -A POSTROUTING -j DNETMAP --prefix 20.0.0.0/26
flow $HOST > /dev/null
flow 192.168.0.11 > /dev/null
is "$(table)" "$HOST 20.0.0.0 active"$'\n'"192.168.0.11 20.0.0.1 active" "bindings"
is "$(dnetmap -H show 20.0.0.1 | awk '{ print $1, $2, $3, $5 }')" \
	"192.168.0.11 20.0.0.1 active 20.0.0.0/26" "by the public address"
is "$(dnetmap -H show $HOST | awk '{ print $1, $2 }')" "$HOST 20.0.0.0" "by the private one"
is "$(dnetmap show 20.0.0.9 2>&1 || echo $?)" \
	"PRENAT           POSTNAT          STATE            TTL  PREFIX              SCOPE
dnetmap: show: no binding has 20.0.0.9
1" "none"
pass_time 601
is "$(table)" "$HOST 20.0.0.0 expired"$'\n'"192.168.0.11 20.0.0.1 expired" "expired ones"
is "$(table state active)" "" "in a state"
flow $HOST > /dev/null
is "$(table state active)" "$HOST 20.0.0.0 active" "in another one"
is "$(table prenat 192.168.0.11)" "192.168.0.11 20.0.0.1 expired" "of a host"
is "$(table prefix 20.0.0.1/32)" "192.168.0.11 20.0.0.1 expired" "in a prefix"
is "$(table prefix 20.0.0.0/32)" "$HOST 20.0.0.0 active" "in the one before"

test_case "add, del"
nat -A POSTROUTING -s 192.168.0.0/16 -j DNETMAP --prefix 20.0.0.0/26
nat -A PREROUTING -j DNETMAP
ok "a static one" dnetmap add $HOST 20.0.0.7 static
ok "with a ttl" dnetmap add 192.168.0.11 20.0.0.8 ttl 100
ok "an expired one" dnetmap add 192.168.0.12 20.0.0.9 expired 5
is "$(table)" "$HOST 20.0.0.7 static
192.168.0.11 20.0.0.8 active
192.168.0.12 20.0.0.9 expired" "are there"
is "$(bindings 20.0.0.0_26 | sed 's/lasthit.*//')" "$HOST -> 20.0.0.7 --- ttl: S 
192.168.0.11 -> 20.0.0.8 --- ttl: 99 
192.168.0.12 -> 20.0.0.9 --- ttl: -6 " "and in /proc"
is "$(flow $HOST) $(flow 192.168.0.11) $(flow 192.168.0.12)" "20.0.0.7 20.0.0.8 20.0.0.9" \
	"hosts have them"
is "$(inbound 20.0.0.7) $(inbound 20.0.0.8)" "$HOST 192.168.0.11" "in both directions"
is "$(dnetmap add 192.168.0.13 20.0.0.8 2>&1)" \
	"dnetmap: add: 192.168.0.13 -> 20.0.0.8: in the way is 192.168.0.11 -> 20.0.0.8, which only force ends" \
	"one that is in the way"
is "$(dnetmap add $HOST 20.0.0.20 2>&1)" \
	"dnetmap: add: $HOST -> 20.0.0.20: in the way is $HOST -> 20.0.0.7, which only force ends" \
	"alike, the host's"
ok "by force" dnetmap add $HOST 20.0.0.8 static force
is "$(table | head -1)" "$HOST 20.0.0.8 static" "both others end"
is "$(dnetmap add 192.168.0.13 20.0.1.8 2>&1)" "dnetmap: add: no such prefix" "no prefix"
is "$(dnetmap add 20.0.0.1 20.0.0.8 2>&1)" \
	"dnetmap: add: expected a host outside the prefix and an address for it inside" \
	"a host in the prefix"
ok "removed" dnetmap del 20.0.0.8
is "$(dnetmap del 20.0.0.8 2>&1)" "dnetmap: del: no such binding" "once"
ok "or not, if that is no error" dnetmap -x del 20.0.0.8
ok "removed by the host" dnetmap del 192.168.0.12
is "$(table)" "" "nothing is left"
logged "each has its lines" "new prefix 20.0.0.0/26" "add binding $HOST -> 20.0.0.7" \
	"add binding 192.168.0.11 -> 20.0.0.8" "add binding 192.168.0.12 -> 20.0.0.9" \
	"remove binding $HOST -> 20.0.0.7" "remove binding 192.168.0.11 -> 20.0.0.8" \
	"add binding $HOST -> 20.0.0.8" "remove binding $HOST -> 20.0.0.8" \
	"remove binding 192.168.0.12 -> 20.0.0.9"

test_case "a pair that exists"
nat -A POSTROUTING -j DNETMAP --prefix 20.0.0.0/26
nat -A POSTROUTING -s 192.168.1.0/24 -j DNETMAP --prefix 20.0.0.0/27
# holder: the prefix that holds the binding of the host
holder() { dnetmap -H show $HOST | awk '{ print $5 }'; }
flow $HOST > /dev/null
is "$(holder)" 20.0.0.0/26 "its prefix"
ok "again" dnetmap add $HOST 20.0.0.0 ttl 100
is "$(holder)" 20.0.0.0/26 "keeps it"
ok "in another one" dnetmap add $HOST 20.0.0.0 ttl 100 in 20.0.0.0/27
is "$(holder)" 20.0.0.0/27 "has that"
logged "it has not ended" "new prefix 20.0.0.0/26" "new prefix 20.0.0.0/27" \
	"add binding $HOST -> 20.0.0.0"
ok "written into the other one's file" tell 20.0.0.0_26 "+$HOST:20.0.0.0"
is "$(holder) $(table)" "20.0.0.0/26 $HOST 20.0.0.0 static" "is static and of that"
ok "static again" dnetmap add $HOST 20.0.0.0 static in 20.0.0.0/27
is "$(holder)" 20.0.0.0/26 "changes nothing"

test_case "bindings that are older than the machine"
nat -A POSTROUTING -j DNETMAP --prefix 20.0.0.0/30
dnetmap add $HOST 20.0.0.0 expired 200000
dnetmap add 192.168.0.11 20.0.0.1 expired 400000
dnetmap add 192.168.0.12 20.0.0.2 expired 300000
dnetmap add 192.168.0.13 20.0.0.3 expired 100000
is "$(dnetmap -j list | sed -E 's/.*"ended":([0-9]+).*/\1/' | tr '\n' ' ')" \
	"200000 400000 300000 100000 " "have expired when they had"
is "$(bindings 20.0.0.0_30 | sed 's/.*lasthit: //' | sort -u)" 0 "were hit before"
is "$(for i in {21..24}; do flow 192.168.0.$i; done | tr '\n' ' ')" \
	"20.0.0.1 20.0.0.2 20.0.0.0 20.0.0.3 " "give way in the order of their ends"

test_case "counters"
nat -A POSTROUTING -j DNETMAP --prefix 20.0.0.0/31
is "$(counters 20.0.0.0/31)" "0 0 0 0 0 0 0 0 0" "nothing yet"
flow $HOST > /dev/null
flow 192.168.0.11 > /dev/null
flow 192.168.0.12 > /dev/null
is "$(dnetmap -j stats | grep -o '"refused":[0-9]*')" '"refused":1' "a refused one"
is "$(counters 20.0.0.0/31)" "2 0 0 2 2 0 0 0 0" "two hosts"
pass_time 601
is "$(counters 20.0.0.0/31)" "0 0 2 2 2 0 2 0 0" "expired"
flow $HOST > /dev/null
is "$(counters 20.0.0.0/31)" "1 0 1 2 2 1 2 0 0" "one is back"
flow 192.168.0.12 > /dev/null
is "$(counters 20.0.0.0/31)" "2 0 0 2 3 1 2 0 1" "another host has the address"
dnetmap add 192.168.0.13 20.0.0.1 static force
is "$(counters 20.0.0.0/31)" "2 1 0 2 4 1 2 1 1" "a static one replaces it"
dnetmap del 20.0.0.1
is "$(counters 20.0.0.0/31)" "1 0 0 2 4 1 2 2 1" "removed"
dnetmap flush 20.0.0.0/31
is "$(counters 20.0.0.0/31)" "0 0 0 2 4 1 2 3 1" "flushed"
dnetmap add $HOST 20.0.0.0 expired
is "$(counters 20.0.0.0/31)" "0 0 1 2 4 1 2 3 1" "an expired one"
dnetmap add 192.168.0.11 20.0.0.0
is "$(counters 20.0.0.0/31)" "1 0 0 2 5 1 2 3 2" "gives way to another host's"

test_case "prefixes"
ok "made without a rule" dnetmap prefix new 20.0.0.0/26
is "$(dnetmap prefix new 20.0.0.0/26 2>&1)" "dnetmap: prefix new: the prefix exists" "once"
ok "or not, if that is no error" dnetmap -x prefix new 20.0.0.0/26
is "$(dnetmap -H | awk '{ print $1, $5, $6, $7 }')" "20.0.0.0/26 64 0 p-" "it is persistent"
ok "a binding" dnetmap add $HOST 20.0.0.5
nat -A POSTROUTING -j DNETMAP --prefix 20.0.0.0/26
is "$(flow $HOST)" 20.0.0.5 "serves the rule that comes later"
is "$(dnetmap prefix del 20.0.0.0/26 2>&1)" "dnetmap: prefix del: rules name the prefix" \
	"a prefix with rules"
ok "not persistent any more" dnetmap prefix set 20.0.0.0/26 persistent off
is "$(dnetmap -H | awk '{ print $7 }')" "--" "it is not"
ok "again" dnetmap prefix set 20.0.0.0/26 persistent on
nat -F POSTROUTING
pass_time 2
ok "removed" dnetmap prefix del 20.0.0.0/26
is "$(dnetmap -H)" "" "it is gone"

# numbers FILE KEY: what follows a key in each line
numbers() { sed -E "s/.*\"$2\":([0-9]+).*/\1/" "$1"; }

# timeless FILE: events without a time that is computed anew each time
timeless() { sed 's/"realtime":[0-9]*,//' "$1"; }

# listen FILE [WORD...]: to events, until it is killed: $listener
listen() {
	nsenter --net=/run/netns/gw dnetmap -j monitor "${@:2}" > "$1" 2>&1 &
	listener=$!
}

# leave: no more
leave() {
	kill $listener
	wait $listener 2> /dev/null
}

test_case "events"
listen /tmp/events
nat -A POSTROUTING -j DNETMAP --prefix 20.0.0.0/26
flow $HOST > /dev/null
pass_time 601
dnetmap add $HOST 20.0.0.5 static
dnetmap add 192.168.0.11 20.0.0.5 ttl 100 force
dnetmap del 192.168.0.11
dnetmap prefix set 20.0.0.0/26 persistent on
dnetmap prefix set 20.0.0.0/26 persistent off
dnetmap flush 20.0.0.0/26
pass_time 1
leave
event_words() {
	sed -E 's/.*"event":"([^"]*)"(,"prenat":"([^"]*)")?(,"postnat":"([^"]*)")?(,"prefix":"([^"]*)")?(,"state":"([^"]*)")?.*/\1 \3 \5 \7 \9/; s/ +/ /g; s/ $//' "$1"
}
is "$(event_words /tmp/events)" "prefix-new 20.0.0.0/26
add $HOST 20.0.0.0 20.0.0.0/26 active
end $HOST 20.0.0.0 20.0.0.0/26
add $HOST 20.0.0.5 20.0.0.0/26 static
end $HOST 20.0.0.5 20.0.0.0/26
add 192.168.0.11 20.0.0.5 20.0.0.0/26 active
end 192.168.0.11 20.0.0.5 20.0.0.0/26
prefix-set 20.0.0.0/26
prefix-set 20.0.0.0/26
flush 20.0.0.0/26" "as they happen"
is "$(grep -o '"reason":"[a-z]*"' /tmp/events | tr '\n' ' ')" \
	'"reason":"timeout" "reason":"replaced" "reason":"deleted" ' "with the reason of an end"
is "$(grep -o '"flags":\[[^]]*\]' /tmp/events | tr '\n' ' ')" \
	'"flags":[] "flags":["persistent"] "flags":[] ' "with the flags of a prefix"
is "$(numbers /tmp/events seq | awk 'NR > 1 && $1 != last + 1 { print } { last = $1 }')" "" \
	"with numbers, none of which is missing"
is "$(numbers /tmp/events realtime | awk -v now="$(date +%s)" '{ $1 /= 1e9 }
	$1 < now - 700 || $1 > now + 1 { print }')" "" "with the time"
listen /tmp/later --since "$(numbers /tmp/events seq | sed -n 3p)"
within 2 "$(timeless /tmp/events | sed 1,2d)" "and later, from the history" timeless /tmp/later
leave

test_case "events without a history"
module event_history=0 disable_log=1
nat -A POSTROUTING -j DNETMAP --prefix 20.0.0.0/26
# hear FILE HOST: that it has a binding
hear() {
	listen "$1"
	wait_for 2 listened
	# With any request, the kernel finds out.
	dnetmap > /dev/null
	flow "$2" > /dev/null
	within 2 "$2" "$2: there is one who listens" sed -nE 's/.*"prenat":"([^"]*)".*/\1/p' "$1"
	leave
}
# listened: a socket has joined the family's group, and not only that of families
listened() { ! gw awk '$2 == 16 && $4 > "00008000" { exit 1 }' /proc/net/netlink; }
hear /tmp/first $HOST
# With this one, the kernel finds that nobody listens, and makes no event of the next.
flow 192.168.0.11 > /dev/null
pass_time 1
flow 192.168.0.13 > /dev/null
hear /tmp/second 192.168.0.12
is "$(cat /tmp/first /tmp/second | grep -o '"incarnation":"[^"]*"' | sort -u | wc -l)" 2 \
	"of what was left out, the numbers say that they do not go on"
nat -F POSTROUTING
listen /tmp/third
wait_for 2 listened
wait_for 10 remove_module
within 2 "dnetmap: monitor: the module has been removed" "who listens is told that it goes" \
	tail -n 1 /tmp/third
wait $listener
is $? 1 "and ends"
module

test_case "at max_bindings"
module max_bindings=2
nat -A POSTROUTING -j DNETMAP --prefix 20.0.0.0/26
dnetmap add $HOST 20.0.0.0 expired
dnetmap add 192.168.0.11 20.0.0.1 expired
dnetmap save | sed 's/ expired.*/ static/' > /tmp/static
echo "add 192.168.0.12 20.0.0.2 static" > /tmp/third
like "$(cat /tmp/static /tmp/third | dnetmap restore 2>&1)" "no room for more bindings" \
	"what takes the place of expired ones makes no room for others"
is "$(table state static)" "" "and nothing has changed"
ok "as many as may be" dnetmap restore /tmp/static
is "$(table)" "$HOST 20.0.0.0 static
192.168.0.11 20.0.0.1 static" "are there"
ok "one that moves, by force" dnetmap add $HOST 20.0.0.2 static force
is "$(table)" "192.168.0.11 20.0.0.1 static
$HOST 20.0.0.2 static" "needs no room"

test_case "save, restore"
nat -A POSTROUTING -j DNETMAP --prefix 20.0.0.0/26
flow $HOST > /dev/null
dnetmap add 192.168.0.11 20.0.0.9 static
dnetmap add 192.168.0.12 20.0.0.10 expired 7
dnetmap save > /tmp/saved
before=$(table)
nat -F POSTROUTING
pass_time 2
is "$(table)" "" "all is gone"
ok "looked at" dnetmap restore --check /tmp/saved
is "$(table)" "" "changes nothing"
ok "restored without rules" dnetmap restore /tmp/saved
is "$(table)" "$before" "it is as it was"
nat -A POSTROUTING -j DNETMAP --prefix 20.0.0.0/26
is "$(flow $HOST) $(flow 192.168.0.11) $(flow 192.168.0.12)" "20.0.0.0 20.0.0.9 20.0.0.10" \
	"and serves"
before=$(counters 20.0.0.0/26)
ok "the same again" dnetmap restore /tmp/saved
is "$(counters 20.0.0.0/26)" "$before" "ends and begins nothing, whatever has been used since"
sed "s/add 192.168.0.11/add 192.168.0.99/" /tmp/saved > /tmp/other
like "$(dnetmap restore /tmp/other 2>&1)" \
	"/tmp/other, line 6: 192.168.0.99 -> 20.0.0.9: in the way is 192.168.0.11 -> 20.0.0.9" \
	"what is in the way is named"
dnetmap flush 20.0.0.0/26
dnetmap prefix set 20.0.0.0/26 persistent off
