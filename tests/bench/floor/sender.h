#pragma once

#include <netinet/in.h>

#include <optional>
#include <random>

#include "protocol/srtp/session.h"
#include "server/loop/file_descriptor.h"
#include "tests/bench/floor/recording.h"

namespace lectern::bench {

/// Sends recordings to one socket for each viewer and stream, each viewer a little later than the one before:
/// one sendmsg with UDP_SEGMENT a unit (or 32 packets of it) and viewer, and nothing around it.
class Sender {
 public:
  /// The viewers take the recordings in turn, and `ports` in order, one for each stream. With `random_places`
  /// each begins somewhere, with `seconds` left to send. With a `suite` each stream is protected by libsrtp
  /// under a key of its own.
  Sender(std::vector<Recording> recordings, const std::vector<std::uint16_t>& ports, bool random_places,
         double seconds, std::optional<srtp::Suite> suite);

  /// What is due at `time_us` since the beginning.
  void send_due(std::int64_t time_us);

  [[nodiscard]] std::uint64_t packets() const { return packets_; }
  [[nodiscard]] std::uint64_t failures() const { return failures_; }

 private:
  struct Viewer {
    const Recording* recording;
    std::size_t next;       ///< unit
    std::int64_t shift_us;  ///< from its due time to when it is sent
    std::size_t first_address;
  };

  /// A stream that is protected.
  struct Stream {
    srtp::Session session;
    std::uint16_t sequence = 0;
  };

  /// Packets of `size` bytes each, the last maybe of fewer.
  void send_train(const sockaddr_in& to, Bytes packets, std::size_t size);
  Bytes protect_train(Bytes packets, Stream& stream);

  const std::vector<Recording> recordings_;
  std::vector<Viewer> viewers_;
  std::vector<sockaddr_in> addresses_;
  std::vector<Stream> streams_;  ///< one an address; empty where nothing is protected
  ByteVector protected_;
  server::FileDescriptor socket_;
  std::uint64_t packets_ = 0, failures_ = 0;
};

}  // namespace lectern::bench
