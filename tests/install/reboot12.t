#!/bin/bash
# Debian 12: see reboot.sh.
suite=bookworm
# shellcheck source=tests/install/reboot.sh
. "$(dirname "$(readlink -f "$0")")/reboot.sh"
