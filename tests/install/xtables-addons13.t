#!/bin/bash
# Debian 13: see xtables-addons.sh.
suite=trixie
# shellcheck source=tests/install/xtables-addons.sh
. "$(dirname "$(readlink -f "$0")")/xtables-addons.sh"
