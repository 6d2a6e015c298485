# shellcheck shell=bash
# A CPU that never comes back.
# vm: backends=nft append=watchdog_thresh=1 timeout=120
. tests/lib.sh

ok "passes" true
module fault=lockup
