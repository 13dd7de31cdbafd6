#!/bin/sh
# Usage: sh tests/coverage.sh [least percent]
# Builds protocol/ and its unit tests with clang, runs them, reports which share of the lines of each source they
# reach, and fails where that is less than 90 percent in all.
set -eu
cd "$(dirname "$0")/.."
least=${1:-90}
build="build-coverage"

# shellcheck disable=SC2046  # one word a package
sh examples/install-packages.sh $(cat examples/build-packages.txt) catch2 clang-14 libclang-rt-14-dev llvm-14
if [ ! -f $build/build.ninja ]; then
  ccache=
  if command -v ccache >/dev/null 2>&1; then ccache="ccache "; fi
  CC="${ccache}clang-14" CXX="${ccache}clang++-14" meson setup $build --buildtype=plain -Doptimization=0 -Ddebug=false \
    -Db_ndebug=false -Dwerror=false -Dcpp_args="-fprofile-instr-generate -fcoverage-mapping -w" \
    -Dcpp_link_args=-fprofile-instr-generate >/dev/null
fi
ninja -C $build tests/unit/protocol-tests >$build/log 2>&1 || { cat $build/log; exit 1; }
LLVM_PROFILE_FILE=$build/tests.profraw $build/tests/unit/protocol-tests >$build/log 2>&1 || { cat $build/log; exit 1; }
llvm-profdata-14 merge -sparse $build/tests.profraw -o $build/tests.profdata
llvm-cov-14 report $build/tests/unit/protocol-tests -instr-profile=$build/tests.profdata |
  awk -v least="$least" '
    # The columns of lines: how many, how many were missed, and the share that was reached.
    $1 ~ /^protocol\// {
      printf "%-44s %6d lines %8s\n", $1, $8, $10
      lines += $8
      missed += $9
    }
    END {
      share = lines ? 100 * (lines - missed) / lines : 0
      printf "%d of %d lines of protocol/: %.2f %% (%s %% is the least)\n", lines - missed, lines, share, least
      exit share < least
    }'
