#pragma once

#include <memory>
#include <random>
#include <string>
#include <vector>

#include "protocol/rtsp/url.h"
#include "protocol/sdp/description.h"
#include "tests/bench/load/control_reader.h"
#include "tests/bench/load/datagram_input.h"
#include "tests/bench/load/options.h"
#include "tests/bench/load/poller.h"
#include "tests/bench/load/stream_check.h"
#include "tests/bench/load/tls_link.h"

namespace lectern::bench {

/// One viewer of one URL: connects, sets up all tracks, plays, and checks what comes.
class Viewer final : public Source {
 public:
  enum class State : std::uint8_t { connecting, describing, setting_up, starting, playing, ended, failed };
  struct Plan {
    rtsp::Url url;
    Carrier carrier = Carrier::udp;
    bool srtp = false;
    bool whole_trains = false;  ///< see DatagramInput
    /// Where in the file it begins: a fraction of the duration; negative: at the beginning, unasked.
    double place = -1;
    std::int64_t reseek_us =
        0;  ///< after so long it seeks to a place of its choice, again and again; 0: never
  };

  /// Connects at once. Throws std::runtime_error where the host is unknown or descriptors are used up.
  Viewer(Poller& poller, Plan plan, Totals& totals);
  ~Viewer() override;
  Viewer(const Viewer&) = delete;
  Viewer& operator=(const Viewer&) = delete;

  /// Keeps the session alive where that is due.
  void tick(std::int64_t now);
  /// TEARDOWN, without a wait for its answer.
  void leave();

  [[nodiscard]] State state() const { return state_; }
  [[nodiscard]] const std::string& failure() const { return failure_; }
  /// Until the first RTP packet of any track came, from connect() on; nullopt before.
  [[nodiscard]] std::optional<std::int64_t> start_up_us() const;
  /// Until DESCRIBE was answered, from when it was sent.
  [[nodiscard]] std::int64_t describe_us() const { return describe_us_; }
  [[nodiscard]] std::uint32_t socket_drops() const;
  /// The longest that one of its tracks was without a packet since PLAY was answered, until it left.
  [[nodiscard]] std::int64_t longest_silence_us() const;
  /// How long one of its tracks is without a packet by now; 0 where it does not play.
  [[nodiscard]] std::int64_t silence_us(std::int64_t now) const;
  void append_lateness(std::int64_t from_us, std::int64_t to_us, std::vector<std::int64_t>& lateness) const;

 private:
  struct Track {
    std::string url;
    StreamCheck check;
    std::unique_ptr<DatagramInput> rtp, rtcp;
  };

  void ready(bool readable, bool writable) override;
  void connect();
  void go_on_connecting();
  void describe();
  void read();
  void read_tls();
  void feed(Bytes bytes);
  [[nodiscard]] bool send(std::string_view text);
  void request(rtsp::Method method, const std::string& url, rtsp::Headers headers);
  void answered(const rtsp::Response& response);
  void described(const rtsp::Response& response);
  void set_up_next();
  void set_up(const rtsp::Response& response);
  void play();
  void seek();
  void started(const rtsp::Response& response);
  void fail(std::string why);

  Poller& poller_;
  const Plan plan_;
  Totals& totals_;
  const std::int64_t born_us_;
  int family_ = 0;
  server::FileDescriptor socket_;
  std::unique_ptr<TlsLink> tls_;  ///< for rtsps
  ControlReader reader_;
  State state_ = State::connecting;
  std::string failure_;
  std::string session_, aggregate_;
  double duration_ = 0;
  std::vector<std::unique_ptr<Track>> tracks_;
  std::size_t next_track_ = 0;
  unsigned cseq_ = 0;
  std::int64_t asked_us_ = 0, describe_us_ = 0, spoken_us_ = 0, sought_us_ = 0, ended_us_ = 0;
  std::minstd_rand random_{static_cast<std::minstd_rand::result_type>(born_us_)};
};

}  // namespace lectern::bench
