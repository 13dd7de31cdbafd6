#pragma once

#include <condition_variable>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "media/live/live.h"
#include "media/live/live_cursor.h"
#include "tests/support/asset_reading.h"

namespace lectern::test {

/// What a cursor gave of one unit or a part of it.
struct ReadTrain {
  media::Train train;
  std::vector<std::string> payloads;
};

/// The payloads of one track, in order.
std::vector<std::string> payloads_of(const std::vector<ReadTrain>& trains, unsigned track);

/// A cursor on a loop that is the test's thread.
class LiveTestReader {
 public:
  explicit LiveTestReader(const std::shared_ptr<media::Live>& live,
                          media::LiveJoin join = media::LiveJoin::newest_point);

  /// Waits for the start.
  Result<media::ReadStart> start(media::TrackMask tracks = 0xff);
  /// So many trains, or fewer where the cursor ends, or gives nothing for long.
  std::vector<ReadTrain> read(std::size_t count);
  /// Runs what was posted.
  void turn();

  Posts posts;
  unsigned wakes = 0;
  media::LiveReader reader;
  std::shared_ptr<media::LiveFeed> feed;
  std::unique_ptr<media::LiveCursor> cursor;
};

/// Waits for the description; nullptr where there is none within the patience.
std::shared_ptr<const media::LiveDescription> description_of(
    media::Live& live, std::chrono::milliseconds patience = std::chrono::seconds(20));
/// Waits until `done`, with a deadline.
bool eventually(const std::function<bool()>& done,
                std::chrono::milliseconds patience = std::chrono::seconds(20));

/// A source that gives what the test tells it to.
class FakeSource final : public media::Source {
 public:
  struct Script {
    std::mutex mutex;
    std::condition_variable changed;
    std::deque<media::LiveUnit> units;
    std::vector<media::Track> tracks;
    bool ends = false;  ///< fails once the units are given
    unsigned runs = 0;

    void give(media::LiveUnit unit);
    void set_ends(bool yes);
  };
  explicit FakeSource(std::shared_ptr<Script> script) : script_(std::move(script)) {}
  Error run(media::SourceHost& host) override;
  [[nodiscard]] std::string name() const override { return "fake"; }

 private:
  const std::shared_ptr<Script> script_;
};

/// A track whose packetizer cuts into pieces of 1000 bytes, and refuses what begins with '!'.
media::Track cut_track(const std::string& medium, const std::string& control = "track1");
/// `size` bytes of `fill`.
media::LiveUnit live_unit(std::uint8_t track, media::MediaTime dts, bool random_access, char fill = 'a',
                          std::size_t size = 100);

}  // namespace lectern::test
