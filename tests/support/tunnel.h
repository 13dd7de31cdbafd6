#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "tests/support/rtsp_client.h"
#include "tests/support/server_process.h"

namespace lectern::test {

std::string base64_of(std::string_view bytes);

/// A GET or POST as a player of RTSP over HTTP sends it.
std::string tunnel_head(std::string_view method, std::string_view path, std::string_view cookie,
                        const Headers& more = {});

/// RTSP tunnelled over HTTP: answers and media come by the GET, requests go by the POST.
class Tunnel {
 public:
  /// GET and POST, by RTSPS where `tls`; REQUIREs the 200 of the GET.
  Tunnel(const ServerProcess& server, const std::string& path, bool tls = false,
         const std::string& source = "");

  /// RTSP bytes, in base64 with its padding.
  void send(std::string_view bytes) { post.send(base64_of(bytes)); }
  void send_request(std::string_view method, std::string_view url, const Headers& headers = {},
                    std::string_view body = "");
  Answer request(std::string_view method, std::string_view url, const Headers& headers = {},
                 std::string_view body = "");

  static std::string next_cookie();

  const std::string cookie;
  RtspClient get, post;
};

}  // namespace lectern::test
