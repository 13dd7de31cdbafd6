#!/bin/sh
# Usage: sh tests/conformance.sh
# Checks that each line of tests/conformance/lines.txt has its tests, one of them tagged [R] where the line is, and
# counts the assertions of exact status codes, of which there are to be 300 at least.
set -eu
cd "$(dirname "$0")/.."

cat tests/conformance/*_test.cpp | awk -v least=300 '
  FNR == NR {
    # Assertions of one exact code: status == 454. Those in loops count once.
    code = $0
    exact += gsub(/== [1-5][0-9][0-9]([^0-9.]|$)/, "", code)
    # A name, and its tags, which may stand in the next line.
    if (match($0, /TEST_CASE\("/)) {
      name = substr($0, RSTART + RLENGTH)
      names[++tests] = name
      tags[tests] = $0
      open = tests
    } else if (open && tags[open] !~ /\{$/) tags[open] = tags[open] $0
    next
  }
  function end_line() {
    if (line != "" && !found) { print "no test: " line; bad = 1 }
    if (line != "" && regression && !tagged) { print "no test with [R]: " line; bad = 1 }
  }
  /^(#|==|$)/ { next }
  /^  / {
    wanted = substr($0, 3)
    here = 0
    for (i = 1; i <= tests; ++i)
      if (index(names[i], wanted) == 1) { here = 1; if (tags[i] ~ /\[R\]/) tagged = 1 }
    if (!here) { print "no such test: " wanted; bad = 1 }
    found = 1
    ++listed
    next
  }
  { end_line(); line = $0; regression = /^R /; found = tagged = 0; ++lines; if (regression) ++regressions }
  END {
    end_line()
    printf "%d lines, %d of them bugs that a product had, %d tests of them among %d, %d assertions of exact codes\n",
      lines, regressions, listed, tests, exact
    if (exact < least) { print "fewer than " least; bad = 1 }
    exit bad
  }' - tests/conformance/lines.txt
