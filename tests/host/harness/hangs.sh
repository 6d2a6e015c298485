# shellcheck shell=bash
# A test that waits for ever.
# vm: backends=nft timeout=20
. tests/lib.sh

ok "passes" true
read -r _ <> <(:)
