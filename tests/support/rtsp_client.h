#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "tests/support/socket.h"
#include "tests/support/tls_client.h"

namespace lectern::test {

using Headers = std::vector<std::pair<std::string, std::string>>;

/// An RTSP (or HTTP) response as it came; `status` 0 stands for none: closed, or late. RFC 2326 7.
struct Answer {
  int status = 0;
  std::string version;
  std::string reason;
  Headers headers;  ///< in the order of the wire, values trimmed
  std::string body;

  /// The first of that name, any case; empty when there is none.
  std::string header(std::string_view name) const;
  bool has(std::string_view name) const;
  /// The id in the Session header, without its parameters.
  std::string session() const;
};

/// Data between `$` and the next message. RFC 2326 10.12.
struct Frame {
  std::uint8_t channel = 0;
  std::string data;
};

struct Closed {};
struct Late {};
using Event = std::variant<Answer, Frame, Closed, Late>;

/// A blocking client that sends whatever it is told to; every read has a deadline. All is noted in the
/// Transcript.
class RtspClient {
 public:
  /// `source`: the numeric address to connect from; `receive_buffer`: SO_RCVBUF in bytes, 0 the system's.
  RtspClient(const std::string& host, std::uint16_t port, const std::string& source = "",
             int receive_buffer = 0);
  /// By RTSPS.
  static RtspClient over_tls(const std::string& host, std::uint16_t port, int receive_buffer = 0,
                             const std::string& source = "");

  /// Bytes as they are. A peer that has closed is no error here; the next read tells.
  void send(std::string_view bytes);
  /// Composes and numbers (CSeq) a request, adds Content-Length for a body.
  std::string compose(std::string_view method, std::string_view url, const Headers& headers = {},
                      std::string_view body = "");
  /// compose and send.
  void send_request(std::string_view method, std::string_view url, const Headers& headers = {},
                    std::string_view body = "");
  /// send_request and the answer to it.
  Answer request(std::string_view method, std::string_view url, const Headers& headers = {},
                 std::string_view body = "");

  /// Whatever comes next.
  Event next(milliseconds timeout);
  /// The next answer; frames before it are kept for passed().
  Answer answer(milliseconds timeout = milliseconds(3000));
  /// The next frame; nullopt when none came in time, the peer closed, or an answer came.
  std::optional<Frame> frame(milliseconds timeout = milliseconds(2000));
  /// True when the peer closes in time, whatever it sends before.
  bool closes(milliseconds timeout = milliseconds(3000));

  /// Takes the frames that answer() went past.
  std::vector<Frame> passed() { return std::exchange(passed_, {}); }
  int last_cseq() const { return cseq_; }
  /// Closes at once; `reset`: with RST in place of FIN.
  void disconnect(bool reset = false);

 private:
  bool fill(Clock::time_point deadline);
  std::optional<Event> parse();
  std::optional<Answer> parse_answer();

  Socket socket_;
  std::unique_ptr<TlsClient> tls_;
  std::string name_;
  std::string buffer_;
  std::vector<Frame> passed_;
  int cseq_ = 0;
  bool eof_ = false;
};

bool same_name(std::string_view a, std::string_view b);
std::string_view trimmed(std::string_view text);

}  // namespace lectern::test
