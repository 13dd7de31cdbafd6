#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

namespace lectern::srtp {

/// A cipher and an authentication of RFC 3711, RFC 6188 or RFC 7714.
enum class Suite : std::uint8_t {
  aes_cm_128_hmac_sha1_80,
  aes_cm_128_hmac_sha1_32,
  aes_cm_256_hmac_sha1_80,
  aead_aes_128_gcm,
  aead_aes_256_gcm,
};

struct SuiteInfo {
  Suite suite;
  std::string_view name;    ///< as in a=crypto
  std::size_t key_size;     ///< of the master key, in bytes
  std::size_t salt_size;    ///< of the master salt, in bytes
  std::size_t rtp_growth;   ///< bytes that SRTP adds to a packet, without MKI
  std::size_t rtcp_growth;  ///< bytes that SRTCP adds to a compound packet, without MKI
  bool aead;                ///< AES-GCM, else AES in counter mode and HMAC-SHA1
};

/// In the order of preference. SRTCP adds an index of 4 bytes and the tag. With AES_CM_128_HMAC_SHA1_32 RFC
/// 4568 section 6.2 wants a tag of 80 bits for SRTCP; FFmpeg and GStreamer both have 32 there, and so do we.
inline constexpr std::array suites = {
    SuiteInfo{Suite::aes_cm_128_hmac_sha1_80, "AES_CM_128_HMAC_SHA1_80", 16, 14, 10, 14, false},
    SuiteInfo{Suite::aes_cm_128_hmac_sha1_32, "AES_CM_128_HMAC_SHA1_32", 16, 14, 4, 8, false},
    SuiteInfo{Suite::aes_cm_256_hmac_sha1_80, "AES_256_CM_HMAC_SHA1_80", 32, 14, 10, 14, false},
    SuiteInfo{Suite::aead_aes_128_gcm, "AEAD_AES_128_GCM", 16, 12, 16, 20, true},
    SuiteInfo{Suite::aead_aes_256_gcm, "AEAD_AES_256_GCM", 32, 12, 16, 20, true},
};

constexpr const SuiteInfo& info(Suite suite) {
  return suites[static_cast<std::size_t>(suite)];
}

/// The master key and the master salt behind it, in bytes.
constexpr std::size_t key_and_salt_size(Suite suite) {
  return info(suite).key_size + info(suite).salt_size;
}

/// By the name of RFC 4568, 6188 or 7714, in any case of letters; also AES_CM_256_HMAC_SHA1_80, as drafts and
/// many products write it.
std::optional<Suite> suite_named(std::string_view name);

}  // namespace lectern::srtp
