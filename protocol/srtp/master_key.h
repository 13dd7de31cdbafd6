#pragma once

#include <array>

#include "protocol/base/bytes.h"
#include "protocol/base/result.h"

namespace lectern::srtp {

/// A master key with its salt behind it, and the MKI that names it in each packet where there is one
/// (RFC 3711 section 3.2.1). Wiped when it goes; of the size that its suite asks for.
class MasterKey {
 public:
  static constexpr std::size_t max_size = 32 + 14;
  static constexpr std::size_t max_mki_size = 128;  ///< what libsrtp takes

  /// Errc::invalid for an empty key, Errc::too_large over one of the sizes.
  static Result<MasterKey> create(Bytes key_and_salt, Bytes mki = {});

  MasterKey(const MasterKey&) = default;
  MasterKey& operator=(const MasterKey&) = default;
  ~MasterKey();

  [[nodiscard]] Bytes key_and_salt() const { return Bytes(bytes_).first(size_); }
  [[nodiscard]] Bytes mki() const { return Bytes(mki_).first(mki_size_); }  ///< empty where there is none

  /// Takes the same time for keys of the same sizes, wherever they differ.
  bool operator==(const MasterKey& other) const;

 private:
  MasterKey() = default;

  std::array<std::byte, max_size> bytes_{};
  std::array<std::byte, max_mki_size> mki_{};
  std::uint8_t size_ = 0;
  std::uint8_t mki_size_ = 0;
};

}  // namespace lectern::srtp
