#!/bin/sh
# Usage: sh tests/fuzz.sh [--protocol] [seconds per target] [target...]
# Builds the fuzz targets with clang, libFuzzer and the sanitizers, runs each on its inputs of tests/fuzz/corpus and
# then for so many seconds (1 where none are given) on what libFuzzer makes of them, as many at once as FUZZ_JOBS says
# (one a core), and ends with two lines: how many executions that were, and N passed, N failed.
# --protocol leaves out the targets that need the whole server, which takes minutes to build.
# An input that fails stands in build-fuzz/findings; once mended, it belongs into the corpus, and into a unit test.
# What reaches more code is kept in build-fuzz/grown.
set -eu
cd "$(dirname "$0")/.."

build="build-fuzz"
findings=$build/findings
logs=$build/fuzz-logs

# libFuzzer on one target; its log, status and what it found are kept for the end.
if [ "${1:-}" = --one ]; then
  program=$2
  seconds=$3
  target=$4
  mkdir -p "$build/grown/$target"
  dictionary=tests/fuzz/dictionary/${target%%_*}
  status=0
  # The library's threads and its cache look like leaks while it runs; those are seen at the end.
  leaks=1
  case $program in *fuzz-server) leaks=0 ;; esac
  # shellcheck disable=SC2046  # nothing, or one option
  "$program" --target="$target" -max_total_time="$seconds" -timeout=20 -rss_limit_mb=2048 -max_len=8192 \
    -detect_leaks=$leaks -print_final_stats=1 -artifact_prefix="$findings/$target-" \
    $([ ! -f "$dictionary" ] || echo "-dict=$dictionary") \
    "$build/grown/$target" "tests/fuzz/corpus/$target" >"$logs/$target" 2>&1 || status=$?
  echo "$status" >"$logs/$target.status"
  exit 0
fi

only_protocol=no
if [ "${1:-}" = --protocol ]; then
  only_protocol=yes
  shift
fi
seconds=${1:-1}
[ $# -eq 0 ] || shift
# libFuzzer takes anything else for no limit.
case $seconds in
  *[!0-9]* | 0*)
    echo "tests/fuzz.sh: $seconds is no number of seconds" >&2
    exit 2
    ;;
esac

# shellcheck disable=SC2046  # one word a package
sh examples/install-packages.sh $(cat examples/build-packages.txt) catch2 clang-14 libclang-rt-14-dev llvm-14

failed_early() {
  cat "$1"
  echo "0 passed, 1 failed"
  exit 1
}

mkdir -p "$findings" "$logs"
if [ ! -f $build/build.ninja ]; then
  ccache=
  pch=true
  # A precompiled header holds the folder that it was made in: from a cache it fits no other one.
  if command -v ccache >/dev/null 2>&1; then ccache="ccache " pch=false; fi
  CC="${ccache}clang-14" CXX="${ccache}clang++-14" meson setup $build --buildtype=plain -Doptimization=1 -Ddebug=false \
    -Db_ndebug=false -Db_pch=$pch -Db_sanitize=address,undefined -Db_lundef=false -Dwerror=false \
    -Dcpp_args="-g1 -fsanitize=fuzzer-no-link -fno-sanitize-recover=undefined -w" >"$logs/setup" 2>&1 ||
    failed_early "$logs/setup"
fi
programs=tests/fuzz/fuzz-protocol
[ $only_protocol = yes ] || programs="$programs tests/fuzz/fuzz-server"
echo "building $build"
# shellcheck disable=SC2086  # one word a program
ninja -C $build $programs >"$logs/build" 2>&1 || failed_early "$logs/build"

known=$(for program in $programs; do "$build/$program" --list; done)
for wanted in "$@"; do
  printf '%s\n' "$known" | grep -qxFe "$wanted" || {
    printf 'tests/fuzz.sh: there is no target %s, but these:\n%s\n' "$wanted" "$known" >&2
    exit 2
  }
done

export ASAN_OPTIONS=detect_leaks=1 UBSAN_OPTIONS=print_stacktrace=1
passed=0
failed=0
executions=0
for program in $programs; do
  program=$build/$program
  if [ $# -gt 0 ]; then
    targets=
    for wanted in "$@"; do
      if "$program" --list | grep -qxFe "$wanted"; then targets="$targets $wanted"; fi
    done
  else
    targets=$("$program" --list)
  fi
  [ -n "$targets" ] || continue
  # shellcheck disable=SC2086  # one word a target
  printf '%s\n' $targets | xargs -P "${FUZZ_JOBS:-$(nproc)}" -I '{}' sh tests/fuzz.sh --one "$program" "$seconds" '{}'
  for target in $targets; do
    count=$(awk '/^stat::number_of_executed_units:/ { print $2 }' "$logs/$target")
    executions=$((executions + ${count:-0}))
    if [ "$(cat "$logs/$target.status")" -eq 0 ]; then
      passed=$((passed + 1))
      printf '%-32s %10s executions\n' "$target" "${count:-0}"
    else
      failed=$((failed + 1))
      echo "FAILED  $target: its input is in $findings"
      tail -n 40 "$logs/$target"
    fi
  done
done
echo "$executions executions"
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
