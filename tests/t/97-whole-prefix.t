# shellcheck shell=bash
# whole_prefix: whether the first and last address of a prefix, its network and
# broadcast, are in use.
# share: um
. tests/lib.sh

# pool PREFIX: and what 6 hosts get from it
pool() {
	local i
	nat -A POSTROUTING -s 192.168.0.0/16 -j DNETMAP --prefix "$1"
	for i in 1 2 3 4 5 6; do flow "192.168.0.$i"; done | xargs
}

test_case "by default they are in use"
is "$(parameter whole_prefix)" 1 "whole_prefix is 1"
is "$(pool 20.0.0.0/30)" "20.0.0.0 20.0.0.1 20.0.0.2 20.0.0.3 192.168.0.5 \
192.168.0.6" "all of a /30"
is "$(bindings 20.0.0.0_30_stat | cut -d ' ' -f 1,2)" "4 4" "_stat"
takes 20.0.0.0_30 +192.168.0.5:20.0.0.0 +192.168.0.6:20.0.0.3

test_case "0 keeps them out of use"
module whole_prefix=0
is "$(parameter whole_prefix)" 0 "whole_prefix is 0"
is "$(pool 20.0.0.0/29)" "20.0.0.1 20.0.0.2 20.0.0.3 20.0.0.4 20.0.0.5 20.0.0.6" \
	"a /29 begins with its second"
is "$(flow 192.168.0.7)" 192.168.0.7 "and ends with the last but one"
is "$(bindings 20.0.0.0_29_stat | cut -d ' ' -f 1,2)" "6 6" "_stat"
pass_time 700
is "$(for i in 11 12 13 14 15 16 17; do flow 192.168.0.$i; done | xargs)" \
	"20.0.0.1 20.0.0.2 20.0.0.3 20.0.0.4 20.0.0.5 20.0.0.6 192.168.0.17" \
	"nor are they recycled"

test_case "0, and an address that another prefix has passed on"
module whole_prefix=0
is "$(pool 20.0.0.0/29)" "20.0.0.1 20.0.0.2 20.0.0.3 20.0.0.4 20.0.0.5 20.0.0.6" \
	"6 hosts of a /29"
ok "which becomes a /30" ipt_restore < <(ipt_save -t nat | sed s,/29,/30,)
within 2 $'20.0.0.0_30\n20.0.0.0_30_stat' "with files of its own" files
is "$(flow 192.168.0.3)" 20.0.0.3 "its broadcast stays its host's"
pass_time 700
is "$(for i in 11 12 13; do flow 192.168.0.$i; done | xargs)" \
	"20.0.0.1 20.0.0.2 192.168.0.13" "is not recycled"
is "$(flow 192.168.0.3)" 20.0.0.3 "and still its host's, who comes back"

test_case "0, and static bindings"
module whole_prefix=0
nat -A POSTROUTING -s 192.168.0.0/16 -j DNETMAP --prefix 20.0.0.0/30
is "$(tell 20.0.0.0_30 +192.168.0.1:20.0.0.0 +192.168.0.1:20.0.0.3 | sort -u)" \
	"Invalid argument" "not of these two"
is "$(klog | grep -c expected)" 2 "the log says so"
is "$(bindings 20.0.0.0_30)" "" "nothing has changed"
takes 20.0.0.0_30 +192.168.0.1:20.0.0.1 +192.168.0.2:20.0.0.2

test_case "0 spares prefixes of /30 and shorter only"
module whole_prefix=0
for prefix in 20.0.0.0/8=16777214 20.0.0.0/24=254 20.0.0.4/30=2 \
	30.0.0.4/31=2 30.0.0.9/32=1; do
	nat -A POSTROUTING -s 203.0.113.0/24 -j DNETMAP --prefix "${prefix%=*}"
	file=${prefix%=*}
	is "$(bindings "${file/\//_}_stat")" "0 ${prefix#*=} 0" "${prefix%=*}"
done
is "$(pool 30.0.0.4/31)" "30.0.0.4 30.0.0.5 192.168.0.3 192.168.0.4 192.168.0.5 \
192.168.0.6" "all of a /31"
nat -A POSTROUTING -s 192.168.0.0/16 -j DNETMAP --prefix 30.0.0.9
is "$(flow 192.168.0.3)" 30.0.0.9 "a /32"
