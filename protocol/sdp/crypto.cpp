#include "protocol/sdp/crypto.h"

#include <vector>

#include "protocol/base/base64.h"
#include "protocol/base/text.h"

namespace lectern::sdp {
namespace {

constexpr std::uint64_t max_lifetime = std::uint64_t{1} << 48;
constexpr std::uint32_t max_tag = 999'999'999;

Error malformed(std::string_view what) {
  return invalid("crypto: malformed " + std::string(what));
}

std::vector<std::string_view> words(std::string_view text) {
  std::vector<std::string_view> found;
  for (const std::string_view word : split(text, ' '))
    if (!trim(word).empty()) found.push_back(trim(word));
  return found;
}

Result<std::uint64_t> parse_lifetime(std::string_view text) {
  std::optional<std::uint64_t> packets;
  if (text.substr(0, 2) == "2^") {
    const auto power = parse_number<unsigned>(text.substr(2));
    if (power && *power <= 48) packets = std::uint64_t{1} << *power;
  } else {
    packets = parse_number<std::uint64_t>(text);
  }
  if (!packets || *packets == 0 || *packets > max_lifetime) return malformed("lifetime");
  return *packets;
}

/// "1:4": the value, in decimal, and the bytes it fills.
Result<ByteVector> parse_mki(std::string_view text) {
  const auto halves = split_once(text, ':');
  if (!halves) return malformed("MKI");
  const auto value = parse_number<std::uint64_t>(halves->first);
  const auto size = parse_number<std::size_t>(halves->second);
  if (!value || !size || *size == 0 || *size > srtp::MasterKey::max_mki_size) return malformed("MKI");
  ByteVector bytes(*size);
  std::uint64_t rest = *value;
  for (std::size_t i = *size; i-- > 0; rest >>= 8) bytes[i] = static_cast<std::byte>(rest);
  if (rest != 0) return malformed("MKI");
  return bytes;
}

/// RFC 4568 section 6.3. Hints and those marked by '-' can be passed over; any other changes what is sent.
Status check_session_parameter(std::string_view parameter) {
  const std::string lower = to_lower(parameter);
  if (lower[0] == '-' || lower.substr(0, 4) == "wsh=" || lower == "kdr=0") return {};
  return unsupported("crypto: the session parameter " + std::string(parameter.substr(0, 40)) +
                     " is not supported");
}

Result<Crypto> parse_key(std::string_view text, std::uint32_t tag, srtp::Suite suite) {
  constexpr std::string_view method = "inline:";
  if (text.find(';') != std::string_view::npos) return unsupported("crypto: several keys are not supported");
  if (!equals_ignoring_case(text.substr(0, method.size()), method))
    return unsupported("crypto: only inline keys are supported");
  const auto parts = split(text.substr(method.size()), '|');
  if (parts.size() > 3) return malformed("key");

  const auto key_and_salt = base64_decode(parts[0]);
  if (!key_and_salt || key_and_salt->size() != srtp::key_and_salt_size(suite))
    return invalid("crypto: the key of " + std::string(srtp::info(suite).name) + " is not " +
                   std::to_string(srtp::key_and_salt_size(suite)) + " bytes of base64");

  // The lifetime may be left out, and only the MKI has a colon.
  std::optional<std::uint64_t> lifetime;
  ByteVector mki;
  for (std::size_t i = 1; i < parts.size(); ++i) {
    const bool is_mki = parts[i].find(':') != std::string_view::npos;
    if (parts.size() == 3 && is_mki != (i == 2)) return malformed("lifetime or MKI");
    if (is_mki) {
      auto parsed = parse_mki(parts[i]);
      if (!parsed) return std::move(parsed).error();
      mki = *std::move(parsed);
    } else {
      const auto parsed = parse_lifetime(parts[i]);
      if (!parsed) return parsed.error();
      lifetime = *parsed;
    }
  }
  auto key = srtp::MasterKey::create(*key_and_salt, mki);
  if (!key) return std::move(key).error();
  return Crypto{tag, suite, *key, lifetime};
}

/// Nothing where the value does not fit the 64 bits that this format has here.
std::optional<std::uint64_t> mki_value(Bytes mki) {
  std::uint64_t value = 0;
  for (const std::byte b : mki) {
    if (value >> 56 != 0) return std::nullopt;
    value = value << 8 | u8(b);
  }
  return value;
}

std::string format_lifetime(std::uint64_t packets) {
  if ((packets & (packets - 1)) != 0) return std::to_string(packets);
  unsigned power = 0;
  while (packets >> power > 1) ++power;
  return "2^" + std::to_string(power);
}

}  // namespace

Result<Crypto> parse_crypto(std::string_view value) {
  const auto parts = words(value);
  if (parts.size() < 3) return malformed("line");
  const auto tag = parse_number<std::uint32_t>(parts[0]);
  if (!tag || *tag > max_tag) return malformed("tag");
  const auto suite = srtp::suite_named(parts[1]);
  if (!suite)
    return unsupported("crypto: the suite " + std::string(parts[1].substr(0, 40)) + " is not supported");
  for (std::size_t i = 3; i < parts.size(); ++i)
    if (auto status = check_session_parameter(parts[i]); !status) return std::move(status).error();
  return parse_key(parts[2], *tag, *suite);
}

std::string serialize(const Crypto& crypto) {
  std::string text = std::to_string(crypto.tag) + " " + std::string(srtp::info(crypto.suite).name) +
                     " inline:" + base64_encode(crypto.key.key_and_salt());
  if (crypto.lifetime) text += "|" + format_lifetime(*crypto.lifetime);
  const Bytes mki = crypto.key.mki();
  if (mki.empty()) return text;
  return text + "|" + std::to_string(mki_value(mki).value_or(0)) + ":" + std::to_string(mki.size());
}

}  // namespace lectern::sdp
