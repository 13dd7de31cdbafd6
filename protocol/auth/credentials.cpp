#include "protocol/auth/credentials.h"

#include <algorithm>

#include "protocol/auth/parameters.h"
#include "protocol/base/base64.h"
#include "protocol/base/text.h"

namespace lectern::auth {
namespace {

bool is_control(char c) {
  return static_cast<unsigned char>(c) < ' ' || c == '\x7f';
}

Result<Credentials> parse_basic(std::string_view text) {
  const auto bytes = base64_decode(text);
  if (!bytes) return invalid("Basic: no base64");
  const std::string_view decoded = as_text(*bytes);
  if (std::ranges::any_of(decoded, is_control)) return invalid("Basic: a control character");
  const auto halves = split_once(decoded, ':');
  if (!halves) return invalid("Basic: no colon behind the user");
  if (halves->first.size() > max_user || halves->second.size() > max_password)
    return Error{Errc::too_large, "Basic: too long"};
  return Credentials{BasicCredentials{std::string(halves->first), std::string(halves->second)}};
}

Status read_counted(const Parameters& parameters, DigestCredentials& digest) {
  const std::string *qop = find(parameters, "qop"), *nc = find(parameters, "nc"),
                    *cnonce = find(parameters, "cnonce");
  // Some send nc and cnonce without qop; the response is then that of RFC 2069.
  if (!qop) return {};
  if (!equals_ignoring_case(*qop, "auth")) return unsupported("Digest: qop is not auth");
  const auto count = nc && nc->size() == 8 ? parse_number<std::uint32_t>(*nc, 16) : std::nullopt;
  if (!count || *count == 0 || !cnonce || cnonce->empty()) return invalid("Digest: bad nc or cnonce");
  digest.counted = {*count, *cnonce};
  return {};
}

Result<Credentials> parse_digest(std::string_view text) {
  const auto parameters = parse_parameters(text);
  if (!parameters) return Error{parameters.error().code, "Digest: " + parameters.error().message};
  DigestCredentials digest;
  if (const std::string* name = find(*parameters, "algorithm")) {
    const auto algorithm = algorithm_named(*name);
    if (!algorithm) return unsupported("Digest: another algorithm");
    digest.algorithm = *algorithm;
  }
  for (const auto& [name, field] : {std::pair{"username", &digest.user}, std::pair{"realm", &digest.realm},
                                    std::pair{"nonce", &digest.nonce}, std::pair{"uri", &digest.uri},
                                    std::pair{"response", &digest.response}}) {
    const std::string* value = find(*parameters, name);
    if (!value) return invalid(std::string("Digest: no ") + name);
    *field = *value;
  }
  if (digest.user.size() > max_user) return Error{Errc::too_large, "Digest: too long"};
  digest.response = to_lower(digest.response);
  if (digest.response.size() != hex_size(digest.algorithm) ||
      digest.response.find_first_not_of("0123456789abcdef") != std::string::npos)
    return invalid("Digest: response is no hash");
  if (auto status = read_counted(*parameters, digest); !status) return std::move(status).error();
  return Credentials{std::move(digest)};
}

std::string write(const BasicCredentials& basic) {
  return "Basic " + base64_encode(as_bytes(basic.user + ":" + basic.password));
}

std::string write(const DigestCredentials& digest) {
  std::string text = "Digest username=" + quote(digest.user) + ", realm=" + quote(digest.realm) +
                     ", nonce=" + quote(digest.nonce) + ", uri=" + quote(digest.uri) +
                     ", response=" + quote(digest.response) +
                     ", algorithm=" + std::string(to_string(digest.algorithm));
  if (digest.counted)
    text += ", qop=auth, nc=" + nc_text(digest.counted->nc) + ", cnonce=" + quote(digest.counted->cnonce);
  return text;
}

}  // namespace

Result<Credentials> parse_credentials(std::string_view header) {
  if (header.size() > max_header) return Error{Errc::too_large, "too long"};
  const std::string_view text = trim(header);
  const std::size_t blank = std::min(text.find_first_of(" \t"), text.size());
  const std::string_view scheme = text.substr(0, blank), rest = trim(text.substr(blank));
  if (equals_ignoring_case(scheme, "Basic")) return parse_basic(rest);
  if (equals_ignoring_case(scheme, "Digest")) return parse_digest(rest);
  return unsupported("neither Basic nor Digest");
}

std::string serialize(const Credentials& credentials) {
  return std::visit([](const auto& each) { return write(each); }, credentials);
}

std::string nc_text(std::uint32_t nc) {
  std::string text(8, '0');
  for (std::size_t i = 8; i-- > 0; nc >>= 4) text[i] = "0123456789abcdef"[nc & 15];
  return text;
}

const std::string& user_of(const Credentials& credentials) {
  return std::visit([](const auto& each) -> const std::string& { return each.user; }, credentials);
}

}  // namespace lectern::auth
