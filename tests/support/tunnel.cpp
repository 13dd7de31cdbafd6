#include "tests/support/tunnel.h"

#include <openssl/evp.h>
#include <unistd.h>

#include <catch2/catch.hpp>

namespace lectern::test {
namespace {

RtspClient connect(const ServerProcess& server, bool tls, const std::string& source) {
  return tls ? RtspClient::over_tls(server.host(), server.rtsps_port())
             : RtspClient(server.host(), server.port(), source);
}

}  // namespace

std::string base64_of(std::string_view bytes) {
  std::string text(4 * ((bytes.size() + 2) / 3) + 1, '\0');
  const int size =
      EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()),
                      reinterpret_cast<const unsigned char*>(bytes.data()), static_cast<int>(bytes.size()));
  text.resize(static_cast<std::size_t>(size));
  return text;
}

std::string tunnel_head(std::string_view method, std::string_view path, std::string_view cookie,
                        const Headers& more) {
  std::string text;
  text.append(method).append(" ").append(path).append(" HTTP/1.0\r\nx-sessioncookie: ").append(cookie);
  text.append("\r\nAccept: application/x-rtsp-tunnelled\r\nPragma: no-cache\r\nCache-Control: no-cache\r\n");
  if (method == "POST")
    text.append(
        "Content-Type: application/x-rtsp-tunnelled\r\nContent-Length: 32767\r\n"
        "Expires: Sun, 9 Jan 1972 00:00:00 GMT\r\n");
  for (const auto& [name, value] : more) text.append(name).append(": ").append(value).append("\r\n");
  return text.append("\r\n");
}

std::string Tunnel::next_cookie() {
  static unsigned number = 0;
  return "cookie-" + std::to_string(::getpid()) + "-" + std::to_string(++number);
}

Tunnel::Tunnel(const ServerProcess& server, const std::string& path, bool tls, const std::string& source)
    : cookie(next_cookie()), get(connect(server, tls, source)), post(connect(server, tls, source)) {
  get.send(tunnel_head("GET", path, cookie));
  const auto begun = get.answer();
  REQUIRE(begun.version == "HTTP/1.0");
  REQUIRE(begun.status == 200);
  post.send(tunnel_head("POST", path, cookie));
}

void Tunnel::send_request(std::string_view method, std::string_view url, const Headers& headers,
                          std::string_view body) {
  send(get.compose(method, url, headers, body));
}

Answer Tunnel::request(std::string_view method, std::string_view url, const Headers& headers,
                       std::string_view body) {
  send_request(method, url, headers, body);
  return get.answer();
}

}  // namespace lectern::test
