#!/bin/bash
# Rules in their binary form, by setsockopt and by netlink, as a plugin of
# another make may send them, or none would. The kernel trusts no blob, and
# does not write to any.
# share: um
. tests/lib.sh

export XTABLES_LIBDIR=/tests/raw-rule:$PLUGINS

# raw [FIELD=VALUE...]: a rule in hex, --prefix 20.0.0.0/26 unless told else;
# pad is the value of each byte that has no meaning
raw() {
	local map=1 first=20.0.0.0 last=20.0.0.63 flags=4 ttl=0 pad=0 "$@"
	perl -e '($pad, $map, $first, $last, $flags, $ttl) = @ARGV;
		$addr = sub { pack "C16", split(/\./, shift), ($pad) x 12 };
		print unpack "H*", pack "L a16 a16 C4 C C3 l", $map,
			$addr->($first), $addr->($last), ($pad) x 4,
			$flags, ($pad) x 3, $ttl' -- \
		"$pad" "$map" "$first" "$last" "$flags" "$ttl"
}

add() { nat -A POSTROUTING -j DNETMAP --raw "$(raw "$@")"; }

rules() { nat -S | grep ^-A; }

# einval REGEX FIELD=VALUE...: the rule is refused; the log will say REGEX
einval() {
	refused "Invalid argument" add "${@:2}"
	reasons+=("$1")
}

# begin NAME: lines of a kind are limited to ten in five seconds
begin() {
	pass_time 6
	test_case "$1"
	reasons=()
}

# all_told: no rule is there, and the log has one line for each, which matches
all_told() {
	local lines i
	is "$(rules)" "" "none is there"
	mapfile -t lines < <(klog)
	is "${#lines[@]}" "${#reasons[@]}" "one line in the log for each"
	for i in "${!reasons[@]}"; do
		like "${lines[i]:-}" "${reasons[i]}" "the log says why"
	done
}

# einval_range REASON FIRST-LAST...
einval_range() {
	local range
	for range in "${@:2}"; do
		einval "${range//./\\.}.* $1" first="${range%-*}" last="${range#*-}"
	done
}

begin "unknown flags"
einval "unknown flag.* 0x20" flags=$((32 + 4))
einval "unknown flag.* 0x20" flags=32 map=0
einval "unknown flag.* 0x20" flags=255
einval "0x40 .*not supported" flags=$((64 + 4))
all_told

begin "flags that disagree"
einval "disagree" flags=4 map=0
einval "disagree" flags=0 map=1
einval "disagree" flags=3 map=1
einval "disagree" flags=4 map=2
einval "disagree" flags=0 map=2
einval "disagree" flags=4 map=3
einval "disagree" flags=4 map=$((0x80000001))
einval "flags 0x10 .*with a prefix" flags=16 map=0
einval "flags 0x80 .*with a prefix" flags=128 map=0
einval "flags 0x90 .*with a prefix" flags=$((128 + 16)) map=0
einval "flags 0x40 .*(with a prefix|not supported)" flags=64 map=0
all_told

begin "ranges that are not one aligned block"
einval_range block 20.0.0.0-20.0.0.62 20.0.0.1-20.0.0.63 \
	20.0.0.32-20.0.0.95 20.0.0.63-20.0.0.0 20.0.0.1-20.0.0.2 \
	20.0.0.1-20.0.0.0 20.0.255.0-20.1.0.255 20.0.0.0-20.0.1.254 \
	10.0.0.0-20.0.0.0
all_told

begin "blocks shorter than /8"
einval_range /8 20.0.0.0-21.255.255.255 64.0.0.0-127.255.255.255 \
	128.0.0.0-255.255.255.255 0.0.0.0-255.255.255.255
all_told

begin "addresses that no host can own"
einval_range host 0.0.0.0-0.0.0.0 0.0.0.0-0.255.255.255 \
	0.255.255.255-0.255.255.255 127.0.0.0-127.255.255.255 \
	127.0.0.1-127.0.0.1 224.0.0.0-224.255.255.255 \
	239.255.255.255-239.255.255.255 255.255.255.255-255.255.255.255
all_told
for range in 1.0.0.0-1.255.255.255 126.255.255.255-126.255.255.255 \
	128.0.0.0-128.0.0.0 223.255.255.0-223.255.255.255 \
	240.0.0.0-240.255.255.255 255.255.255.254-255.255.255.254; do
	ok "their neighbours are taken: $range" \
		add first="${range%-*}" last="${range#*-}"
done

begin "a rule of another size"
for size in 40 56; do
	export RAW_RULE_SIZE=$size
	refused "Invalid argument" add
	unset RAW_RULE_SIZE
done
is "$(rules)" "" "none is there"

test_case "padding means nothing, and the kernel writes to no rule"
fields=(pad=255 flags=7 ttl=200)
rule=$(raw "${fields[@]}")
listing="-A POSTROUTING -j DNETMAP --raw $rule"
ok "taken with all padding set" add "${fields[@]}"
is "$(rules)" "$listing" "handed back as it came"
is "$(talk lan ask udp 192.168.0.10:5000 $WAN)" "20.0.0.0 5000 $WAN 7" \
	"the padding is no range of ports"
is "$(PROTOCOL=tcp flow 192.168.0.11)" 20.0.0.1 "the prefix has its 64 addresses"
like "$(bindings 20.0.0.0_26)" " -> 20\.0\.0\.1 --- ttl: 19[89] " "and its ttl"
is "$(rules)" "$listing" "the same bytes after traffic"
ok "restored as it was saved" ipt_restore < <(ipt_save -t nat)
is "$(rules)" "$listing" "the same bytes after that"
ok "deleted by its bytes" nat -D POSTROUTING -j DNETMAP --raw "$rule"
is "$(rules)" "" "none is left"

test_case "ttl without its flag means nothing"
ok "taken" add ttl=200
flow 192.168.0.10 > /dev/null
like "$(bindings 20.0.0.0_26)" " --- ttl: 59[89] " "default_ttl it is"
