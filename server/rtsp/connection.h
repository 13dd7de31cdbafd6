#pragma once

#include <array>
#include <memory>
#include <string>
#include <vector>

#include "protocol/rtsp/parser.h"
#include "server/net/stream.h"
#include "server/rtsp/carried.h"
#include "server/rtsp/exchange.h"
#include "server/rtsp/request_rate.h"
#include "server/rtsp/tunnel_post_reader.h"
#include "server/srtp/key_offer.h"

namespace lectern::server {

struct TunnelKey;

/// An RTSP connection: requests in, answers out in their order, interleaved media between them. One that
/// begins with the GET of a tunnel is that behind it; one that begins with a POST only feeds the tunnel's.
class Connection final : public Stream::Handler,
                         public std::enable_shared_from_this<Connection>,
                         private TunnelPostReader::Connection {
 public:
  /// `secure`: `stream` is one in TLS.
  Connection(RtspLoop& owner, std::unique_ptr<Stream> stream, bool secure);
  ~Connection() override;
  void start() { stream_->start(*this); }

  Stream& stream() { return *stream_; }
  /// Whether it is over TLS (RTSPS).
  [[nodiscard]] bool secure() const { return secure_; }
  [[nodiscard]] const Endpoint& peer() const { return peer_; }
  [[nodiscard]] std::int64_t last_request_us() const { return last_request_us_; }
  /// Since when a message is on its way; the first one is from the start. nullopt between messages.
  [[nodiscard]] std::optional<std::int64_t> awaited_since_us() const { return awaited_since_us_; }
  /// The session that was last controlled from here; empty before one was.
  [[nodiscard]] const std::string& session() const { return session_; }

  /// The SRTP keys that its answers to DESCRIBE have handed out.
  KeyOffers& key_offers() { return key_offers_; }

  /// Who has logged in here last; empty where nobody has.
  [[nodiscard]] const std::string& user() const { return user_; }
  void set_user(const std::string& user) { user_ = user; }

  /// Closed, and about to be destroyed.
  [[nodiscard]] bool gone() const { return gone_; }

  /// It owes an answer that can never come, as who was to give it ran out of memory.
  [[nodiscard]] bool forsaken() const { return busy_ && owed_.expired(); }
  /// It has answered, and was not told to go on with process().
  [[nodiscard]] bool left_over() const { return left_over_ && !gone_; }
  /// Handles the messages that are there.
  void process();

  /// Whether media of a session goes over it.
  [[nodiscard]] bool carries() const { return !carried_.empty(); }
  /// Whether it began with the GET of a tunnel.
  [[nodiscard]] bool tunnelled() const { return tunnelled_; }
  /// Whether it is the POST of a tunnel, which lives as long as that.
  [[nodiscard]] bool feeds_tunnel() const { return post_ != nullptr; }

  struct Channels {
    std::uint8_t rtp, rtcp;
  };
  /// Takes a pair of interleaved channels for a session's track: the pair asked for where it is free, else
  /// the one it had, else the lowest free one. What it had `before` is freed. nullopt, and nothing has
  /// changed, where none is free.
  std::optional<Channels> claim_channels(std::optional<Channels> asked, std::optional<Channels> before,
                                         Carried& session);
  /// Frees the channels of a session's tracks that end.
  void release_channel(std::uint8_t channel);
  void forget(const Carried& session);
  /// Closes at once.
  void drop();
  /// The message took too long: 408 and close.
  void time_out();

 private:
  MutableBytes writable() override { return arriving_ = parser_.writable(); }
  void committed(std::size_t size) override;
  void drained() override;
  void closed(CloseReason reason, int error) override;

  /// Whether the next message may be handled. Where not, what follows waits in the kernel.
  [[nodiscard]] bool may_go_on() const;
  void handle_messages();
  void go_on_next_turn();
  /// Reads on once it may ask again.
  void slow_down();
  void find_carried();
  void handle(rtsp::Request request);
  bool admit(Exchange& exchange);
  void handle_http(const rtsp::Request& request);
  void begin_tunnel(const TunnelKey& key);
  void join_tunnel(const TunnelKey& key);
  void refuse_http(const rtsp::Response& response);
  void post_refused(rtsp::StatusCode status, const std::string& why) override;
  void post_ended() override { drop(); }
  void respond(const std::string& cseq, rtsp::Response response);
  void refuse_and_close(rtsp::StatusCode status, std::optional<std::uint32_t> cseq, const std::string& why);
  void received(const rtsp::Interleaved& frame);

  RtspLoop& owner_;
  const Endpoint peer_;
  const bool secure_;
  std::unique_ptr<Stream> stream_;
  std::shared_ptr<TunnelPostReader> post_;  ///< reads the stream in place of the parser
  rtsp::Parser parser_;
  MutableBytes arriving_;          ///< where the next bytes are read to
  std::optional<rtsp::Url> base_;  ///< what a bare path is on: the last URL with a host
  std::array<Carried*, 256> channels_{};
  std::vector<Carried*> carried_;  ///< each of channels_ once
  std::string session_, user_;
  KeyOffers key_offers_;
  std::int64_t last_request_us_;
  RequestRate rate_;
  std::optional<std::int64_t> awaited_since_us_;
  bool spoken_ = false;  ///< something has arrived
  bool asked_ = false;   ///< a request has come
  bool tunnelled_ = false;
  bool busy_ = false;               ///< an answer is owed
  std::weak_ptr<const bool> owed_;  ///< as long as it may come
  bool left_over_ = false;          ///< process() is due
  bool processing_ = false;
  bool yielded_ = false;  ///< goes on in the next turn
  bool slowed_ = false;   ///< has asked more often than it may
  bool closing_ = false;  ///< no request is read any more
  bool gone_ = false;
};

}  // namespace lectern::server
