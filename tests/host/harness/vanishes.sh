# shellcheck shell=bash
# A guest that goes down in good order, with every test passed so far.
# vm: backends=nft
. tests/lib.sh

ok "passes" true
tap "1..2"
busybox poweroff -f
