#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "protocol/base/result.h"
#include "protocol/srtp/master_key.h"
#include "protocol/srtp/suite.h"

namespace lectern::sdp {

/// The value of a=crypto (RFC 4568): "1 AES_CM_128_HMAC_SHA1_80 inline:<base64 of key and salt>", with
/// "|2^20" for a lifetime and "|1:4" for an MKI of 1 in 4 bytes behind it where there are such.
struct Crypto {
  std::uint32_t tag = 1;  ///< up to nine digits
  srtp::Suite suite = srtp::Suite::aes_cm_128_hmac_sha1_80;
  srtp::MasterKey key;                    ///< of the size that the suite asks for
  std::optional<std::uint64_t> lifetime;  ///< packets, at least 1 and at most 2^48

  bool operator==(const Crypto&) const = default;
};

/// Errc::unsupported for a suite, key method or session parameter that we do not do, and for several keys:
/// RFC 4568 section 5.1.2 wants such a line passed over. Errc::invalid for a malformed one.
Result<Crypto> parse_crypto(std::string_view value);
/// The value alone, without "a=crypto:". FFmpeg reads only what has neither lifetime nor MKI.
std::string serialize(const Crypto& crypto);

}  // namespace lectern::sdp
