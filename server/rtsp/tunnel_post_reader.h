#pragma once

#include <memory>

#include "protocol/base/base64_decoder.h"
#include "server/net/stream.h"
#include "server/rtsp/tunnel.h"

namespace lectern::server {

/// Reads the body of a tunnel's POST and hands it, decoded, to the loop of the GET, a read at a time: the
/// next one waits in the kernel until that was taken. The POST is never answered, but where it is refused,
/// and its Content-Length means nothing (players send 32767, and more bytes than that).
class TunnelPostReader final : public Stream::Handler,
                               public TunnelPost,
                               public std::enable_shared_from_this<TunnelPostReader> {
 public:
  /// What its connection does for it.
  class Connection {
   public:
    virtual ~Connection() = default;
    virtual void post_refused(rtsp::StatusCode status, const std::string& why) = 0;
    virtual void post_ended() = 0;
  };

  /// `stream` and `connection` outlive it; `begun` is what of the body has come already.
  TunnelPostReader(Stream& stream, Connection& connection, TunnelPostId id, Remote<TunnelGet> get,
                   ByteVector begun);
  ~TunnelPostReader() override;

  /// `post` runs tasks on the loop of the stream.
  void start(const Remote<TunnelPost>::Post& post);

  void go_on() override;
  void refuse(rtsp::StatusCode status, const std::string& why) override;
  void drop() override;

 private:
  MutableBytes writable() override;
  void committed(std::size_t size) override;
  void closed(CloseReason reason, int error) override;
  void pass_on(Bytes text);
  void say_ended();

  Stream& stream_;
  Connection& connection_;
  const TunnelPostId id_;
  const Remote<TunnelGet> get_;
  Base64Decoder decoder_;
  ByteVector begun_;
  bool over_ = false;  ///< the GET expects nothing from it any more
};

}  // namespace lectern::server
