#!/bin/sh
# Usage: sh tests/soak.sh HOURS
# A server under mixed load for so many hours (0.1 is six minutes), with a line a minute. Fails where a packet is
# lost, a viewer fails, fewer play than should, one is without packets for seconds, or memory or descriptors grow.
set -eu
cd "$(dirname "$0")/.."

[ $# -eq 1 ] || { echo "Usage: sh tests/soak.sh HOURS" >&2; exit 2; }
[ -f build-test/build.ninja ] ||
  meson setup build-test --buildtype=plain -Doptimization=1 -Ddebug=false -Db_ndebug=false >/dev/null
ninja -C build-test lectern tests/bench/lectern-load >/dev/null
exec python3 tests/soak/soak.py --build build-test --hours "$1"
