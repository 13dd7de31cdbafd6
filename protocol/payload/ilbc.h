#pragma once

#include <memory>

#include "protocol/payload/packetizer.h"

namespace lectern::payload {

/// iLBC (RFC 3952): blocks of one size, which tells how long each is.
struct IlbcFormat {
  static constexpr unsigned clock_rate = 8000;
  /// 38 bytes are 20 ms, 50 bytes 30 ms.
  std::size_t block_size = 38;

  [[nodiscard]] unsigned mode() const { return block_size == 50 ? 30 : 20; }
  [[nodiscard]] std::string fmtp() const { return "mode=" + std::to_string(mode()); }
  [[nodiscard]] std::unique_ptr<Packetizer> make_packetizer(std::size_t max_payload) const;
};

}  // namespace lectern::payload
