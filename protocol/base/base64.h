#pragma once

#include <string>
#include <string_view>

#include "protocol/base/bytes.h"
#include "protocol/base/result.h"

namespace lectern {

/// RFC 4648 section 4, with padding.
std::string base64_encode(Bytes bytes);
/// Takes padded and unpadded input, as key-mgmt and sprop-parameter-sets come in both; Errc::invalid
/// otherwise.
Result<ByteVector> base64_decode(std::string_view text);
/// Lower-case hexadecimal, two digits a byte.
std::string hex_encode(Bytes bytes);

}  // namespace lectern
