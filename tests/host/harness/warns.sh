# shellcheck shell=bash
# A WARN in the kernel, after a test that passed.
# vm: backends=nft
. tests/lib.sh

ok "passes" true
module fault=warn
