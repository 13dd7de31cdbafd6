#pragma once

#include <cstdint>
#include <string_view>

#include "protocol/rtsp/transport.h"
#include "protocol/srtp/suite.h"

namespace lectern::server {

enum class SrtpMode : std::uint8_t {
  off,       ///< plain RTP only
  optional,  ///< as the player asks
  required,  ///< SRTP, or what goes inside TLS
  sdes,      ///< required, and FFmpeg, which has no MIKEY, reads the key from the SDP
};

/// What a path does about SRTP.
struct SrtpPolicy {
  SrtpMode mode = SrtpMode::optional;
  srtp::Suite suite = srtp::Suite::aes_cm_128_hmac_sha1_80;  ///< that is offered
  bool allow_clear_keys = false;                             ///< a=crypto also over plain RTSP

  bool operator==(const SrtpPolicy&) const = default;
};

/// Whether the SDP says RTP/SAVP, and hands out keys. Over plain RTSP an optional path says RTP/AVP: a player
/// that knows no SRTP would pass over anything else. `secure`: RTSPS.
[[nodiscard]] bool describes_srtp(const SrtpPolicy& policy, bool secure);
/// FFmpeg, which SDES is for, knows two suites; what comes by another it takes for media in the clear.
[[nodiscard]] bool sdes_has(srtp::Suite suite);
/// Whether the SDP has a=crypto: whoever sees it has the key.
[[nodiscard]] bool describes_sdes(const SrtpPolicy& policy, bool secure);

/// What a player asks for in SETUP, as far as it matters here.
struct AskedMedia {
  rtsp::Profile profile = rtsp::Profile::rtp_avp;
  rtsp::LowerTransport lower = rtsp::LowerTransport::udp;
  bool secure = false;  ///< over RTSPS
  bool sdes = false;    ///< the SDP that it has read has a=crypto
};

/// Why it is not had so, in words for the person at the player; empty where it is. Media is never sent in the
/// clear beside RTSPS.
[[nodiscard]] std::string_view refusal_of(const SrtpPolicy& policy, const AskedMedia& asked);
/// Whether what is granted is SRTP. FFmpeg asks for RTP/AVP and decrypts whatever comes once it saw a=crypto.
[[nodiscard]] bool is_protected(const AskedMedia& asked);

}  // namespace lectern::server
