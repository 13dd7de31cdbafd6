#!/bin/sh
# Usage: sh tests/floods.sh [TEST]
# Every flood at its full size and length, against a server that a hundred viewers watch: a quarter of an hour.
# TEST: the name or the tag of one. The system must allow 12,000 open files (ulimit -Hn).
set -eu
cd "$(dirname "$0")/.."

[ -f build-test/build.ninja ] ||
  meson setup build-test --buildtype=plain -Doptimization=1 -Ddebug=false -Db_ndebug=false >/dev/null
ninja -C build-test lectern tests/bench/lectern-load tests/floods/flood-tests >/dev/null
LECTERN_FLOODS=full exec build-test/tests/floods/flood-tests "${1:-[floods],[full]}"
