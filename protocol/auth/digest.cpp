#include "protocol/auth/digest.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>

#include <array>
#include <initializer_list>

#include "protocol/base/base64.h"

namespace lectern::auth {
namespace {

/// Of the parts with colons between them.
std::string hex_hash(Algorithm algorithm, std::initializer_list<std::string_view> parts) {
  std::string text;
  for (const std::string_view part : parts) text.append(part).append(1, ':');
  text.pop_back();
  std::array<std::byte, EVP_MAX_MD_SIZE> hash{};
  unsigned size = 0;
  const EVP_MD* method = algorithm == Algorithm::md5 ? EVP_md5() : EVP_sha256();
  // Where the library has no MD5 (FIPS), an empty hash equals no response.
  if (EVP_Digest(text.data(), text.size(), reinterpret_cast<unsigned char*>(hash.data()), &size, method,
                 nullptr) != 1)
    return {};
  return hex_encode(Bytes(hash).first(size));
}

}  // namespace

std::string make_ha1(Algorithm algorithm, std::string_view user, std::string_view realm,
                     std::string_view password) {
  return hex_hash(algorithm, {user, realm, password});
}

std::string make_response(const DigestCredentials& credentials, std::string_view ha1,
                          std::string_view method) {
  const Algorithm algorithm = credentials.algorithm;
  const std::string ha2 = hex_hash(algorithm, {method, credentials.uri});
  if (!credentials.counted) return hex_hash(algorithm, {ha1, credentials.nonce, ha2});
  return hex_hash(algorithm, {ha1, credentials.nonce, nc_text(credentials.counted->nc),
                              credentials.counted->cnonce, "auth", ha2});
}

bool equal_in_constant_time(std::string_view a, std::string_view b) {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

}  // namespace lectern::auth
