#include "protocol/auth/nonce.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <array>

#include "protocol/auth/digest.h"
#include "protocol/base/base64.h"
#include "protocol/base/byte_writer.h"
#include "protocol/base/text.h"

namespace lectern::auth {

std::string NonceMaker::make(const Nonce& nonce, std::string_view bound_to) const {
  std::array<std::byte, 16> bytes{};
  ByteWriter(bytes).u64(static_cast<std::uint64_t>(nonce.issued)).u64(nonce.serial);
  const std::string content = hex_encode(bytes);
  const std::string signed_text = content + std::string(bound_to);
  std::array<std::byte, EVP_MAX_MD_SIZE> mac{};
  unsigned size = 0;
  HMAC(EVP_sha256(), secret_.data(), static_cast<int>(secret_.size()),
       reinterpret_cast<const unsigned char*>(signed_text.data()), signed_text.size(),
       reinterpret_cast<unsigned char*>(mac.data()), &size);
  return content + hex_encode(Bytes(mac).first(16));
}

std::optional<Nonce> NonceMaker::open(std::string_view text, std::string_view bound_to) const {
  if (text.size() != 64) return std::nullopt;
  const auto issued = parse_number<std::uint64_t>(text.substr(0, 16), 16);
  const auto serial = parse_number<std::uint64_t>(text.substr(16, 16), 16);
  if (!issued || !serial) return std::nullopt;
  const Nonce nonce{static_cast<std::int64_t>(*issued), *serial};
  if (!equal_in_constant_time(make(nonce, bound_to), text)) return std::nullopt;
  return nonce;
}

}  // namespace lectern::auth
