#include "server/rtsp/session_tracks.h"

#include <catch2/catch.hpp>

namespace lectern::server {
namespace {

/// Video of 90 kHz, and sound of 48 kHz.
class Film final : public Presentation {
 public:
  Film() : tracks_(2) {
    tracks_[0].format.media = "video";
    tracks_[0].format.clock_rate = 90'000;
    tracks_[1].format.media = "audio";
    tracks_[1].format.clock_rate = 48'000;
  }
  [[nodiscard]] const std::vector<media::Track>& tracks() const override { return tracks_; }
  [[nodiscard]] std::size_t anchor() const override { return 0; }
  [[nodiscard]] bool live() const override { return false; }
  [[nodiscard]] media::MediaTime duration() const override { return 0; }
  [[nodiscard]] std::int64_t recorded_at() const override { return 0; }
  [[nodiscard]] std::int64_t origin_us() const override { return 0; }
  [[nodiscard]] std::chrono::seconds start_timeout() const override { return {}; }
  [[nodiscard]] std::uint64_t bit_rate(media::TrackMask) const override { return 0; }
  [[nodiscard]] sdp::SessionDescription describe() const override { return {}; }
  [[nodiscard]] std::shared_ptr<media::Cursor> open(ReaderHost&, std::function<void()>) const override {
    return nullptr;
  }

 private:
  std::vector<media::Track> tracks_;
};

/// Keeps the size of each RTCP packet.
class Kept final : public Delivery {
 public:
  explicit Kept(std::vector<std::size_t>& rtcp) : rtcp_(rtcp) {}
  std::size_t send(std::span<Gathered> packets) override { return packets.size(); }
  void send_rtcp(Bytes compound) override { rtcp_.push_back(compound.size()); }
  [[nodiscard]] bool ready() const override { return true; }
  void flush() override {}

 private:
  std::vector<std::size_t>& rtcp_;
};

}  // namespace

TEST_CASE("A track is set up once, and sound plays at scale 1 alone", "[session_tracks]") {
  SessionTracks tracks(std::make_shared<Film>());
  CHECK(tracks.at_scale(1) == 0);
  SessionTrack& sound = tracks.add(1, "rtsp://h/track2", 7, {});
  CHECK(&tracks.add(1, "another", 8, {}) == &sound);
  CHECK(sound.ssrc() == 7);
  CHECK(sound.url() == "rtsp://h/track2");
  tracks.add(0, "rtsp://h/track1", std::nullopt, {});
  CHECK(tracks.all().size() == 2);
  CHECK(tracks.at_scale(1) == 3);
  CHECK(tracks.at_scale(2) == 1);
  tracks.remove(0);
  CHECK(tracks.find(0) == nullptr);
  CHECK(tracks.find(1) == &sound);
  CHECK(tracks.at_scale(2) == 0);
}

TEST_CASE("The earliest track leads", "[session_tracks]") {
  SessionTracks tracks(std::make_shared<Film>());
  tracks.add(0, "", std::nullopt, {});
  tracks.add(1, "", std::nullopt, {});
  media::ReadStart start;
  start.position = 2'000'000;
  start.first_ticks = {180'000, std::nullopt};
  CHECK(tracks.lead_of(start) == 0);
  start.first_ticks[1] = 48'000;
  CHECK(tracks.lead_of(start) == 1'000'000);
}

TEST_CASE("Reports are due at once, then at the earliest of all; a BYE only where one is owed",
          "[session_tracks]") {
  SessionTracks tracks(std::make_shared<Film>());
  std::vector<std::size_t> video, sound;
  tracks.add(0, "", std::nullopt, {}).set_delivery(std::make_unique<Kept>(video));
  tracks.add(1, "", std::nullopt, {}).set_delivery(std::make_unique<Kept>(sound));
  PlaybackClock clock;
  clock.play({});
  tracks.say_bye(1, clock, "name", "early");
  CHECK(video.empty());
  const std::int64_t next = tracks.report(1, clock, "name", 60'000'000);
  CHECK(video.size() == 1);
  CHECK(sound.size() == 1);
  CHECK(next > 1);
  CHECK(next < 10'000'000);
  CHECK(tracks.report(next - 1, clock, "name", next + 60'000'000) == next);
  CHECK(video.size() + sound.size() == 2);
  CHECK(tracks.report(next, clock, "name", next + 60'000'000) > next);
  CHECK(video.size() + sound.size() >= 3);
  tracks.say_bye(next, clock, "name", "end");
  tracks.say_bye(next, clock, "name", "end");
  CHECK(video.size() + sound.size() <= 6);
  CHECK(video.back() > video.front());
}

}  // namespace lectern::server
