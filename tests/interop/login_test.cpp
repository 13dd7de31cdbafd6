// Players log in by the schemes that they take of those that are offered, and say so where they may not.
#include <catch2/catch.hpp>

#include "tests/interop/command.h"
#include "tests/interop/shared_server.h"

using namespace lectern::test;

namespace {

struct Scheme {
  std::string name;
  std::string config;
};

// The argon2id is of "sesame street", by Debian's argon2 program.
const std::vector<Scheme> schemes{
    {"Digest, SHA-256 offered before MD5", "users: {alice: {password: sesame street, read: [h264.mp4]}}\n"},
    {"Digest before Basic",
     "basic_over_plain: yes\nusers: {alice: {password: sesame street, read: [h264.mp4]}}\n"},
    {"Basic",
     "basic_over_plain: yes\nusers: {alice: {password: \"argon2id:$argon2id$v=19$m=1024,t=1,p=1$"
     "c29tZXNhbHQxNmJ5dGVz$AE3UlcfBH1ToAMw4i6IhbpQ46KVgpv56GmkvSBJ0Yvo\", read: [h264.mp4]}}\n"},
};

struct Player {
  std::string name;
  Words command;  ///< URL stands for the URL
  std::string unauthorized, forbidden;
};

const std::vector<Player> players{
    {"ffmpeg over TCP", words("ffmpeg -nostdin -v error -rtsp_transport tcp -i URL -t 1 -f null -"),
     "401 Unauthorized", "403 Forbidden"},
    {"ffmpeg over UDP", words("ffmpeg -nostdin -v error -rtsp_transport udp -i URL -t 1 -f null -"),
     "401 Unauthorized", "403 Forbidden"},
    {"mpv", words("mpv --no-config --vo=null --ao=null --length=1 URL"), "401 Unauthorized", "403 Forbidden"},
    {"GStreamer over TCP",
     words("gst-launch-1.0 rtspsrc location=URL protocols=tcp ! application/x-rtp,media=video ! fakesink "
           "num-buffers=20"),
     "Unauthorized", "Forbidden"},
    {"GStreamer over UDP",
     words("gst-launch-1.0 rtspsrc location=URL protocols=udp ! application/x-rtp,media=video ! fakesink "
           "num-buffers=20"),
     "Unauthorized", "Forbidden"},
};

Outcome play(const Player& player, const ServerProcess& server, const std::string& password,
             const std::string& path) {
  Words command = player.command;
  const std::string scheme = "rtsp://";
  for (std::string& word : command)
    if (const auto at = word.find("URL"); at != std::string::npos)
      word.replace(at, 3, scheme + "alice:" + password + "@" + server.url(path).substr(scheme.size()));
  return run(command, std::chrono::seconds(40));
}

}  // namespace

TEST_CASE("players log in with the user and the password of the URL", "[login]") {
  run({"gst-inspect-1.0", "rtspsrc"});  // fills its registry, once for all
  for (const Scheme& scheme : schemes) {
    const ServerProcess server({InteropMedia::get().root(), scheme.config});
    for (const Player& player : players) {
      const auto outcome = play(player, server, "sesame%20street", "/h264.mp4");
      INFO(player.name << ", " << scheme.name << "\n" << outcome.output << server.log());
      // GStreamer 1.22 sometimes interrupts its own last PAUSE, after it has got all.
      CHECK((outcome.code == 0 || outcome.output.find("Got EOS from element") != std::string::npos));
      CHECK(outcome.output.find(player.unauthorized) == std::string::npos);
    }
    CHECK(server.log().find("not let in") == std::string::npos);
  }
}

TEST_CASE("players that may not say so, and end", "[login]") {
  for (const Scheme& scheme : schemes) {
    const ServerProcess server({InteropMedia::get().root(), scheme.config});
    for (const Player& player : players) {
      const auto wrong = play(player, server, "wrong", "/h264.mp4");
      const auto elsewhere = play(player, server, "sesame%20street", "/hevc.mp4");
      INFO(player.name << ", " << scheme.name << "\n" << wrong.output << elsewhere.output << server.log());
      CHECK(wrong.code > 0);
      CHECK(wrong.output.find(player.unauthorized) != std::string::npos);
      CHECK(elsewhere.code > 0);
      CHECK(elsewhere.output.find(player.forbidden) != std::string::npos);
      CHECK(server.log().find("sesame") == std::string::npos);
    }
  }
}
