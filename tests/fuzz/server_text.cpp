#include <algorithm>
#include <array>

#include "server/access/network.h"
#include "server/access/path_pattern.h"
#include "server/config/load.h"
#include "server/config/suggest.h"
#include "server/log/escape.h"
#include "server/net/address.h"
#include "server/paths/path_table.h"
#include "tests/fuzz/target.h"

namespace lectern::fuzz {
namespace {

using namespace server;

bool is_one_line(std::string_view text) {
  return std::ranges::none_of(text, [](unsigned char c) { return c < ' ' || c == 0x7f; });
}

void config(Bytes input) {
  for (const std::string& error : parse_config(as_text(input), "lectern.yml", "/nowhere").errors) {
    ensure(error.starts_with("lectern.yml"), "an error says where it is");
    ensure(is_one_line(error), "in one line");
  }
}

void log_text(Bytes input) {
  constexpr std::size_t most = 40;
  const std::string escaped = escape(as_text(input), most);
  ensure(is_one_line(escaped), "what is logged is one line");
  ensure(escaped.size() <= most + std::string_view("…").size(), "of limited length");
  const std::string stripped = strip_userinfo(as_text(input));
  ensure(stripped.size() <= input.size(), "what is stripped is gone");
  ensure(strip_userinfo(stripped).size() <= stripped.size(), "and once more");
}

void address(Bytes input) {
  if (const auto endpoint = Endpoint::parse(as_text(input))) {
    const auto again = Endpoint::parse(endpoint->to_string());
    // But for its zone, which holds on this machine alone and is not told.
    ensure(again && again->octets() == endpoint->octets() && again->port() == endpoint->port(),
           "an address reads back the same");
  }
  if (const auto network = Network::parse(as_text(input)))
    if (const auto host = Endpoint::parse_host(as_text(input).substr(0, as_text(input).find('/'))))
      ensure(network->contains(*host), "a network contains its own address");
}

/// The first line is a pattern, the rest a path.
void path(Bytes input) {
  static const PathTable table({{"", "/"}, {"deep/er", "/tmp"}});
  const std::string_view text = as_text(input);
  const std::size_t end = std::min(text.find('\n'), text.size());
  const std::string_view path = text.substr(std::min(end + 1, text.size()));
  for (const PathTarget& target : table.targets(path)) {
    ensure(target.relative.find('\0') == std::string::npos, "no NUL names a file");
    const std::string slashed = "/" + target.relative + "/";
    ensure(slashed.find("/.") == std::string::npos, "nor does what begins with a dot");
  }
  const auto pattern = PathPattern::parse(text.substr(0, end));
  if (pattern) (void)pattern->matches(path_segments(path));
}

void suggestion(Bytes input) {
  const std::string_view text = as_text(input.first(std::min<std::size_t>(input.size(), 200)));
  const std::string_view a = text.substr(0, text.size() / 3), b = text.substr(text.size() / 3);
  const std::size_t distance = edit_distance(a, b);
  ensure(distance == edit_distance(b, a), "a way back is as long");
  ensure(distance <= std::max(a.size(), b.size()), "and no longer than writing it anew");
  ensure((distance == 0) == (a == b), "and none where they are the same");
}

constexpr std::array targets{
    Target{"server_config", config},         Target{"server_log_text", log_text},
    Target{"server_address", address},       Target{"server_path", path},
    Target{"server_suggestion", suggestion},
};

}  // namespace

std::span<const Target> server_text_targets() {
  return targets;
}

}  // namespace lectern::fuzz
