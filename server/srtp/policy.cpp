#include "server/srtp/policy.h"

namespace lectern::server {

bool describes_srtp(const SrtpPolicy& policy, bool secure) {
  if (policy.mode == SrtpMode::optional) return secure;
  return policy.mode != SrtpMode::off;
}

bool sdes_has(srtp::Suite suite) {
  return suite == srtp::Suite::aes_cm_128_hmac_sha1_80 || suite == srtp::Suite::aes_cm_128_hmac_sha1_32;
}

bool describes_sdes(const SrtpPolicy& policy, bool secure) {
  return policy.mode == SrtpMode::sdes && sdes_has(policy.suite) && (secure || policy.allow_clear_keys);
}

bool is_protected(const AskedMedia& asked) {
  return asked.profile == rtsp::Profile::rtp_savp || asked.sdes;
}

std::string_view refusal_of(const SrtpPolicy& policy, const AskedMedia& asked) {
  if (is_protected(asked)) {
    if (policy.mode != SrtpMode::off) return {};
    return "there is no SRTP here, only RTP/AVP";
  }
  const bool inside_tls = asked.secure && asked.lower == rtsp::LowerTransport::tcp;
  if (inside_tls) return {};
  if (asked.secure) return "over RTSPS there is RTP/SAVP, or RTP/AVP/TCP inside TLS, and no plain UDP";
  if (policy.mode == SrtpMode::off || policy.mode == SrtpMode::optional) return {};
  return "there is only SRTP (RTP/SAVP) here, or RTSPS with RTP/AVP/TCP";
}

}  // namespace lectern::server
