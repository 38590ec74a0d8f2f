#!/usr/bin/env bash
# Writes requirements-{api,ui,dev,dask}.txt from their .in files: one resolution for all, for every system and
# Python 3.11 to 3.14, then each file with the hashes of what it needs. What is pinned stays; `--upgrade` renews
# all, `--upgrade-package NAME` one. Needs uv (https://docs.astral.sh/uv/).
set -eu
cd "$(dirname "$0")/.."

common="$(mktemp)"
trap 'rm -f "$common"' EXIT
resolve() { uv pip compile --universal --python-version 3.11 --quiet --no-header "$@"; }

cat requirements-{api,ui,dev,dask}.txt >"$common" # uv keeps the versions of the file that it is about to write
resolve --no-annotate "$@" requirements-{api,ui,dev,dask}.in -o "$common"
for set in api ui dev dask; do
    resolve --generate-hashes -c "$common" "requirements-$set.in" -o "requirements-$set.txt"
    # The temporary file's name would change the comments at every renewal.
    sed -i.old "s#$common#the common resolution#" "requirements-$set.txt"
    rm "requirements-$set.txt.old"
done
