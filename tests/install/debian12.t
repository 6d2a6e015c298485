#!/bin/bash
# Debian 12: see debian.sh.
suite=bookworm
# shellcheck source=tests/install/debian.sh
. "$(dirname "$(readlink -f "$0")")/debian.sh"
