#!/bin/sh
# Usage: sh tests/readme.sh LECTERN
# Each key that the program knows stands in the table of the README, and no other; the example is a good one,
# also in a fresh clone, and knows them all.
set -eu
program=$1
readme=$(dirname "$0")/../README.md

known=$("$program" serve --help | sed -n '/^Keys of the configuration/,$ s/^  \([A-Za-z_.]*\): .*/\1/p' | sort)
# shellcheck disable=SC2016  # backquotes of Markdown
told=$(sed -n '/^## Configuration/,/^## Players/ s/^| `\([A-Za-z_.]*\)` |.*/\1/p' "$readme" | sort)
[ -n "$known" ] || { echo "tests/readme.sh: $program names no keys" >&2; exit 1; }
if [ "$known" != "$told" ]; then
  printf 'keys of the program:\n%s\nkeys of the README:\n%s\n' "$known" "$told" >&2
  exit 1
fi

example=$(dirname "$0")/../examples/lectern.yml
"$program" check "$example" >&2
for key in $known; do
  case $key in
    *.*) key=${key##*.} ;;
  esac
  grep -q "^[# ]*$key:" "$example" || { echo "tests/readme.sh: $example does not show $key" >&2; exit 1; }
done
