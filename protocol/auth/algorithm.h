#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

namespace lectern::auth {

/// Of Digest (RFC 7616 section 3.2). The -sess forms and SHA-512-256 are not offered: no player has them.
enum class Algorithm : std::uint8_t { md5, sha256 };

inline constexpr std::array<std::string_view, 2> algorithm_names{"MD5", "SHA-256"};

constexpr std::string_view to_string(Algorithm algorithm) {
  return algorithm_names[static_cast<std::size_t>(algorithm)];
}
/// Without regard to case.
std::optional<Algorithm> algorithm_named(std::string_view name);

/// Of the hash in hexadecimal.
constexpr std::size_t hex_size(Algorithm algorithm) {
  return algorithm == Algorithm::md5 ? 32 : 64;
}

}  // namespace lectern::auth
