#!/bin/bash
# Debian 13: see debian.sh.
suite=trixie
# shellcheck source=tests/install/debian.sh
. "$(dirname "$(readlink -f "$0")")/debian.sh"
