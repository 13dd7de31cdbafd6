#include "protocol/rtsp/url.h"

#include <catch2/catch.hpp>

using namespace lectern;
using namespace lectern::rtsp;

namespace {

Url parsed(std::string_view text) {
  const auto url = parse_url(text);
  INFO(text);
  REQUIRE(url.ok());
  return *url;
}

}  // namespace

TEST_CASE("rtsp url: a full URL", "[rtsp]") {
  const Url url = parsed("RTSP://user:p%40ss@example.com:8554/dir/a%20b.mp4?x=1&y=%41");
  CHECK(url.scheme == Scheme::rtsp);
  CHECK(url.user == "user");
  CHECK(url.password == "p@ss");
  CHECK(url.host == "example.com");
  CHECK(url.port == 8554);
  CHECK(url.raw_path == "/dir/a%20b.mp4");
  CHECK(url.path == "/dir/a b.mp4");
  CHECK(url.query == "x=1&y=%41");
  CHECK(!url.is_bare());
  CHECK(serialize(url) == "rtsp://example.com:8554/dir/a%20b.mp4?x=1&y=%41");
}

TEST_CASE("rtsp url: default ports and short forms", "[rtsp]") {
  CHECK(parsed("rtsp://h").port == 554);
  CHECK(parsed("rtsps://h/").port == 322);
  CHECK(parsed("RtspS://h/").scheme == Scheme::rtsps);
  CHECK(parsed("rtsp://h:/x").port == 554);
  CHECK(parsed("rtsp://h").raw_path.empty());
  CHECK(parsed("rtsp://h?q").query == "q");
  CHECK(serialize(parsed("rtsps://h:322/a?")) == "rtsps://h/a?");
  CHECK(serialize(parsed("rtsps://h:554/a")) == "rtsps://h:554/a");
  CHECK(parsed("rtsp://h/C#/a.mp4").path == "/C#/a.mp4");
  CHECK(!parsed("rtsp://h/").user);
  CHECK(!parsed("rtsp://me@h/").password);
}

TEST_CASE("rtsp url: a password with an '@' that is not encoded", "[rtsp]") {
  const Url url = parsed("rtsp://admin:p@ss:word@192.0.2.1/cam");
  CHECK(url.user == "admin");
  CHECK(url.password == "p@ss:word");
  CHECK(url.host == "192.0.2.1");
}

TEST_CASE("rtsp url: IPv6", "[rtsp]") {
  const Url url = parsed("rtsp://[2001:db8::1]:8554/a");
  CHECK(url.host == "2001:db8::1");
  CHECK(url.port == 8554);
  CHECK(serialize(url) == "rtsp://[2001:db8::1]:8554/a");
  CHECK(parsed("rtsp://[::1]").port == 554);
  for (const char* bad : {"rtsp://[::1", "rtsp://[]/a", "rtsp://[::1]8554/", "rtsp://[host]/", "rtsp://::1/"})
    CHECK(!parse_url(bad).ok());
}

TEST_CASE("rtsp url: asterisk and bare path", "[rtsp]") {
  CHECK(parsed("*").any);
  CHECK(!parsed("*").is_bare());
  CHECK(serialize(parsed("*")) == "*");
  const Url bare = parsed("/dir/file.mp4?a");
  CHECK(bare.is_bare());
  CHECK(bare.path == "/dir/file.mp4");
  CHECK(serialize(bare) == "/dir/file.mp4?a");
  const Url base = parsed("rtsps://u:p@host:9/other");
  CHECK(serialize(resolve(bare, base)) == "rtsps://host:9/dir/file.mp4?a");
  CHECK(resolve(bare, base).user == "u");
  CHECK(resolve(base, parsed("rtsp://elsewhere/")) == base);
  CHECK(resolve(parsed("*"), base).any);
}

TEST_CASE("rtsp url: refused", "[rtsp]") {
  using namespace std::string_view_literals;
  for (const auto bad : {""sv,
                         "http://h/a"sv,
                         "rtspu://h/a"sv,
                         "file"sv,
                         "rtsp:/h"sv,
                         "rtsp://"sv,
                         "rtsp:///a"sv,
                         "rtsp://u@/a"sv,
                         "rtsp://h:0/"sv,
                         "rtsp://h:65536/"sv,
                         "rtsp://h:-1/"sv,
                         "rtsp://h:5x/"sv,
                         "rtsp://h/%"sv,
                         "rtsp://h/%4"sv,
                         "rtsp://h/%zz"sv,
                         "rtsp://h/%-1"sv,
                         "rtsp://h/a\0b"sv,
                         "rtsp://h/a\nb"sv,
                         "rtsp://a b/"sv,
                         "rtsp://%u:p@h/"sv,
                         "**"sv}) {
    INFO(bad);
    const auto url = parse_url(bad);
    REQUIRE(!url.ok());
    CHECK(url.error().code == Errc::invalid);
  }
}

TEST_CASE("rtsp url: what would leave the root stays visible", "[rtsp]") {
  CHECK(parsed("rtsp://h/a%00.mp4").has_nul());
  CHECK(!parsed("rtsp://h/a.mp4").has_nul());
  CHECK(parsed("rtsp://h/%2e%2e/x").path == "/../x");
  CHECK(parsed("rtsp://h/..%2fx%5cy").path == "/../x\\y");
}
