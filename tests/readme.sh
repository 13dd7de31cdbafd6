#!/bin/sh
# Usage: sh tests/readme.sh LECTERN
# Each key that the program knows stands in the table of the README, and no other; the example is a good one,
# also in a fresh clone, and knows them all. What the README shows of a configuration works as pasted.
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

# The blocks, and the sources that stand in a line; in a folder with the files that they name. Variables of the
# environment are those that the README sets.
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
: >"$scratch/lecture.mp4"
awk -v folder="$scratch" '
  /^```/ { if (inside) close(file); inside = 0 }
  inside { print >file }
  /^```yaml$/ { inside = 1; file = folder "/block" ++blocks ".yml" }' "$readme"
# shellcheck disable=SC2016  # backquotes of Markdown
sed -n '/^Other sources: /p' "$readme" | grep -o '`{[^`]*}`' | tr -d '`' | awk '
  NR == 1 { print "paths:" }
  { print "  path" NR ": " $0 }' >"$scratch/sources.yml"
shown=$(grep -c '^```yaml$' "$readme")
taken=$(find "$scratch" -name 'block*.yml' | wc -l)
if [ "$shown" -eq 0 ] || [ "$taken" -ne "$shown" ] || [ ! -s "$scratch/sources.yml" ]; then
  echo "tests/readme.sh: $taken of the $shown configurations that the README shows were found" >&2
  exit 1
fi
for file in "$scratch"/*.yml; do
  set --
  names=$(sed -n 's/.*password_from_env: *\([A-Z_]*\).*/\1/p' "$file")
  for name in $names; do
    given=$(grep -o "^$name=[^ ]*" "$readme") || { echo "tests/readme.sh: the README sets no $name" >&2; exit 1; }
    set -- "$@" "$given"
  done
  # Of this machine.
  interface=$(find /sys/class/net -mindepth 1 -maxdepth 1 -name 'e*' -exec basename {} ';' | head -n 1)
  sed -i "s/interface: eth0/interface: ${interface:-lo}/" "$file"
  env "$@" "$program" check "$file" >&2 || { cat "$file" >&2; exit 1; }
done
