#pragma once

#include <string_view>

namespace lectern::rtcp::samples {

/// FFmpeg 5.1 with `-rtpflags send_bye -cname lectern@127.0.0.1`: SR, SDES, BYE.
inline constexpr std::string_view ffmpeg_bye =
    "80c80006c8feaa14eeaceccf2083126ec8bd28580000000800001f40"
    "81ca0006c8feaa1401116c65637465726e403132372e302e302e3100"
    "81cb0001c8feaa14";
/// GStreamer's rtpbin as a receiver that lost one packet in fifty: RR, SDES of CNAME and TOOL.
inline constexpr std::string_view gstreamer_receiver =
    "81c900072d5aeb0911223344030000070000059d00000001ee5959190001c287"
    "81ca000c2d5aeb09011b7573657234363735353835363040686f73742d64323830323036"
    "3106094753747265616d657200000000";
/// GStreamer's rtpbin as a sender: SR, SDES of CNAME and TOOL.
inline constexpr std::string_view gstreamer_sender =
    "80c80006cbc2990aeeacee52becffa7e61e82d800000000e00003800"
    "81ca000ccbc2990a011c757365723130303036373938393140686f73742d336135623465"
    "626606094753747265616d6572000000";

}  // namespace lectern::rtcp::samples
