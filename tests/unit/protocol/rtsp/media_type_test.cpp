#include "protocol/rtsp/media_type.h"

#include <catch2/catch.hpp>

using namespace lectern::rtsp;

namespace {

bool accepts_sdp(std::initializer_list<HeaderField> fields) {
  return accepts(Headers(fields), "application/sdp");
}

}  // namespace

TEST_CASE("rtsp media type", "[rtsp]") {
  CHECK(*parse_media_type("Application/SDP; charset=utf-8") == "application/sdp");
  CHECK(*parse_media_type("text/parameters") == "text/parameters");
  for (const char* bad : {"", "application", "application/", "/sdp", "a/b/c", "a b/c", ";"})
    CHECK(!parse_media_type(bad).ok());
}

TEST_CASE("rtsp accept: does it admit application/sdp", "[rtsp]") {
  CHECK(accepts_sdp({}));
  CHECK(accepts_sdp({{"Accept", " "}}));
  CHECK(accepts_sdp({{"Accept", "application/sdp"}}));
  CHECK(accepts_sdp({{"Accept", "application/rtsl, application/SDP;level=-2"}}));
  CHECK(accepts_sdp({{"Accept", "*/*"}}));
  CHECK(accepts_sdp({{"Accept", "Application/*;q=0.1"}}));
  CHECK(accepts_sdp({{"Accept", "text/html"}, {"accept", "application/sdp"}}));
  CHECK(accepts_sdp({{"Accept", "*/*;q=0, application/sdp"}}));
  CHECK(!accepts_sdp({{"Accept", "text/html"}}));
  CHECK(!accepts_sdp({{"Accept", "application/mheg"}}));
  CHECK(!accepts_sdp({{"Accept", "application/sdpx, app/*"}}));
  CHECK(!accepts_sdp({{"Accept", "application/sdp;q=0"}}));
  CHECK(!accepts_sdp({{"Accept", "*/*, application/sdp; Q=0.000"}}));
  CHECK(!accepts_sdp({{"Accept", "application/*;q=0,*/*"}}));
}
