#!/bin/sh
# Usage: sh tests/bench/run.sh [--quick] [--json FILE] [--runs N] [--only WORD]
# Builds a release, makes its inputs once (3 GB below build-bench/media), and measures Lectern beside a bare
# sending loop and GStreamer's RTSP server, all over loopback. Prints one table.
# --quick: one run of a few seconds each. --runs: each figure is the median of so many (5).
# --only: the workloads whose name contains WORD. Other work on the machine falsifies the figures.
set -eu
cd "$(dirname "$0")/../.."

build="build-bench"
media=$build/media
packages="ffmpeg python3 libgstrtspserver-1.0-dev gstreamer1.0-plugins-base gstreamer1.0-plugins-good
gstreamer1.0-plugins-bad"

# shellcheck disable=SC2046,SC2086  # one word a package
sh examples/install-packages.sh $(cat examples/build-packages.txt) $packages

[ -f "$build/build.ninja" ] || meson setup "$build" --buildtype=release >/dev/null
ninja -C "$build" lectern tests/bench/lectern-load tests/bench/bench-floor tests/bench/bench-gst-server >/dev/null

encode() { # FILE ARGUMENTS...: only a whole file gets the name
  file=$media/$1
  shift
  [ -f "$file" ] && return 0
  echo "making $file" >&2
  ffmpeg -hide_banner -loglevel error -nostdin -y "$@" "$media/part.mp4"
  mv "$media/part.mp4" "$file"
}

mkdir -p "$media"
encode clip.mp4 -f lavfi -i testsrc2=size=1920x1080:rate=25:duration=30 \
  -f lavfi -i sine=frequency=440:sample_rate=48000:duration=30 \
  -c:v libx264 -preset superfast -b:v 2870k -maxrate 2870k -bufsize 2870k -bf 2 -g 50 -pix_fmt yuv420p \
  -c:a aac -b:a 128k
encode minute.mp4 -stream_loop 1 -i "$media/clip.mp4" -c copy
encode hours.mp4 -stream_loop 239 -i "$media/clip.mp4" -c copy
encode audio.m4a -f lavfi -i sine=frequency=440:sample_rate=48000:duration=120 -c:a aac -b:a 64k
for i in 0 1 2 3 4 5 6 7 8 9; do
  encode "place$i.mp4" -stream_loop 3 -i "$media/clip.mp4" -c copy -metadata title="place $i"
done

exec python3 tests/bench/bench.py --build "$build" --media "$media" "$@"
