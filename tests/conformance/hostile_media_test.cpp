// CONFORMANCE: Abuse that must leave players unharmed: media files with huge dimensions, thousands of tracks.
#include <catch2/catch.hpp>
#include <fstream>
#include <sstream>

#include "tests/conformance/default_server.h"
#include "tests/conformance/play_checks.h"
#include "tests/support/sample_media.h"
#include "tests/support/temporary_folder.h"

using namespace lectern::test;
using namespace std::string_literals;

namespace {

namespace fs = std::filesystem;

std::string content(const fs::path& path) {
  std::ostringstream bytes;
  bytes << std::ifstream(path, std::ios::binary).rdbuf();
  return bytes.str();
}

std::uint32_t number_at(const std::string& bytes, std::size_t at) {
  std::uint32_t value = 0;
  for (std::size_t i = 0; i < 4; ++i) value = value << 8 | static_cast<unsigned char>(bytes.at(at + i));
  return value;
}

std::string number(std::size_t value) {
  std::string bytes;
  for (int shift = 24; shift >= 0; shift -= 8) bytes += static_cast<char>(value >> shift);
  return bytes;
}

/// The boxes of ISO/IEC 14496-12 in a part of a file: where each begins.
std::vector<std::size_t> boxes(const std::string& file, std::size_t begin, std::size_t end) {
  std::vector<std::size_t> found;
  for (std::size_t at = begin; at < end; at += number_at(file, at)) found.push_back(at);
  return found;
}

/// The index of `file` once more behind its end, where its last track stands `count` times.
std::string with_tracks(std::string file, std::size_t count) {
  const auto top = boxes(file, 0, file.size());
  const auto index =
      std::ranges::find_if(top, [&](std::size_t at) { return file.substr(at + 4, 4) == "moov"; });
  REQUIRE(index != top.end());
  std::string others, track;
  for (const std::size_t at : boxes(file, *index + 8, *index + number_at(file, *index))) {
    const auto box = file.substr(at, number_at(file, at));
    if (box.substr(4, 4) == "trak")
      track = box;
    else
      others += box;
  }
  REQUIRE_FALSE(track.empty());
  file.replace(*index + 4, 4, "free");
  file += number(8 + others.size() + count * track.size()) + "moov" + others;
  for (std::size_t i = 0; i < count; ++i) file += track;
  return file;
}

/// 65535 pixels each way, in the header of the track and in that of the sample description.
std::string with_huge_pictures(std::string file) {
  const std::size_t track = file.find("tkhd");
  const std::size_t sample = file.find("avc1", file.find("stsd"));
  REQUIRE(sample != std::string::npos);
  file.replace(track - 4 + number_at(file, track - 4) - 8, 8, "\xff\xff\0\0\xff\xff\0\0"s);
  file.replace(sample + 28, 4, "\xff\xff\xff\xff");
  return file;
}

}  // namespace

TEST_CASE("media files: huge dimensions, thousands of tracks", "[abuse][R]") {
  const TemporaryFolder folder;
  const std::string healthy = content(SampleMedia::get().root() / "short.mp4");
  const auto make = [&](const std::string& name, const std::string& bytes) {
    std::ofstream(folder.path() / name, std::ios::binary) << bytes;
  };
  make("short.mp4", healthy);
  make("huge.mp4", with_huge_pictures(healthy));
  make("tracks.mp4", with_tracks(healthy, 3000));
  ServerProcess own({.root = folder.path()});
  Player watching(own, "/short.mp4");
  watching.setup_all(Over::tcp);
  REQUIRE(watching.play().status == 200);

  RtspClient client(own.host(), own.port());
  const Answer many = client.request("DESCRIBE", own.url("/tracks.mp4"));
  CHECK(many.status == 415);
  CHECK_FALSE(many.has("Content-Base"));
  CHECK(
      client.request("SETUP", own.url("/tracks.mp4/track1"), {{"Transport", "RTP/AVP/TCP;unicast"}}).status ==
      415);

  // The pictures themselves say how large they are; what the container says is nobody's business.
  Player huge(own, "/huge.mp4");
  huge.setup_all(Over::tcp);
  REQUIRE(huge.play().status == 200);
  huge.receive(milliseconds(1000), true);
  CHECK_FALSE(huge.arrived(0).rtp.empty());

  watching.receive(milliseconds(5000), true);
  CHECK(watching.all_byes());
  CHECK(watching.control("TEARDOWN").status == 200);
  CHECK(own.stops_well());
}
