#pragma once

#include "protocol/base/bytes.h"
#include "protocol/base/result.h"

namespace lectern::payload {

/// The most bytes of RTP payload in a packet where nothing else is configured: with the RTP header, an SRTP
/// tag, UDP and IPv6 it stays below 1500, and below what most tunnels leave.
inline constexpr std::size_t default_max_payload = 1388;

/// One access unit of an elementary stream: a coded picture, or a coded block of audio.
struct AccessUnit {
  Bytes data;
  bool random_access = false;
  std::int64_t time = 0;  ///< presentation time in ticks of the RTP clock
  Bytes configuration;    ///< extradata that holds from this unit on; empty where it is the one before
};

/// Where a packetizer puts RTP payloads; the header is written by whoever sends.
class PayloadSink {
 public:
  virtual ~PayloadSink() = default;
  /// At least `size` writable bytes, valid until the next call of either function.
  virtual MutableBytes reserve(std::size_t size) = 0;
  /// Seals the first `used` bytes of what was reserved as one packet. `time_offset` is in ticks of the RTP
  /// clock, from the time of the unit on: an audio unit cut into several packets advances with each;
  /// negative where earlier units were held back for aggregation.
  virtual void emit(std::size_t used, bool marker, std::int32_t time_offset = 0) = 0;
};

/// Cuts access units into RTP payloads. One object serves one track from a random access point on, in order.
class Packetizer {
 public:
  virtual ~Packetizer() = default;
  /// An error means that nothing of this unit was emitted; the packetizer stays usable for the next.
  virtual Status packetize(const AccessUnit& unit, PayloadSink& sink) = 0;
  /// Emits what was held back for aggregation, where a format aggregates.
  virtual Status flush(PayloadSink& sink) {
    (void)sink;
    return {};
  }
};

}  // namespace lectern::payload
