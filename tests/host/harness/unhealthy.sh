# shellcheck shell=bash
# What the guest itself finds; each has its own "not ok".
# vm: backends=nft
. tests/lib.sh

test_case "an unhealthy test"
is seen expected "fails"
is "seen" "expected" "fails in a subshell" | cat
no-such-program 2> /dev/null
gw no-other-program
module fault=leak
module fault=prefix
echo 64 > /proc/sys/kernel/tainted
echo "refcount_t: a line of the kernel's" > /dev/kmsg
exit 3
