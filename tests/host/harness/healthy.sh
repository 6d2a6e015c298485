# shellcheck shell=bash
# vm: backends=nft
. tests/lib.sh

test_case "a healthy test"
ok "passes" true
