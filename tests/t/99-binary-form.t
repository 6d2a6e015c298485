# shellcheck shell=bash
# The binary form of a rule is that of Xtables-addons' DNETMAP: what its plugin
# writes works with this module, and its module gets from this plugin what it
# expects. See also 11-raw-rules.t.
# share: um
. tests/lib.sh

export LISTS=$PLUGINS
HOST=192.168.0.25

# form MAP FIRST LAST FLAGS TTL [PADDING]: a rule in hex, by the table of what
# stands at which offset
form() {
	perl -e '($map, $first, $last, $flags, $ttl, $pad) = @ARGV;
		$addr = sub { pack "C16", split(/\./, shift), ($pad) x 12 };
		print unpack "H*", pack "L a16 a16 S2 C C3 l", $map,
			$addr->($first), $addr->($last), ($pad * 257) x 2,
			$flags, ($pad) x 3, $ttl' -- "$@" "${6:-0}"
}

none=(0 0.0.0.0 0.0.0.0)
net=(1 20.0.0.0 20.0.0.63)
host=(1 20.0.0.9 20.0.0.9)

# raw ARGUMENTS: iptables with the plugin that sends and shows bytes
raw() { XTABLES_LIBDIR=/tests/raw-rule:$LISTS nat "$@"; }

# The forms, and the options that they stand for.
forms=(
	"$(form "${none[@]}" 0 0)" ""
	"$(form "${none[@]}" 1 -5)" "--ttl -5"
	"$(form "${none[@]}" 2 0)" "--reuse"
	"$(form "${none[@]}" 8 0)" "--static"
	"$(form "${none[@]}" 11 7)" "--reuse --ttl 7 --static"
	"$(form "${net[@]}" 4 0)" "--prefix 20.0.0.0/26"
	"$(form "${net[@]}" 5 2147483647)" "--prefix 20.0.0.0/26 --ttl 2147483647"
	"$(form "${net[@]}" 5 -2147483648)" "--prefix 20.0.0.0/26 --ttl -2147483648"
	"$(form "${net[@]}" 6 0)" "--prefix 20.0.0.0/26 --reuse"
	"$(form "${net[@]}" 12 0)" "--prefix 20.0.0.0/26 --static"
	"$(form "${net[@]}" 20 0)" "--prefix 20.0.0.0/26 --persistent"
	"$(form "${host[@]}" 31 200)"
	"--prefix 20.0.0.9/32 --reuse --ttl 200 --static --persistent"
)

test_case "rules of this plugin, byte for byte"
expected=() rules=()
for ((i = 0; i < ${#forms[@]}; i += 2)); do
	rules+=("-A POSTROUTING -j DNETMAP ${forms[i + 1]}")
	expected+=("-A POSTROUTING -j DNETMAP --raw ${forms[i]}")
done
printf '%s\n' '*nat' "${rules[@]}" COMMIT | ipt_restore
is "$(raw -S POSTROUTING | tail -n +2)" "$(printf '%s\n' "${expected[@]}")" \
	"what the kernel has got"
nat -F
for file in 20.0.0.0_26 20.0.0.9_32; do tell $file -persistent > /dev/null; done

test_case "rules of another plugin are those of this one"
for ((i = 0; i < ${#forms[@]}; i += 2)); do
	raw -A POSTROUTING -j DNETMAP --raw "${forms[i]}"
	options=${forms[i + 1]}
	is "$(nat -S POSTROUTING | tail -n +2)" \
		"-A POSTROUTING -j DNETMAP${options:+ $options}" "listed"
	ok "found and deleted: $options" \
		eval "nat -D POSTROUTING -j DNETMAP $options"
done
for file in 20.0.0.0_26 20.0.0.9_32; do tell $file -persistent > /dev/null; done

test_case "--static and --persistent by their bits, whatever the padding"
raw -A POSTROUTING -j DNETMAP --raw "$(form "${net[@]}" 28 0 255)"
raw -A PREROUTING -j DNETMAP --raw "$(form "${none[@]}" 8 0 255)"
tell 20.0.0.0_26 +$HOST:20.0.0.40 > /dev/null
is "$(flow $HOST) $(inbound 20.0.0.40) $(flow 192.168.0.10)" \
	"20.0.0.40 $HOST 192.168.0.10" "static ones only"
is "$(bindings 20.0.0.0_26_stat)" "1 64 0 persistent" "persistent"
nat -F
pass_time 3
is "$(bindings 20.0.0.0_26_stat)" "1 64 0 persistent" "it outlives the rule"
tell 20.0.0.0_26 -persistent > /dev/null
