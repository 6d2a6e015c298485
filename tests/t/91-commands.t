# shellcheck shell=bash
# What can be written to the file of a prefix, one command a write.
. tests/lib.sh

no_match="-s 203.0.113.0/24"

# pairs PREFIX...: what is listed, static ones with an S
pairs() {
	local prefix
	for prefix in "$@"; do
		bindings "$prefix" | sed 's/ ttl: S .*/ S/; s/ ttl: .*//'
	done
}

# hosts FIRST COUNT: flows from so many hosts
hosts() { talk lan flood "192.168.0.$1" "$2" "$WAN"; }

# pool PREFIX...: rules that make them exist, and serve both ways
pool() {
	local prefix
	nat -A POSTROUTING -s 192.168.0.0/16 -j DNETMAP
	nat -A PREROUTING -i wan -j DNETMAP
	# shellcheck disable=SC2086
	for prefix in "$@"; do
		nat -A POSTROUTING $no_match -j DNETMAP --prefix "$prefix"
	done
}

# latest LINE...: these came last in the log, "remove" in any order, then "add"
latest() {
	within 2 "$(printf '%s\n' "${@:2}")" "$1" eval \
		"klog | grep ' binding ' | tail -n $(($# - 1)) | sort -r"
}

test_case "a write returns the bytes it took; a newline may follow"
pool 20.0.0.0/26
takes 20.0.0.0_26 +192.168.0.10:20.0.0.40 $'+192.168.0.11:20.0.0.41\n' \
	-192.168.0.10 $'-20.0.0.41\n' +persistent $'+persistent\n' \
	-persistent $'-persistent\n' flush $'flush\n'
takes 20.0.0.0_26 +255.255.255.254:20.0.0.40 +1.0.0.0:20.0.0.0 flush
gw bash -c 'echo +192.168.0.10:20.0.0.40 > /proc/net/xt_DNETMAP/20.0.0.0_26'
is "$(pairs 20.0.0.0_26)" "192.168.0.10 -> 20.0.0.40 --- S" "an echo of the shell"

test_case "+PRENAT:POSTNAT ends an existing binding of either address"
pool 20.0.0.0/26
hosts 1 5
takes 20.0.0.0_26 +192.168.0.1:20.0.0.40
latest "the host had one" "remove binding 192.168.0.1 -> 20.0.0.0" \
	"add binding 192.168.0.1 -> 20.0.0.40"
takes 20.0.0.0_26 +192.168.0.9:20.0.0.1
latest "the address had one" "remove binding 192.168.0.2 -> 20.0.0.1" \
	"add binding 192.168.0.9 -> 20.0.0.1"
takes 20.0.0.0_26 +192.168.0.3:20.0.0.3
latest "each had one" "remove binding 192.168.0.4 -> 20.0.0.3" \
	"remove binding 192.168.0.3 -> 20.0.0.2" \
	"add binding 192.168.0.3 -> 20.0.0.3"
takes 20.0.0.0_26 +192.168.0.9:20.0.0.40
latest "each had a static one" "remove binding 192.168.0.9 -> 20.0.0.1" \
	"remove binding 192.168.0.1 -> 20.0.0.40" \
	"add binding 192.168.0.9 -> 20.0.0.40"
takes 20.0.0.0_26 +192.168.0.5:20.0.0.4
latest "this very pair was dynamic" \
	"remove binding 192.168.0.5 -> 20.0.0.4" \
	"add binding 192.168.0.5 -> 20.0.0.4"
is "$(pairs 20.0.0.0_26)" "192.168.0.3 -> 20.0.0.3 --- S
192.168.0.5 -> 20.0.0.4 --- S
192.168.0.9 -> 20.0.0.40 --- S" "what is left"
is "$(inbound 20.0.0.1) $(inbound 20.0.0.40)" "none 192.168.0.9" "and serves"

test_case "in whatever prefix; and an expired one without a line"
pool 20.0.0.0/26 30.0.0.0/26 20.0.0.0/24
hosts 1 3
tell 30.0.0.0_26 +192.168.0.1:30.0.0.5 > /dev/null
tell 20.0.0.0_24 +192.168.0.8:20.0.0.1 > /dev/null
is "$(pairs 20.0.0.0_26 30.0.0.0_26)" "192.168.0.8 -> 20.0.0.1 --- S
192.168.0.3 -> 20.0.0.2 ---
192.168.0.1 -> 30.0.0.5 --- S" "each address has one binding"
pass_time 700
tell 30.0.0.0_26 +192.168.0.3:30.0.0.6 > /dev/null
is "$(pairs 20.0.0.0_26 30.0.0.0_26)" "192.168.0.8 -> 20.0.0.1 --- S
192.168.0.1 -> 30.0.0.5 --- S
192.168.0.3 -> 30.0.0.6 --- S" "an expired one is replaced as well"
logged "the log" "new prefix 20.0.0.0/26" "new prefix 30.0.0.0/26" \
	"new prefix 20.0.0.0/24" \
	"add binding 192.168.0.1 -> 20.0.0.0" \
	"add binding 192.168.0.2 -> 20.0.0.1" \
	"add binding 192.168.0.3 -> 20.0.0.2" \
	"remove binding 192.168.0.1 -> 20.0.0.0" \
	"add binding 192.168.0.1 -> 30.0.0.5" \
	"remove binding 192.168.0.2 -> 20.0.0.1" \
	"add binding 192.168.0.8 -> 20.0.0.1" \
	"timeout binding 192.168.0.3 -> 20.0.0.2" \
	"add binding 192.168.0.3 -> 30.0.0.6"

test_case "the same static pair again: success, nothing changes"
pool 20.0.0.0/26 20.0.0.0/24
tell 20.0.0.0_26 +192.168.0.10:20.0.0.40 > /dev/null
takes 20.0.0.0_26 +192.168.0.10:20.0.0.40
takes 20.0.0.0_24 +192.168.0.10:20.0.0.40
is "$(pairs 20.0.0.0_26 20.0.0.0_24)" "192.168.0.10 -> 20.0.0.40 --- S
192.168.0.10 -> 20.0.0.40 --- S" "it is there"
pass_time 2
logged "it has begun once" "new prefix 20.0.0.0/26" "new prefix 20.0.0.0/24" \
	"add binding 192.168.0.10 -> 20.0.0.40"

test_case "-ADDR removes the binding that has ADDR on either side"
pool 20.0.0.0/30
tell 20.0.0.0_30 +192.168.0.9:20.0.0.3 > /dev/null
hosts 1 3
takes 20.0.0.0_30 -192.168.0.1
pass_time 2
takes 20.0.0.0_30 -20.0.0.1
pass_time 2
takes 20.0.0.0_30 -192.168.0.9
is "$(pairs 20.0.0.0_30)" "192.168.0.3 -> 20.0.0.2 ---" "they are gone"
is "$(inbound 20.0.0.0) $(inbound 20.0.0.3)" "none none" "and serve no more"
is "$(tell 20.0.0.0_30 -192.168.0.1 -20.0.0.1 -192.168.0.9 | sort -u)" \
	"No such file or directory" "none: ENOENT"
is "$(tell 20.0.0.0_30 -8.8.8.8 -20.0.0.4 -0.0.0.0 | sort -u)" \
	"No such file or directory" "addresses that never had one"
is "$(for i in 4 5 6; do flow 192.168.0.$i; done | xargs)" \
	"20.0.0.0 20.0.0.1 20.0.0.3" "addresses are given as they became free"
pass_time 700
takes 20.0.0.0_30 -192.168.0.3
is "$(pairs 20.0.0.0_30 | grep -c 192.168.0.3)" 0 "an expired one"
takes 20.0.0.0_30 +192.168.0.9:20.0.0.2
logged "a line for each, but not for the expired" "new prefix 20.0.0.0/30" \
	"add binding 192.168.0.9 -> 20.0.0.3" \
	"add binding 192.168.0.1 -> 20.0.0.0" \
	"add binding 192.168.0.2 -> 20.0.0.1" \
	"add binding 192.168.0.3 -> 20.0.0.2" \
	"remove binding 192.168.0.1 -> 20.0.0.0" \
	"remove binding 192.168.0.2 -> 20.0.0.1" \
	"remove binding 192.168.0.9 -> 20.0.0.3" \
	"add binding 192.168.0.4 -> 20.0.0.0" \
	"add binding 192.168.0.5 -> 20.0.0.1" \
	"add binding 192.168.0.6 -> 20.0.0.3" \
	"timeout binding 192.168.0.3 -> 20.0.0.2" \
	"timeout binding 192.168.0.4 -> 20.0.0.0" \
	"timeout binding 192.168.0.5 -> 20.0.0.1" \
	"timeout binding 192.168.0.6 -> 20.0.0.3" \
	"add binding 192.168.0.9 -> 20.0.0.2"

test_case "-ADDR: in this prefix only"
pool 20.0.0.0/26 30.0.0.0/26 20.0.0.0/24
hosts 1 2
tell 20.0.0.0_26 +30.0.0.7:20.0.0.40 > /dev/null
is "$(tell 30.0.0.0_26 -192.168.0.1 -20.0.0.1 -30.0.0.7 | sort -u)" \
	"No such file or directory" "not by the file of another prefix"
is "$(pairs 20.0.0.0_26)" "192.168.0.1 -> 20.0.0.0 ---
192.168.0.2 -> 20.0.0.1 ---
30.0.0.7 -> 20.0.0.40 --- S" "nothing has changed"
takes 20.0.0.0_24 -192.168.0.1 -20.0.0.1 -30.0.0.7
is "$(pairs 20.0.0.0_26)" "" "by that of an overlapping one, it is"

test_case "flush removes every binding of the prefix, static ones too"
pool 20.0.0.0/26 30.0.0.0/26 20.0.0.0/24
hosts 1 3
pass_time 700
hosts 2 2
tell 20.0.0.0_24 +192.168.0.9:20.0.0.40 +192.168.0.8:20.0.0.200 > /dev/null
tell 30.0.0.0_26 +192.168.0.7:30.0.0.40 > /dev/null
takes 20.0.0.0_26 flush
is "$(pairs 20.0.0.0_26 20.0.0.0_24 30.0.0.0_26)" \
	"192.168.0.8 -> 20.0.0.200 --- S
192.168.0.7 -> 30.0.0.40 --- S" "others keep theirs"
is "$(for i in 0 1 2 40; do inbound "20.0.0.$i"; done | xargs)" \
	"none none none none" "none of them serves"
is "$(bindings 20.0.0.0_26_stat)" "0 64 0" "none is counted"
is "$(flow 192.168.0.3) $(flow 192.168.0.9)" "20.0.0.0 20.0.0.1" \
	"its addresses count as never given: the lowest is next"
logged "one line for all" "new prefix 20.0.0.0/26" \
	"new prefix 30.0.0.0/26" "new prefix 20.0.0.0/24" \
	"add binding 192.168.0.1 -> 20.0.0.0" \
	"add binding 192.168.0.2 -> 20.0.0.1" \
	"add binding 192.168.0.3 -> 20.0.0.2" \
	"timeout binding 192.168.0.1 -> 20.0.0.0" \
	"timeout binding 192.168.0.2 -> 20.0.0.1" \
	"timeout binding 192.168.0.3 -> 20.0.0.2" \
	"add binding 192.168.0.2 -> 20.0.0.1" \
	"add binding 192.168.0.3 -> 20.0.0.2" \
	"add binding 192.168.0.9 -> 20.0.0.40" \
	"add binding 192.168.0.8 -> 20.0.0.200" \
	"add binding 192.168.0.7 -> 30.0.0.40" \
	"prefix 20.0.0.0/26 flushed" \
	"add binding 192.168.0.3 -> 20.0.0.0" \
	"add binding 192.168.0.9 -> 20.0.0.1"
