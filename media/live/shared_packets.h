#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "protocol/base/bytes.h"

namespace lectern::media {

/// Of each track a compound `SR SDES` as SRTCP (RFC 3550 section 6.1, RFC 3711 section 3.4), all of one
/// instant: NTP is when media of that RTP time was captured, not when the report is sent. Made once for all
/// viewers: who made another one with the same key and ssrc would reveal what both say.
class SharedReports {
 public:
  /// Counts up from 1: who sent one of that number already does not send it again.
  [[nodiscard]] std::uint64_t number() const { return number_; }
  [[nodiscard]] Bytes of_track(std::size_t track) const { return reports_[track]; }
  [[nodiscard]] std::size_t memory() const;

 private:
  friend class LiveProtector;
  std::uint64_t number_ = 0;
  std::vector<ByteVector> reports_;
};

/// The packets of a LivePiece as complete SRTP, for all viewers the same: header, encrypted payload and tag.
/// Immutable, and shared between threads.
class SharedPackets {
 public:
  /// The SRTP packet made of packet `i` of the piece's segment, where `i` is Train::first and on. Its first
  /// rtp::header_size bytes are the header, in the clear.
  [[nodiscard]] Bytes packet(std::size_t i) const {
    return {arena_.get() + offsets_[i], offsets_[i + 1] - offsets_[i]};
  }
  [[nodiscard]] std::size_t size() const { return offsets_.size() - 1; }
  /// Of packet 0: rollover counter << 16 | sequence number. The others follow one by one.
  [[nodiscard]] std::uint64_t first_index() const { return first_index_; }
  /// RTP time of the unit; its packets may have an offset of their own, which their headers contain.
  [[nodiscard]] std::uint32_t timestamp() const { return timestamp_; }
  /// The newest there are, of a second ago at most where the piece is a random access point, and of five
  /// seconds ago otherwise. Who has not sent those of this number sends them before the piece; nobody sends
  /// reports of its own, nor a BYE, under these keys.
  [[nodiscard]] const std::shared_ptr<const SharedReports>& reports() const { return reports_; }
  /// Bytes held, with the reports where they are new.
  [[nodiscard]] std::size_t memory() const { return memory_; }

 private:
  friend class LiveProtector;
  std::vector<std::uint32_t> offsets_;  // of each packet, and the end of the last
  std::unique_ptr<std::byte[]> arena_;
  std::uint64_t first_index_ = 0;
  std::uint32_t timestamp_ = 0;
  std::shared_ptr<const SharedReports> reports_;
  std::size_t memory_ = 0;
};

}  // namespace lectern::media
