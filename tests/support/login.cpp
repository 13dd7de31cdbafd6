#include "tests/support/login.h"

#include <openssl/evp.h>

#include <array>
#include <cstdio>

namespace lectern::test {
namespace {

std::string hash(const std::string& algorithm, const std::string& text) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> bytes{};
  unsigned size = 0;
  EVP_Digest(text.data(), text.size(), bytes.data(), &size, algorithm == "MD5" ? EVP_md5() : EVP_sha256(),
             nullptr);
  std::string hex;
  for (unsigned i = 0; i < size; ++i) {
    hex += "0123456789abcdef"[bytes[i] >> 4];
    hex += "0123456789abcdef"[bytes[i] & 15];
  }
  return hex;
}

std::string value_of(const std::string& text, const std::string& name) {
  const auto at = text.find(name + "=");
  if (at == std::string::npos) return {};
  const auto begin = at + name.size() + 1;
  if (text[begin] == '"') return text.substr(begin + 1, text.find('"', begin + 1) - begin - 1);
  return text.substr(begin, text.find_first_of(", ", begin) - begin);
}

}  // namespace

std::vector<ChallengeText> challenges_of(const Answer& answer) {
  std::vector<ChallengeText> found;
  for (const auto& [name, value] : answer.headers)
    if (same_name(name, "WWW-Authenticate"))
      found.push_back({value.substr(0, value.find(' ')), value_of(value, "realm"), value_of(value, "nonce"),
                       value_of(value, "algorithm"), value_of(value, "qop"), value_of(value, "stale")});
  return found;
}

std::string basic_authorization(const std::string& user, const std::string& password) {
  const std::string text = user + ":" + password;
  std::string base64((text.size() + 2) / 3 * 4 + 1, '\0');
  const int size =
      EVP_EncodeBlock(reinterpret_cast<unsigned char*>(base64.data()),
                      reinterpret_cast<const unsigned char*>(text.data()), static_cast<int>(text.size()));
  base64.resize(static_cast<std::size_t>(size));
  return "Basic " + base64;
}

std::string digest_authorization(const Login& login, const ChallengeText& challenge, std::string_view method,
                                 std::string_view uri) {
  const std::string target(uri), nonce = challenge.nonce;
  const std::string ha1 = hash(login.algorithm, login.user + ":" + challenge.realm + ":" + login.password);
  const std::string ha2 = hash(login.algorithm, std::string(method) + ":" + target);
  std::string counted, middle;
  if (login.nc) {
    std::array<char, 9> nc{};
    std::snprintf(nc.data(), nc.size(), "%08x", *login.nc);
    middle = std::string(nc.data()) + ":0a4f113b:auth:";
    counted = ", qop=auth, nc=" + std::string(nc.data()) + ", cnonce=\"0a4f113b\"";
  }
  const std::string response = hash(login.algorithm, ha1 + ":" + nonce + ":" + middle + ha2);
  return "Digest username=\"" + login.user + "\", realm=\"" + challenge.realm + "\", nonce=\"" + nonce +
         "\", uri=\"" + target + "\", response=\"" + response + "\", algorithm=" + login.algorithm + counted;
}

Answer request_as(RtspClient& client, const Login& login, std::string_view method, const std::string& url,
                  Headers headers) {
  Answer answer = client.request(method, url, headers);
  if (answer.status != 401) return answer;
  for (const ChallengeText& challenge : challenges_of(answer)) {
    if (challenge.scheme != "Digest" || challenge.algorithm != login.algorithm) continue;
    headers.emplace_back("Authorization", digest_authorization(login, challenge, method, url));
    client.send_request(method, url, headers);
    // Failures are answered after up to ten seconds.
    return client.answer(milliseconds(15'000));
  }
  return answer;
}

}  // namespace lectern::test
