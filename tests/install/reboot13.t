#!/bin/bash
# Debian 13: see reboot.sh.
suite=trixie
# shellcheck source=tests/install/reboot.sh
. "$(dirname "$(readlink -f "$0")")/reboot.sh"
