#!/bin/sh
# Usage: sh tests/churn.sh [SESSIONS]
# So many sessions (200,000) are set up, played, and torn down or dropped in every state; nothing of them may stay.
set -eu
cd "$(dirname "$0")/.."

[ -f build-test/build.ninja ] ||
  meson setup build-test --buildtype=plain -Doptimization=1 -Ddebug=false -Db_ndebug=false >/dev/null
ninja -C build-test lectern tests/bench/lectern-load tests/floods/flood-tests >/dev/null
LECTERN_CHURN=${1:-200000} exec build-test/tests/floods/flood-tests '[churn]'
