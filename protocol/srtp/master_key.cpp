#include "protocol/srtp/master_key.h"

#include <openssl/crypto.h>

#include <algorithm>

namespace lectern::srtp {

Result<MasterKey> MasterKey::create(Bytes key_and_salt, Bytes mki) {
  if (key_and_salt.empty()) return invalid("SRTP: an empty master key");
  if (key_and_salt.size() > max_size) return Error{Errc::too_large, "SRTP: the master key is too long"};
  if (mki.size() > max_mki_size) return Error{Errc::too_large, "SRTP: the MKI is too long"};
  MasterKey key;
  std::copy(key_and_salt.begin(), key_and_salt.end(), key.bytes_.begin());
  std::copy(mki.begin(), mki.end(), key.mki_.begin());
  key.size_ = static_cast<std::uint8_t>(key_and_salt.size());
  key.mki_size_ = static_cast<std::uint8_t>(mki.size());
  return key;
}

MasterKey::~MasterKey() {
  OPENSSL_cleanse(bytes_.data(), bytes_.size());
}

bool MasterKey::operator==(const MasterKey& other) const {
  return size_ == other.size_ && mki_size_ == other.mki_size_ &&
         CRYPTO_memcmp(bytes_.data(), other.bytes_.data(), bytes_.size()) == 0 &&
         CRYPTO_memcmp(mki_.data(), other.mki_.data(), mki_.size()) == 0;
}

}  // namespace lectern::srtp
