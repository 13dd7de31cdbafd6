#!/bin/sh
# Usage: sh tests/fuzz.sh [seconds per target] [target...]
# Builds the fuzz targets with clang, libFuzzer and the sanitizers, runs each on its inputs of tests/fuzz/corpus and
# then for so many seconds (1 where none are given) on what libFuzzer makes of them, and ends with one line:
# N passed, N failed. An input that fails stands in build-fuzz/findings; once mended, it belongs into the corpus.
# GROW=yes keeps inputs that reach more code, in build-fuzz/grown.
set -eu
cd "$(dirname "$0")/.."
seconds=${1:-1}
[ $# -eq 0 ] || shift

# shellcheck disable=SC2046,SC2086  # one word a package
sh examples/install-packages.sh $(cat examples/build-packages.txt) clang-14 libclang-rt-14-dev llvm-14

build=build-fuzz
findings=$build/findings
logs=$build/fuzz-logs
ccache=
if command -v ccache >/dev/null 2>&1; then ccache="ccache "; fi
if [ ! -f $build/build.ninja ]; then
  CC="${ccache}clang-14" CXX="${ccache}clang++-14" meson setup $build --buildtype=plain -Doptimization=1 -Ddebug=false \
    -Db_ndebug=false -Db_sanitize=address,undefined -Db_lundef=false -Dwerror=false \
    -Dcpp_args="-g1 -fsanitize=fuzzer-no-link -fno-sanitize-recover=undefined -w" >/dev/null
fi
echo "building $build"
mkdir -p "$findings" "$logs" $build/grown
if ! ninja -C $build tests/fuzz/fuzz-protocol >"$logs/build" 2>&1; then
  cat "$logs/build"
  echo "0 passed, 1 failed"
  exit 1
fi

program=$build/tests/fuzz/fuzz-protocol
passed=0
failed=0
executions=0
[ $# -gt 0 ] || set -- $($program --list)
for target in "$@"; do
  mkdir -p "$build/grown/$target"
  dictionary=tests/fuzz/dictionary/${target%%_*}
  status=0
  # What it finds goes into the first folder.
  "$program" --target="$target" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=2048 -print_final_stats=1 \
    -artifact_prefix="$findings/$target-" -max_len=4096 $([ ! -f "$dictionary" ] || echo "-dict=$dictionary") \
    "$build/grown/$target" "tests/fuzz/corpus/$target" >"$logs/$target" 2>&1 || status=$?
  count=$(awk '/^stat::number_of_executed_units:/ { print $2 }' "$logs/$target")
  executions=$((executions + ${count:-0}))
  if [ "$status" -eq 0 ]; then
    passed=$((passed + 1))
    printf '%-32s %10s executions\n' "$target" "$count"
  else
    failed=$((failed + 1))
    printf 'FAILED  %s, its input in %s\n' "$target" "$findings"
    tail -n 40 "$logs/$target"
  fi
done
echo "$executions executions"
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
