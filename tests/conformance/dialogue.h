#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tests/support/login.h"
#include "tests/support/rtsp_client.h"
#include "tests/support/server_process.h"
#include "tests/support/udp_pair.h"

namespace lectern::test {

/// One thing that a player sends. In `text` stand for what is known only in the talk itself: {url}, {cseq},
/// {session}, {ports} (a pair of UDP ports), {digest METHOD URL} (Authorization), {cookie}, {place} (one
/// of `places` numbers, the same for a source).
struct Line {
  enum class Way {
    connection,  ///< as it is
    get,         ///< the connection of a tunnel's GET, as it is
    post_head,   ///< that of its POST, as it is
    post,        ///< the same, in base64
    rtcp,        ///< a datagram to where the last SETUP has said that RTCP goes
  };
  std::string text;
  int status = 200;  ///< of its answer; 0 where it has none
  Way way = Way::connection;
};

inline constexpr std::size_t places = 50;

/// What a player says from its connecting on, all of it valid.
struct Dialogue {
  std::string name;
  std::vector<Line> lines;
};

/// An RTSP request with {cseq}, to {url} + `path`.
Line request(std::string_view method, std::string_view path, const Headers& headers = {}, int status = 200,
             const std::string& body = "");
/// The same by a tunnel.
Line in_tunnel(Line line);
/// An interleaved frame.
Line frame(std::uint8_t channel, const std::string& data);

/// A dialogue that is being held, from an address of its own.
class Talk {
 public:
  Talk(const ServerProcess& server, const Dialogue& dialogue, const std::string& source);

  /// Says the next line as it stands, and waits for its answer: whether that is the right one.
  bool go_on();
  [[nodiscard]] std::size_t position() const { return position_; }
  /// The next line and those behind it that go the same way, as they would be sent.
  std::vector<std::string> rest();
  /// Sends that in place of the next line, on its way; `plain`: what it is before base64.
  void say(const std::string& bytes, bool plain);
  /// What has come back meanwhile, its status codes counted: a complaint about it, empty where all of it is
  /// well-formed and none is a failure of the server itself.
  std::string read_back(std::map<int, int>& statuses);
  /// Whether the server has closed one of its connections.
  [[nodiscard]] bool is_over() const { return over_; }

 private:
  const Line& line() const { return dialogue_.lines.at(position_); }
  std::string filled(const std::string& text);
  std::string value_of(std::string_view variable);
  RtspClient& connection_of(Line::Way way);
  RtspClient& answering(Line::Way way);
  void learn(const Answer& answer);

  const ServerProcess& server_;
  const Dialogue& dialogue_;
  const std::string source_;
  std::optional<RtspClient> main_, get_, post_;
  std::optional<UdpPair> ports_;
  std::uint16_t server_rtcp_ = 0;
  std::string session_, cookie_;
  std::optional<ChallengeText> challenge_;
  std::size_t position_ = 0;
  int cseq_ = 0;
  bool over_ = false;
};

}  // namespace lectern::test
