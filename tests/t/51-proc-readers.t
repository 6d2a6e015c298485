#!/bin/bash
# Readers of /proc/net/xt_DNETMAP: they see each binding once, stop nobody, and
# get an error when what they read goes away.
# vm: log=long
. tests/lib.sh

# open_file NAMESPACE NAME: $file has it open, and has read some of it. The
# test stays outside the namespace, which may go meanwhile.
open_file() {
	local pid
	nsenter --net="/run/netns/$1" sleep infinity &
	pid=$!
	wait_for 5 test "/proc/$pid/ns/net" -ef "/run/netns/$1"
	exec {file}< "/proc/$pid/net/xt_DNETMAP/$2"
	kill "$pid"
	wait "$pid"
	is "$(dd bs=12 count=1 status=none <&"$file")" "192.168.0.0 " "it is open"
}

# pairs FIRST COUNT: the lines of that many bindings, made one after another in
# an empty prefix 20.0.0.0, without ttl and lasthit
pairs() {
	awk "BEGIN { for (i = $1; i < $1 + $2; i++)
		printf \"192.168.%d.%d -> 20.0.%d.%d\\n\",
			i / 256, i % 256, i / 256, i % 256 }"
}

without_times() { sed 's/ --- ttl: -\?[0-9]* lasthit: [0-9]*$//'; }

many_bindings() {
	nat -A POSTROUTING -s 192.168.0.0/16 -j DNETMAP --prefix 20.0.0.0/16
	talk lan flood 192.168.0.0 "$1" "$WAN"
}

test_case "a table is read whole, however small the reads are"
many_bindings 300
pairs 0 300 > /tmp/expected
for size in 1 7 50 4095 4096 1M; do
	gw dd if=/proc/net/xt_DNETMAP/20.0.0.0_16 bs=$size status=none |
		without_times > /tmp/seen
	ok "by $size bytes" diff /tmp/expected /tmp/seen
done

test_case "a read may begin anywhere"
many_bindings 1000
is "$(gw perl - <<- 'END'
	open F, "<", "/proc/net/xt_DNETMAP/20.0.0.0_16";
	my ($whole, $part) = ("", "");
	1 while sysread F, $whole, 65536, length $whole;
	for my $offset (1, 55, 4000, 4095, 4096, 4097, 30000, 100, 0) {
		my $there = substr $whole, $offset, 100;
		sysseek F, $offset, 0;
		1 while length $part < 100 &&
			sysread F, $part, 100 - length $part, length $part;
		# A second may have passed.
		s/59[789]/NNN/g for $part, $there;
		print "$offset: $part\n" unless $part eq $there;
		$part = "";
	}
END
)" "" "by seeking forth and back"
is "$(gw dd if=/proc/net/xt_DNETMAP/20.0.0.0_16 bs=1 skip=100000 status=none)" \
	"" "past the end there is nothing"

# The hosts of 172.16/12 move between two prefixes, so that lines before, among
# and after those of 192.168/16 come and go while a slow reader is at work.
test_case "under traffic a reader sees every binding that lives on exactly once"
nat -A POSTROUTING -s 192.168.0.0/16 -j DNETMAP --prefix 20.0.0.0/20 --ttl 9999
nat -A POSTROUTING -d 198.51.100.2 -j DNETMAP --prefix 20.0.0.0/20 --ttl 0
nat -A POSTROUTING -d 198.51.100.3 -j DNETMAP --prefix 30.0.0.0/20 --ttl 0
talk lan flood 172.16.0.0 100 198.51.100.2
talk lan flood 192.168.1.0 200 "$WAN"
talk lan flood 172.16.1.0 100 198.51.100.2
talk lan flood 192.168.2.0 200 "$WAN"
bindings 20.0.0.0_20 | grep ^192 | without_times > /tmp/expected
is "$(wc -l < /tmp/expected)" 400 "400 live on"
while :; do
	for server in 3 2; do
		talk lan flood 172.16.0.0 100 "198.51.100.$server"
		talk lan flood 172.16.1.0 100 "198.51.100.$server"
		pass_time 0.004
	done
done &
churn=$!
gw perl - > /tmp/table <<- 'END'
	open F, "<", "/proc/net/xt_DNETMAP/20.0.0.0_20";
	while (sysread F, my $part, 64) {
		print $part;
		select undef, undef, undef, 0.004;
	}
END
kill "$churn"
wait "$churn"
grep ^192 /tmp/table | without_times > /tmp/seen
ok "each of them once" diff /tmp/expected /tmp/seen
isnt "$(grep -vc ^192 /tmp/table)" 200 "while others came and went"
sed 's/.* -> //; s/ .*//' /tmp/table > /tmp/seen
ok "every address at most once, in ascending order" \
	diff /tmp/seen <(sort -uV /tmp/seen)

test_case "a reader that takes its time stops nobody"
many_bindings 100
nat -I POSTROUTING -s 192.168.1.0/24 -j DNETMAP --prefix 20.0.0.0/16 --ttl 1
open_file gw 20.0.0.0_16
is "$(flow 192.168.0.1)" 20.0.0.1 "a hit"
is "$(flow 192.168.1.1)" 20.0.0.100 "a new binding"
pass_time 3
is "$(klog | tail -n 1)" "timeout binding 192.168.1.1 -> 20.0.0.100" "an expiry"
ok "a rule" nat -A POSTROUTING -j DNETMAP --prefix 30.0.0.0/26
is "$(without_times <&"$file" | tail -n 1)" "192.168.1.1 -> 20.0.0.100" \
	"and the reader goes on, to what is new"

test_case "a prefix goes while its file is open"
nat -A PREROUTING -j DNETMAP
many_bindings 100
open_file gw 20.0.0.0_16
ok "its rule goes" nat -F POSTROUTING
within 2 "" "the file goes" \
	eval "gw ls /proc/net/xt_DNETMAP 2> /dev/null | grep 20.0.0.0"
is "$(cat <&"$file" 2>&1)" "cat: -: Input/output error" "a read is an error"
nat -A POSTROUTING -j DNETMAP --prefix 20.0.0.0/16
is "$(cat <&"$file" 2>&1)" "cat: -: Input/output error" \
	"also when there is another prefix of that name"

test_case "a namespace goes while a file of it is open"
many_bindings 100
open_file gw 20.0.0.0_16
silent_end gw
kill_strays
ip netns delete gw
within 5 "" "it is gone" ip -n lan link show type veth
within 5 "cat: -: Input/output error" "a read is an error" eval 'cat <&"$file"'
