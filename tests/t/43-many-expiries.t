#!/bin/bash
# 50,000 bindings expire within a second, and each is noticed within 2 s.
# vm: backends=nft append=log_buf_len=16M timeout=600
. tests/lib.sh

told() { dmesg -t | grep -c '^xt_DNETMAP: timeout binding '; }

# Each hundredth of the hosts comes a little later than the one before, with a
# ttl for the same second.
test_case "50,000 expiries in a second"
dmesg -n 4
inner_hosts gw
nat -A OUTPUT -j DNETMAP --prefix 20.0.0.0/16
parameter disable_log 1
now=$(uptime)
end=$((${now%.*} + 60))
for ((host = 0; host < 50000; host += 500)); do
	now=$(uptime)
	parameter default_ttl $((end - ${now%.*}))
	talk gw flood "100.64.$((host / 256)).$((host % 256))" 500 203.0.113.1
done
parameter disable_log 0
like "$(bindings 20.0.0.0_16_stat)" "^50000 65536 " "all are active"
pass_time "$(awk "BEGIN { print $end - 0.5 - $(uptime) }")"
is "$(told)" 0 "none has ended before its time"
pass_time "$(awk "BEGIN { print $end + 1.5 - $(uptime) }")"
like "$(bindings 20.0.0.0_16_stat)" "^0 65536 0$" "now all have expired"
pass_time "$(awk "BEGIN { print $end + 3.2 - $(uptime) }")"
is "$(told)" 50000 "2 s after the last, the log has all timeouts"
is "$(dmesg -t | grep '^xt_DNETMAP: timeout' | sort -u | wc -l)" 50000 "each once"
