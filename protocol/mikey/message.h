#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "protocol/base/bytes.h"
#include "protocol/base/result.h"
#include "protocol/srtp/master_key.h"
#include "protocol/srtp/suite.h"

namespace lectern::mikey {

/// A crypto session of the SRTP-ID map (RFC 3830 section 6.1.1): a sender, and how often its sequence number
/// has wrapped.
struct Stream {
  std::uint32_t ssrc = 0;
  std::uint32_t roc = 0;

  bool operator==(const Stream&) const = default;
};

/// The message that RTSP products exchange: one of pre-shared key initiation without encryption of its own,
/// carrying one traffic-encrypting key: HDR, T, RAND, SP, KEMAC (RFC 3830 section 3.1). Who reads it on the
/// way has the key; it needs TLS.
struct Message {
  srtp::Suite suite = srtp::Suite::aes_cm_128_hmac_sha1_80;
  srtp::MasterKey key;          ///< of the size that the suite asks for; its MKI is the SPI of the key data
  std::vector<Stream> streams;  ///< of the crypto sessions; at most max_streams
  std::uint32_t csb_id = 0;     ///< crypto session bundle; random
  std::optional<std::uint64_t> ntp;  ///< of T: seconds since 1900 in 32.32 bits, as rtcp::ntp_from_unix gives
  ByteVector rand;                   ///< 16 random bytes or more, 255 at most

  bool operator==(const Message&) const = default;
};

inline constexpr std::size_t max_size = 4096;
inline constexpr std::size_t max_streams = 255;

/// Lenient where products are: payloads that carry no key (ID, CERT, V, general extensions) are skipped; T
/// and RAND may be missing; the key data may have a salt apart, and an interval of validity, which is not
/// kept. Errc::invalid for what is malformed, Errc::unsupported for other kinds of message, ciphers, several
/// keys, or a key of another size than its policy asks for; the message says which. Both make an answer of
/// 463.
Result<Message> parse(Bytes bytes);
/// Parameters 0 1 2 3 4 7 8 10 11 in the policy, or 0 1 2 4 7 8 10 20 for AES-GCM: what live555,
/// gortsplib and GStreamer all take. Errc::invalid where a field does not fit the format.
Result<ByteVector> serialize(const Message& message);

}  // namespace lectern::mikey
