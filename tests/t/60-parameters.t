#!/bin/bash
# Module parameters: default_ttl, hash_size, disable_log.
# share: um
. tests/lib.sh

ttl() { bindings 20.0.0.0_26 | sed -nE 's/.* ttl: (-?[0-9]+) .*/\1/p'; }

# warns_of PARAMETER BAD DEFAULT: loaded with a bad value, the module tells so,
# and takes the default
warns_of() {
	module "$1=$2"
	is "$(parameter "$1")" "$3" "$1=$2: the default"
	like "$(dmesg -xt | tail -n 1)" "^kern +:warn +: xt_DNETMAP: .*$1=$2" \
		"$1=$2: a warning"
}

test_case "default_ttl, at load"
module default_ttl=300
nat -A POSTROUTING -j DNETMAP --prefix 20.0.0.0/26
flow 192.168.0.10 > /dev/null
is "$(ttl)" 299 "what a rule without --ttl gives"
is "$(parameter default_ttl)" 300 "it can be read"

test_case "default_ttl, at run time: it is read at the hit"
nat -A POSTROUTING -s 192.168.0.11 -j DNETMAP --prefix 20.0.0.0/26 --ttl 50
nat -A POSTROUTING -s 192.168.0.12 -j DNETMAP --prefix 20.0.0.0/26 --ttl -1
nat -A POSTROUTING -j DNETMAP --prefix 20.0.0.0/26
flow 192.168.0.10 > /dev/null
parameter default_ttl 100
is "$(ttl)" 599 "what is there stays"
flow 192.168.0.10 > /dev/null
is "$(ttl)" 99 "the next hit has the new one"
flow 192.168.0.11 > /dev/null
is "$(ttl | tail -n 1)" 49 "a rule with --ttl has its own"
flow 192.168.0.12 > /dev/null
is "$(ttl | tail -n 1)" 99 "a negative --ttl makes bindings with the new one"
parameter default_ttl 2147483647
flow 192.168.0.10 > /dev/null
is "$(ttl | head -n 1)" 2147483646 "the largest"
parameter default_ttl 1
flow 192.168.0.10 > /dev/null
is "$(ttl | head -n 1)" 0 "the smallest"
for bad in 0 -1 2147483648 99999999999999999999 1.5 x ""; do
	refused "Invalid argument" parameter default_ttl "$bad"
done
is "$(parameter default_ttl)" 1 "a refused one changes nothing"

test_case "default_ttl, out of range at load"
for bad in 0 -1 2147483648 ten; do warns_of default_ttl "$bad" 600; done
nat -A POSTROUTING -j DNETMAP --prefix 20.0.0.0/26
flow 192.168.0.10 > /dev/null
is "$(ttl)" 599 "the module works"

test_case "parameters without a value"
for name in default_ttl hash_size max_bindings proc_perms; do
	module "$name"
	like "$(dmesg -xt | tail -n 1)" "^kern +:warn +: xt_DNETMAP: .*$name=: " \
		"$name: a warning"
done
module default_ttl
is "$(parameter default_ttl)" 600 "the default"
module whole_prefix=0 whole_prefix disable_log
is "$(parameter whole_prefix) $(parameter disable_log)" "1 1" "a switch is on"

# tables CACHE: how many hash tables are in this cache of the slab allocator
tables() {
	shrink_slabs
	traces "$1" | awk -v RS= '
		/bucket_table_alloc/ || !/\n/ && /kvmalloc_node/ { tables += $2 }
		END { print tables + 0 }'
}

test_case "hash_size: the initial number of buckets"
before=$(tables kmalloc-8k)
nat -A POSTROUTING -j DNETMAP --prefix 20.0.0.0/26
is "$(tables kmalloc-8k)" "$before" "256 need less than 8 KiB"
nat -F
module hash_size=512
nat -A POSTROUTING -j DNETMAP --prefix 20.0.0.0/26
is "$(tables kmalloc-8k)" "$((before + 1))" "512 and what they hang on need 8 KiB"
nat -F
module hash_size=1048576
nat -A POSTROUTING -j DNETMAP --prefix 20.0.0.0/26
is "$(flow 192.168.0.10)" 20.0.0.0 "1048576, of which the table begins with 131072"
nat -F
for bad in 0 3 2097152 -1 many; do warns_of hash_size "$bad" 256; done

test_case "hash_size=1: tables grow on their own"
module hash_size=1
is "$(parameter hash_size)" 1 "it is one bucket"
nat -A POSTROUTING -j DNETMAP --prefix 20.0.0.0/16
talk lan flood 192.168.0.0 3000 "$WAN"
like "$(bindings 20.0.0.0_16_stat)" "^3000 65536 " "3000 bindings"
talk lan flood 192.168.0.0 3000 "$WAN"
like "$(bindings 20.0.0.0_16_stat)" "^3000 65536 " "3000 hits"
within 2 3000 "each host was found again" eval "klog | grep -c ^add"

test_case "hash_size=1: tables shrink on their own"
module hash_size=1
before=$(tables kmalloc-8k)
nat -A POSTROUTING -j DNETMAP --prefix 20.0.0.0/16
talk lan flood 192.168.0.0 300 "$WAN"
within 2 "$((before + 1))" "300 bindings make one of 8 KiB" tables kmalloc-8k
tell 20.0.0.0_16 flush > /dev/null
within 2 "$before" "which goes with them" tables kmalloc-8k

test_case "disable_log=1: no binding lines and no notices"
module disable_log=1
nat -A POSTROUTING -j DNETMAP --prefix 20.0.0.0/32 --ttl 5
flow 192.168.0.10 > /dev/null
is "$(flow 192.168.0.11)" 192.168.0.11 "there is none to give"
pass_time 7
nat -F
logged "prefixes are still told" \
	"new prefix 20.0.0.0/32" \
	"prefix 20.0.0.0/32 removed"

test_case "disable_log, at run time"
nat -A POSTROUTING -j DNETMAP --prefix 20.0.0.0/31 --ttl 100
parameter disable_log 1
flow 192.168.0.10 > /dev/null
parameter disable_log 0
flow 192.168.0.11 > /dev/null
flow 192.168.0.12 > /dev/null
pass_time 102
logged "takes effect with the next event" \
	"new prefix 20.0.0.0/31" \
	"add binding 192.168.0.11 -> 20.0.0.1" \
	"ip 192.168.0.12 - no free addresses in prefix 20.0.0.0/31" \
	"timeout binding 192.168.0.10 -> 20.0.0.0" \
	"timeout binding 192.168.0.11 -> 20.0.0.1"
