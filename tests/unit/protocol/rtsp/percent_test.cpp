#include "protocol/rtsp/percent.h"

#include <catch2/catch.hpp>

using namespace lectern;
using namespace lectern::rtsp;

TEST_CASE("rtsp percent: decode", "[rtsp]") {
  CHECK(*percent_decode("a%20b%C3%a9+") == "a b\xc3\xa9+");
  CHECK(*percent_decode("%00") == std::string(1, '\0'));
  CHECK(*percent_decode("%2541") == "%41");
  for (const char* bad : {"%", "a%", "%4", "%4g", "%g4", "% 4", "%+4", "%%41"})
    CHECK(!percent_decode(bad).ok());
}

TEST_CASE("rtsp percent: encode a path", "[rtsp]") {
  CHECK(percent_encode_path("/a b/\xc3\xa9;c,d?e#f%g\"h.mp4") == "/a%20b/%C3%A9%3Bc%2Cd%3Fe%23f%25g%22h.mp4");
  CHECK(percent_encode_path("/AZaz09-._~!$&()*+=:@") == "/AZaz09-._~!$&()*+=:@");
  std::string all;
  for (int c = 0; c < 256; ++c) all += static_cast<char>(c);
  CHECK(*percent_decode(percent_encode_path(all)) == all);
}
