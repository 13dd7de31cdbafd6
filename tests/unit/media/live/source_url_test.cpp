#include "media/live/source_url.h"

#include <catch2/catch.hpp>

using namespace lectern::media;

TEST_CASE("credentials are taken out of what is logged, however they are written") {
  CHECK(without_credentials("rtsp://u:p@h:554/a@b") == "rtsp://h:554/a@b");
  CHECK(without_credentials("rtsp://u:p@ss@h/x?y=1") == "rtsp://h/x?y=1");
  CHECK(without_credentials("rtsp://h/x@y") == "rtsp://h/x@y");
  CHECK(without_credentials("rtsp://h:554/x") == "rtsp://h:554/x");
  CHECK(without_credentials("rtsp://u@h/x") == "rtsp://h/x");
  CHECK(without_credentials("srt://[::1]:9?mode=caller") == "srt://[::1]:9?mode=caller");
  CHECK(without_credentials("rtsp://[fe80::1]:554/x@y") == "rtsp://[fe80::1]:554/x@y");
  CHECK(without_credentials("rtsp://u:p@[::1]:554/x") == "rtsp://[::1]:554/x");
  CHECK(without_credentials("file:/x@y") == "file:/x@y");
  CHECK(without_credentials("pattern") == "pattern");
  CHECK(without_credentials("") == "");
}

TEST_CASE("a password with a slash, ? or # that is not percent-encoded is not logged either") {
  CHECK(without_credentials("rtsp://user:pa/ss@host") == "rtsp://host");
  CHECK(without_credentials("rtsp://user:pa/s@s@host/x") == "rtsp://host/x");
  CHECK(without_credentials("rtsp://user:12/34@host/x") == "rtsp://host/x");
  CHECK(without_credentials("rtsp://user:?#@host/x") == "rtsp://host/x");
  CHECK(without_credentials("rtsp://us/er:pass@host/x") == "rtsp://host/x");
  CHECK(without_credentials("rtsp://us%40er:p%2Fss@host/x") == "rtsp://host/x");
}

TEST_CASE("parameters that are secrets are not logged, wherever they stand") {
  CHECK(without_credentials("rtsp://h/x?user=me&password=geheim&channel=1") ==
        "rtsp://h/x?user=me&password=***&channel=1");
  CHECK(without_credentials("rtsp://h/user=admin&Password=geheim&channel=1.sdp?") ==
        "rtsp://h/user=admin&Password=***&channel=1.sdp?");
  CHECK(without_credentials("srt://h:9?passphrase=geheim1234&mode=caller") ==
        "srt://h:9?passphrase=***&mode=caller");
  CHECK(without_credentials("https://h/a.m3u8?token=a.b.c#key=d") == "https://h/a.m3u8?token=***#key=***");
  CHECK(without_credentials("rtsp://h/x?password=&a=1") == "rtsp://h/x?password=&a=1");
  CHECK(without_credentials("rtsp://u:p@h/x?pwd=q@r") == "rtsp://h/x?pwd=***");
}

TEST_CASE("a URL is taken apart as libavformat does") {
  const auto url = SourceUrl::parse("rtsps://us:p@ss@cam.example:8322/a/b?c=d@e");
  REQUIRE(url);
  CHECK(url->scheme == "rtsps");
  CHECK(url->userinfo == "us:p@ss");
  CHECK(url->host == "cam.example");
  CHECK(url->port == 8322);
  CHECK(url->rest == "/a/b?c=d@e");
  const auto bare = SourceUrl::parse("rtsp://[fe80::1]");
  REQUIRE(bare);
  CHECK(bare->host == "fe80::1");
  CHECK(!bare->port);
  CHECK(bare->rest.empty());
  CHECK(bare->userinfo.empty());
  CHECK(SourceUrl::parse("udp://239.1.1.1:5000?reuse=1")->rest == "?reuse=1");
  for (const char* none : {"", "pattern", "rtsp:/x", "://h", "rtsp://", "rtsp:///x", "rtsp://h:port/x",
                           "rtsp://h:70000", "rtsp://[::1", "rtsp://[::1]x", "rtsp://u:p@:554/x"}) {
    CAPTURE(none);
    CHECK(!SourceUrl::parse(none));
  }
}
