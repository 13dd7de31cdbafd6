#include "protocol/mikey/policy.h"

#include <array>
#include <optional>
#include <string>

#include "protocol/base/byte_reader.h"

namespace lectern::mikey {
namespace {

/// RFC 3830 section 6.10.1.a and, for AEAD, RFC 7714 section 14.3.
enum Parameter : std::uint8_t {
  encryption_algorithm = 0,
  encryption_key_size = 1,
  authentication_algorithm = 2,
  authentication_key_size = 3,
  salt_size = 4,
  prf = 5,
  key_derivation_rate = 6,
  srtp_encryption = 7,
  srtcp_encryption = 8,
  fec_order = 9,
  srtp_authentication = 10,
  tag_size = 11,
  srtp_prefix_size = 12,
  aead_tag_size = 20,
};

constexpr std::uint8_t aes_cm = 1;
constexpr std::uint8_t aes_gcm = 6;
constexpr std::uint8_t null_authentication = 0;
constexpr std::uint8_t hmac_sha1 = 1;
constexpr std::uint8_t hmac_sha1_key_size = 20;
constexpr std::uint8_t aead_tag = 16;

/// Values by parameter, all numbers of one byte except the rate, whose other values we do not do.
class Values {
 public:
  Status read(Bytes parameters) {
    ByteReader reader(parameters);
    while (reader.left() > 0) {
      const std::uint8_t type = reader.u8();
      const Bytes value = reader.take(reader.u8());
      if (reader.failed()) return invalid("MIKEY: a policy parameter runs past the end");
      if (type >= values_.size()) continue;
      std::uint8_t number = 0;
      for (const std::byte b : value) {
        if (number != 0)
          return unsupported("MIKEY: policy parameter " + std::to_string(type) + " is too large");
        number = u8(b);
      }
      values_[type] = number;
    }
    return {};
  }
  [[nodiscard]] std::optional<std::uint8_t> get(Parameter parameter) const { return values_[parameter]; }
  [[nodiscard]] std::uint8_t get(Parameter parameter, std::uint8_t standard) const {
    return values_[parameter].value_or(standard);
  }

 private:
  std::array<std::optional<std::uint8_t>, aead_tag_size + 1> values_{};
};

Error not_done(Parameter parameter, std::uint8_t value) {
  return unsupported("MIKEY: policy parameter " + std::to_string(parameter) + " of " + std::to_string(value) +
                     " is not supported");
}

Status check_common(const Values& values) {
  for (const Parameter off : {prf, key_derivation_rate, fec_order, srtp_prefix_size})
    if (values.get(off, 0) != 0) return not_done(off, values.get(off, 0));
  for (const Parameter on : {srtp_encryption, srtcp_encryption, srtp_authentication})
    if (values.get(on, 1) != 1) return not_done(on, values.get(on, 1));
  return {};
}

/// GStreamer writes the length of the tag where that of the authentication key belongs.
std::uint8_t tag_size_of(const Values& values) {
  if (const auto size = values.get(tag_size)) return *size;
  const std::uint8_t in_the_wrong_place = values.get(authentication_key_size, hmac_sha1_key_size);
  return in_the_wrong_place == hmac_sha1_key_size ? 10 : in_the_wrong_place;
}

Result<srtp::Suite> counter_mode_suite(const Values& values) {
  if (values.get(authentication_algorithm, hmac_sha1) != hmac_sha1)
    return not_done(authentication_algorithm, *values.get(authentication_algorithm));
  if (values.get(salt_size, 14) != 14) return not_done(salt_size, *values.get(salt_size));
  const std::uint8_t tag = tag_size_of(values);
  const std::uint8_t key = values.get(encryption_key_size, 16);
  if (key != 16 && key != 32) return not_done(encryption_key_size, key);
  if (tag == 10)
    return key == 16 ? srtp::Suite::aes_cm_128_hmac_sha1_80 : srtp::Suite::aes_cm_256_hmac_sha1_80;
  if (tag == 4 && key == 16) return srtp::Suite::aes_cm_128_hmac_sha1_32;
  return not_done(tag_size, tag);
}

Result<srtp::Suite> aead_suite(const Values& values) {
  if (values.get(salt_size, 12) != 12) return not_done(salt_size, *values.get(salt_size));
  if (values.get(aead_tag_size, aead_tag) != aead_tag)
    return not_done(aead_tag_size, *values.get(aead_tag_size));
  const std::uint8_t key = values.get(encryption_key_size, 16);
  if (key == 16) return srtp::Suite::aead_aes_128_gcm;
  if (key == 32) return srtp::Suite::aead_aes_256_gcm;
  return not_done(encryption_key_size, key);
}

}  // namespace

Result<srtp::Suite> parse_policy(Bytes parameters) {
  Values values;
  if (auto status = values.read(parameters); !status) return std::move(status).error();
  if (auto status = check_common(values); !status) return std::move(status).error();
  switch (const std::uint8_t algorithm = values.get(encryption_algorithm, aes_cm)) {
    case aes_cm:
      return counter_mode_suite(values);
    case aes_gcm:
      return aead_suite(values);
    default:
      return not_done(encryption_algorithm, algorithm);
  }
}

void write_policy(ByteWriter& writer, srtp::Suite suite) {
  const srtp::SuiteInfo& info = srtp::info(suite);
  const auto put = [&writer](Parameter parameter, std::size_t value) {
    writer.u8(parameter).u8(1).u8(static_cast<std::uint8_t>(value));
  };
  put(encryption_algorithm, info.aead ? aes_gcm : aes_cm);
  put(encryption_key_size, info.key_size);
  // GStreamer needs to hear that AES-GCM has no authentication of its own.
  put(authentication_algorithm, info.aead ? null_authentication : hmac_sha1);
  // With the short tag live555 has no say, and GStreamer takes the tag's length from here.
  if (!info.aead) put(authentication_key_size, info.rtp_growth == 4 ? 4 : hmac_sha1_key_size);
  put(salt_size, info.salt_size);
  put(srtp_encryption, 1);
  put(srtcp_encryption, 1);
  put(srtp_authentication, 1);
  if (info.aead)
    put(aead_tag_size, aead_tag);
  else
    put(tag_size, info.rtp_growth);
}

}  // namespace lectern::mikey
