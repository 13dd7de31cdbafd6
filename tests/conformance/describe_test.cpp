// CONFORMANCE: DESCRIBE.
#include <fcntl.h>
#include <sys/inotify.h>
#include <unistd.h>

#include <algorithm>
#include <catch2/catch.hpp>

#include "tests/conformance/default_server.h"
#include "tests/support/player.h"
#include "tests/support/rtsp_client.h"

using namespace lectern::test;
using namespace std::string_literals;

namespace {

Answer describe(std::string_view path, const Headers& headers = {}) {
  RtspClient client(server().host(), server().port());
  return client.request("DESCRIBE", server().url(path), headers);
}

// Tells whether a file in a directory was opened since it was made.
class OpenWatch {
 public:
  explicit OpenWatch(const std::filesystem::path& directory)
      : notify_(::inotify_init1(IN_NONBLOCK | IN_CLOEXEC)) {
    REQUIRE(::inotify_add_watch(notify_.fd(), directory.c_str(), IN_OPEN | IN_ACCESS) >= 0);
  }
  bool opened() const {
    char events[4096];
    return ::read(notify_.fd(), events, sizeof events) > 0;
  }

 private:
  Socket notify_;
};

}  // namespace

TEST_CASE("path forms: nested, with query, with trailing slash, track in path or query, percent-encoded: 200",
          "[describe]") {
  for (const auto* path : {"/lecture.mp4", "/season/week%201/Einf%C3%BChrung%20100%25.mp4",
                           "/lecture.mp4?user=1&x=%20", "/lecture.mp4/", "/lecture.mp4/track1",
                           "/lecture.mp4?track=1", "/%6cecture.mp4", "/inside.mp4", "/./lecture.mp4"}) {
    CHECK(describe(path).status == 200);
  }
}

TEST_CASE("a track in path or query: the one m= line of it", "[describe]") {
  for (const auto* path : {"/lecture.mp4/track2", "/lecture.mp4?track=2", "/lecture.mp4/?a=b&track=2"}) {
    CAPTURE(path);
    const auto answer = describe(path);
    REQUIRE(answer.status == 200);
    const auto sdp = parse_sdp(answer.body);
    REQUIRE(sdp.media.size() == 1);
    CHECK(sdp.media[0].value("a=control:") == "track2");
    CHECK(answer.header("Content-Base") == server().url("/lecture.mp4/"));
  }
  CHECK(describe("/lecture.mp4/track3").status == 404);
  CHECK(describe("/lecture.mp4?track=3").status == 404);
}

TEST_CASE("404 and 415 say why, and nothing of the server's own paths", "[describe]") {
  CHECK(describe("/missing.mp4").reason == "Not Found: there is no such recording or track");
  for (const auto* path : {"/text.mp4", "/flac.mkv"}) {
    CHECK_THAT(describe(path).reason, Catch::StartsWith("Unsupported Media Type: no audio or video"));
    CHECK_THAT(describe(path).reason, !Catch::Contains(SampleMedia::get().root().string()));
  }
}

TEST_CASE("a raw blank in the URL, as sloppy players send it, is a blank of the path", "[describe]") {
  const auto answer = describe("/season/week 1/Einf%C3%BChrung%20100%25.mp4");
  CHECK(answer.status == 200);
  CHECK(answer.header("Content-Base") == server().url("/season/week%201/Einf%C3%BChrung%20100%25.mp4/"));
  CHECK(describe("/season/week 1/x.mp4").status == 404);
  CHECK(describe("/season/week 1/../../lecture.mp4").status == 404);
}

TEST_CASE("missing: 404", "[describe]") {
  for (const auto* path : {"/missing.mp4", "/missing/lecture.mp4", "/lecture.mp4.txt", "/lecture.mp",
                           "/LECTURE.mp4", "/season/week%201/Einf%C3%BChrung%20100.mp4"}) {
    CHECK(describe(path).status == 404);
  }
  CHECK(describe("/").status != 200);
  CHECK(describe("/season").status != 200);
  CHECK(server_is_well());
}

TEST_CASE("not media: 415", "[describe]") {
  for (const auto* path : {"/text.mp4", "/empty.mp4", "/noindex.mp4", "/flac.mkv", "/subtitles.mkv"}) {
    CHECK(describe(path).status == 415);
  }
}

TEST_CASE("a pipe is not media, and nobody waits for it", "[describe]") {
  const auto asked = Clock::now();
  const auto status = describe("/pipe.mp4").status;
  CHECK((status == 404 || status == 415));
  CHECK(Clock::now() - asked < milliseconds(1000));
}

TEST_CASE("Accept that excludes application/sdp: 406", "[describe]") {
  for (const auto* accept :
       {"application/x-rtsl", "text/plain, application/rtsl", "text/*", "application/sdp;q=0"}) {
    CHECK(describe("/lecture.mp4", {{"Accept", accept}}).status == 406);
  }
  for (const auto* accept : {"application/sdp", "application/*", "*/*", "text/plain, application/sdp;q=0.5",
                             "APPLICATION/SDP", "application/rtsl, application/sdp;level=2"}) {
    CHECK(describe("/lecture.mp4", {{"Accept", accept}}).status == 200);
  }
}

TEST_CASE("Content-Base ends in a slash", "[describe]") {
  const auto answer = describe("/lecture.mp4");
  CHECK(answer.header("Content-Base") == server().url("/lecture.mp4/"));
  CHECK(answer.header("Content-Type") == "application/sdp");
  CHECK(answer.header("Content-Length") == std::to_string(answer.body.size()));
  for (const auto* path :
       {"/lecture.mp4/", "/lecture.mp4?a=b", "/season/week%201/Einf%C3%BChrung%20100%25.mp4"}) {
    CHECK_THAT(describe(path).header("Content-Base"), Catch::EndsWith("/"));
  }
}

TEST_CASE("a base with percent-encoding leads back to its tracks", "[describe]") {
  Player player(server(), "/season/week%201/Einf%C3%BChrung%20100%25.mp4");
  player.setup_all(Over::tcp);
  CHECK(player.play().status == 200);
}

TEST_CASE("a query leads back to the tracks", "[describe]") {
  Player player(server(), "/lecture.mp4?token=abc");
  player.setup_all(Over::tcp);
  CHECK(player.play().status == 200);
}

TEST_CASE("SDP has o= stable for unchanged media, a=control, a=range, b=AS where known", "[describe]") {
  const auto first = parse_sdp(describe("/lecture.mp4").body);
  const auto second = parse_sdp(describe("/lecture.mp4").body);
  CHECK_FALSE(first.session.value("o=").empty());
  CHECK(first.session.value("o=") == second.session.value("o="));
  CHECK(first.session.value("o=") != parse_sdp(describe("/short.mp4").body).session.value("o="));
  CHECK(first.session.has("a=control:"));
  const auto range = parse_range(first.session.value("a=range:"));
  CHECK(range.unit == "npt");
  CHECK(std::stod(range.start) == Approx(0).margin(0.1));
  CHECK(std::stod(range.end) == Approx(10).margin(0.2));
  CHECK((first.session.has("b=AS:") ||
         std::ranges::all_of(first.media, [](const auto& m) { return m.has("b=AS:"); })));
}

TEST_CASE("SDP lines are in the order of RFC 4566 and end in CRLF", "[describe]") {
  const auto body = describe("/lecture.mp4").body;
  CHECK_THAT(body, Catch::StartsWith("v=0\r\no="));
  CHECK_THAT(body, Catch::EndsWith("\r\n"));
  CHECK(std::ranges::count(body, '\n') == std::ranges::count(body, '\r'));
  constexpr std::string_view order = "vosiuepcbtrzka";
  std::size_t at = 0;
  for (const auto& line : parse_sdp(body).session.lines) {
    CAPTURE(line);
    REQUIRE(order.find(line[0]) != std::string_view::npos);
    CHECK(order.find(line[0]) >= at);
    at = order.find(line[0]);
  }
  for (const auto* required : {"v=0", "o=", "s=", "t="}) CHECK(parse_sdp(body).session.has(required));
}

TEST_CASE("one m= a track", "[describe]") {
  const auto lecture = parse_sdp(describe("/lecture.mp4").body);
  REQUIRE(lecture.media.size() == 2);
  CHECK(lecture.media[0].kind() == "video");
  CHECK(lecture.media[0].encoding() == "H264");
  CHECK(lecture.media[0].clock_rate() == 90000);
  CHECK_THAT(lecture.media[0].value("a=fmtp:"), Catch::Contains("packetization-mode=1") &&
                                                    Catch::Contains("sprop-parameter-sets=") &&
                                                    Catch::Contains("profile-level-id="));
  CHECK(lecture.media[1].kind() == "audio");
  CHECK(lecture.media[1].clock_rate() == 48000);
  for (const auto& media : lecture.media) {
    CHECK_THAT(media.value("m="), Catch::Contains(" 0 RTP/AVP "));
    CHECK(media.has("a=control:"));
    CHECK((media.has("c=") || lecture.session.has("c=")));
  }
  CHECK(lecture.media[0].value("a=control:") != lecture.media[1].value("a=control:"));
  CHECK(lecture.media[0].payload_type() != lecture.media[1].payload_type());

  const auto talk = parse_sdp(describe("/talk.mp3").body);
  REQUIRE(talk.media.size() == 1);
  CHECK(talk.media[0].kind() == "audio");

  const auto languages = parse_sdp(describe("/languages.mp4").body);
  REQUIRE(languages.media.size() == 3);
  CHECK(languages.media[0].kind() == "video");
  CHECK(languages.media[1].kind() == "audio");
  CHECK(languages.media[2].kind() == "audio");
}

TEST_CASE("dot-dot, backslash, NUL, symlink out of the root: 404, and nothing outside the root is opened",
          "[describe][R]") {
  CHECK(describe("/lecture.mp4").status == 200);
  const OpenWatch watch(SampleMedia::get().outside());
  for (const auto& path :
       {"/../outside/secret.mp4"s, "/%2e%2e/outside/secret.mp4"s, "/%2E%2e/outside/secret.mp4"s,
        "/..%2foutside%2fsecret.mp4"s, "/..%2Foutside/secret.mp4"s, "/.%2e/outside/secret.mp4"s,
        "/season/../../outside/secret.mp4"s, "/season/%2e%2e/%2e%2e/outside/secret.mp4"s,
        "/..\\outside\\secret.mp4"s, "/..%5coutside%5csecret.mp4"s, "/%252e%252e/outside/secret.mp4"s,
        "//../outside/secret.mp4"s, "/lecture.mp4/../../outside/secret.mp4"s, "/lecture.mp4%00.mp4"s,
        "/outside.mp4"s, "/outside/secret.mp4"s, "/outside"s,
        "/" + SampleMedia::get().outside().string() + "/secret.mp4"}) {
    CHECK(describe(path).status == 404);
  }
  const auto status = describe("/lecture.mp4\0/../../outside/secret.mp4"s).status;
  CHECK((status == 404 || status == 400));
  CHECK_FALSE(watch.opened());
  CHECK(server_is_well());
}

TEST_CASE("what leads out of the root is refused to SETUP too", "[describe][R]") {
  const OpenWatch watch(SampleMedia::get().outside());
  for (const auto* path :
       {"/../outside/secret.mp4/track1", "/outside.mp4/track1", "/%2e%2e/outside/secret.mp4/track1"}) {
    RtspClient client(server().host(), server().port());
    CHECK(client.request("SETUP", server().url(path), {{"Transport", "RTP/AVP/TCP;unicast"}}).status == 404);
  }
  CHECK_FALSE(watch.opened());
}

TEST_CASE("playlists posing as video are not media, and what they name is not opened", "[describe][R]") {
  const OpenWatch watch(SampleMedia::get().outside());
  CHECK(describe("/hls.mp4").status == 415);
  CHECK(describe("/concat.mp4").status == 415);
  CHECK_FALSE(watch.opened());
}

TEST_CASE("media made during the run is found", "[describe]") {
  const auto& root = SampleMedia::get().root();
  CHECK(describe("/fresh.mp4").status == 404);
  std::filesystem::copy_file(root / "short.mp4", root / "fresh.mp4");
  const auto before = describe("/fresh.mp4");
  CHECK(before.status == 200);
  std::filesystem::remove(root / "fresh.mp4");
  std::filesystem::copy_file(root / "talk.mp3", root / "fresh.mp4");
  const auto after = describe("/fresh.mp4");
  std::filesystem::remove(root / "fresh.mp4");
  CHECK(after.status == 200);
  CHECK(parse_sdp(after.body).session.value("o=") != parse_sdp(before.body).session.value("o="));
  CHECK(parse_sdp(after.body).media.size() == 1);
}
