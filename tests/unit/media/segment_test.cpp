#include "media/segment.h"

#include <catch2/catch.hpp>
#include <cstring>

extern "C" {
#include <libavcodec/packet.h>
}

using namespace lectern;
using namespace lectern::media;

namespace {

/// Cuts into pieces of 1000 bytes; refuses what begins with '!'; holds back what begins with '~'.
class Cutter final : public payload::Packetizer {
 public:
  Status packetize(const payload::AccessUnit& unit, payload::PayloadSink& sink) override {
    if (unit.data[0] == std::byte{'!'}) return invalid("no good");
    if (unit.data[0] == std::byte{'~'}) {
      held_ = true;
      return {};
    }
    for (std::size_t at = 0; at < unit.data.size(); at += 1000) {
      const Bytes piece = unit.data.subspan(at, std::min<std::size_t>(1000, unit.data.size() - at));
      std::memcpy(sink.reserve(piece.size()).data(), piece.data(), piece.size());
      sink.emit(piece.size(), at + piece.size() == unit.data.size());
    }
    return {};
  }
  Status flush(payload::PayloadSink& sink) override {
    if (!held_) return {};
    sink.reserve(1)[0] = std::byte{'~'};
    sink.emit(1, true, -5);
    return {};
  }

 private:
  bool held_ = false;
};

std::vector<Track> tracks(std::size_t count) {
  std::vector<Track> all(count);
  for (std::size_t i = 0; i < count; ++i) {
    all[i].control = "track" + std::to_string(i + 1);
    all[i].format.make_packetizer = []() -> Result<std::unique_ptr<payload::Packetizer>> {
      return std::unique_ptr<payload::Packetizer>(std::make_unique<Cutter>());
    };
  }
  return all;
}

Unit unit(std::uint8_t track, MediaTime dts, std::size_t size, MediaTime duration = 0, char first = 'a') {
  Unit made;
  made.packet.reset(av_packet_alloc());
  REQUIRE(av_new_packet(made.packet.get(), static_cast<int>(size)) == 0);
  std::memset(made.packet->data, first, size);
  made.track = track;
  made.dts = made.pts = dts;
  made.duration = duration;
  return made;
}

template <typename... Each>
Units units(Each... each) {
  Units all;
  (all.push_back(std::move(each)), ...);
  return all;
}

std::vector<std::pair<unsigned, MediaTime>> order_of(const Segment& segment) {
  std::vector<std::pair<unsigned, MediaTime>> order;
  for (const Train& train : segment.trains()) order.emplace_back(train.track, train.due);
  return order;
}

}  // namespace

TEST_CASE("a large unit leaves in trains of 32 packets over three quarters of its interval") {
  const auto all = tracks(2);
  const auto segment = SegmentBuilder(all).seal(
      units(unit(0, 0, 96'000, 40'000), unit(0, 40'000, 500, 40'000), unit(1, 15'000, 100)), false);
  CHECK(order_of(*segment) == std::vector<std::pair<unsigned, MediaTime>>{
                                  {0, 0}, {0, 10'000}, {1, 15'000}, {0, 20'000}, {0, 40'000}});
  CHECK(segment->trains()[0].unit_start);
  CHECK(!segment->trains()[1].unit_start);
  CHECK(segment->trains()[0].count == 32);
  std::size_t packets = 0;
  for (const Train& train : segment->trains()) packets += train.count;
  CHECK(packets == 98);
  CHECK(segment->packets(segment->trains()[3]).back().marker);
  CHECK(!segment->packets(segment->trains()[0]).back().marker);
  CHECK(segment->payload(segment->packets(segment->trains()[4])[0]).size() == 500);
}

TEST_CASE("the packets of a track keep their order where the next unit comes sooner than the duration says") {
  const auto all = tracks(1);
  const auto segment = SegmentBuilder(all).seal(
      units(unit(0, 0, 96'000, 500'000), unit(0, 10'000, 64'000), unit(0, 10'000, 10), unit(0, 12'000, 10)),
      false);
  std::uint32_t next = 0;
  MediaTime due = 0;
  for (const Train& train : segment->trains()) {
    CHECK(train.first == next);
    CHECK(train.due >= due);
    next += train.count;
    due = train.due;
  }
  CHECK(next == 96 + 64 + 2);
}

TEST_CASE("what is flushed leaves behind the track's last unit") {
  const auto all = tracks(1);
  const auto segment =
      SegmentBuilder(all).seal(units(unit(0, 0, 10, 20'000, '~'), unit(0, 20'000, 64'000, 20'000)), false);
  REQUIRE(segment->trains().size() == 3);
  CHECK(segment->packets(segment->trains()[2])[0].time_offset == -5);
  CHECK(segment->trains()[2].due >= segment->trains()[1].due);
}

TEST_CASE("units that no packetizer cuts are counted and left out") {
  const auto all = tracks(2);
  const auto segment = SegmentBuilder(all).seal(
      units(unit(0, 0, 10), unit(1, 0, 10, 0, '!'), unit(1, 5, 10, 0, '!'), unit(1, 9, 10)), true);
  CHECK(segment->refused() == 2);
  CHECK(segment->refusal() == "track2: no good");
  CHECK(segment->truncated());
  CHECK(segment->trains().size() == 2);
}

TEST_CASE("a segment knows its memory") {
  const auto all = tracks(1);
  const auto segment = SegmentBuilder(all).seal(units(unit(0, 0, 100'000), unit(0, 1, 50'000)), false);
  const std::size_t least = 150'000 + 150 * sizeof(SealedPacket) + 6 * sizeof(Train);
  CHECK(segment->memory() >= least);
  CHECK(segment->memory() < least + least / 16 + 8192);
  CHECK(SegmentBuilder(all).seal({}, false)->trains().empty());
}
