#include "media/live/published_source.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>

#include "media/live/looped_file.h"
#include "protocol/base/byte_writer.h"
#include "protocol/rtcp/compound.h"
#include "protocol/rtcp/ntp.h"
#include "protocol/rtp/header.h"
#include "tests/support/live_reading.h"
#include "tests/support/made_media.h"
#include "tests/support/media_reading.h"

using namespace lectern;
using namespace lectern::media;
using namespace lectern::test;
using namespace std::chrono_literals;

namespace {

constexpr std::string_view pcmu =
    "v=0\r\no=- 0 0 IN IP4 127.0.0.1\r\ns=No Name\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 0 RTP/AVP 0\r\n";
constexpr std::size_t samples = 160;

/// A publisher of G.711: packets of 20 ms, all bytes of the n-th being n.
struct Sender {
  explicit Sender(std::string name, bool reordered = false)
      : publication(std::make_shared<Publication>(std::move(name), std::string(pcmu), reordered)) {}

  void send(unsigned number) {
    const MutableBytes room = publication->packets().reserve(rtp::header_size + samples);
    REQUIRE_FALSE(room.empty());
    rtp::write_header({false, 0, static_cast<std::uint16_t>(65'500 + number),
                       static_cast<std::uint32_t>(4'294'960'000 + samples * number), 1},
                      room.first<rtp::header_size>());
    std::ranges::fill(room.subspan(rtp::header_size), static_cast<std::byte>(number));
    publication->packets().commit(room.size());
  }
  void report(std::int64_t unix_us, unsigned number) {
    rtcp::SenderReport report;
    report.ssrc = 1;
    report.ntp = rtcp::ntp_from_unix(std::chrono::microseconds(unix_us));
    report.rtp_timestamp = static_cast<std::uint32_t>(4'294'960'000 + samples * number);
    const MutableBytes room = publication->packets().reserve(28);
    ByteWriter writer(room);
    rtcp::write(writer, report);
    publication->packets().commit(writer.size());
  }
  std::shared_ptr<Publication> publication;
};

LiveOptions quick() {
  LiveOptions options;
  options.name = "/hall";
  options.first_retry = options.longest_retry = 50ms;
  return options;
}

struct Hall {
  std::shared_ptr<PublishPoint> point = std::make_shared<PublishPoint>();
  std::shared_ptr<Live> live = Live::create(std::make_unique<PublishedSource>(point, 20s), quick());
};

/// The numbers of the packets that were read.
std::vector<unsigned> numbers_of(const std::vector<ReadTrain>& trains) {
  std::vector<unsigned> numbers;
  for (const std::string& payload : payloads_of(trains, 0)) {
    REQUIRE(payload == std::string(samples, payload.at(0)));
    numbers.push_back(static_cast<unsigned char>(payload[0]));
  }
  return numbers;
}

/// Pictures of H.264 in many small packets each, the first of them a random access point.
struct Pictures {
  std::string sdp;
  std::vector<std::vector<std::string>> payloads;
  std::vector<std::uint32_t> times;

  explicit Pictures(std::size_t count) {
    LiveOptions small;
    small.max_payload = 200;
    const auto live = Live::create(std::make_unique<LoopedFile>(clip().string()), small);
    LiveTestReader reader(live);
    const auto description = description_of(*live);
    REQUIRE(reader.start(1));
    while (payloads.size() <= count) {
      const auto trains = reader.read(1);
      REQUIRE(trains.size() == 1);
      if (trains[0].train.unit_start) {
        payloads.emplace_back();
        times.push_back(static_cast<std::uint32_t>(trains[0].train.pts_ticks));
      }
      payloads.back().insert(payloads.back().end(), trains[0].payloads.begin(), trains[0].payloads.end());
    }
    payloads.pop_back();
    sdp =
        "v=0\r\no=- 0 0 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=video 0 RTP/AVP 96\r\n"
        "a=rtpmap:96 H264/90000\r\na=fmtp:96 " +
        description->tracks.at(0).format.fmtp + "\r\n";
  }

  /// A publisher that ends `missing` packets before the last picture does.
  [[nodiscard]] std::shared_ptr<Publication> publication(std::size_t missing) const {
    auto made = std::make_shared<Publication>("192.0.2.1:5000", sdp, false);
    std::uint16_t sequence = 0;
    for (std::size_t i = 0; i < payloads.size(); ++i) {
      const std::size_t left_out = i + 1 == payloads.size() ? missing : 0;
      REQUIRE(payloads[i].size() > left_out);
      for (std::size_t k = 0; k + left_out < payloads[i].size(); ++k) {
        const std::string& payload = payloads[i][k];
        const MutableBytes room = made->packets().reserve(rtp::header_size + payload.size());
        REQUIRE_FALSE(room.empty());
        rtp::write_header({k + 1 == payloads[i].size(), 96, sequence++, times[i], 1},
                          room.first<rtp::header_size>());
        std::ranges::copy(std::as_bytes(std::span(payload)), room.begin() + rtp::header_size);
        made->packets().commit(room.size());
      }
    }
    return made;
  }
};

}  // namespace

TEST_CASE("what is published is read packet by packet, over the wrap of numbers and times", "[published]") {
  silence_ffmpeg();
  Hall hall;
  CHECK(eventually([&] { return hall.live->status().state == LiveState::connecting; }));
  Sender sender("192.0.2.1:5000");
  for (unsigned i = 0; i < 10; ++i) sender.send(i);
  hall.point->publish(sender.publication);
  LiveTestReader reader(hall.live);
  const auto description = description_of(*hall.live);
  REQUIRE(description);
  REQUIRE(description->tracks.size() == 1);
  CHECK(description->tracks[0].format.encoding == "PCMU");
  CHECK(description->title == "/hall");
  REQUIRE(reader.start());
  for (unsigned i = 10; i < 90; ++i) sender.send(i);
  const auto trains = reader.read(60);
  const auto numbers = numbers_of(trains);
  REQUIRE(numbers.size() == 60);
  for (std::size_t i = 1; i < trains.size(); ++i) {
    CHECK(numbers[i] == numbers[i - 1] + 1);
    CHECK(trains[i].train.pts_ticks - trains[i - 1].train.pts_ticks == static_cast<std::int64_t>(samples));
  }
}

TEST_CASE("order is restored of what comes over UDP", "[published]") {
  silence_ffmpeg();
  Hall hall;
  Sender sender("192.0.2.1:5000", true);
  hall.point->publish(sender.publication);
  for (unsigned i = 0; i < 10; ++i) sender.send(i);
  LiveTestReader reader(hall.live);
  REQUIRE(description_of(*hall.live));
  REQUIRE(reader.start());
  for (const unsigned i : {10u, 12u, 11u, 14u, 15u, 13u, 16u, 17u}) sender.send(i);
  for (unsigned i = 18; i < 40; ++i) sender.send(i);
  const auto numbers = numbers_of(reader.read(20));
  REQUIRE(numbers.size() == 20);
  for (std::size_t i = 1; i < numbers.size(); ++i) CHECK(numbers[i] == numbers[i - 1] + 1);
}

TEST_CASE("a sender report tells when it was captured", "[published]") {
  silence_ffmpeg();
  Hall hall;
  Sender sender("192.0.2.1:5000");
  constexpr std::int64_t at_zero = 1'600'000'000'000'000;
  sender.send(0);
  sender.report(at_zero, 0);
  for (unsigned i = 1; i < 30; ++i) sender.send(i);
  hall.point->publish(sender.publication);
  LiveTestReader reader(hall.live);
  REQUIRE(description_of(*hall.live));
  REQUIRE(reader.start());
  for (unsigned i = 30; i < 60; ++i) sender.send(i);
  const auto trains = reader.read(10);
  REQUIRE(trains.size() == 10);
  const auto* piece = reader.feed->find(reader.feed->next() - 1);
  REQUIRE(piece);
  const Train& last = (*piece)->segment->trains().front();
  const auto number =
      static_cast<unsigned char>(as_text((*piece)->segment->payload((*piece)->segment->packets(last)[0]))[0]);
  const std::int64_t captured = (*piece)->wall_origin_us + last.pts;
  CHECK(std::abs(captured - (at_zero + number * 20'000)) < 2'000);
}

TEST_CASE("a publisher that leaves is missed by name, and the next one goes on", "[published]") {
  silence_ffmpeg();
  Hall hall;
  Sender first("192.0.2.1:5000"), second("192.0.2.2:5000");
  for (unsigned i = 0; i < 10; ++i) first.send(i);
  hall.point->publish(first.publication);
  LiveTestReader reader(hall.live);
  REQUIRE(description_of(*hall.live));
  REQUIRE(reader.start());
  first.publication->end("its connection was closed");
  REQUIRE(eventually([&] { return hall.live->status().state == LiveState::away; }));
  CHECK(hall.live->status().reason == "192.0.2.1:5000: its connection was closed");
  for (unsigned i = 100; i < 130; ++i) second.send(i);
  hall.point->publish(second.publication);
  hall.live->kick();
  REQUIRE(eventually([&] { return hall.live->status().state == LiveState::live; }));
  auto numbers = numbers_of(reader.read(25));
  CHECK(numbers.back() >= 100);
  CHECK(hall.live->status().connects == 2);
}

TEST_CASE("a publisher that sends junk is given up, and looked at again", "[published]") {
  silence_ffmpeg();
  const auto point = std::make_shared<PublishPoint>();
  const auto live = Live::create(std::make_unique<PublishedSource>(point, 200ms), quick());
  Sender sender("192.0.2.1:5000");
  point->publish(sender.publication);
  REQUIRE(eventually([&] { return live->status().state == LiveState::away; }));
  CHECK(live->status().reason == "192.0.2.1:5000 sends nothing that tells its formats");
  // Late, but there.
  unsigned number = 0;
  REQUIRE(eventually([&] {
    sender.send(number++ % 250);
    return live->status().state == LiveState::live;
  }));
  sender.publication->end("done");
}

TEST_CASE("one that nobody publishes to is closed at once", "[published]") {
  Hall hall;
  const auto begun = std::chrono::steady_clock::now();
  hall.live.reset();
  CHECK(std::chrono::steady_clock::now() - begun < 5s);
}

TEST_CASE("half a picture, within which a publisher breaks off, is not shown; the last whole one is",
          "[published]") {
  silence_ffmpeg();
  // The last of them is a key frame, of many packets.
  const Pictures pictures(26);
  REQUIRE(pictures.payloads.back().size() > 4);
  Hall hall;
  std::uint64_t units = 0;
  const auto units_of = [&](std::size_t missing) {
    const auto publication = pictures.publication(missing);
    const std::uint64_t failures = hall.live->status().failures;
    hall.point->publish(publication);
    REQUIRE(eventually([&] { return hall.live->status().units > units; }));
    publication->end("it left");
    REQUIRE(eventually([&] { return hall.live->status().failures > failures; }));
    return hall.live->status().units - std::exchange(units, hall.live->status().units);
  };
  CHECK(units_of(0) == 26);
  CHECK(units_of(1) == 25);
  CHECK(units_of(pictures.payloads.back().size() - 1) == 25);
}
