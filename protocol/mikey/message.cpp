#include "protocol/mikey/message.h"

#include <openssl/crypto.h>

#include <array>
#include <string>
#include <utility>

#include "protocol/base/byte_reader.h"
#include "protocol/base/byte_writer.h"
#include "protocol/mikey/policy.h"

namespace lectern::mikey {
namespace {

/// RFC 3830 section 6.1, and RFC 4563 for the general extension.
enum class Payload : std::uint8_t {
  last = 0,
  kemac = 1,
  t = 5,
  id = 6,
  cert = 7,
  v = 9,
  sp = 10,
  rand = 11,
  general_extension = 21,
};

constexpr std::uint8_t version = 1;
constexpr std::uint8_t preshared_initiator = 0;
constexpr std::uint8_t srtp_id_map = 0;
constexpr std::uint8_t ntp_utc = 0;
constexpr std::uint8_t ntp = 1;
constexpr std::uint8_t counter = 2;
constexpr std::uint8_t srtp_protocol = 0;
constexpr std::uint8_t null_encryption = 0;
constexpr std::uint8_t null_mac = 0;
/// Of the key data: the key's type in the upper half of a byte, its validity in the lower.
constexpr std::uint8_t tek = 2;
constexpr std::uint8_t tek_and_salt = 3;
constexpr std::uint8_t always_valid = 0;
constexpr std::uint8_t valid_by_spi = 1;
constexpr std::uint8_t valid_in_interval = 2;

constexpr std::size_t max_rand = 255;

constexpr std::uint8_t code(Payload payload) {
  return static_cast<std::uint8_t>(payload);
}

/// What has been read: a key fits no suite before the policy is known, which may come after it.
struct Parts {
  std::uint32_t csb_id = 0;
  std::vector<Stream> streams;
  std::vector<std::uint8_t> policy_of_stream;
  std::optional<std::uint64_t> ntp;
  Bytes rand;
  std::vector<std::pair<std::uint8_t, Bytes>> policies;
  bool has_key = false;
  Bytes key;
  Bytes salt;  ///< where it stands apart from the key
  Bytes spi;
};

Error cut_short() {
  return invalid("MIKEY: the message is cut short");
}

/// Leaves the reader behind the header, and gives the type of the payload there.
Result<Payload> read_header(ByteReader& reader, Parts& parts) {
  const std::uint8_t read_version = reader.u8();
  const std::uint8_t type = reader.u8();
  const auto next = static_cast<Payload>(reader.u8());
  reader.skip(1);  // whether an answer is wanted, and how keys would be derived: RTSP does neither
  parts.csb_id = reader.u32();
  const std::size_t count = reader.u8();
  const std::uint8_t map = reader.u8();
  if (reader.failed()) return cut_short();
  if (read_version != version) return unsupported("MIKEY: version " + std::to_string(read_version));
  if (type != preshared_initiator)
    return unsupported("MIKEY: message type " + std::to_string(type) + ", only 0 is supported");
  if (map != srtp_id_map)
    return unsupported("MIKEY: map type " + std::to_string(map) + ", only SRTP-ID is supported");
  for (std::size_t i = 0; i < count; ++i) {
    parts.policy_of_stream.push_back(reader.u8());
    const std::uint32_t ssrc = reader.u32();
    parts.streams.push_back({ssrc, reader.u32()});
  }
  if (reader.failed()) return cut_short();
  return next;
}

Status read_time(ByteReader& reader, Parts& parts) {
  const std::uint8_t type = reader.u8();
  if (type == counter) {
    reader.skip(4);
    return {};
  }
  if (type != ntp_utc && type != ntp)
    return unsupported("MIKEY: timestamp type " + std::to_string(type) + " is not supported");
  parts.ntp = reader.u64();
  return {};
}

Status read_policy(ByteReader& reader, Parts& parts) {
  const std::uint8_t number = reader.u8();
  const std::uint8_t protocol = reader.u8();
  const Bytes parameters = reader.take(reader.u16());
  if (protocol != srtp_protocol)
    return unsupported("MIKEY: a policy of protocol " + std::to_string(protocol) +
                       ", only SRTP is supported");
  parts.policies.emplace_back(number, parameters);
  return {};
}

/// The key data inside of KEMAC, RFC 3830 section 6.13.
Status read_key_data(Bytes data, Parts& parts) {
  ByteReader reader(data);
  const auto next = static_cast<Payload>(reader.u8());
  const std::uint8_t kind = reader.u8();
  const std::uint8_t type = kind >> 4;
  const Bytes key = reader.take(reader.u16());
  if (reader.failed()) return cut_short();
  if (type != tek && type != tek_and_salt)
    return unsupported("MIKEY: key type " + std::to_string(type) +
                       ", only traffic-encrypting keys are supported");
  if (parts.has_key) return unsupported("MIKEY: several keys in a message are not supported");
  parts.has_key = true;
  parts.key = key;
  if (type == tek_and_salt) parts.salt = reader.take(reader.u16());
  switch (const std::uint8_t validity = kind & 15) {
    case always_valid:
      break;
    case valid_by_spi:
      parts.spi = reader.take(reader.u8());
      break;
    case valid_in_interval:
      reader.skip(reader.u8());
      reader.skip(reader.u8());
      break;
    default:
      return unsupported("MIKEY: key validity " + std::to_string(validity) + " is not supported");
  }
  if (reader.failed()) return cut_short();
  if (next != Payload::last || reader.left() > 0)
    return unsupported("MIKEY: several keys in a message are not supported");
  return {};
}

Status read_kemac(ByteReader& reader, Parts& parts) {
  const std::uint8_t encryption = reader.u8();
  const Bytes data = reader.take(reader.u16());
  const std::uint8_t mac = reader.u8();
  if (reader.failed()) return cut_short();
  if (encryption != null_encryption) return unsupported("MIKEY: an encrypted key is not supported");
  if (mac != null_mac) return unsupported("MIKEY: a MAC is not supported");
  return read_key_data(data, parts);
}

/// ID, CERT and the general extension are laid out alike.
void skip_typed(ByteReader& reader) {
  reader.skip(1);
  reader.skip(reader.u16());
}

void skip_verification(ByteReader& reader) {
  constexpr std::size_t hmac_sha1_size = 20;
  if (reader.u8() != null_mac) reader.skip(hmac_sha1_size);
}

Status read_payload(Payload payload, ByteReader& reader, Parts& parts) {
  switch (payload) {
    case Payload::kemac:
      return read_kemac(reader, parts);
    case Payload::t:
      return read_time(reader, parts);
    case Payload::sp:
      return read_policy(reader, parts);
    case Payload::rand:
      parts.rand = reader.take(reader.u8());
      return {};
    case Payload::id:
    case Payload::cert:
    case Payload::general_extension:
      skip_typed(reader);
      return {};
    case Payload::v:
      skip_verification(reader);
      return {};
    default:
      return unsupported("MIKEY: payload type " + std::to_string(code(payload)) + " is not supported");
  }
}

Result<srtp::Suite> suite_of(const Parts& parts) {
  if (parts.policies.empty()) return invalid("MIKEY: a message without a security policy");
  if (parts.streams.empty()) return parse_policy(parts.policies.front().second);
  const std::uint8_t number = parts.policy_of_stream.front();
  for (const std::uint8_t other : parts.policy_of_stream)
    if (other != number) return unsupported("MIKEY: several policies in a message are not supported");
  for (const auto& [named, parameters] : parts.policies)
    if (named == number) return parse_policy(parameters);
  return invalid("MIKEY: a crypto session names a policy that is not there");
}

Result<srtp::MasterKey> key_of(const Parts& parts, srtp::Suite suite) {
  if (!parts.has_key) return invalid("MIKEY: a message without a key");
  const std::size_t size = parts.key.size() + parts.salt.size();
  if (size != srtp::key_and_salt_size(suite))
    return unsupported("MIKEY: " + std::string(srtp::info(suite).name) + " takes " +
                       std::to_string(srtp::key_and_salt_size(suite)) + " bytes of key and salt, not " +
                       std::to_string(size));
  std::array<std::byte, srtp::MasterKey::max_size> key_and_salt{};
  ByteWriter(key_and_salt).bytes(parts.key).bytes(parts.salt);
  auto key = srtp::MasterKey::create(Bytes(key_and_salt).first(size), parts.spi);
  OPENSSL_cleanse(key_and_salt.data(), key_and_salt.size());
  return key;
}

Payload write_header(ByteWriter& writer, const Message& message) {
  const Payload behind = message.rand.empty() ? Payload::sp : Payload::rand;
  const Payload next = message.ntp ? Payload::t : behind;
  writer.u8(version).u8(preshared_initiator).u8(code(next)).u8(0).u32(message.csb_id);
  writer.u8(static_cast<std::uint8_t>(message.streams.size())).u8(srtp_id_map);
  for (const Stream& stream : message.streams) writer.u8(0).u32(stream.ssrc).u32(stream.roc);
  return behind;
}

void write_key(ByteWriter& writer, const srtp::MasterKey& key) {
  const Bytes key_and_salt = key.key_and_salt();
  const Bytes spi = key.mki();
  const std::size_t size = 4 + key_and_salt.size() + (spi.empty() ? 0 : 1 + spi.size());
  writer.u8(code(Payload::last)).u8(null_encryption).u16(static_cast<std::uint16_t>(size));
  writer.u8(code(Payload::last)).u8(tek << 4 | (spi.empty() ? always_valid : valid_by_spi));
  writer.u16(static_cast<std::uint16_t>(key_and_salt.size())).bytes(key_and_salt);
  if (!spi.empty()) writer.u8(static_cast<std::uint8_t>(spi.size())).bytes(spi);
  writer.u8(null_mac);
}

}  // namespace

Result<Message> parse(Bytes bytes) {
  if (bytes.size() > max_size)
    return Error{Errc::too_large, "MIKEY: more than " + std::to_string(max_size) + " bytes"};
  ByteReader reader(bytes);
  Parts parts;
  auto next = read_header(reader, parts);
  if (!next) return std::move(next).error();
  for (Payload payload = *next; payload != Payload::last;) {
    const auto behind = static_cast<Payload>(reader.u8());
    auto status = read_payload(payload, reader, parts);
    if (reader.failed()) return cut_short();
    if (!status) return std::move(status).error();
    payload = behind;
  }
  const auto suite = suite_of(parts);
  if (!suite) return suite.error();
  auto key = key_of(parts, *suite);
  if (!key) return std::move(key).error();
  return Message{*suite,       *std::move(key), std::move(parts.streams),
                 parts.csb_id, parts.ntp,       ByteVector(parts.rand.begin(), parts.rand.end())};
}

Result<ByteVector> serialize(const Message& message) {
  if (message.key.key_and_salt().size() != srtp::key_and_salt_size(message.suite))
    return invalid("MIKEY: the key does not fit its suite");
  if (message.streams.size() > max_streams) return invalid("MIKEY: too many crypto sessions");
  if (message.rand.size() > max_rand) return invalid("MIKEY: too many random bytes");

  ByteVector bytes(max_size);
  ByteWriter writer(bytes);
  const Payload behind = write_header(writer, message);
  if (message.ntp) writer.u8(code(behind)).u8(ntp_utc).u64(*message.ntp);
  if (!message.rand.empty())
    writer.u8(code(Payload::sp)).u8(static_cast<std::uint8_t>(message.rand.size())).bytes(message.rand);
  std::array<std::byte, 64> policy{};
  ByteWriter parameters(policy);
  write_policy(parameters, message.suite);
  writer.u8(code(Payload::kemac)).u8(0).u8(srtp_protocol);
  writer.u16(static_cast<std::uint16_t>(parameters.size())).bytes(parameters.written());
  write_key(writer, message.key);
  if (writer.failed() || parameters.failed()) return Error{Errc::internal, "MIKEY: the message has no room"};
  bytes.resize(writer.size());
  return bytes;
}

}  // namespace lectern::mikey
