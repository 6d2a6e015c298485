#!/bin/bash
# Debian 12: see xtables-addons.sh.
suite=bookworm
# shellcheck source=tests/install/xtables-addons.sh
. "$(dirname "$(readlink -f "$0")")/xtables-addons.sh"
