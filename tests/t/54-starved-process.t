# shellcheck shell=bash
# A process that gets no processor, in somebody's own namespace, holds up nobody
# else: whatever it was about to do to DNETMAP, rules everywhere come and go.
# lanes: amd64 6.12-amd64 rt-amd64
# vm: debug=no
. tests/lib.sh

nft=(timeout 20 nsenter --net=/run/netns/gw nft)

# starve NAMESPACE PREFIX COMMAND: write it there with what processor time three
# busy processes leave
starve() {
	local n
	mkfifo /tmp/go
	# shellcheck disable=SC2016 # the variables are Perl's
	(exec nsenter --net="/run/netns/$1" perl -e '
		open my $file, ">", "/proc/net/xt_DNETMAP/" . shift or die "$!\n";
		system "chrt --idle -p 0 $$" and die;
		open my $go, "<", "/tmp/go";
		<$go>;
		syswrite $file, shift
	' "${@:2}") & starved=$!
	exec 5> /tmp/go
	rm /tmp/go
	busy=()
	for n in 1 2 3; do
		perl -e '1 while 1' 5>&- & busy+=($!)
	done
	exec 5>&-
}

stop_starving() {
	kill "${busy[@]}"
	wait "${busy[@]}" "$starved" 2> /dev/null
}

# tenant: a namespace with many bindings, in a prefix that only persists, and
# a rule of another prefix
tenant() {
	ip netns add tenant
	inner_hosts tenant
	in_ns tenant "iptables-$BACKEND-restore" <<- END
		*nat
		-A POSTROUTING -s 100.64.0.0/10 -j DNETMAP --prefix 20.0.0.0/16 --persistent
		-A OUTPUT -o sink -d 203.0.113.99 -j DNETMAP --prefix 30.0.0.0/32
		COMMIT
	END
	talk tenant flood 100.64.0.0 60000 203.0.113.1
	in_ns tenant "iptables-$BACKEND" -t nat -F POSTROUTING
	pass_time 3
	is "$(in_ns tenant cut -d ' ' -f 1,4 /proc/net/xt_DNETMAP/20.0.0.0_16_stat)" \
		"60000 persistent" "a tenant, of 60,000 bindings"
}

for command in -persistent flush; do
	test_case "a $command that is starved"
	parameter disable_log 1
	tenant
	nat -A POSTROUTING -j DNETMAP --prefix 20.0.0.0/26
	starve tenant 20.0.0.0_16 $command
	timeout 60 nsenter --net=/run/netns/tenant "iptables-$BACKEND" -t nat -F OUTPUT &
	waits=$!
	ok "others list their rules" "${nft[@]}" list ruleset
	ok "they remove theirs" timeout 20 nsenter --net=/run/netns/gw \
		"iptables-$BACKEND" -t nat -F
	within 20 "" "which are gone" files
	ok "they get others" timeout 20 nsenter --net=/run/netns/gw \
		"iptables-$BACKEND" -t nat -A POSTROUTING -j DNETMAP --prefix 20.0.0.0/26
	is "$(flow 192.168.0.10)" 20.0.0.0 "which work"
	ok "even the tenant does not wait" wait $waits
	stop_starving
	in_ns tenant tee /proc/net/xt_DNETMAP/20.0.0.0_16 <<< -persistent > /dev/null
done
