#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "media/asset.h"
#include "media/live/backoff.h"
#include "media/live/live_description.h"
#include "media/live/live_fallback.h"
#include "media/live/live_feed.h"
#include "media/live/live_protector.h"
#include "media/live/live_ring.h"
#include "media/live/live_times.h"
#include "media/live/outage_log.h"
#include "media/live/source.h"

namespace lectern::media {

struct LiveOptions {
  std::string name;  ///< the path it is served under, for the log
  /// Runs only while it has readers; stopped so long after the last one left.
  bool on_demand = false;
  std::chrono::milliseconds close_after{10'000};
  std::chrono::milliseconds first_retry{500}, longest_retry{30'000};
  LiveRingLimits ring;
  /// Sound of so short units, where there is video, may wait so long to leave with the next picture; 0: none.
  MediaTime sound_waits = 0;
  std::size_t max_payload = payload::default_max_payload;
  /// Each packet is protected once for all viewers, beside the plain one.
  std::optional<LiveProtection> protection;
  /// What viewers see while the source is away, or has been connecting for so long; none: nothing.
  Fallback fallback;
  std::chrono::milliseconds fallback_after{8'000};
  Log log = [](Severity, const std::string&) {};
};

enum class LiveState {
  idle,        ///< on demand, and nobody asks
  connecting,  ///< no unit yet
  live,
  away,  ///< failed; tried again after a while
};

struct LiveStatus {
  LiveState state = LiveState::idle;
  std::int64_t since_us = 0;  ///< microseconds since the Unix epoch
  std::string reason;         ///< in plain words, why it is away
  std::size_t readers = 0;
  std::uint64_t connects = 0, failures = 0;
  std::uint64_t units = 0, packets = 0;
  std::uint64_t dropped = 0;   ///< units before the first random access point of a run
  std::uint64_t refused = 0;   ///< units that no packetizer could cut, or that could not be protected
  std::uint64_t repaired = 0;  ///< times that jumped or went back
  std::size_t memory = 0;      ///< bytes held in the ring
  bool fallback = false;       ///< viewers see something else meanwhile
};

/// Live media: one run of the source for any number of viewers. Its thread runs the source, cuts each access
/// unit once and hands the sealed pieces to the loops that have readers. Time 0 of the Live is when it was
/// made; time goes on while the source is away, which is tried again for ever. Functions are thread-safe.
class Live final : private SourceHost {
 public:
  static std::shared_ptr<Live> create(std::unique_ptr<Source> source, LiveOptions options);
  /// Waits for the source to return, which a look-up of a name may delay.
  ~Live() override;
  Live(const Live&) = delete;
  Live& operator=(const Live&) = delete;

  /// Stops the source without waiting; readers come to an end. For good.
  void close();
  /// Closed, and the source has returned: destroyed now, nobody waits.
  [[nodiscard]] bool finished() const { return finished_; }

  /// Counts a reader, from when a viewer first asks until it leaves: what on_demand goes by. A source that is
  /// away is tried at once.
  void add_reader();
  void remove_reader();
  /// Tries at once, where the source is away.
  void kick();

  /// What the source sends; nullptr until it did for the first time.
  [[nodiscard]] std::shared_ptr<const LiveDescription> description() const;
  /// Calls `done` once the source is live and described, at once or on the source's thread; Errc::end where
  /// the Live was closed. Who wants to wait no longer than a time drops what it posts. `done` must not own
  /// the Live, whose last owner cannot be its own thread.
  using Described = std::function<void(Result<std::shared_ptr<const LiveDescription>>)>;
  /// Where `asker` is given and has gone, `done` may be dropped without a call: who waits no longer.
  void when_described(Described done, std::optional<std::weak_ptr<const void>> asker = std::nullopt);
  /// How many wait for it.
  [[nodiscard]] std::size_t waiting() const;

  [[nodiscard]] LiveStatus status() const;
  /// Media time now, and CLOCK_MONOTONIC in microseconds at media time 0.
  [[nodiscard]] MediaTime now() const;
  [[nodiscard]] std::int64_t origin_us() const { return origin_us_; }
  [[nodiscard]] const LiveOptions& options() const { return options_; }

 private:
  friend class LiveFallback;
  friend class LiveFeed;
  enum class From : std::uint8_t { source, fallback };
  Live(std::unique_ptr<Source> source, LiveOptions options);

  [[nodiscard]] bool stopping() const override;
  bool sleep_until(std::int64_t monotonic_us) override;
  [[nodiscard]] std::size_t max_payload() const override { return options_.max_payload; }
  void begin(TrackSelection selection, const std::string& title) override;
  void take(LiveUnit unit) override;

  void run();
  Error run_source();
  bool wait_until_wanted();
  void wait_to_retry();
  void set_state(LiveState state, std::string reason = {});  // with the mutex held
  void ended(const Error& why);
  bool describe(TrackSelection selection, const std::string& title);
  bool admit(const Unit& unit);
  bool ends_fallback(const Unit& unit) const;
  void clear();                       // with the mutex held
  void bar_joining();                 // with the mutex held
  [[nodiscard]] bool is_out() const;  // with the mutex held: viewers are to see the fallback
  void seal(Unit unit, std::shared_ptr<LivePiece> piece, const std::vector<Track>& tracks,
            Packetizers& packetizers, From from);
  [[nodiscard]] MediaTime patience_for(const LivePiece& piece) const;
  void publish(std::shared_ptr<LivePiece> piece, From from);
  std::int64_t wall_origin(const LiveUnit& live, const Unit& placed);
  void attach(const std::shared_ptr<LiveInbox>& inbox);
  void note_refusal(std::size_t units, const std::string& reason);
  void note_repair(TimeFault fault, std::size_t track);
  void share(LiveDescription& made);
  void renew_keys();

  const LiveOptions options_;
  const std::unique_ptr<Source> source_;
  const std::int64_t origin_us_;
  const std::uint64_t id_;

  // Of the source's thread alone; where there is a fallback, of who holds feeding_, which comes before
  // mutex_.
  std::mutex feeding_;
  LiveTimes times_;
  Packetizers packetizers_;
  std::optional<LiveProtector> protector_;  // of the streams of described_, where they are shared
  std::shared_ptr<const LiveDescription> described_;
  Backoff backoff_;
  std::vector<bool> begun_;  // of each track of this run: a random access point was there
  MediaTime run_began_ = 0;
  bool unit_taken_ = false;
  std::optional<std::int64_t> wall_origin_us_;
  std::optional<MediaTime> refusal_logged_;
  std::array<std::optional<MediaTime>, time_faults> repair_logged_;
  OutageLog outage_log_;

  std::atomic<bool> closed_ = false, finished_ = false;
  std::atomic<std::size_t> readers_ = 0;
  std::atomic<std::int64_t> left_us_ = 0;  // when the last reader left, CLOCK_MONOTONIC

  mutable std::mutex mutex_;  // guards what follows
  std::condition_variable changed_;
  bool kicked_ = false;
  LiveStatus status_;
  LiveRing ring_;
  std::shared_ptr<const LiveDescription> description_;
  struct Waiting {
    Described done;
    std::optional<std::weak_ptr<const void>> asker;
  };
  std::vector<Waiting> waiting_;
  std::vector<std::weak_ptr<LiveInbox>> inboxes_;
  std::uint64_t joinable_ = 0;  // reading begins with no piece before
  MediaTime state_since_ = 0;

  std::unique_ptr<LiveFallback> fallback_;
  std::thread thread_;  // last: it uses all of the above
};

/// Counts as a reader of a Live while it lives.
class LiveReader {
 public:
  explicit LiveReader(std::shared_ptr<Live> live) : live_(std::move(live)) { live_->add_reader(); }
  ~LiveReader() { live_->remove_reader(); }
  LiveReader(const LiveReader&) = delete;
  LiveReader& operator=(const LiveReader&) = delete;
  [[nodiscard]] const std::shared_ptr<Live>& live() const { return live_; }

 private:
  const std::shared_ptr<Live> live_;
};

}  // namespace lectern::media
