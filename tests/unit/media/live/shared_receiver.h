#pragma once

#include <catch2/catch.hpp>

#include <random>
#include <span>
#include <string>
#include <vector>

#include "media/live/shared_packets.h"
#include "media/live/shared_streams.h"
#include "protocol/rtcp/compound.h"
#include "protocol/rtp/header.h"

namespace lectern::test {

/// Protection whose randomness is the same in each run.
inline media::LiveProtection protection_of(srtp::Suite suite = srtp::Suite::aes_cm_128_hmac_sha1_80,
                                           srtp::Lifetime lifetime = {}) {
  return {suite,
          [numbers = std::minstd_rand(7)](MutableBytes bytes) mutable {
            for (std::byte& each : bytes) each = static_cast<std::byte>(numbers() >> 16);
          },
          lifetime};
}

/// What a viewer makes of one shared stream.
class SharedReceiver {
 public:
  struct Packet {
    rtp::Header header;
    std::string payload;
  };

  /// Of one who was told this rollover counter.
  SharedReceiver(const media::SharedStreams& told, std::size_t track, std::uint32_t roc = 0)
      : session_(session(told, track)) {
    REQUIRE(session_.add_stream(told.stream(track).ssrc, roc).ok());
  }

  Result<Packet> rtp(Bytes packet) {
    ByteVector copy(packet.begin(), packet.end());
    const auto size = session_.unprotect_rtp(copy, copy.size());
    if (!size) return size.error();
    const auto parsed = rtp::parse_packet(Bytes(copy).first(*size));
    if (!parsed) return parsed.error();
    return Packet{parsed->header, std::string(as_text(parsed->payload))};
  }

  /// All of a piece.
  std::vector<Packet> all(const media::SharedPackets& packets) {
    std::vector<Packet> read;
    for (std::size_t i = 0; i < packets.size(); ++i) {
      auto each = rtp(packets.packet(i));
      REQUIRE(each.ok());
      read.push_back(*std::move(each));
    }
    return read;
  }

  struct Report {
    rtcp::SenderReport sender;
    std::string cname;
  };
  Result<Report> report(Bytes packet) {
    ByteVector copy(packet.begin(), packet.end());
    const auto size = session_.unprotect_rtcp(copy, copy.size());
    if (!size) return size.error();
    const auto compound = rtcp::Compound::parse(Bytes(copy).first(*size));
    if (!compound) return compound.error();
    Report report;
    compound->visit([&](const auto& each) {
      using Each = std::decay_t<decltype(each)>;
      if constexpr (std::is_same_v<Each, rtcp::SenderReport>) report.sender = each;
      if constexpr (std::is_same_v<Each, rtcp::SourceDescription>) report.cname = each.cname().value_or("");
    });
    return report;
  }

 private:
  static srtp::Session session(const media::SharedStreams& told, std::size_t track) {
    auto made = srtp::Session::create(srtp::Direction::inbound, told.suite(), told.stream(track).key);
    REQUIRE(made.ok());
    return *std::move(made);
  }

  srtp::Session session_;
};

}  // namespace lectern::test
