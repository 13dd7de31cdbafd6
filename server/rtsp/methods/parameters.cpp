#include "protocol/base/text.h"
#include "server/log/escape.h"
#include "server/rtsp/methods/methods.h"

namespace lectern::server {
namespace {

/// The names in a text/parameters body: one a line, with a value behind a colon in SET_PARAMETER.
std::vector<std::string> parameter_names(std::string_view body) {
  std::vector<std::string> names;
  for (std::string_view line : split(body, '\n')) {
    if (line.ends_with('\r')) line.remove_suffix(1);
    const std::string_view name = trim(line.substr(0, line.find(':')));
    if (!name.empty()) names.emplace_back(name);
  }
  return names;
}

}  // namespace

void answer_parameters(const Exchange& exchange, const Session*) {
  const std::vector<std::string> names = parameter_names(exchange.request.body);
  // Empty, it is a sign of life, and that is what players send it for.
  if (names.empty()) return exchange.respond({});
  rtsp::Response response;
  response.status = rtsp::StatusCode::parameter_not_understood;
  response.headers.set("Content-Type", "text/parameters");
  for (const std::string& name : names) response.body += escape(name, 100) + "\r\n";
  exchange.respond(std::move(response));
}

}  // namespace lectern::server
