#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "protocol/base/bytes.h"

namespace lectern::auth {

/// What a nonce of ours says.
struct Nonce {
  std::int64_t issued = 0;   ///< seconds, of whatever clock made it
  std::uint64_t serial = 0;  ///< no two nonces of one secret share it
  bool operator==(const Nonce&) const = default;
};

/// Nonces that need no table to be known again: their content in the clear, and an HMAC-SHA-256 over it and
/// over what they are bound to (RFC 7616 section 5.4).
class NonceMaker {
 public:
  /// `secret`: 32 random bytes that no one else knows.
  explicit NonceMaker(ByteVector secret) : secret_(std::move(secret)) {}

  /// `bound_to`: the client's address, in any form. 64 hexadecimal digits.
  [[nodiscard]] std::string make(const Nonce& nonce, std::string_view bound_to) const;
  /// nullopt for one that was not made with this secret, or for someone else.
  [[nodiscard]] std::optional<Nonce> open(std::string_view text, std::string_view bound_to) const;

 private:
  ByteVector secret_;
};

}  // namespace lectern::auth
