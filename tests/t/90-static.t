# shellcheck shell=bash
# Static bindings: made by hand, always active, beside dynamic ones in a prefix.
# share: um
. tests/lib.sh

HOST=192.168.0.25
no_match="-s 203.0.113.0/24"
# Who comes in from the world passes POSTROUTING, too, and would be bound.
from_lan=(-s 192.168.0.0/16 -j DNETMAP)

# bind PRENAT:POSTNAT...: static, in 20.0.0.0/26
bind() { tell 20.0.0.0_26 "${@/#/+}" > /dev/null; }

# pairs: all that are bound in the namespace
pairs() {
	gw find /proc/net/xt_DNETMAP ! -name '*_stat' -type f -exec cat {} + |
		sed 's/ --- .*//' | sort -Vk 3 | uniq
}

# seen HOST...: what the world sees of flows from these
seen() {
	local host
	for host in "$@"; do flow "192.168.0.$host"; done | xargs
}

test_case "a static binding translates both ways"
nat -A POSTROUTING "${from_lan[@]}" --prefix 20.0.0.0/26
nat -A PREROUTING -j DNETMAP
is "$(inbound 20.0.0.40)" none "before there is one"
takes 20.0.0.0_26 +$HOST:20.0.0.40
is "$(inbound 20.0.0.40)" $HOST "in, before the host has sent anything"
is "$(flow $HOST)" 20.0.0.40 "out"
is "$(PROTOCOL=tcp flow $HOST)" 20.0.0.40 "tcp too"
is "$(bindings 20.0.0.0_26)" "$HOST -> 20.0.0.40 --- ttl: S lasthit: S" \
	"ttl: S lasthit: S"
is "$(bindings 20.0.0.0_26_stat)" "1 64 0" "_stat counts it, but no ttl"
flow 192.168.0.10 > /dev/null
like "$(bindings 20.0.0.0_26_stat)" "^2 64 59[89]$" \
	"the mean ttl is that of dynamic ones"
logged "the log" "new prefix 20.0.0.0/26" "add binding $HOST -> 20.0.0.40" \
	"add binding 192.168.0.10 -> 20.0.0.0"

test_case "a static binding is always active, whatever the rules' ttl"
nat -A POSTROUTING "${from_lan[@]}" --prefix 20.0.0.0/26 --ttl 0
nat -A PREROUTING -i wan -j DNETMAP --ttl 1
bind $HOST:20.0.0.40
is "$(seen 25 25)" "20.0.0.40 20.0.0.40" "out, by --ttl 0"
is "$(inbound 20.0.0.40)" $HOST "in, by --ttl 1"
pass_time 2000
is "$(inbound 20.0.0.40)" $HOST "in, half an hour later"
is "$(seen 25)" 20.0.0.40 "out, half an hour later"
is "$(bindings 20.0.0.0_26)" "$HOST -> 20.0.0.40 --- ttl: S lasthit: S" "listed"
is "$(bindings 20.0.0.0_26_stat)" "1 64 0" "and active"
logged "it has begun, and not ended" "new prefix 20.0.0.0/26" \
	"add binding $HOST -> 20.0.0.40"

test_case "a static pair's address is never given out"
nat -A POSTROUTING -j DNETMAP --prefix 20.0.0.0/30
tell 20.0.0.0_30 +$HOST:20.0.0.1 > /dev/null
is "$(seen 1 2 3 4)" "20.0.0.0 20.0.0.2 20.0.0.3 192.168.0.4" \
	"not as one that was never given"
pass_time 700
is "$(seen 5 6 7 8)" "20.0.0.0 20.0.0.2 20.0.0.3 192.168.0.8" \
	"not as the longest expired"
is "$(seen 25)" 20.0.0.1 "its host has it"
tell 20.0.0.0_30 -$HOST > /dev/null
is "$(seen 8)" 20.0.0.1 "it is given once it is static no more"

test_case "a static pair's address is not given through another prefix either"
nat -A POSTROUTING -j DNETMAP --prefix 20.0.0.0/31
nat -A POSTROUTING -s 172.16.0.0/12 -j DNETMAP --prefix 20.0.0.0/24
tell 20.0.0.0_24 +$HOST:20.0.0.1 > /dev/null
is "$(seen 1 2)" "20.0.0.0 192.168.0.2" "the smaller prefix leaves it alone"

test_case "a static pair's host never gets a second address"
nat -A POSTROUTING -j DNETMAP --prefix 30.0.0.0/26
nat -A POSTROUTING -j DNETMAP --prefix 20.0.0.0/26
nat -A OUTPUT -s 198.51.100.1 -j DNETMAP --prefix 30.0.0.0/26
bind $HOST:20.0.0.40 198.51.100.1:20.0.0.41
is "$(seen 25)" 20.0.0.40 "from a rule of another prefix"
nat -I POSTROUTING -j DNETMAP --reuse
is "$(seen 25)" 20.0.0.40 "from a rule without a prefix"
is "$(FROM=gw flow 198.51.100.1)" 20.0.0.41 "in OUTPUT"
pass_time 2000
is "$(seen 25)" 20.0.0.40 "however late"
is "$(pairs)" "$HOST -> 20.0.0.40
198.51.100.1 -> 20.0.0.41" "nothing else is bound"

test_case "--static rules use static bindings only, and create none"
nat -A POSTROUTING "${from_lan[@]}" --prefix 20.0.0.0/26 --reuse --static
nat -A POSTROUTING "${from_lan[@]}" --static
nat -A POSTROUTING -s 192.168.0.0/16 -m comment --comment "the next rule"
nat -A PREROUTING -i wan -j DNETMAP --static
bind $HOST:20.0.0.40
is "$(seen 25)" 20.0.0.40 "a static one, out"
is "$(inbound 20.0.0.40)" $HOST "a static one, in"
is "$(seen 10)" 192.168.0.10 "no binding: none is created"
is "$(reached POSTROUTING 3)" 1 "the flow goes on to the next rule"
nat -I POSTROUTING -s 192.168.0.10 -j DNETMAP --prefix 20.0.0.0/26
is "$(seen 10)" 20.0.0.0 "another rule makes a dynamic one"
nat -D POSTROUTING 1
before=$(bindings 20.0.0.0_26 | sed 's/ ttl: [0-9]* / /')
pass_time 2
is "$(seen 10)" 192.168.0.10 "an active dynamic one is not used, out"
is "$(inbound 20.0.0.0)" none "nor in"
is "$(bindings 20.0.0.0_26 | sed 's/ ttl: [0-9]* / /')" "$before" "nor hit"
pass_time 700
is "$(seen 10)" 192.168.0.10 "an expired one is not revived, even by --reuse"
logged "the log" "new prefix 20.0.0.0/26" "add binding $HOST -> 20.0.0.40" \
	"add binding 192.168.0.10 -> 20.0.0.0" \
	"timeout binding 192.168.0.10 -> 20.0.0.0"

test_case "of which prefix: out any, in the rule's own"
nat -A POSTROUTING -s $HOST -j DNETMAP --prefix 30.0.0.0/26 --static
nat -A PREROUTING -i wan -j DNETMAP --prefix 30.0.0.0/26 --static
# shellcheck disable=SC2086
nat -A POSTROUTING $no_match -j DNETMAP --prefix 20.0.0.0/26
bind $HOST:20.0.0.40
is "$(seen 25)" 20.0.0.40 "out by a rule of another prefix"
is "$(inbound 20.0.0.40)" none "in not"
tell 30.0.0.0_26 +$HOST:30.0.0.40 > /dev/null
is "$(seen 25) $(inbound 30.0.0.40)" "30.0.0.40 $HOST" "both by its own"

test_case "its prefix goes"
nat -A PREROUTING -i wan -j DNETMAP
nat -A POSTROUTING "${from_lan[@]}" --prefix 20.0.0.0/26
# shellcheck disable=SC2086
nat -A POSTROUTING $no_match -j DNETMAP --prefix 20.0.0.0/24
# shellcheck disable=SC2086
nat -A POSTROUTING $no_match -j DNETMAP --prefix 30.0.0.0/26
bind $HOST:20.0.0.40
tell 30.0.0.0_26 +192.168.0.26:30.0.0.40 > /dev/null
nat -D POSTROUTING 1
within 3 "$HOST -> 20.0.0.40
192.168.0.26 -> 30.0.0.40" "it stays in the other that its address lies in" \
	pairs
is "$(inbound 20.0.0.40)" $HOST "and serves"
nat -F POSTROUTING
within 3 "" "or goes with it" pairs
is "$(inbound 30.0.0.40)" none "and serves no more"
logged "the log" "new prefix 20.0.0.0/26" "new prefix 20.0.0.0/24" \
	"new prefix 30.0.0.0/26" "add binding $HOST -> 20.0.0.40" \
	"add binding 192.168.0.26 -> 30.0.0.40" "prefix 20.0.0.0/26 removed" \
	"prefix 20.0.0.0/24 removed" "prefix 30.0.0.0/26 removed"

test_case "at max_bindings"
module max_bindings=3
nat -A POSTROUTING -s 192.168.0.1 -j DNETMAP --prefix 20.0.0.0/26 --ttl 100
nat -A POSTROUTING -j DNETMAP --prefix 20.0.0.0/26
is "$(seen 1 2 3 4)" "20.0.0.0 20.0.0.1 20.0.0.2 192.168.0.4" "three at most"
before=$(pairs)
is "$(tell 20.0.0.0_26 +$HOST:20.0.0.40)" "No space left on device" \
	"with nothing but active ones: ENOSPC"
is "$(pairs)" "$before" "nothing has changed"
takes 20.0.0.0_26 +192.168.0.2:20.0.0.2
is "$(pairs)" "192.168.0.1 -> 20.0.0.0
192.168.0.2 -> 20.0.0.2" "but one that ends others, and so makes room"
pass_time 105
flow 192.168.0.3 > /dev/null
takes 20.0.0.0_26 +$HOST:20.0.0.40
is "$(pairs)" "192.168.0.3 -> 20.0.0.1
192.168.0.2 -> 20.0.0.2
$HOST -> 20.0.0.40" "an expired one makes room"
