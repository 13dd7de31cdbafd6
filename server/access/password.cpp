#include "server/access/password.h"

#include <argon2.h>
#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "protocol/auth/credentials.h"
#include "protocol/auth/digest.h"
#include "protocol/base/base64.h"
#include "protocol/base/text.h"

namespace lectern::server {
namespace {

constexpr std::string_view argon2_prefix = "argon2id:";
/// A hash that asks for more would let each guess take the memory of the media. KiB, and rounds.
constexpr std::uint32_t max_memory = 256 * 1024, max_rounds = 64, max_lanes = 16;

/// 0, which none of the costs may be, where there is no such number.
std::uint32_t number_behind(std::string_view text, std::string_view name) {
  return text.starts_with(name) ? parse_number<std::uint32_t>(text.substr(name.size())).value_or(0) : 0;
}

bool is_base64_of(std::string_view text, std::size_t least, std::size_t most) {
  const auto bytes = base64_decode(text);
  return text.find('=') == text.npos && bytes && bytes->size() >= least && bytes->size() <= most;
}

/// "$argon2id$v=19$m=65536,t=3,p=4$SALT$HASH"
Status check_encoded(std::string_view text) {
  const auto parts = split(text, '$');
  if (parts.size() != 6 || !parts[0].empty() || parts[1] != "argon2id" || parts[2] != "v=19")
    return invalid("is no argon2id hash (write argon2id:$argon2id$v=19$m=65536,t=3,p=4$SALT$HASH)");
  const auto costs = split(parts[3], ',');
  const std::uint32_t memory = costs.size() == 3 ? number_behind(costs[0], "m=") : 0;
  const std::uint32_t rounds = costs.size() == 3 ? number_behind(costs[1], "t=") : 0;
  const std::uint32_t lanes = costs.size() == 3 ? number_behind(costs[2], "p=") : 0;
  if (rounds == 0 || lanes == 0 || memory / 8 < lanes)
    return invalid("is no argon2id hash: its costs are no m=KIB,t=ROUNDS,p=LANES");
  if (memory > max_memory || rounds > max_rounds || lanes > max_lanes)
    return invalid("is an argon2id hash that costs too much (at most m=262144,t=64,p=16)");
  if (!is_base64_of(parts[4], 8, 64) || !is_base64_of(parts[5], 16, 64))
    return invalid("is no argon2id hash: its salt or its hash is no base64 of a useful length");
  return {};
}

Result<Password> parse_ha1(auth::Algorithm algorithm, std::string_view text) {
  const std::size_t size = auth::hex_size(algorithm);
  if (text.size() != size || text.find_first_not_of("0123456789abcdefABCDEF") != text.npos)
    return invalid(fmt::format("is no HA1 ({} hexadecimal digits stand behind the colon)", size));
  return Password{Ha1Password{algorithm, to_lower(text)}};
}

}  // namespace

Result<Password> parse_password(std::string_view text) {
  if (text.empty()) return invalid("is empty");
  if (text.starts_with("ha1-md5:")) return parse_ha1(auth::Algorithm::md5, text.substr(8));
  if (text.starts_with("ha1-sha256:")) return parse_ha1(auth::Algorithm::sha256, text.substr(11));
  if (text.starts_with(argon2_prefix)) {
    const std::string_view encoded = text.substr(argon2_prefix.size());
    if (auto status = check_encoded(encoded); !status) return std::move(status).error();
    return Password{Argon2Password{std::string(encoded)}};
  }
  const bool control =
      std::ranges::any_of(text, [](char c) { return static_cast<unsigned char>(c) < ' ' || c == '\x7f'; });
  if (control) return invalid("holds a control character, which no player can send");
  if (text.size() > auth::max_password) return invalid("is longer than 1024 bytes");
  return Password{PlainPassword{std::string(text)}};
}

std::optional<std::string> ha1_of(const Password& password, auth::Algorithm algorithm, std::string_view user,
                                  std::string_view realm) {
  if (const auto* plain = std::get_if<PlainPassword>(&password))
    return auth::make_ha1(algorithm, user, realm, plain->text);
  const auto* ha1 = std::get_if<Ha1Password>(&password);
  if (!ha1 || ha1->algorithm != algorithm) return std::nullopt;
  return ha1->ha1;
}

bool check_argon2(const std::string& encoded, std::string_view given) {
  return argon2id_verify(encoded.c_str(), given.data(), given.size()) == ARGON2_OK;
}

}  // namespace lectern::server
