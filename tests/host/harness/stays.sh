# shellcheck shell=bash
# A module that cannot be removed.
# vm: backends=nft
. tests/lib.sh

module fault=stay
module_is_plain=true
ok "passes" true
