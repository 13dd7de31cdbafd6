#!/bin/sh
# Usage: sh tests/interop/renew_matrix.sh BUILD
# Puts the interop matrix that interop-tests has left in BUILD into the README.
set -eu
table=$1/interop-matrix.md
[ -s "$table" ] || { echo "$table is not there: run $1/tests/interop/interop-tests '[matrix]' first" >&2; exit 1; }
sed -i -e '/^<!-- interop matrix -->$/,/^<!-- \/interop matrix -->$/{//!d}' \
  -e "/^<!-- interop matrix -->\$/r $table" "$(dirname "$0")/../../README.md"
