#pragma once

#include <functional>

#include "protocol/rtsp/parser.h"

namespace lectern::bench {

/// Takes an RTSP connection's bytes apart: answers, and the interleaved frames between them, of which only
/// the beginning is looked at and nothing is copied.
class ControlReader {
 public:
  /// `head`: the first bytes of a frame's data, at least 12 where it has so many; `size`: of all its data.
  using OnFrame = std::function<void(std::uint8_t channel, Bytes head, std::size_t size)>;
  using OnResponse = std::function<void(const rtsp::Response&)>;

  ControlReader(OnFrame on_frame, OnResponse on_response)
      : on_frame_(std::move(on_frame)), on_response_(std::move(on_response)) {}

  /// Errc::invalid where the bytes are neither.
  Status feed(Bytes bytes);

 private:
  Result<std::size_t> take(Bytes bytes);
  Result<std::size_t> take_response(Bytes bytes);

  OnFrame on_frame_;
  OnResponse on_response_;
  ByteVector partial_;    ///< an answer or a frame's beginning that has not come whole
  std::size_t skip_ = 0;  ///< bytes of a frame that are still to come
};

}  // namespace lectern::bench
