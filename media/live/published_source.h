#pragma once

#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include "media/live/packet_queue.h"
#include "media/live/source.h"

namespace lectern::media {

/// What one publisher sends, on its way from the loop that receives it to the thread that reads it.
class Publication {
 public:
  /// `sdp`: Announcement::inner_sdp, of the packets that come through `packets`, RTP and sender reports, as
  /// the announcement has them. `reordered`: they may come in another order than they were sent.
  Publication(std::string publisher, std::string sdp, bool reordered)
      : publisher_(std::move(publisher)), sdp_(std::move(sdp)), reordered_(reordered), packets_(capacity) {}

  [[nodiscard]] const std::string& publisher() const { return publisher_; }
  [[nodiscard]] const std::string& sdp() const { return sdp_; }
  [[nodiscard]] bool reordered() const { return reordered_; }
  PacketQueue& packets() { return packets_; }

  /// The publisher has left; `why` is for the log, and left out where there is no memory for it. From any
  /// thread.
  void end(std::string_view why);
  [[nodiscard]] std::string why_ended() const;

 private:
  /// A second of 16 Mbit/s, and more than a key frame of any camera.
  static constexpr std::size_t capacity = std::size_t{2} << 20;

  const std::string publisher_, sdp_;
  const bool reordered_;
  PacketQueue packets_;
  mutable std::mutex mutex_;
  std::string why_;
};

/// Where what is published to a path is handed over. Thread-safe.
class PublishPoint {
 public:
  /// What is read from here on; one that was before has ended.
  void publish(std::shared_ptr<Publication> publication);
  /// nullptr where none comes within `patience`; one that has ended is none.
  std::shared_ptr<Publication> wait(std::chrono::milliseconds patience);

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::shared_ptr<Publication> current_;
};

/// Live media that somebody sends here: it waits for a publisher, and reads it until it leaves.
class PublishedSource final : public Source {
 public:
  /// `patience`: how long a publisher may take to send what tells its formats.
  PublishedSource(std::shared_ptr<PublishPoint> point, std::chrono::milliseconds patience)
      : point_(std::move(point)), patience_(patience) {}

  Error run(SourceHost& host) override;
  [[nodiscard]] std::string name() const override;
  [[nodiscard]] std::string beginning() const override { return "waiting for a publisher"; }

 private:
  class Reading;

  const std::shared_ptr<PublishPoint> point_;
  const std::chrono::milliseconds patience_;
  std::shared_ptr<Publication> read_;  ///< the one that run() has read last
};

}  // namespace lectern::media
