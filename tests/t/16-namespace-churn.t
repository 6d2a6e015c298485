#!/bin/bash
# Namespaces come and go on all CPUs with their rules in place, while packets come
# to them from outside, and somebody reads their table.
# vm: cpus=4 log=long timeout=1800
. tests/lib.sh

: "${namespaces_per_cpu:=10}"

# outside_and_in NAMESPACE CPU: it, with rules, behind a link from the namespace
# of those who send to it. Their frames have the address of its end.
outside_and_in() {
	ip -batch - <<- END
		netns add $1
		link add $1 netns outside type veth peer name eth0 address 02:00:00:00:00:01 netns $1
	END
	ip -n "$1" -batch - <<- END
		link set lo up
		link set eth0 up
		link add sink type dummy
		link set sink up
		route add 198.18.0.0/15 dev sink
	END
	in_ns "$1" sysctl -qw net.ipv4.ip_forward=1
	in_ns "$1" "iptables-$BACKEND-restore" <<- END
		*nat
		-A PREROUTING -j DNETMAP
		-A POSTROUTING -j DNETMAP --prefix 20.0.0.0/8
		-A POSTROUTING -j DNETMAP --prefix 20.0.0.0/26 --ttl 1
		COMMIT
	END
	ip -n outside -batch - <<- END
		link set $1 up
		neigh add 10.9.9.9 lladdr 02:00:00:00:00:01 dev $1
		route replace 198.18.$2.0/24 via 10.9.9.9 dev $1 onlink
	END
}

# send_on CPU: new flows of 32 hosts, until there is no way to go
send_on() {
	while burst 512 192.168.0.0/32 "198.18.$1.1/1:1" outside; do :; done
} > /dev/null 2>&1

# read_on FILE: again and again; prints how much of it was there at most, and
# what came of that in the end
read_on() {
	# shellcheck disable=SC2016 # the variables are Perl's
	exec perl -e '
		open my $file, "<", $ARGV[0] or die "$!\n";
		my ($most, $size) = (0, 0);
		while (defined $size) {
			sysseek $file, 1000, 0; # past some bindings
			sysseek $file, 0, 0;
			my $lines = 0;
			while ($size = sysread $file, my $text, 65536) {
				$lines += ($text =~ tr/\n//);
				rename "/tmp/$ARGV[1]", "/tmp/$ARGV[1].read" if $lines == 32;
			}
			$most = $lines if $lines > $most;
		}
		print "$most bindings, then ", $!{EIO} ? "an error" : "$!", "\n"
	' "$@"
}

# live_and_die NAMESPACE CPU
live_and_die() {
	local inside reader sender
	outside_and_in "$1" "$2"
	silent_end "$1"
	: > "/tmp/$1"
	(exec nsenter --net="/run/netns/$1" sleep 1000) &
	inside=$!
	wait_for 30 test -e "/proc/$inside/net/xt_DNETMAP/20.0.0.0_8"
	read_on "/proc/$inside/net/xt_DNETMAP/20.0.0.0_8" "$1" & reader=$!
	send_on "$2" & sender=$!
	wait_for 30 test -e "/tmp/$1.read"
	kill "$inside"
	ip netns delete "$1"
	wait $reader $sender
	rm "/tmp/$1.read"
} 2> /dev/null

test_case "$((4 * namespaces_per_cpu)) namespaces come and go"
dmesg -n 5 # the console is slow, and there will be many lines
ip netns add outside
ip -n outside link set lo up
ip -n outside route add local 192.168.0.0/16 dev lo
sysctl -qw net.netfilter.nf_log_all_netns=0
before=$(memory)
for cpu in 0 1 2 3; do
	{
		taskset -pc $cpu "$BASHPID" > /dev/null
		for ((n = 0; n < namespaces_per_cpu; n++)); do
			live_and_die "c$cpu-$n" $cpu
		done
	} > "/tmp/seen$cpu" & lives+=($!)
done
wait "${lives[@]}"
is "$(cat /tmp/seen? | sort | uniq -c | xargs)" \
	"$((4 * namespaces_per_cpu)) 32 bindings, then an error" \
	"each had its bindings, and a reader of them to its end"
figure "$(cat /tmp/seen? | wc -l)" namespaces
within 30 0 "all rules are gone" users
within 30 "" "all memory is free" grown "$before"
sysctl -qw net.netfilter.nf_log_all_netns=1
