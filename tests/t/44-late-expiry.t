# shellcheck shell=bash
# Expiries that the kernel is late to notice. The CPU of User-mode Linux, whose
# clock stands while it works, never is.
# lanes: amd64 6.12-amd64 rt-amd64 arm64 s390x
. tests/lib.sh

# On one CPU nothing else gets to run while a real-time task does.
busy_for() {
	# shellcheck disable=SC2016
	chrt -f 10 bash -c 'now=0; until [ "${now%.*}" -ge "$1" ]; do
		read -r now _ < /proc/uptime; done' busy $(($(uptime | cut -d . -f 1) + $1))
}

test_case "in the order of expiries also where the kernel is late"
sysctl -qw kernel.sched_rt_runtime_us=-1
nat -A POSTROUTING -p tcp -j DNETMAP --prefix 20.0.0.0/31 --ttl 9
nat -A POSTROUTING -s 192.168.0.11 -j DNETMAP --prefix 20.0.0.0/31 --ttl 7
nat -A POSTROUTING -j DNETMAP --prefix 20.0.0.0/31 --ttl 5
flow 192.168.0.10 > /dev/null
flow 192.168.0.11 > /dev/null
PROTOCOL=tcp flow 192.168.0.10 > /dev/null
pass_time 3.5
busy_for 7
logged "the first host was the last to expire" \
	"new prefix 20.0.0.0/31" \
	"add binding 192.168.0.10 -> 20.0.0.0" \
	"add binding 192.168.0.11 -> 20.0.0.1" \
	"timeout binding 192.168.0.11 -> 20.0.0.1" \
	"timeout binding 192.168.0.10 -> 20.0.0.0"
is "$(flow 192.168.0.12)" 20.0.0.1 "and is the last to lose its address"
