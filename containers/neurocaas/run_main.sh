#!/usr/bin/env bash
# The analysis script that NeuroCAAS calls in an instance, without arguments: data and settings are asked
# for, a population is searched, and results are put back. Any failure is that of the script.
#
# LFADS: the command `lfads`, where it is not on the path, such as /opt/lfads/bin/lfads.
set -euo pipefail

lfads=${LFADS:-lfads}

workflow() {
    neurocaas-contrib workflow "$@"
}

# asked NAME: a path that the workflow knows; nothing is no path.
asked() {
    local path
    path=$(workflow "$1")
    if [ -z "$path" ]; then
        echo "run_main.sh: expected a path from 'neurocaas-contrib workflow $1'; got nothing" >&2
        exit 2
    fi
    printf '%s\n' "$path"
}

workflow get-config
config=$(asked get-configpath)

# Settings that cannot be run end here, before data are fetched.
checked=$("$lfads" neurocaas check "$config" --json)
case $checked in
*'"multisession": true'*) workflow get-data-multi ;;
*) workflow get-data ;;
esac
data=$(asked get-datapath)
result=$(asked get-resultpath-tmp)

mkdir -p "$result"
"$lfads" neurocaas run "$data" "$config" "$result"
workflow put-result -r "$result/autolfads.zip"
