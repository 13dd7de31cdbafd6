#pragma once

#include "protocol/base/bytes.h"

namespace lectern::payload {

/// Whether `table`, 16 counts and the values, is the one of ITU-T T.81 tables K.3 to K.6 that receivers of
/// RFC 2435 assume: `ac` or DC, `id` 0 for luma and 1 for chroma.
bool is_standard_huffman_table(bool ac, std::uint8_t id, Bytes table);

}  // namespace lectern::payload
