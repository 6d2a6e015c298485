# shellcheck shell=bash
# A module that cannot be removed; and a file that ends early, as if all were well.
# vm: backends=nft
. tests/lib.sh

module fault=stay
module_is_plain=true
ok "passes" true
exit 0
