#pragma once

#include <array>
#include <string_view>

namespace lectern::rtsp::samples {

using namespace std::string_view_literals;

/// Requests and responses as RFC 2326 and well-known players write them. They drive the tests of the parser
/// and are the seeds of the mutation test.
struct Sample {
  std::string_view name;
  std::string_view text;
};

inline constexpr std::array messages = {
    Sample{"RFC 2326 10.1 OPTIONS",
           "OPTIONS * RTSP/1.0\r\n"
           "CSeq: 1\r\n"
           "Require: implicit-play\r\n"
           "Proxy-Require: gzipped-messages\r\n\r\n"},
    Sample{"RFC 2326 10.2 DESCRIBE answer",
           "RTSP/1.0 200 OK\r\n"
           "CSeq: 312\r\n"
           "Date: 23 Jan 1997 15:35:06 GMT\r\n"
           "Content-Type: application/sdp\r\n"
           "Content-Length: 43\r\n\r\n"
           "v=0\r\n"
           "o=mhandley 2890844526 2890842807 IN \r\n"},
    Sample{"RFC 2326 10.8 GET_PARAMETER",
           "GET_PARAMETER rtsp://example.com/fizzle/foo RTSP/1.0\r\n"
           "CSeq: 431\r\n"
           "Content-Type: text/parameters\r\n"
           "Session: 12345678\r\n"
           "Content-Length: 26\r\n\r\n"
           "packets_received\r\njitter\r\n"},
    Sample{"FFmpeg OPTIONS",
           "OPTIONS rtsp://127.0.0.1:8554/lecture RTSP/1.0\r\n"
           "CSeq: 1\r\n"
           "User-Agent: Lavf59.27.100\r\n\r\n"},
    Sample{"FFmpeg SETUP",
           "SETUP rtsp://127.0.0.1:8554/lecture/streamid=0 RTSP/1.0\r\n"
           "Transport: RTP/AVP/UDP;unicast;client_port=11398-11399\r\n"
           "CSeq: 3\r\n"
           "User-Agent: Lavf59.27.100\r\n\r\n"},
    Sample{"FFmpeg SETUP over TCP to publish",
           "SETUP rtsp://127.0.0.1:8554/cam/streamid=0 RTSP/1.0\r\n"
           "Transport: RTP/AVP/TCP;unicast;interleaved=0-1;mode=record\r\n"
           "CSeq: 3\r\n"
           "User-Agent: Lavf59.27.100\r\n"
           "Session: 8c5a6e1d3f\r\n\r\n"},
    Sample{"GStreamer SETUP",
           "SETUP rtsp://127.0.0.1:8554/test/stream=0 RTSP/1.0\r\n"
           "CSeq: 4\r\n"
           "User-Agent: GStreamer/1.22.0\r\n"
           "Transport: RTP/AVP;unicast;client_port=48742-48743\r\n"
           "Date: Sun, 22 Nov 2026 09:00:00 GMT\r\n\r\n"},
    Sample{"VLC PLAY",
           "PLAY rtsp://192.0.2.7:8554/lecture.mkv/ RTSP/1.0\r\n"
           "CSeq: 6\r\n"
           "User-Agent: LibVLC/3.0.18 (LIVE555 Streaming Media v2016.11.28)\r\n"
           "Session: 7CC8A6D5\r\n"
           "Range: npt=0.000-\r\n\r\n"},
    Sample{"live555 PLAY answer",
           "RTSP/1.0 200 OK\r\n"
           "CSeq: 6\r\n"
           "Date: Sun, Nov 22 2026 09:00:00 GMT\r\n"
           "Range: npt=0.000-\r\n"
           "Session: 7CC8A6D5\r\n"
           "RTP-Info: url=rtsp://192.0.2.7:8554/lecture.mkv/track1;seq=52431;rtptime=3041233511,"
           "url=rtsp://192.0.2.7:8554/lecture.mkv/track2;seq=3034;rtptime=718446351\r\n\r\n"},
    Sample{"QuickTime tunnel GET",
           "GET /lecture HTTP/1.0\r\n"
           "User-Agent: QTS (qtver=4.1;cpu=PPC;os=Mac 8.6)\r\n"
           "x-sessioncookie: tD9hKgAAfB8ABCftAAAAAw\r\n"
           "Accept: application/x-rtsp-tunnelled\r\n"
           "Pragma: no-cache\r\n"
           "Cache-Control: no-cache\r\n\r\n"},
    Sample{"an interleaved frame",
           "$\x01\0\x04"
           "abcd"sv},
    Sample{"two frames and a keep-alive",
           "$\x02\0\x03"
           "xyz"
           "$\x02\0\x03"
           "123"
           "GET_PARAMETER rtsp://127.0.0.1/cam RTSP/1.0\r\nCSeq: 9\r\nSession: 7CC8A6D5\r\n\r\n"sv},
    Sample{"folded, any case, LF only, leading line ends",
           "\r\n\nDESCRIBE rtsp://example.com/a b.mp4 RTSP/1.0\n"
           "cseq : 7\n"
           "X-Long: one\n"
           "\t two\n"
           "  \n"
           "ACCEPT:application/sdp\n\n"},
};

}  // namespace lectern::rtsp::samples
