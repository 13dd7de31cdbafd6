#pragma once

#include <memory>
#include <string>
#include <vector>

#include "media/file_cursor.h"
#include "server/loop/timer.h"
#include "server/paths/recording.h"
#include "server/rtsp/rtsp_loop.h"
#include "tests/support/rtp_view.h"

namespace lectern::test {

/// What a session has sent, as the recording deliveries of all its tracks saw it.
struct Wire {
  struct Rtp {
    std::int64_t at_us = 0;
    std::int64_t turn_us = 0;  ///< of the loop, the same for all that it sent in one go
    std::size_t track = 0;
    bool marker = false;
    std::uint16_t sequence = 0;
    std::uint32_t timestamp = 0;
    Bytes payload;  ///< compare its size only: the segment may be gone
  };
  struct Rtcp {
    std::int64_t at_us = 0;
    std::size_t track = 0;
    std::size_t rtp_before = 0;  ///< RTP packets of all tracks that were sent before it
    RtcpPacket packet;
  };
  std::vector<Rtp> rtp;
  std::vector<Rtcp> rtcp;
  std::size_t room = SIZE_MAX;  ///< packets that the viewer still takes
  std::uint64_t sum = 0;        ///< of the octets

  [[nodiscard]] std::vector<Rtp> of(std::size_t track) const;
  [[nodiscard]] std::size_t byes() const;
  void clear();
};

/// One loop on the thread of the test, and a session on it that plays a file, or what else, to a Wire.
class SessionBench {
 public:
  explicit SessionBench(const std::string& file);
  explicit SessionBench(std::shared_ptr<const server::Presentation> presentation);
  ~SessionBench();

  void set_up(std::size_t track);
  void set_up_all();
  /// As PLAY does: begins, answers, sends. Waits for the answer.
  Result<server::PlayBegun> play(const server::PlayOrder& order = {});
  media::MediaTime pause();
  /// Runs the loop until `done`, or fails the test after `seconds`.
  void run_until(const std::function<bool()>& done, double seconds = 20);
  void run_for(std::chrono::milliseconds time);
  /// The trains of a track from the beginning of the file on. This and the two below: of a file alone.
  std::vector<media::Train> trains(std::size_t track);
  const media::Asset& asset() const { return *asset_; }
  const server::Recording& recording() const { return *recording_; }

  server::Session& session() { return *session_; }
  server::RtspLoop& owner() { return *owner_; }
  Wire wire;

 private:
  SessionBench();
  void add_session(const std::string& path);

  server::Worker worker_{"bench"};  // before the context: the library posts to it until it has ended
  server::ServerContext context_;
  std::unique_ptr<server::RtspLoop> owner_;
  std::shared_ptr<media::Asset> asset_;
  std::shared_ptr<const server::Recording> recording_;
  std::shared_ptr<const server::Presentation> presentation_;  // recording_, or not of a file
  std::shared_ptr<server::Session> session_;
};

}  // namespace lectern::test
