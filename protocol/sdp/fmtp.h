#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/base/result.h"
#include "protocol/sdp/description.h"

namespace lectern::sdp {

/// The value of a=fmtp (RFC 4566 section 6): "96 packetization-mode=1;profile-level-id=42001f".
struct Fmtp {
  struct Parameter {
    std::string name;
    std::string value;  ///< empty for a bare word such as "0-15"

    bool operator==(const Parameter&) const = default;
  };

  std::uint8_t payload_type = 0;
  std::vector<Parameter> parameters;

  /// The first of that name, ignoring case (RFC 4855 section 3).
  [[nodiscard]] std::optional<std::string_view> get(std::string_view name) const;

  bool operator==(const Fmtp&) const = default;
};

/// Errc::invalid for a payload type that is none; blanks around parameters and empty ones are skipped.
Result<Fmtp> parse_fmtp(std::string_view value);
/// The value alone, without "a=fmtp:"; a ';' or line end inside a parameter becomes '_'.
std::string serialize(const Fmtp& fmtp);

/// The first well-formed a=fmtp of `payload_type`.
std::optional<Fmtp> find_fmtp(const Media& media, std::uint8_t payload_type);

}  // namespace lectern::sdp
