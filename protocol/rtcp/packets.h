#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <variant>

#include "protocol/base/byte_reader.h"
#include "protocol/base/bytes.h"
#include "protocol/rtcp/report_block.h"

namespace lectern::rtcp {

/// RFC 3550 section 12.1, RFC 4585 section 6.1, RFC 3611 section 2.
enum class PacketType : std::uint8_t {
  sender_report = 200,
  receiver_report = 201,
  source_description = 202,
  bye = 203,
  application = 204,
  transport_feedback = 205,
  payload_feedback = 206,
  extended_report = 207,
};

/// The count field of the common header has five bits.
inline constexpr std::size_t max_count = 31;

/// Up to 31 values in place, so that a packet is a value without an allocation.
template <typename T>
class CountedList {
 public:
  CountedList() = default;
  CountedList(std::initializer_list<T> values) {
    for (const T& value : values) push_back(value);
  }
  /// False, and nothing added, where 31 are there already.
  bool push_back(const T& value) {
    if (size_ == max_count) return false;
    values_[size_++] = value;
    return true;
  }
  [[nodiscard]] std::size_t size() const { return size_; }
  [[nodiscard]] bool empty() const { return size_ == 0; }
  const T& operator[](std::size_t index) const { return values_[index]; }
  [[nodiscard]] const T* begin() const { return values_.data(); }
  [[nodiscard]] const T* end() const { return values_.data() + size_; }
  bool operator==(const CountedList& other) const {
    return std::equal(begin(), end(), other.begin(), other.end());
  }

 private:
  std::array<T, max_count> values_{};
  std::size_t size_ = 0;
};

/// RFC 3550 section 6.4.1. Profile-specific extensions behind the blocks are skipped.
struct SenderReport {
  std::uint32_t ssrc = 0;
  std::uint64_t ntp = 0;  ///< 32.32 seconds since 1900
  std::uint32_t rtp_timestamp = 0;
  std::uint32_t packet_count = 0;
  std::uint32_t octet_count = 0;  ///< payload octets, without headers and padding
  CountedList<ReportBlock> reports;

  bool operator==(const SenderReport&) const = default;
};

/// RFC 3550 section 6.4.2.
struct ReceiverReport {
  std::uint32_t ssrc = 0;
  CountedList<ReportBlock> reports;

  bool operator==(const ReceiverReport&) const = default;
};

/// RFC 3550 section 12.2.
enum class SdesType : std::uint8_t {
  end = 0,
  cname = 1,
  name = 2,
  email = 3,
  phone = 4,
  location = 5,
  tool = 6,
  note = 7,
  priv = 8,
};

struct SdesItem {
  std::uint32_t ssrc = 0;
  SdesType type = SdesType::end;
  std::string_view text;
};

/// RFC 3550 section 6.5, as it was received: points into the packet.
struct SourceDescription {
  std::uint8_t count = 0;
  Bytes chunks;

  /// Calls `visitor(const SdesItem&)` for each item of each chunk; false where an item or chunk is cut short.
  template <typename Visitor>
  bool for_each_item(Visitor&& visitor) const;
  /// The CNAME of the first chunk that has one.
  [[nodiscard]] std::optional<std::string_view> cname() const;
};

/// RFC 3550 section 6.6; `reason` is cut at 255 octets when written, and points into the packet when parsed.
struct Bye {
  CountedList<std::uint32_t> ssrcs;
  std::string_view reason;

  bool operator==(const Bye&) const = default;
};

/// APP, RTPFB, PSFB, XR and what came later, as received: points into the packet.
struct OtherPacket {
  PacketType type{};
  std::uint8_t count = 0;  ///< the five bits: subtype, FMT, or unused
  Bytes body;              ///< what follows the four bytes of common header, without padding
};

using Packet = std::variant<SenderReport, ReceiverReport, SourceDescription, Bye, OtherPacket>;

template <typename Visitor>
bool SourceDescription::for_each_item(Visitor&& visitor) const {
  ByteReader reader(chunks);
  for (unsigned chunk = 0; chunk < count; ++chunk) {
    const std::uint32_t ssrc = reader.u32();
    // A chunk whose last item ends at the end of the packet sometimes comes without its null octet.
    while (reader.left() > 0) {
      const auto type = static_cast<SdesType>(reader.u8());
      if (type == SdesType::end) {
        while (reader.position() % 4 != 0 && !reader.failed()) reader.skip(1);
        break;
      }
      const std::size_t size = reader.u8();
      const Bytes text = reader.take(size);
      if (reader.failed()) return false;
      visitor(SdesItem{ssrc, type, as_text(text)});
    }
    if (reader.failed()) return false;
  }
  return true;
}

}  // namespace lectern::rtcp
