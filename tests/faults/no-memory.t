#!/bin/bash
# A binding for which there is no memory counts as nothing to give.
. tests/lib.sh
. tests/faults/lib.sh

# fail_bindings PERCENT: that share of the allocations of bindings fails
fail_bindings() { echo "$1" > $failslab/probability; }

# told: how many lines the log has about it
told() { klog | grep -c "out of memory"; }

for cache in /sys/kernel/slab/dnetmap*; do echo 1 > "$cache/failslab"; done
echo Y > $failslab/cache-filter
echo $supply > $failslab/times
echo 0 > $failslab/verbose

test_case "no memory"
nat -A POSTROUTING -j DNETMAP --prefix 20.0.0.0/26
nat -A POSTROUTING
is "$(flow 192.168.0.10)" 20.0.0.0 "(a host is bound)"
fail_bindings 100
is "$(flow 192.168.0.11)" 192.168.0.11 "a new host is not translated"
is "$(reached POSTROUTING 2)" 1 "its packet comes to the next rule"
is "$(flow 192.168.0.10)" 20.0.0.0 "who has a binding is not concerned"
talk lan flood 192.168.1.0 200 $WAN
fail_bindings 0
is "$(pairs 20.0.0.0_26)" "192.168.0.10 -> 20.0.0.0" "nobody else is bound"
wait_for 2 told
in_range "$(told)" 1 20 "the log says so, limited in rate"
like "$(klog)" "(^|"$'\n'")ip 192\.168\.0\.11 - out of memory" "and for whom"
unlike "$(klog)" "no free addresses" "and not that there are no addresses"
is "$(flow 192.168.0.11)" 20.0.0.1 "when there is memory, it is bound"

test_case "no memory for a host that has an expired binding elsewhere"
nat -A POSTROUTING -d $WAN -j DNETMAP --prefix 20.0.0.0/26
nat -A POSTROUTING -j DNETMAP --prefix 30.0.0.0/26
flow 192.168.0.10 > /dev/null
pass_time 602
fail_bindings 100
is "$(flow 192.168.0.10 198.51.100.3)" 192.168.0.10 "it gets no other"
like "$(bindings 20.0.0.0_26)" "^192\.168\.0\.10 -> 20\.0\.0\.0 --- ttl: -" \
	"and the old one stays as it was"
is "$(flow 192.168.0.10)" 20.0.0.0 "and can be had again without any"
fail_bindings 0
figure $((supply - $(cat $failslab/times))) faults
