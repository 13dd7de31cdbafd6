#include "protocol/auth/challenge.h"

#include "protocol/auth/parameters.h"
#include "protocol/base/text.h"

namespace lectern::auth {
namespace {

std::string write(const BasicChallenge& basic) {
  return "Basic realm=" + quote(basic.realm);
}

std::string write(const DigestChallenge& digest) {
  return "Digest realm=" + quote(digest.realm) + ", nonce=" + quote(digest.nonce) +
         (digest.stale ? ", stale=true" : "") + ", algorithm=" + std::string(to_string(digest.algorithm)) +
         ", qop=\"auth\"";
}

}  // namespace

std::string serialize(const Challenge& challenge) {
  return std::visit([](const auto& each) { return write(each); }, challenge);
}

Result<Challenge> parse_challenge(std::string_view header) {
  const std::string_view text = trim(header);
  const auto halves = split_once(text, ' ');
  const bool digest = halves && equals_ignoring_case(halves->first, "Digest");
  if (!digest && !(halves && equals_ignoring_case(halves->first, "Basic")))
    return unsupported("neither Basic nor Digest");
  const auto parameters = parse_parameters(halves->second);
  if (!parameters) return parameters.error();
  const std::string* realm = find(*parameters, "realm");
  if (!realm) return invalid("no realm");
  if (!digest) return Challenge{BasicChallenge{*realm}};
  const std::string *nonce = find(*parameters, "nonce"), *stale = find(*parameters, "stale"),
                    *name = find(*parameters, "algorithm");
  if (!nonce) return invalid("no nonce");
  const auto algorithm = name ? algorithm_named(*name) : Algorithm::md5;
  if (!algorithm) return unsupported("another algorithm");
  return Challenge{
      DigestChallenge{*realm, *nonce, *algorithm, stale && equals_ignoring_case(*stale, "true")}};
}

}  // namespace lectern::auth
