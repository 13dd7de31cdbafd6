#pragma once

#include <functional>
#include <memory>
#include <optional>

#include "protocol/rtsp/message.h"
#include "protocol/rtsp/url.h"
#include "server/net/address.h"

namespace lectern::server {

class Connection;
class RtspLoop;
class Session;
struct Served;

/// One request and the one answer to it, which may come later. Travels to the loop of the session it names.
struct Exchange {
  rtsp::Request request;
  rtsp::Url url;  ///< a full one, or `*`
  Endpoint peer;
  Endpoint local;       ///< where the peer has connected to
  bool secure = false;  ///< came in over TLS
  /// Who sends it, empty where nobody has logged in; absent where it was not asked for.
  std::optional<std::string> user;
  bool granted_elsewhere = false;  ///< by the word of the external check
  /// The configuration by which that was decided; nullptr where nothing was.
  std::shared_ptr<const Served> decided_by;
  /// Where the request came in; expired, or empty on another loop than its own.
  std::weak_ptr<Connection> connection;
  /// Called once; CSeq and Server are added on the way.
  std::function<void(rtsp::Response)> respond;

  /// `why` is for the person at the player: it stands behind the status code's own phrase.
  static rtsp::Response refusal(rtsp::StatusCode status, std::string_view why = {}) {
    rtsp::Response response;
    response.status = status;
    if (!why.empty()) response.reason = std::string(rtsp::reason(status)).append(": ").append(why);
    return response;
  }
  void refuse(rtsp::StatusCode status, std::string_view why = {}) const { respond(refusal(status, why)); }
};

using ExchangePtr = std::shared_ptr<Exchange>;

}  // namespace lectern::server
