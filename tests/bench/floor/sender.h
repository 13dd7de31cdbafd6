#pragma once

#include <optional>
#include <random>

#include "protocol/srtp/session.h"
#include "tests/bench/floor/carrier.h"
#include "tests/bench/floor/recording.h"

namespace lectern::bench {

constexpr std::size_t packets_per_call = 32;

/// Sends recordings to viewers, each a little later than the one before: one sendmsg a unit (or 32 packets of
/// it) and viewer, and nothing around it.
class Sender {
 public:
  /// So many viewers take the recordings in turn; `carrier` has the streams of all, in order. With
  /// `random_places` each begins somewhere, with `seconds` left to send. With a `suite` each stream is
  /// protected by libsrtp under a key of its own.
  Sender(std::vector<Recording> recordings, std::size_t viewers, std::unique_ptr<Carrier> carrier,
         bool random_places, double seconds, std::optional<srtp::Suite> suite);

  /// What is due at `time_us` since the beginning.
  void send_due(std::int64_t time_us);

  [[nodiscard]] std::uint64_t packets() const { return packets_; }
  [[nodiscard]] std::uint64_t failures() const { return failures_; }

 private:
  struct Viewer {
    const Recording* recording;
    std::size_t next;       ///< unit
    std::int64_t shift_us;  ///< from its due time to when it is sent
    std::size_t first_stream;
  };

  /// A stream that is protected.
  struct Stream {
    srtp::Session session;
    std::uint16_t sequence = 0;
  };

  void send_train(std::size_t stream, Bytes packets, std::size_t size);
  Bytes protect_train(Bytes packets, Stream& stream);

  const std::vector<Recording> recordings_;
  std::vector<Viewer> viewers_;
  const std::unique_ptr<Carrier> carrier_;
  std::vector<Stream> streams_;  ///< of all viewers; empty where nothing is protected
  ByteVector protected_;
  std::uint64_t packets_ = 0, failures_ = 0;
};

}  // namespace lectern::bench
