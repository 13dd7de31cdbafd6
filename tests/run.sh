#!/bin/sh
# Usage: sh tests/run.sh [--threads]
# Installs what the tests need, builds the server twice (optimized, and with the address and undefined-behaviour
# sanitizers), runs the black-box tests on both and the unit tests with the sanitizers, and ends with one line:
# N passed, N failed.
# --threads: once more with the thread sanitizer, which takes as long again.
# What takes longer, and is not a part of it; each says at its head what it does:
#   sh tests/floods.sh            floods at their full size
#   sh tests/churn.sh             200,000 sessions
#   sh tests/soak.sh HOURS        mixed load
#   sh tests/valgrind.sh          the unit tests under memcheck
#   sh tests/fuzz.sh SECONDS      so long on each fuzz target, also those of the whole server
#   sh tests/coverage.sh          what the unit tests reach of the protocol code
#   LECTERN_FAULTS_FULL=1 build-test/tests/faults/fault-tests           all fault points in the place of a choice
#   LECTERN_SOAK_SECONDS=3600 build-test/tests/conformance/conformance-tests '[soak]'      cameras that flap
set -eu
cd "$(dirname "$0")/.."

# Unit tests link the server, and a sanitizer sees more than a plain build. The black-box tests start
# build/lectern as a program of its own: built once, they run against both.
unit=tests/unit/unit-tests
# A library that is loaded into the plain program makes its calls fail: it goes with no sanitizer.
faults=tests/faults/fault-tests
# What fuzzing the whole server has found: libFuzzer and a build by clang take minutes, its inputs seconds.
replay=tests/fuzz/fuzz-replay
black_box="tests/conformance/conformance-tests tests/interop/interop-tests"
floods=tests/floods/flood-tests
packages="catch2 clang-format ffmpeg fonts-dejavu-core glib-networking gstreamer1.0-tools gstreamer1.0-plugins-base
gstreamer1.0-plugins-good gstreamer1.0-plugins-bad gstreamer1.0-plugins-ugly gstreamer1.0-libav gstreamer1.0-rtsp
iproute2 libgstrtspserver-1.0-dev mpv"

black_box_programs=
for program in $black_box; do black_box_programs="$black_box_programs build-test/$program"; done
# One test after another would take as long as all the rest: in two halves, side by side.
first_half="[live],[malformed],[wrap],[reload],[multicast],[record],[announce]"
second_half="~[live]~[malformed]~[wrap]~[reload]~[multicast]~[record]~[announce]"

started=
lightly=
passed=0
failed=0
logs=build-test/logs

add() { # PASSED FAILED
  passed=$((passed + $1))
  failed=$((failed + $2))
}

# What failed stands just above the last line, so that the end of a long output tells it.
finish() {
  if [ -s "$logs/failures" ]; then
    echo "---- what failed, without the servers' own log"
    tail -n 200 "$logs/failures"
  fi
  echo "$passed passed, $failed failed"
  [ "$failed" -eq 0 ] || exit 1
  exit 0
}

# A check that is one command: shown only where it fails.
check() { # NAME COMMAND...
  name=$1
  shift
  if "$@" >"$logs/check" 2>&1; then
    echo "ok      $name"
    add 1 0
  else
    { echo "FAILED  $name"; cat "$logs/check"; } | tee -a "$logs/failures"
    add 0 1
  fi
}

# shellcheck disable=SC2317  # called through check
formatted() {
  files=$(git ls-files '*.h' '*.cpp' 2>/dev/null) || files=
  [ -n "$files" ] || files=$(find protocol media server tests examples -name '*.h' -o -name '*.cpp')
  echo "$files" | xargs clang-format --dry-run --Werror
}

# Its own log and status, as it may run in the background.
build() { # FOLDER PROGRAMS MESON-OPTION...
  folder=$1
  wanted=$2
  shift 2
  echo "building $folder"
  if [ ! -f "$folder/build.ninja" ]; then
    $lightly meson setup "$folder" "$@" >"$logs/$folder-build" 2>&1 || return 1
  fi
  # shellcheck disable=SC2086  # one word a program
  $lightly ninja -C "$folder" lectern $wanted >"$logs/$folder-build" 2>&1
}

# Catch2 ends with "All tests passed (71 assertions in 12 test cases)" or
# "test cases: 12 | 10 passed | 1 failed | 1 failed as expected".
count_cases() { # OUTPUT -> "PASSED FAILED", nothing where there is no such line
  awk '
    /^All tests passed \(.* in [0-9]+ test cases?\)/ {
      for (i = 1; i <= NF; i++) if ($i == "in") cases = $(i + 1)
      summary = cases " 0"
    }
    /^test cases: / {
      good = bad = 0
      for (i = 1; i <= NF; i++) {
        if ($i == "passed") good = $(i - 1)
        if ($i == "failed" && $(i + 1) == "as") good += $(i - 1)
        else if ($i == "failed") bad = $(i - 1)
      }
      summary = good " " bad
    }
    END { if (summary != "") print summary }' "$1"
}

# Catch2 heads each failed assertion with FILE:LINE: FAILED; without a summary the last lines say how it ended.
failures_of() { # OUTPUT
  grep -v '^\[20[0-9-]* [0-9:.]*\] \[' "$1" | awk '
    /: FAILED:?$/ { shown = 40 }
    shown > 0 { print; shown-- }
    /^test cases: |^All tests passed/ { summary = 1 }
    { last[NR % 25] = $0 }
    END { if (!summary) for (i = NR + 1; i <= NR + 25; i++) if (last[i % 25] != "") print last[i % 25] }'
}

start() { # BUILD PROGRAM[@HALF]: a program, with the server of that build, in the background
  echo "running $2 with $1/lectern"
  log=$logs/$1-$(basename "$2")
  case $2 in
    *@first) only=$first_half ;;
    *@second) only=$second_half ;;
    *) only= ;;
  esac
  (
    status=0
    export LECTERN="$1/lectern" UBSAN_OPTIONS=halt_on_error=1:print_stacktrace=1 TSAN_OPTIONS=halt_on_error=1
    export ASAN_OPTIONS=detect_leaks=1 LSAN_OPTIONS="suppressions=$PWD/tests/lsan.supp:print_suppressions=0"
    # shellcheck disable=SC2086  # one word or none
    "${2%@*}" $only >"$log" 2>&1 || status=$?
    echo "$status" >"$log.status"
  ) &
  started="$started $!"
}

finished() { # BUILD PROGRAM: counts what start() has run
  log=$logs/$1-$(basename "$2")
  status=$(cat "$log.status")
  counts=$(count_cases "$log")
  bad=${counts#* }
  if [ "$status" -ne 0 ] || [ -z "$counts" ]; then
    cat "$log"
    { echo "$2 with $1/lectern:"; failures_of "$log"; } >>"$logs/failures"
  fi
  if [ -z "$counts" ]; then
    echo "FAILED  $2: ended with status $status and no summary" | tee -a "$logs/failures"
    add 0 1
    return
  fi
  # shellcheck disable=SC2086  # two numbers
  add $counts
  # A leak is found behind the summary: the tests passed, the program did not.
  if [ "$status" -ne 0 ] && [ "$bad" -eq 0 ]; then
    echo "FAILED  $2: ended with status $status" | tee -a "$logs/failures"
    tail -n 60 "$log" >>"$logs/failures"
    add 0 1
  fi
}

# shellcheck disable=SC2046,SC2086  # one word a package
sh examples/install-packages.sh $(cat examples/build-packages.txt) $packages || {
  echo "FAILED  installing packages"
  add 0 1
  finish
}

mkdir -p "$logs"
: >"$logs/failures"
check "layers: protocol <- media <- server" sh tests/layers.sh
check "conformance: each line has its tests" sh tests/conformance.sh
if command -v clang-format >/dev/null 2>&1; then check "clang-format" formatted; fi

built() { # FOLDER STATUS: whether it can be tested
  [ "$2" -ne 0 ] || return 0
  { echo "FAILED  building $1"; cat "$logs/$1-build"; } | tee -a "$logs/failures"
  add 0 1
  return 1
}

test_build() { # FOLDER PROGRAM...: runs what can be run with it
  folder=$1
  shift
  check "$folder: keys and configurations in the README" sh tests/readme.sh "$folder/lectern"
  # With a sanitizer it is linked with more than an image would hold.
  if [ "$folder" = build-test ]; then
    check "systemd unit and container file" sh tests/service.sh "$folder/lectern"
    check "quick start" sh tests/quickstart.sh "$folder/lectern"
  fi
  # Side by side: they play in real time, and so wait for most of theirs.
  programs=
  for program in "$@"; do
    case $program in
      */conformance-tests) programs="$programs $program@first $program@second" ;;
      *) programs="$programs $program" ;;
    esac
  done
  for program in $programs; do start "$folder" "$program"; done
  for pid in $started; do wait "$pid"; done
  started=
  for program in $programs; do finished "$folder" "$program"; done
}

alone() { # BUILD PROGRAM: one program to its end
  start "$1" "$2"
  for pid in $started; do wait "$pid"; done
  started=
  finished "$1" "$2"
}

# Each target of the protocol on its inputs, and for a second more.
fuzzed() { # counts what tests/fuzz.sh has told
  sed -n '/^FAILED/,$p' "$logs/fuzz" | tee -a "$logs/failures"
  counts=$(sed -n 's/^\([0-9]*\) passed, \([0-9]*\) failed$/\1 \2/p' "$logs/fuzz")
  if [ -z "$counts" ]; then tail -n 40 "$logs/fuzz" | tee -a "$logs/failures"; fi
  grep ' executions$' "$logs/fuzz" | tail -n 1
  # shellcheck disable=SC2086  # two numbers
  add ${counts:-0 1}
}

status=0
build build-test "$black_box $faults $floods tests/bench/lectern-load tests/bench/bench-gst-server" \
  --buildtype=plain -Doptimization=1 -Ddebug=false -Db_ndebug=false || status=$?
# Fuzzing and the next build take what the tests leave of the processors.
(
  lightly="nice -n 19"
  echo "running tests/fuzz.sh"
  $lightly sh tests/fuzz.sh --protocol 1 >"$logs/fuzz" 2>&1 || true
  later=0
  build build-asan "$unit $replay" --buildtype=plain -Doptimization=0 -Ddebug=false -Db_ndebug=false -Dcpp_args=-g1 \
    -Db_sanitize=address,undefined -Db_lundef=false || later=$?
  echo "$later" >"$logs/build-asan.status"
) &
asan=$!
# shellcheck disable=SC2086  # one word a program
if built build-test "$status"; then
  test_build build-test $black_box_programs "build-test/$faults"
  # Apart from the others, whose work its viewers would feel.
  alone build-test "build-test/$floods"
fi
wait "$asan"
fuzzed
# shellcheck disable=SC2086  # one word a program
if built build-asan "$(cat "$logs/build-asan.status")"; then
  check "build-asan: inputs of the server's fuzz targets" env UBSAN_OPTIONS=halt_on_error=1:print_stacktrace=1 \
    LSAN_OPTIONS="suppressions=$PWD/tests/lsan.supp" "build-asan/$replay"
  test_build build-asan "build-asan/$unit" $black_box_programs
fi
if [ "${1:-}" = --threads ]; then
  status=0
  build build-tsan "$unit" --buildtype=plain -Doptimization=1 -Ddebug=false -Db_ndebug=false -Dcpp_args=-g1 \
    -Db_sanitize=thread -Db_lundef=false || status=$?
  if built build-tsan "$status"; then test_build build-tsan "build-tsan/$unit" $black_box_programs; fi
fi
finish
