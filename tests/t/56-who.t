#!/bin/bash
# Who had an address at a time: from a record of events, and from the kernel.
# vm: backends=nft
. tests/lib.sh

HOST=192.168.0.10
OTHER=192.168.0.11
ADDR=20.0.0.0

# stamp: a time with nothing else in it, as who takes it
stamp() {
	pass_time 1
	echo "@$EPOCHREALTIME"
	pass_time 1
}

# who WORD...: the answer without its times, and the status if it is not 0
who() {
	{ gw dnetmap who "$@" 2>&1 || echo "status $?"; } |
		sed -E 's/ (since|until) [^ ]+( \([^)]*\))?//g; s/ at [^ ]+Z: not/: not/'
}

# not_known NAME REGEX WORD...: it is not, for this reason
not_known() { like "$(who "${@:3}")" "not known: $2"$'\n'"status 1$" "$1"; }

# record FILE [WORD...]: events go to it from now on, until recorded
record() {
	# Not by gw: it is the command that has to get the signal.
	nsenter --net=/run/netns/gw dnetmap -j monitor "${@:2}" > "$1" &
	recorder=$!
	pass_time 1
}

recorded() {
	pass_time 1
	kill "$recorder"
	wait "$recorder" 2> /dev/null
}

# line EVENT: the numbers of the lines in the record that have it
line() { grep -n "\"event\":\"$1\"" /tmp/record | cut -d: -f1; }

test_case "from a record"
record /tmp/record
before=$(stamp)
nat -A POSTROUTING -j DNETMAP --prefix $ADDR/32
new=$(stamp)
flow $HOST > /dev/null
active=$(stamp)
pass_time 601
expired=$(stamp)
flow $OTHER > /dev/null
other=$(stamp)
gw dnetmap del $ADDR
deleted=$(stamp)
gw dnetmap add $HOST $ADDR static
static=$(stamp)
gw dnetmap flush $ADDR/32
flushed=$(stamp)
flow $HOST > /dev/null
nat -A POSTROUTING -j DNETMAP --prefix 20.0.0.0/26
again=$(stamp)
nat -D POSTROUTING 1
pass_time 2
passed=$(stamp)
nat -F POSTROUTING
pass_time 2
ended=$(stamp)
nat -A POSTROUTING -j DNETMAP --prefix 30.0.0.0/26
last=$(stamp)
recorded

# answers FILE...: all that it tells of the address
answers() {
	is "$(who $ADDR at "$new" "$@")" "$ADDR free" "before its first binding"
	is "$(who $ADDR at "$active" "$@")" "$HOST $ADDR active in $ADDR/32 timeout" \
		"while a host has it"
	is "$(who $ADDR at "$expired" "$@")" "$HOST $ADDR expired in $ADDR/32 timeout" \
		"after its time"
	is "$(who $ADDR at "$other" "$@")" "$OTHER $ADDR active in $ADDR/32 deleted" \
		"another host"
	is "$(who $ADDR at "$deleted" "$@")" "$ADDR free deleted" "removed"
	is "$(who $ADDR at "$static" "$@")" "$HOST $ADDR static in $ADDR/32 flush" "static"
	is "$(who $ADDR at "$flushed" "$@")" "$ADDR free flush" "flushed"
	is "$(who $ADDR at "$again" "$@")" "$HOST $ADDR active in $ADDR/32 prefix-end" \
		"again"
	is "$(who $ADDR at "$passed" "$@")" \
		"$HOST $ADDR active in 20.0.0.0/26 prefix-end" "passed to another prefix"
	is "$(who $ADDR at "$ended" "$@")" "$ADDR free prefix-end" "without a prefix"
}
answers /tmp/record
is "$(who $HOST at "$active" /tmp/record)" "$HOST $ADDR active in $ADDR/32 timeout" \
	"by the private address"
is "$(who $HOST at "$other" /tmp/record)" "$HOST $ADDR expired in $ADDR/32 timeout" \
	"which has it no more"
like "$(gw dnetmap who $ADDR at "$active" /tmp/record)" \
	"since [^ ]+Z \(/tmp/record:2\) until [^ ]+Z \(/tmp/record:3\) timeout" \
	"both ends are named"
like "$(gw dnetmap -j who $ADDR at "$active" /tmp/record)" \
	'^\{"addr":"20.0.0.0","time":[0-9]{19},"state":"active","prenat":"192.168.0.10","postnat":"20.0.0.0","prefix":"20.0.0.0/32","since":[0-9]{19},"since_at":"/tmp/record:2","until":[0-9]{19},"until_at":"/tmp/record:3","reason":"timeout"\}$' \
	"as JSON"
is "$(cat /tmp/record | who $ADDR at "$active" -)" \
	"$HOST $ADDR active in $ADDR/32 timeout" "from standard input"
seconds=${active#@}
is "$(who $ADDR at "$(date -ud "@$seconds" +%FT%T.%NZ)" /tmp/record)" \
	"$HOST $ADDR active in $ADDR/32 timeout" "at a time with Z"
is "$(TZ=XXX-3 who $ADDR at "$(TZ=XXX-3 date -d "@$seconds" +%FT%T.%N)" /tmp/record)" \
	"$HOST $ADDR active in $ADDR/32 timeout" "at a local time"
is "$(who $ADDR at "$(TZ=XXX-3 date -d "@$seconds" +%FT%T%:z)" /tmp/record)" \
	"$HOST $ADDR active in $ADDR/32 timeout" "at a time with an offset"

CASE="from files in any order"
head -n 3 /tmp/record > /tmp/record.1
tail -n +3 /tmp/record > /tmp/record.2
answers /tmp/record.2 /tmp/record.1

CASE="where it is not known"
not_known "before the record" "the record is from .*" $ADDR at "$before" /tmp/record
not_known "after it" "the record is from .*" $ADDR at "$last" /tmp/record
not_known "now" "the record is from .*" $ADDR /tmp/record
# The third line, the timeout, is missing.
sed '3s/.*/{"event":"lost","count":1}/' /tmp/record > /tmp/record.gap
not_known "an event is missing" "events are missing: 3 to 3" $ADDR at "$active" /tmp/record.gap
not_known "before and after" "events are missing: 3 to 3" $ADDR at "$expired" \
	/tmp/record.gap
is "$(who $ADDR at "$other" /tmp/record.gap)" \
	"$OTHER $ADDR active in $ADDR/32 deleted" "behind the gap, it is"
sed '2d' /tmp/record > /tmp/record.gap
is "$(who $ADDR at "$expired" /tmp/record.gap)" \
	"$HOST $ADDR expired in $ADDR/32 timeout" "what ends has been"
not_known "of another address" "events 3 to .* do not tell" 20.0.0.1 at "$other" \
	/tmp/record.2
not_known "of a host, the others that it may have" \
	"events 3 to .* do not tell" $HOST at "$other" /tmp/record.2
perl -ne 'next if $. == 3; s/("seq":)(\d+)/$1 . ($2 - 1)/e if $. > 3; print' \
	/tmp/record > /tmp/record.mad
not_known "two hosts at once" "event 3 contradicts those before it" $ADDR at "$other" \
	/tmp/record.mad
# The clock went back by two hours between the first two events of the address.
perl -pe 's/("realtime":)(\d+)/$1 . ($2 - 7200 * 1e9)/e if $. > 2' /tmp/record \
	> /tmp/record.back
not_known "the clock was set back" "the clock was set back over it" $ADDR \
	at "@$((${new:1:10} - 1))" /tmp/record.back

CASE="without the module"
flush_nat gw
pass_time 2
wait_for 10 remove_module
is "$(who $ADDR at "$active" /tmp/record)" "$HOST $ADDR active in $ADDR/32 timeout" \
	"a record is enough"
like "$(who $ADDR)" "the module is not loaded" "the kernel is not"
module
record /tmp/record.new
nat -A POSTROUTING -j DNETMAP --prefix $ADDR/32
flow $OTHER > /dev/null
loaded=$(stamp)
nat -A POSTROUTING -j DNETMAP --prefix 20.0.0.0/26
recorded
not_known "between two incarnations" "the record has nothing of that time.*" \
	$ADDR at "$last" /tmp/record.new /tmp/record
is "$(who $ADDR at "$loaded" /tmp/record.new /tmp/record)" \
	"$OTHER $ADDR active in $ADDR/32" "in the second"
is "$(who $ADDR at "$active" /tmp/record.new /tmp/record)" \
	"$HOST $ADDR active in $ADDR/32 timeout" "in the first"

test_case "from a record that begins with a snapshot"
nat -A POSTROUTING -j DNETMAP --prefix 20.0.0.0/26
flow $HOST > /dev/null
flow $OTHER > /dev/null
gw dnetmap del $OTHER
record /tmp/record --snapshot
held=$(stamp)
gw dnetmap add 192.168.0.12 20.0.0.9
recorded
is "$(who $ADDR at "$held" /tmp/record)" "$HOST $ADDR active in 20.0.0.0/26" "a binding"
is "$(who 20.0.0.1 at "$held" /tmp/record)" "20.0.0.1 free" "none"
is "$(who $HOST at "$held" /tmp/record)" "$HOST $ADDR active in 20.0.0.0/26" "a host"
is "$(who $OTHER at "$held" /tmp/record)" "$OTHER free" "another host"
grep -v snapshot-end /tmp/record > /tmp/record.cut
not_known "of one whose end is missing" ".*" 20.0.0.1 at "$held" /tmp/record.cut
grep -v snapshot /tmp/record > /tmp/record.cut
not_known "of one that is missing" ".*" $ADDR at "$held" /tmp/record.cut

test_case "from the kernel"
module event_history=1000
begin=$(stamp)
nat -A POSTROUTING -j DNETMAP --prefix $ADDR/32
is "$(who $ADDR)" "$ADDR free" "nobody yet"
flow $HOST > /dev/null
active=$(stamp)
is "$(who $ADDR)" "$HOST $ADDR active in $ADDR/32" "who has it"
is "$(who $HOST)" "$HOST $ADDR active in $ADDR/32" "which one a host has"
pass_time 601
expired=$(stamp)
is "$(who $ADDR)" "$HOST $ADDR expired in $ADDR/32 timeout" "expired"
flow $OTHER > /dev/null
is "$(who $ADDR at "$active")" "$HOST $ADDR active in $ADDR/32 timeout" "earlier"
is "$(who $ADDR at "$expired")" "$HOST $ADDR expired in $ADDR/32 timeout" "later"
is "$(who $ADDR)" "$OTHER $ADDR active in $ADDR/32" "now"
not_known "before all" "the record is from .*" $ADDR at "$begin"
not_known "some day" "the record is from .*" $ADDR at "@$((${active:1:10} + 1000000))"

test_case "from a kernel that keeps no events"
module event_history=0 disable_log=1
nat -A POSTROUTING -j DNETMAP --prefix $ADDR/32
flow $HOST > /dev/null
active=$(stamp)
is "$(who $ADDR)" "$HOST $ADDR active in $ADDR/32" "who has it"
is "$(who $HOST)" "$HOST $ADDR active in $ADDR/32" "which one a host has"
is "$(who $OTHER)" "$OTHER free" "and another one"
pass_time 601
is "$(who $ADDR)" "$HOST $ADDR expired in $ADDR/32" "expired"
not_known "earlier" "the kernel keeps no events: event_history is 0" $ADDR at "$active"

test_case "words"
refused "who: nothing: expected an address" gw dnetmap who
refused "who: 1.2.3: expected an address" gw dnetmap who 1.2.3
refused "who at: noon: expected YYYY-MM-DDTHH:MM:SS" gw dnetmap who $ADDR at noon
refused "no time that there is" gw dnetmap who $ADDR at 2026-02-30T00:00:00Z
echo nonsense > /tmp/wrong
refused "/tmp/wrong, line 1: expected an object" gw dnetmap who $ADDR /tmp/wrong
head -c 100 /tmp/record > /tmp/wrong
refused "/tmp/wrong, line 1: the file ends in the middle of a line" \
	gw dnetmap who $ADDR /tmp/wrong
: > /tmp/wrong
refused "the record has no event" gw dnetmap who $ADDR /tmp/wrong
refused "/tmp/none: No such file or directory" gw dnetmap who $ADDR /tmp/none
