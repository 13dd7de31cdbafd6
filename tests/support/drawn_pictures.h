#pragma once

#include <cstdint>
#include <vector>

#include "media/unit.h"
#include "protocol/base/bytes.h"

namespace lectern::test {

/// The brightness of a decoded picture's pixels: 16 is black, 235 white (0 and 255 in JPEG).
struct DrawnPicture {
  int width = 0, height = 0;
  std::vector<std::uint8_t> luma;

  [[nodiscard]] unsigned at(int x, int y) const {
    return luma.at(static_cast<std::size_t>(y) * static_cast<std::size_t>(width) +
                   static_cast<std::size_t>(x));
  }
  bool operator==(const DrawnPicture&) const = default;
};

/// A part of a picture; its ends are not in it.
struct Area {
  int left, top, right, bottom;
};

/// How many pixels of the area are at least, or at most, so bright.
std::size_t brighter(const DrawnPicture& picture, const Area& area, unsigned than);
std::size_t darker(const DrawnPicture& picture, const Area& area, unsigned than);
/// Where the area is at least so bright, pixel for pixel.
std::vector<bool> bright_pixels(const DrawnPicture& picture, const Area& area, unsigned than);

/// All pictures of the units; REQUIREs that each decodes. `extradata`: parameter sets, where they are not in
/// the units.
std::vector<DrawnPicture> decode_drawn(int codec, Bytes extradata,
                                       const std::vector<const media::Unit*>& units);

}  // namespace lectern::test
