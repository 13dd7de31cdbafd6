#!/bin/sh
# Usage: sh examples/make-sample.sh FILE.mp4
# Makes a lecture of a minute: numbered slides with a clock, and a voice that reads them (a tone where this
# FFmpeg has no flite). H.264 and AAC, a key frame every two seconds.
set -eu

file=$1
folder=$(dirname "$file")
work=$folder/sample.tmp
slides=6
seconds=10 # a slide

mkdir -p "$work"
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM

title() {
  case $1 in
    1) echo "What a lectern is for" ;;
    2) echo "One file, many viewers" ;;
    3) echo "Packets are cut once" ;;
    4) echo "Every viewer has a cursor" ;;
    5) echo "Seek to any slide" ;;
    6) echo "Questions, please" ;;
  esac
}

spoken() {
  case $1 in
    1) echo "Welcome to this sample lecture. A lectern holds the notes, so that the speaker is free to speak." ;;
    2) echo "Slide two. One recorded file is read once, and all who watch it share what was read." ;;
    3) echo "Slide three. Pictures and sound are cut into packets once, and not for each viewer again." ;;
    4) echo "Slide four. Where a viewer is in the lecture is only a cursor. Pausing costs nothing." ;;
    5) echo "Slide five. Drag the slider of your player. The slide and the voice follow together." ;;
    6) echo "Slide six. This was the sample lecture. Thank you, and now serve a folder of your own." ;;
  esac
}

# The font by its file: fontconfig may have no configuration where only libraries are installed.
font=/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf
[ -r "$font" ] || { echo "make-sample: $font is missing (package fonts-dejavu-core)" >&2; exit 1; }

text() { # FILE SIZE COLOUR X Y [more]: the text comes from a file, so that nothing in it needs escaping
  echo "drawtext=fontfile=$font:textfile=$work/$1:fontsize=$2:fontcolor=$3:x=$4:y=$5${6:-}"
}

voice=no
ffmpeg -hide_banner -filters 2>/dev/null | grep -q ' flite ' && voice=yes

# Each slide's voice is laid out to the length of the slide; then all go one behind the other.
picture="drawbox=x=0:y=0:w=iw:h=96:color=0x1f4e79:t=fill"
printf 'Lectern: a sample lecture' >"$work/heading"
picture="$picture,$(text heading 40 white 48 28)"
printf '%%{pts:hms}' >"$work/clock"
picture="$picture,$(text clock 32 0x5b6b7b w-tw-48 h-64)"
joined=
set --
slide=1
while [ "$slide" -le "$slides" ]; do
  from=$(((slide - 1) * seconds))
  shown=":enable='gte(t,$from)*lt(t,$((from + seconds)))'"
  printf '%s' "$(title "$slide")" >"$work/title$slide"
  printf 'Slide %s of %s' "$slide" "$slides" >"$work/number$slide"
  spoken "$slide" | fold -s -w 46 >"$work/body$slide"
  picture="$picture,$(text "title$slide" 64 0x14324f 96 190 "$shown")"
  picture="$picture,$(text "body$slide" 34 0x333333 96 320 ":line_spacing=16$shown")"
  picture="$picture,$(text "number$slide" 32 0x5b6b7b 48 h-64 "$shown")"
  if [ "$voice" = yes ]; then
    spoken "$slide" >"$work/voice$slide"
    sound="flite=textfile=$work/voice$slide:voice=slt"
  else
    sound="sine=frequency=$((220 + 55 * slide)):duration=2,volume=0.2"
  fi
  set -- "$@" -f lavfi -i "$sound,aresample=48000,apad=whole_dur=$seconds,atrim=duration=$seconds"
  joined="${joined}[$slide:a]"
  slide=$((slide + 1))
done

length=$((slides * seconds))
ffmpeg -hide_banner -loglevel error -nostdin -y \
  -f lavfi -i "color=c=0xf4f1ea:size=1280x720:rate=25:duration=$length" "$@" \
  -filter_complex "[0:v]${picture}[v];${joined}concat=n=$slides:v=0:a=1[a]" -map '[v]' -map '[a]' \
  -c:v libx264 -preset veryfast -crf 23 -pix_fmt yuv420p -g 50 -keyint_min 50 -sc_threshold 0 \
  -c:a aac -b:a 96k -ac 1 -movflags +faststart -metadata title='Lectern: a sample lecture' \
  "$work/lecture.mp4"
# Only a whole lecture gets the name.
mv "$work/lecture.mp4" "$file"
