#pragma once

#include <string_view>

namespace lectern::sdp::samples {

/// FFmpeg 5.1, `-f rtp -sdp_file`.
inline constexpr std::string_view ffmpeg =
    "v=0\r\n"
    "o=- 0 0 IN IP4 127.0.0.1\r\n"
    "s=No Name\r\n"
    "t=0 0\r\n"
    "a=tool:libavformat LIBAVFORMAT_VERSION\r\n"
    "m=video 25004 RTP/AVP 96\r\n"
    "c=IN IP4 127.0.0.1\r\n"
    "a=rtpmap:96 H264/90000\r\n"
    "a=fmtp:96 packetization-mode=1\r\n"
    "m=audio 25006 RTP/AVP 97\r\n"
    "c=IN IP4 127.0.0.1\r\n"
    "b=AS:64\r\n"
    "a=rtpmap:97 MPEG4-GENERIC/48000/2\r\n"
    "a=fmtp:97 profile-level-id=1;mode=AAC-hbr;sizelength=13;indexlength=3;indexdeltalength=3; "
    "config=119056E500\r\n";

/// FFmpeg 5.1 with one stream: the connection is the session's.
inline constexpr std::string_view ffmpeg_audio =
    "v=0\r\n"
    "o=- 0 0 IN IP4 127.0.0.1\r\n"
    "s=No Name\r\n"
    "c=IN IP4 127.0.0.1\r\n"
    "t=0 0\r\n"
    "a=tool:libavformat LIBAVFORMAT_VERSION\r\n"
    "m=audio 25104 RTP/AVP 0\r\n"
    "b=AS:64\r\n";

/// LIVE555 Media Server 2020.08.19.
inline constexpr std::string_view live555 =
    "v=0\r\n"
    "o=- 1620066173760872 1 IN IP4 172.18.0.4\r\n"
    "s=Matroska video+audio+(optional)subtitles, streamed by the LIVE555 Media Server\r\n"
    "i=media/lots_015.mkv\r\n"
    "t=0 0\r\n"
    "a=tool:LIVE555 Streaming Media v2020.08.19\r\n"
    "a=type:broadcast\r\n"
    "a=control:*\r\n"
    "a=range:npt=0-73.000\r\n"
    "a=x-qt-text-nam:Matroska video+audio+(optional)subtitles, streamed by the LIVE555 Media Server\r\n"
    "a=x-qt-text-inf:media/lots_015.mkv\r\n"
    "m=video 0 RTP/AVP 96\r\n"
    "c=IN IP4 0.0.0.0\r\n"
    "b=AS:500\r\n"
    "a=rtpmap:96 H264/90000\r\n"
    "a=fmtp:96 "
    "packetization-mode=1;profile-level-id=640028;sprop-parameter-sets=Z2QAKKzZQHgCJoQAAAMABAAAAwDwPGDGWA==,"
    "aOvhEsiw\r\n"
    "a=control:track1\r\n";

/// An Axis camera with GStreamer's RTSP server, multicast.
inline constexpr std::string_view axis_multicast =
    "v=0\r\n"
    "o=- 2271184509297762952 1 IN IP4 192.168.0.30\r\n"
    "s=Session streamed with GStreamer\r\n"
    "i=rtsp-server\r\n"
    "c=IN IP4 239.194.168.96/5\r\n"
    "t=0 0\r\n"
    "a=tool:GStreamer\r\n"
    "a=type:broadcast\r\n"
    "a=range:npt=now-\r\n"
    "a=control:rtsp://192.168.0.30:554/axis-media/ssm/media.amp\r\n"
    "a=source-filter: incl IN IP4 239.194.168.96 192.168.0.30\r\n"
    "m=video 0 RTP/AVP 96\r\n"
    "b=AS:50000\r\n"
    "a=rtpmap:96 H264/90000\r\n"
    "a=fmtp:96 "
    "packetization-mode=1;profile-level-id=4d0029;sprop-parameter-sets=Z00AKeKQDwBE/"
    "LgLcBAQGkHiRFQ=,aO48gA==\r\n"
    "a=ts-refclk:local\r\n"
    "a=mediaclk:sender\r\n"
    "a=control:rtsp://192.168.0.30:554/axis-media/ssm/media.amp/stream=0\r\n"
    "a=framerate:30.000000\r\n"
    "a=transform:1.000000,0.000000,0.000000;0.000000,1.000000,0.000000;0.000000,0.000000,1.000000\r\n";

/// A camera with LIVE555 2014: LF ends, t= after a=, and a t= of one number.
inline constexpr std::string_view ip_camera =
    "v=0\n"
    "o=- 1419841619185835 1 IN IP4 192.168.1.208\n"
    "s=IP Camera Video\n"
    "i=videoMain\n"
    "a=tool:LIVE555 Streaming Media v2014.02.10\n"
    "a=type:broadcast\n"
    "a=control:*\n"
    "a=range:npt=0-\n"
    "a=x-qt-text-nam:IP Camera Video\n"
    "a=x-qt-text-inf:videoMain\n"
    "t=0\n"
    "r=604800 3600 0 90000\n"
    "r=7d 1h 0 25h\n"
    "m=video 0 RTP/AVP 96\n"
    "c=IN IP4 0.0.0.0\n"
    "b=AS:96\n"
    "a=rtpmap:96 H264/90000\n"
    "a=fmtp:96 packetization-mode=1;profile-level-id=000000;sprop-parameter-sets=Z0IAHpWoKA9k,aM48gA==\n"
    "a=control:track1\n"
    "m=audio 0 RTP/AVP 0\n"
    "c=IN IP4 0.0.0.0\n"
    "b=AS:64\n"
    "a=control:track2\n";

}  // namespace lectern::sdp::samples
