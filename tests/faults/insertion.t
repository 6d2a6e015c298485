# shellcheck shell=bash
# The module's insertion, each of its allocations failing once: there is a
# module or there is none, and what has not come leaves nothing.
# vm: backends=nft
. tests/lib.sh
. tests/faults/lib.sh

test_case "the module"
# What calls is its init code. It comes to lie where it lay before, but for the
# very first time.
modprobe -r xt_DNETMAP
modprobe xt_DNETMAP
init_text=$(cat /sys/module/xt_DNETMAP/sections/.init.text)
aim_between "$init_text" $((init_text + 4096))
modprobe -r xt_DNETMAP
file=$(find "/lib/modules/$(uname -r)" -name xt_DNETMAP.ko)

# whole STATUS: all of it, or nothing
whole() {
	if inserted; then
		[ "$1" = 0 ] || echo "status $1, and it is there"
	else
		[ "$1" != 0 ] || echo "it is not there"
		[ -z "$(left_in_slabs)" ] || echo "it left $(left_in_slabs)"
	fi
}

inject "it is inserted" 10 whole remove_module insmod "$file"
modprobe xt_DNETMAP
note_module_text

# The kernel says of each cache that cannot be made whence it was asked for, by
# way of kmemleak where it has that.
is "$(bad_log | grep -vE 'Call Trace:|[+]0x[0-9a-f]+/0x')" "" "it is inserted: no other complaint"
dmesg -C
echo "<6>tests begin" > /dev/kmsg
