#include "media/live/source_protocols.h"

#include <algorithm>
#include <catch2/catch.hpp>

using namespace lectern::media;

namespace {

std::string of(std::vector<std::string> schemes) {
  return protocol_whitelist(schemes);
}

}  // namespace

TEST_CASE("what libavformat may open is what the allowed protocols run on") {
  CHECK(of({"rtsp"}) == "rtsp,rtp,srtp,udp,tcp,http");
  CHECK(of({"rtsps"}) == "rtsps,rtp,srtp,udp,tcp,tls");
  CHECK(of({"https"}) == "https,tls,tcp,httpproxy,hls,crypto");
  CHECK(of({"srt", "udp", "srt"}) == "srt,udp");
  CHECK(of({}).empty());
  CHECK(of({"file", "concat", "pipe", "data", ""}).empty());
}

TEST_CASE("no list leads to local files") {
  const std::string all = "," + protocol_whitelist() + ",";
  for (const char* local : {"file", "pipe", "concat", "subfile", "data", "cache", "fd", "unix", "async"})
    CHECK(all.find("," + std::string(local) + ",") == std::string::npos);
  for (const auto scheme : source_schemes())
    CHECK(all.find("," + std::string(scheme) + ",") != std::string::npos);
}
