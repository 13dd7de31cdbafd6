#!/bin/sh
# Usage: sh examples/quickstart.sh [DIR [ADDR:PORT]]
# Installs what is missing, builds Lectern, and serves DIR, or a sample lecture that it makes, and a live test pattern
# at /test. Ctrl-C stops it.
# LISTEN=ADDR:PORT in the environment does the same as the second word; LECTERN=PROGRAM serves with that one, and
# builds none.
set -eu

if [ "$#" -gt 2 ]; then
  echo "usage: sh examples/quickstart.sh [DIR [ADDR:PORT]]" >&2
  exit 2
fi
media=${1:-}
listen=${2:-${LISTEN:-:8554}}
case $listen in
  *:*) ;;
  *) listen=:$listen ;; # a port alone
esac
if [ -n "$media" ]; then
  [ -d "$media" ] || { echo "quickstart: $media is not a directory" >&2; exit 1; }
  media=$(cd -- "$media" && pwd)
fi
cd "$(dirname "$0")/.."

program=${LECTERN:-build/lectern}
packages=
[ -n "${LECTERN:-}" ] || packages=$(cat examples/build-packages.txt)
sample=build/sample/lecture.mp4
if [ -z "$media" ] && [ ! -s "$sample" ]; then packages="$packages ffmpeg fonts-dejavu-core"; fi
# shellcheck disable=SC2086  # one word a package
[ -z "$packages" ] || sh examples/install-packages.sh $packages

build() {
  meson=$(meson --version)
  oldest=$(printf '%s\n' "$meson" 1.0.0 | sort -V | head -n 1)
  if [ "$oldest" != 1.0.0 ]; then
    echo "quickstart: Meson $meson is too old: 1.0 is needed, as in Debian 12 and Ubuntu 24.04" \
      "(else: pipx install meson)" >&2
    exit 1
  fi
  if [ ! -f build/build.ninja ]; then
    echo "Configuring"
    # Warnings of a compiler newer than ours are no reason not to serve.
    meson setup build --buildtype=release -Dwerror=false >build/setup.log 2>&1 || {
      cat build/setup.log >&2
      exit 1
    }
  fi
  echo "Building (minutes at the first time, seconds later)"
  ninja -C build lectern >build/build.log 2>&1 || {
    cat build/build.log >&2
    exit 1
  }
}
mkdir -p build
[ -n "${LECTERN:-}" ] || build

if [ -z "$media" ]; then
  if [ ! -s "$sample" ]; then
    echo "Making a sample lecture"
    mkdir -p build/sample
    sh examples/make-sample.sh "$sample"
  fi
  media=$(pwd)/build/sample
fi

# A path as it stands in a URL: every byte but letters, digits and a few marks is percent-encoded.
encode() {
  printf '%s' "$1" | od -An -v -tx1 | tr -d '\n' | awk '{
    for (i = 1; i <= NF; i++) {
      code = 16 * (index("0123456789abcdef", substr($i, 1, 1)) - 1) + index("0123456789abcdef", substr($i, 2, 1)) - 1
      character = sprintf("%c", code)
      if (code < 128 && character ~ /[A-Za-z0-9_.~\/-]/) printf "%s", character
      else printf "%%%s", toupper($i)
    }
  }'
}

port=${listen##*:}
address=${listen%:*}
case $address in
  "" | 0.0.0.0 | "[::]") address=localhost ;;
esac
files=$(find "$media" -type f \( -iname '*.mp4' -o -iname '*.m4v' -o -iname '*.mov' -o -iname '*.mkv' \
  -o -iname '*.webm' -o -iname '*.ts' -o -iname '*.avi' -o -iname '*.mp3' -o -iname '*.m4a' -o -iname '*.ogg' \
  -o -iname '*.opus' -o -iname '*.flac' -o -iname '*.wav' -o -iname '*.ac3' -o -iname '*.aac' \) 2>/dev/null |
  sort | head -n 10) || true

# Drawn and encoded only while somebody watches.
cat >build/quickstart.yml <<END
paths:
  test: {source: pattern, on_demand: yes}
END

echo
if [ -z "$files" ]; then
  echo "No media file found in $media yet; files put there are served without a restart."
  first="rtsp://$address:$port/FILE"
else
  first=
  echo "Serving $media; up to ten of its files:"
  while IFS= read -r file; do
    url="rtsp://$address:$port/$(encode "${file#"$media"/}")"
    first=${first:-$url}
    echo "  $url"
  done <<END
$files
END
fi
cat <<END

Watch it in another terminal with one of:
  ffplay $first
  mpv $first
  vlc $first
  gst-play-1.0 $first
  gst-launch-1.0 playbin uri=$first
Live, a test pattern with the time of day:
  ffplay rtsp://$address:$port/test
From another machine, put this machine's name in place of $address. Ctrl-C stops.

END

exec "$program" serve "$media" --listen "$listen" --config build/quickstart.yml
