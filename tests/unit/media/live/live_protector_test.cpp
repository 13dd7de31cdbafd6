#include "media/live/live_protector.h"

#include "protocol/rtcp/ntp.h"
#include "tests/support/live_reading.h"
#include "tests/unit/media/live/shared_receiver.h"

using namespace lectern;
using namespace lectern::media;
using namespace lectern::test;

namespace {

constexpr std::int64_t wall_origin_us = 1'700'000'000'250'000;

/// Cuts into samples of ten bytes, each of 960 ticks, as long units of sound are.
class SoundCutter final : public payload::Packetizer {
 public:
  Status packetize(const payload::AccessUnit& unit, payload::PayloadSink& sink) override {
    for (std::size_t at = 0; at < unit.data.size(); at += 10) {
      const Bytes piece = unit.data.subspan(at, 10);
      std::ranges::copy(piece, sink.reserve(piece.size()).begin());
      sink.emit(piece.size(), at == 0, static_cast<std::int32_t>(at * 96));
    }
    return {};
  }
};

std::vector<Track> both_tracks() {
  std::vector<Track> tracks{cut_track("video"), cut_track("audio", "track2")};
  tracks[1].payload_type = 97;
  tracks[1].format.make_packetizer = []() -> Result<std::unique_ptr<payload::Packetizer>> {
    return std::unique_ptr<payload::Packetizer>(std::make_unique<SoundCutter>());
  };
  return tracks;
}

struct Fixture {
  explicit Fixture(std::vector<Track> of = both_tracks(), const LiveProtection& protection = protection_of())
      : tracks(std::move(of)), protector(*LiveProtector::create(protection, tracks)) {}

  LivePiece piece(std::uint8_t track, MediaTime time, bool random_access, char fill, std::size_t size) {
    LiveUnit made = live_unit(track, time, random_access, fill, size);
    made.unit.pts_ticks = time * tracks[track].format.clock_rate / 1'000'000;
    Units units;
    units.push_back(std::move(made.unit));
    LivePiece piece;
    piece.segment = SegmentBuilder(tracks).seal(std::move(units), false);
    piece.random_access = random_access && track == 0;
    piece.arrived = time;
    piece.wall_origin_us = wall_origin_us;
    return piece;
  }
  std::shared_ptr<const SharedPackets> protect(const LivePiece& piece) {
    auto made = protector.protect(piece);
    REQUIRE(made.ok());
    return *made;
  }
  const SharedStreams& told() { return *protector.streams(); }

  std::vector<Track> tracks;
  LiveProtector protector;
};

}  // namespace

TEST_CASE("shared packets are those of the segment, protected, in each suite", "[live][srtp]") {
  for (const srtp::SuiteInfo& info : srtp::suites) {
    INFO(info.name);
    Fixture f(both_tracks(), protection_of(info.suite));
    SharedReceiver video(f.told(), 0), sound(f.told(), 1);
    std::uint64_t next = f.told().next_index(0);
    // More than a train.
    for (const MediaTime time : {1'000'000, 1'040'000}) {
      const LivePiece piece = f.piece(0, time, time == 1'000'000, 'v', 40'500);
      const auto shared = f.protect(piece);
      REQUIRE(piece.segment->trains().size() == 2);
      REQUIRE(shared->size() == 41);
      CHECK(shared->first_index() == next);
      CHECK(shared->timestamp() == f.told().stream(0).timestamp_base + time * 9 / 100);
      const auto read = video.all(*shared);
      for (const Train& train : piece.segment->trains())
        for (std::size_t i = train.first; i < train.first + train.count; ++i) {
          const SealedPacket& plain = piece.segment->packets(train)[i - train.first];
          CHECK(read[i].payload == as_text(piece.segment->payload(plain)));
          CHECK(read[i].header == rtp::Header{i == 40, 96, static_cast<std::uint16_t>(next + i),
                                              shared->timestamp(), f.told().stream(0).ssrc});
          // Trains of UDP_SEGMENT need equal sizes.
          CHECK(shared->packet(i).size() == (i == 40 ? 500 : 1000) + rtp::header_size + info.rtp_growth);
        }
      next += 41;
      CHECK(f.told().next_index(0) == next);
    }
    const auto shared = f.protect(f.piece(1, 1'050'000, true, 's', 30));
    const auto read = sound.all(*shared);
    REQUIRE(read.size() == 3);
    for (std::size_t i = 0; i < 3; ++i)
      CHECK(read[i].header ==
            rtp::Header{i == 0, 97, static_cast<std::uint16_t>(shared->first_index() + i),
                        static_cast<std::uint32_t>(f.told().stream(1).timestamp_base + 50'400 + i * 960),
                        f.told().stream(1).ssrc});
  }
}

TEST_CASE("sequence numbers wrap, and the rollover counter that is told goes with them", "[live][srtp]") {
  // From 32,767 on.
  auto protection = protection_of(srtp::Suite::aead_aes_128_gcm);
  protection.random = [](MutableBytes bytes) { std::ranges::fill(bytes, std::byte{0xff}); };
  Fixture f({cut_track("video")}, protection);
  SharedReceiver early(f.told(), 0);
  std::uint64_t next = 0x7fff;
  MediaTime time = 0;
  const auto step = [&](bool random_access, std::size_t packets) {
    const auto shared = f.protect(f.piece(0, time += 40'000, random_access, 'v', packets * 1000));
    CHECK(shared->first_index() == next);
    next += packets;
    return shared;
  };
  early.all(*step(true, 800));
  for (int i = 0; i < 39; ++i) early.all(*step(false, 800));
  CHECK(f.told().next_index(0) == 0x7fff + 32'000);
  // Who joins now begins before the wrap,
  CHECK(roc_of(f.told().join_index(0)) == 0);
  const auto wrapping = step(false, 1000);
  const auto read = early.all(*wrapping);
  CHECK(read.front().header.sequence == 0x7fff + 32'000);
  CHECK(read.back().header.sequence == ((0x7fff + 32'999) & 0xffff));
  CHECK(roc_of(f.told().next_index(0)) == 1);
  CHECK(roc_of(f.told().join_index(0)) == 0);
  // and who joins later behind it.
  const auto point = step(true, 3);
  early.all(*point);
  CHECK(f.told().join_index(0) == point->first_index());
  CHECK(roc_of(f.told().join_index(0)) == 1);
  SharedReceiver late(f.told(), 0, 1), misled(f.told(), 0, 0);
  CHECK(late.all(*point).size() == 3);
  const auto refused = misled.rtp(point->packet(0));
  REQUIRE(!refused.ok());
  CHECK(refused.error().code == Errc::denied);
}

TEST_CASE("reports of all tracks say when what was captured, and what was sent", "[live][srtp]") {
  Fixture f;
  const auto first = f.protect(f.piece(0, 3'000'000, true, 'v', 2500));
  REQUIRE(first->reports());
  CHECK(first->reports()->number() == 1);
  f.protect(f.piece(1, 3'020'000, true, 's', 50));
  const auto second = f.protect(f.piece(0, 7'000'000, true, 'v', 100));
  REQUIRE(second->reports()->number() == 2);
  for (const std::size_t track : {0, 1}) {
    SharedReceiver receiver(f.told(), track);
    const SharedStream& stream = f.told().stream(track);
    const std::uint32_t rate = track == 0 ? 90'000 : 48'000;
    const auto one = receiver.report(first->reports()->of_track(track));
    const auto two = receiver.report(second->reports()->of_track(track));
    REQUIRE(one.ok());
    REQUIRE(two.ok());
    CHECK(one->cname == f.told().cname());
    CHECK(one->sender.ssrc == stream.ssrc);
    CHECK(one->sender.rtp_timestamp == stream.timestamp_base + 3 * rate);
    CHECK(rtcp::unix_from_ntp(one->sender.ntp).count() == wall_origin_us + 3'000'000);
    CHECK(one->sender.packet_count == 0);
    CHECK(one->sender.octet_count == 0);
    CHECK(two->sender.rtp_timestamp == stream.timestamp_base + 7 * rate);
    CHECK(rtcp::unix_from_ntp(two->sender.ntp).count() == wall_origin_us + 7'000'000);
    CHECK(two->sender.packet_count == (track == 0 ? 3 : 5));
    CHECK(two->sender.octet_count == (track == 0 ? 2500 : 50));
    // Each index of SRTCP is used once.
    const auto again = receiver.report(first->reports()->of_track(track));
    REQUIRE(!again.ok());
    CHECK(again.error().code == Errc::end);
  }
}

TEST_CASE("reports are of a random access point or five seconds old", "[live][srtp]") {
  Fixture f;
  const auto number = [&](std::uint8_t track, MediaTime time, bool random_access) {
    return f.protect(f.piece(track, time, random_access, 'v', 100))->reports()->number();
  };
  CHECK(number(1, 0, true) == 1);
  CHECK(number(0, 500'000, true) == 1);
  CHECK(number(0, 1'000'000, true) == 2);
  CHECK(number(0, 5'960'000, false) == 2);
  CHECK(number(0, 6'000'000, false) == 3);
  CHECK(number(1, 10'980'000, true) == 3);
  CHECK(number(1, 11'000'000, true) == 4);
  CHECK(number(0, 11'040'000, true) == 4);
}

TEST_CASE("pieces between two reports share the newest", "[live][srtp]") {
  Fixture f;
  const auto point = f.protect(f.piece(0, 0, true, 'v', 100));
  const auto next = f.protect(f.piece(0, 40'000, false, 'v', 100));
  CHECK(point->reports() == next->reports());
  // It is counted where it was made.
  CHECK(point->memory() == next->memory() + point->reports()->memory());
  CHECK(next->memory() > next->packet(0).size());
  CHECK(point->reports()->memory() >
        point->reports()->of_track(0).size() + point->reports()->of_track(1).size());
}

TEST_CASE("no packet is protected beyond the lifetime of the keys", "[live][srtp]") {
  Fixture f({cut_track("video")}, protection_of(srtp::Suite::aes_cm_128_hmac_sha1_80, {16, 100}));
  f.protect(f.piece(0, 0, true, 'v', 13'000));
  CHECK(!f.protector.near_key_limit());
  f.protect(f.piece(0, 40'000, false, 'v', 1000));
  CHECK(f.protector.near_key_limit());
  const auto refused = f.protector.protect(f.piece(0, 80'000, false, 'v', 3000));
  REQUIRE(!refused.ok());
  CHECK(refused.error().code == Errc::too_large);
}
