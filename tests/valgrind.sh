#!/bin/sh
# Usage: sh tests/valgrind.sh [TEST...]
# The unit tests under valgrind's memcheck, which also sees what is read before it is written: half an hour on an
# idle machine. Errors and lost memory fail; what is left out stands in tests/valgrind.supp.
set -eu
cd "$(dirname "$0")/.."

sh examples/install-packages.sh valgrind
[ -f build-test/build.ninja ] ||
  meson setup build-test --buildtype=plain -Doptimization=1 -Ddebug=false -Db_ndebug=false >/dev/null
ninja -C build-test tests/unit/unit-tests >/dev/null
exec valgrind --tool=memcheck --leak-check=full --errors-for-leak-kinds=definite --show-leak-kinds=definite \
  --num-callers=24 --error-exitcode=99 --quiet --suppressions=tests/valgrind.supp build-test/tests/unit/unit-tests "$@"
