#include "server/log/escape.h"

#include <catch2/catch.hpp>

using namespace lectern::server;
using namespace std::string_literals;

TEST_CASE("what a peer sent stays on one line of a log", "[log]") {
  CHECK(escape("DESCRIBE rtsp://host/a b") == "DESCRIBE rtsp://host/a b");
  CHECK(escape("a\r\n2026 info: forged\t\\n") == "a\\r\\n2026 info: forged\\t\\\\n");
  CHECK(escape("\x1b[2J\x7f"s + "\0"s) == "\\x1b[2J\\x7f\\x00");
}

TEST_CASE("UTF-8 is kept, what is none is escaped byte by byte", "[log]") {
  CHECK(escape("Vorlesung über 数学 🎓") == "Vorlesung über 数学 🎓");
  CHECK(escape("\xff\xfe") == "\\xff\\xfe");
  CHECK(escape("\xc3(") == "\\xc3(");
  CHECK(escape("\xe2\x82") == "\\xe2\\x82");
  CHECK(escape("\xc0\xaf") == "\\xc0\\xaf");                    // overlong slash
  CHECK(escape("\xe0\x80\xaf") == "\\xe0\\x80\\xaf");           // overlong in three bytes
  CHECK(escape("\xed\xa0\x80") == "\\xed\\xa0\\x80");           // surrogate
  CHECK(escape("\xf4\x90\x80\x80") == "\\xf4\\x90\\x80\\x80");  // past U+10FFFF
}

TEST_CASE("controls beyond ASCII are escaped", "[log]") {
  CHECK(escape("\xc2\x9b"
               "31m") == "\\xc2\\x9b31m");  // C1 CSI
  CHECK(escape("a\xe2\x80\xa8"
               "b") ==
        "a\\xe2\\x80\\xa8"
        "b");  // line separator
  CHECK(escape("a\xe2\x80\xae"
               "b") ==
        "a\\xe2\\x80\\xae"
        "b");  // right-to-left override
}

TEST_CASE("length is capped without cutting a character or an escape", "[log]") {
  CHECK(escape("abcdef", 6) == "abcdef");
  CHECK(escape("abcdefg", 6) == "abcdef…");
  CHECK(escape("abcdeü", 6) == "abcde…");
  CHECK(escape("abcd\n", 5) == "abcd…");
  CHECK(escape(std::string(5000, 'x')).size() == 200 + std::string("…").size());
}

TEST_CASE("user names and passwords leave URLs", "[log]") {
  CHECK(strip_userinfo("rtsp://me:secret@host:8554/a?b=c") == "rtsp://host:8554/a?b=c");
  CHECK(strip_userinfo("rtsps://me@host/a") == "rtsps://host/a");
  CHECK(strip_userinfo("rtsp://me:p@ss@host/a") == "rtsp://host/a");
  CHECK(strip_userinfo("rtsp://me:se/cret@host/a") == "rtsp://host/a");
  CHECK(strip_userinfo("rtsp://me:se?c#ret@host/a") == "rtsp://host/a");
  CHECK(strip_userinfo("from rtsp://a:b@one/x to http://c:d@two/y.") == "from rtsp://one/x to http://two/y.");
  CHECK(strip_userinfo("DESCRIBE rtsp://a:b@one RTSP/1.0") == "DESCRIBE rtsp://one RTSP/1.0");
}

TEST_CASE("URLs without a password stay as they are", "[log]") {
  for (const char* url : {"rtsp://host/a@b", "rtsp://host:8554/a@b", "rtsp://[::1]:8554/a@b", "rtsp://",
                          "a@b", "", "rtsp://host:8554"}) {
    CHECK(strip_userinfo(url) == url);
  }
}
