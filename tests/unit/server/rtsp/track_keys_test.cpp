#include "server/rtsp/track_keys.h"

#include <algorithm>
#include <catch2/catch.hpp>

extern "C" {
#include <libavcodec/packet.h>
}

#include "protocol/base/base64.h"
#include "protocol/mikey/message.h"
#include "protocol/rtp/header.h"
#include "protocol/rtsp/key_mgmt.h"
#include "tests/support/hex.h"
#include "tests/unit/protocol/mikey/samples.h"

using namespace lectern;
using namespace lectern::server;
using namespace lectern::test;
using srtp::Direction;
using srtp::Suite;

namespace {

constexpr Suite suite = Suite::aes_cm_128_hmac_sha1_80;
constexpr std::size_t train_packets = 32;

/// Keeps the last packet of each train as it leaves.
class LastPacket final : public Delivery {
 public:
  explicit LastPacket(ByteVector& last) : last_(last) {}
  std::size_t send(std::span<Gathered> packets) override {
    for (const Gathered& packet : packets) {
      const Bytes header = Bytes(packet.header).last<rtp::header_size>();
      last_.assign(header.begin(), header.end());
      last_.insert(last_.end(), packet.payload.begin(), packet.payload.end());
      const std::size_t size = last_.size();
      if (!protection_) continue;
      last_.resize(size + protection_->rtp_growth());
      if (!protection_->protect_rtp(last_, size)) last_.clear();
    }
    return packets.size();
  }
  void send_rtcp(Bytes) override {}
  [[nodiscard]] bool ready() const override { return true; }
  void flush() override {}

 private:
  ByteVector& last_;
};

class OneByteEach final : public payload::Packetizer {
 public:
  Status packetize(const payload::AccessUnit& unit, payload::PayloadSink& sink) override {
    for (std::size_t i = 0; i < unit.data.size(); ++i) {
      sink.reserve(1)[0] = unit.data[i];
      sink.emit(1, i + 1 == unit.data.size());
    }
    return {};
  }
};

/// A track that sends one train over and over.
struct Bench {
  Bench() {
    described[0].format.clock_rate = 90'000;
    described[0].format.make_packetizer = []() -> Result<std::unique_ptr<payload::Packetizer>> {
      return std::unique_ptr<payload::Packetizer>(std::make_unique<OneByteEach>());
    };
    media::Unit unit;
    unit.packet.reset(av_packet_alloc());
    REQUIRE(av_new_packet(unit.packet.get(), train_packets) == 0);
    std::fill_n(unit.packet->data, train_packets, std::uint8_t{7});
    media::Units units;
    units.push_back(std::move(unit));
    segment = media::SegmentBuilder(described).seal(std::move(units), false);
    REQUIRE(segment->trains().size() == 1);
    REQUIRE(segment->trains()[0].count == train_packets);
    clock.play({});
    track = std::make_unique<SessionTrack>(0, described[0], "rtsp://host/track1", 0xcafe);
    track->set_delivery(std::make_unique<LastPacket>(last));
  }

  void send() { CHECK(track->send(*segment, segment->trains()[0], 0, clock) == train_packets); }
  /// Until so many packets more would wrap the sequence number.
  void send_up_to(std::size_t before_the_wrap) {
    while (0x10000u - track->next_sequence() > before_the_wrap) {
      const std::size_t missing = 0x10000u - track->next_sequence() - before_the_wrap;
      const std::size_t from = train_packets - std::min(missing, train_packets);
      CHECK(track->send(*segment, segment->trains()[0], from, clock) == train_packets - from);
    }
  }
  [[nodiscard]] OfferedStream stream() const { return {track->ssrc(), keys}; }
  void protect(const Agreement& agreement) {
    auto prepared = TrackKeys::prepare(*track, agreement);
    REQUIRE(prepared.ok());
    std::move(*prepared).take();
  }
  void change(const std::string& header) {
    auto prepared = TrackKeys::prepare(*track, header);
    REQUIRE(prepared.ok());
    std::move(*prepared).take();
  }
  /// Whether the player reads what left last, with what KeyMgmt tells.
  [[nodiscard]] bool player_reads(const mikey::Message& told) const {
    auto session = srtp::Session::create(Direction::inbound, told.suite, told.key).value();
    for (const mikey::Stream& each : told.streams) REQUIRE(session.add_stream(each.ssrc, each.roc).ok());
    ByteVector packet = last;
    return session.unprotect_rtp(packet, packet.size()).ok();
  }
  [[nodiscard]] mikey::Message told() const {
    const auto entries = rtsp::parse_key_mgmt(key_mgmt_of(*track));
    REQUIRE(entries.ok());
    CHECK(entries->front().uri == "rtsp://host/track1");
    return mikey::parse(entries->front().data).value();
  }

  std::vector<media::Track> described = std::vector<media::Track>(1);
  std::shared_ptr<const media::Segment> segment;
  PlaybackClock clock;
  ByteVector last;
  const SrtpKeys keys = new_stream(suite).keys;
  std::unique_ptr<SessionTrack> track;
};

std::string header_of(const SrtpKeys& keys) {
  const auto bytes = mikey::serialize({keys.suite, keys.key, {{1, 0}}, 1, {}, {}}).value();
  return "prot=mikey;uri=\"\";data=\"" + base64_encode(bytes) + "\"";
}

/// As a player that manages the keys names one.
SrtpKeys managed_keys() {
  const SrtpKeys keys = new_stream(suite).keys;
  return {suite, srtp::MasterKey::create(keys.key.key_and_salt(), unhex("0a0b0c0d")).value()};
}

}  // namespace

TEST_CASE("track keys: what was prepared changes nothing until it is taken", "[srtp]") {
  Bench bench;
  auto prepared = TrackKeys::prepare(*bench.track, Agreement{bench.stream(), bench.keys});
  REQUIRE(prepared.ok());
  CHECK(&prepared->track() == bench.track.get());
  CHECK(bench.track->protection() == nullptr);
  bench.send();
  CHECK(bench.last.size() == rtp::header_size + 1);
  std::move(*prepared).take();
  REQUIRE(bench.track->protection() != nullptr);
  bench.send();
  CHECK(bench.last.size() == rtp::header_size + 1 + 10);

  auto change = TrackKeys::prepare(*bench.track, header_of(managed_keys()));
  REQUIRE(change.ok());
  CHECK(bench.track->protection()->outbound() == bench.keys);
}

TEST_CASE("track keys: KeyMgmt tells what the stream is protected with", "[srtp]") {
  Bench bench;
  bench.protect({bench.stream(), bench.keys});
  const auto told = bench.told();
  CHECK(told.key == bench.keys.key);
  CHECK(told.streams == std::vector<mikey::Stream>{{0xcafe, 0}});
  bench.send();
  CHECK(bench.player_reads(told));
}

TEST_CASE("track keys: a later KeyMgmt changes both ways with an MKI, else what is received", "[srtp]") {
  Bench bench;
  bench.protect({bench.stream(), bench.keys});
  bench.change("prot=mikey;data=\"" + base64_encode(unhex(mikey::samples::gortsplib)) + "\"");
  const Protection& protection = *bench.track->protection();
  CHECK(protection.outbound() == bench.keys);
  CHECK(hex(protection.inbound().key.key_and_salt()).substr(0, 8) == "01020304");
  const SrtpKeys managed = managed_keys();
  bench.change(header_of(managed));
  CHECK(protection.outbound() == managed);
  CHECK(protection.inbound() == managed);
  CHECK(bench.told().key == managed.key);
  bench.send();
  CHECK(bench.player_reads(bench.told()));
}

TEST_CASE("track keys: what is no key is refused, and nothing changes", "[srtp]") {
  Bench bench;
  const SrtpKeys managed = managed_keys();
  CHECK(TrackKeys::prepare(*bench.track, header_of(managed)).error().message == "the track is not protected");
  bench.protect({bench.stream(), bench.keys});
  for (const std::string_view header : {"", "x", "prot=mikey;data=\"AQAV\"", "prot=other;data=\"AQID\""})
    CHECK_FALSE(TrackKeys::prepare(*bench.track, header).ok());
  bench.change(header_of(managed));
  CHECK(TrackKeys::prepare(*bench.track, header_of(bench.keys)).error().code == Errc::denied);
  CHECK(TrackKeys::prepare(*bench.track, Agreement{bench.stream(), managed}).error().code == Errc::denied);
  CHECK(bench.track->protection()->outbound() == managed);
}

TEST_CASE("track keys: a change wherever the sequence number stands keeps the index", "[srtp]") {
  // 0: the first packet under the new key is the first after the wrap.
  for (const std::size_t before_the_wrap : {0u, 1u, 64u, 65'000u}) {
    CAPTURE(before_the_wrap);
    Bench bench;
    bench.protect({bench.stream(), bench.keys});
    bench.send_up_to(1);
    bench.send();  // once around
    CHECK(bench.track->position().rollover == 1);
    bench.send_up_to(std::max<std::size_t>(before_the_wrap, 1));
    if (before_the_wrap == 0)
      CHECK(bench.track->send(*bench.segment, bench.segment->trains()[0], train_packets - 1, bench.clock) ==
            1);
    for (int i = 0; i < 2; ++i) bench.change(header_of(managed_keys()));  // also twice, with nothing between
    const auto told = bench.told();
    CHECK(told.streams == std::vector<mikey::Stream>{{0xcafe, before_the_wrap == 0 ? 2u : 1u}});
    CHECK(bench.track->send(*bench.segment, bench.segment->trains()[0], train_packets - 1, bench.clock) == 1);
    CHECK(bench.player_reads(told));
  }
}
