#pragma once

#include <cstdint>

#include "protocol/base/bytes.h"
#include "protocol/base/result.h"

namespace lectern {

/// Decodes base64 (RFC 4648 section 4) as it arrives, cut anywhere: one text behind the other, each with its
/// padding, and line ends, blanks and tabs wherever they stand. An error is final.
class Base64Decoder {
 public:
  /// Appends what is known by now to `to`: a byte comes with the digit that completes it. Errc::invalid for
  /// any other character, and for padding where there is nothing to pad.
  Status decode(Bytes text, ByteVector& to);

 private:
  std::uint32_t bits_ = 0;
  unsigned digits_ = 0;   ///< of the group of four, padding included
  bool padding_ = false;  ///< the rest of the group is padding
  bool failed_ = false;
};

}  // namespace lectern
