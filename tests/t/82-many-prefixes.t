# shellcheck shell=bash
# What thousands of prefixes cost: one-to-one NAT has one for each host. Time counts
# instructions here.
# lanes: amd64
# vm: debug=no log=long timeout=1200
. tests/lib.sh

# time_of COMMAND...: hundredths of a second
time_of() {
	local before
	before=$(uptime)
	"$@" > /dev/null
	before=${before/./} after=$(uptime)
	echo $((10#${after/./} - 10#$before))
}

# one_to_one COUNT TARGET OPTION [WORD...]: a ruleset with a rule for each host
one_to_one() {
	local n
	echo "*nat"
	for ((n = 0; n < $1; n++)); do
		printf -- '-A POSTROUTING -s 100.64.%s.%s -j %s %s 20.0.%s.%s\n' \
			$((n / 256)) $((n % 256)) "$2" "$3" $((n / 256)) $((n % 256))
	done
	echo COMMIT
}

load() { gw "iptables-$BACKEND-restore" < "$1"; }

# ready: what has been done before is done to its end
gone() { [ -z "$(files)" ]; }

ready() {
	wait_for 30 gone
	pass_time 5
}

go() {
	flush_nat gw
	wait_for 30 gone
}

test_case "16,000 rules of a prefix each"
parameter disable_log 1
one_to_one 16000 SNAT --to-source > /tmp/snat
one_to_one 4000 DNETMAP --prefix > /tmp/fewer
one_to_one 16000 DNETMAP --prefix > /tmp/dnetmap
snat=$(time_of load /tmp/snat)
snat_flush=$(time_of flush_nat gw)
ready
fewer=$(time_of load /tmp/fewer)
is "$(files | wc -l)" 8000 "4,000 have come"
fewer_gone=$(time_of go)
ready
many=$(time_of load /tmp/dnetmap)
is "$(files | wc -l)" 32000 "16,000 have come"
flush=$(time_of flush_nat gw)
gone=$((flush + $(time_of wait_for 30 gone)))
diag "SNAT $snat + $snat_flush; 4,000: $fewer + $fewer_gone; 16,000: $many + $flush, gone after $gone"
in_range "$many" 0 "2 * $snat" "loaded in at most twice the time of SNAT's"
in_range "$((many + gone))" 0 "2 * ($snat + $snat_flush)" "and removed again"
in_range "$many" 0 "5 * $fewer + 10" "four times as many take four times as long to load"
in_range "$gone" 0 "5 * $fewer_gone + 20" "and to be removed"

# new_hosts FIRST: of 2,000 flows; each ends at once, so that with each of them
# something may have become available
new_hosts() { talk gw flood "$1" 2000 203.0.113.1; }

test_case "a rule without a prefix, behind 10,000 prefixes that are full"
parameter disable_log 1
inner_hosts gw
sysctl -qw net.netfilter.nf_conntrack_max=262144
any="-A OUTPUT -s 100.72.0.0/13 -j DNETMAP --ttl 0"
fill="-A OUTPUT -s 100.64.0.0/13 -j DNETMAP"
last="-A PREROUTING -s 203.0.113.1 -j DNETMAP --prefix 30.0.0.0/16"
printf '%s\n' "*nat" "$any" "$last" COMMIT > /tmp/rules
load /tmp/rules
alone=$(time_of new_hosts 100.72.0.0)
like "$(bindings 30.0.0.0_16 | wc -l)" "^2000$" "2,000 hosts, one prefix"
flush_nat gw
ready
one_to_one 10000 DNETMAP --prefix |
	sed "s|POSTROUTING|PREROUTING|; s|^COMMIT|$any\n$fill\n&|" > /tmp/rules
load /tmp/rules
talk gw flood 100.64.0.0 10000 203.0.113.1
printf '%s\n' "*nat" "$last" COMMIT | gw "iptables-$BACKEND-restore" -n
is "$(bindings 20.0.39.15_32_stat)" "1 1 599" "the last of 10,000 is full"
behind=$(time_of new_hosts 100.73.0.0)
like "$(bindings 30.0.0.0_16 | wc -l)" "^2000$" "2,000 hosts, behind them"
diag "alone $alone, behind 10,000 $behind"
in_range "$behind" 0 "1.5 * $alone + 2" "they cost each flow nothing"
flush_nat gw
