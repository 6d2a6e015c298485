# shellcheck shell=bash
# A thousand namespaces come and go, half of them with each backend. It takes
# minutes, so one kernel has to do.
# lanes: 6.12-amd64
# vm: cpus=4 log=long timeout=3600
# shellcheck disable=SC2034 # for the other file
namespaces_per_cpu=125
. tests/t/16-namespace-churn.t
