#!/bin/sh
# Usage: sh tests/quickstart.sh LECTERN
# examples/quickstart.sh with a program that is built: the lecture and the pattern whose URLs it prints can be played.
set -eu
program=$(realpath "$1")
cd "$(dirname "$0")/.."

fail() {
  echo "tests/quickstart.sh: $1" >&2
  cat "$scratch/log" >&2
  exit 1
}

scratch=$(mktemp -d)
server=
trap '[ -z "$server" ] || kill "$server" 2>/dev/null || :; rm -rf "$scratch"' EXIT

port=$((20000 + $$ % 10000)) # none that connections are given
# It becomes the server.
LECTERN=$program STATE_DIRECTORY=$scratch sh examples/quickstart.sh "" "127.0.0.1:$port" >"$scratch/log" 2>&1 &
server=$!

# A sample that has yet to be made takes ten seconds.
tries=0
until grep -q "listening on rtsp:" "$scratch/log"; do
  kill -0 "$server" 2>/dev/null || { server=; fail "it has ended"; }
  tries=$((tries + 1))
  [ "$tries" -lt 240 ] || fail "it does not come up"
  sleep 0.25
done

asked=0
urls=$(grep -o "rtsp://127\.0\.0\.1:$port/[^ ]*" "$scratch/log" | sort -u)
for url in $urls; do
  tracks=$(timeout 15 ffprobe -v error -rtsp_transport tcp -show_entries stream=codec_type -of csv=p=0 "$url" \
    2>"$scratch/ffprobe" | sort -u | tr '\n' ' ')
  [ "$tracks" = "audio video " ] || fail "$url has \"$tracks\": $(cat "$scratch/ffprobe")"
  asked=$((asked + 1))
done
for name in lecture.mp4 test; do
  grep -q "rtsp://127\.0\.0\.1:$port/$name\$" "$scratch/log" || fail "it does not tell where /$name is"
done
[ "$asked" -ge 2 ] || fail "it prints $asked URLs"
