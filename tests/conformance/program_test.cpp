// lectern probe and lectern check, as a user runs them.
#include <sys/wait.h>

#include <catch2/catch.hpp>
#include <cstdlib>
#include <filesystem>

#include "tests/support/made_media.h"
#include "tests/support/sample_media.h"

using namespace lectern::test;
using namespace std::string_literals;

namespace {

struct Ran {
  int code = -1;
  std::string out;
};

/// Runs `lectern` with `arguments`; "2>&1" among them shows what goes to stderr.
Ran run_lectern(const std::string& arguments) {
  const char* named = std::getenv("LECTERN");
  Ran ran;
  FILE* pipe = ::popen(((named ? named : LECTERN_BINARY) + " "s + arguments).c_str(), "r");
  REQUIRE(pipe);
  char buffer[4096];
  for (std::size_t size = 0; (size = std::fread(buffer, 1, sizeof buffer, pipe)) > 0;)
    ran.out.append(buffer, size);
  const int status = ::pclose(pipe);
  if (WIFEXITED(status)) ran.code = WEXITSTATUS(status);
  return ran;
}

std::string sample(const char* name) {
  return (SampleMedia::get().root() / name).string();
}

/// Video, and sound that RTP has no payload for.
std::string partly_servable() {
  const auto file = made_media_directory() / "partly.mkv";
  encode(file, words("-i " + sample("short.mp4") + " -c:v copy -c:a flac"));
  return file.string();
}

}  // namespace

TEST_CASE("probe: tracks, duration, segments, SDP, and what is left out and why", "[program]") {
  const Ran whole = run_lectern("probe " + sample("lecture.mp4"));
  CHECK(whole.code == 0);
  const auto first = whole.out.substr(0, whole.out.find('\n'));
  CHECK_THAT(first, Catch::Matches(".*/lecture\\.mp4: .*mp4.*, 10\\.[0-9]{3} s, 10 segments"));
  CHECK_THAT(whole.out, Catch::Contains("  track1: video H264/90000, payload type 96"));
  CHECK_THAT(whole.out, Catch::Contains("  track2: audio MPEG4-GENERIC/48000/1, payload type 97",
                                        Catch::CaseSensitive::No));
  CHECK_THAT(whole.out, Catch::Contains("\nv=0\r\n"));
  CHECK_THAT(whole.out, Catch::Contains("a=control:track2\r\n"));
  CHECK_THAT(whole.out, !Catch::Contains("not servable"));

  const Ran partly = run_lectern("probe " + partly_servable());
  CHECK(partly.code == 0);
  CHECK_THAT(partly.out, Catch::Contains("  stream 1 (flac) is not servable: "));
  CHECK_THAT(partly.out, Catch::Contains("  track1: video H264/90000"));
  CHECK_THAT(partly.out, !Catch::Contains("track2"));
}

TEST_CASE("probe --json: the same for programs", "[program]") {
  const Ran partly = run_lectern("probe --json " + partly_servable());
  CHECK(partly.code == 0);
  CHECK_THAT(partly.out, Catch::StartsWith("{") && Catch::EndsWith("}\n"));
  for (const auto* part : {"\"duration\": 2.", "\"segments\": ", "\"control\": \"track1\"",
                           "\"encoding\": \"H264\"", "\"clock_rate\": 90000", "\"left_out\": [",
                           "\"stream\": 1", "\"codec\": \"flac\"", "\"reason\": \"", "\"sdp\": \"v=0\\r\\n"})
    CHECK_THAT(partly.out, Catch::Contains(part));
}

TEST_CASE("probe of what cannot be served: exit code 1, and the reason on stderr", "[program]") {
  for (const auto& [file, reason] : {std::pair{sample("flac.mkv"), "no track that can be carried in RTP"},
                                     {sample("text.mp4"), "text.mp4"},
                                     {"/no/such.mp4"s, "/no/such.mp4: no such file"}}) {
    CAPTURE(file);
    const Ran text = run_lectern("probe " + file + " 2>&1");
    CHECK(text.code == 1);
    CHECK_THAT(text.out, Catch::StartsWith("lectern: ") && Catch::Contains(reason));
    const Ran json = run_lectern("probe --json " + file + " 2>/dev/null");
    CHECK(json.code == 1);
    CHECK_THAT(json.out, Catch::Contains("\"error\": \"") && Catch::Contains(reason));
  }
}

TEST_CASE("check: exit code 0 or 1, and file, line and key of each error", "[program]") {
  const auto good = made_media_directory() / "good.yml", bad = made_media_directory() / "bad.yml";
  write_file(good, "loops: 2\n");
  write_file(bad, "loops: 2\nlisten: nowhere\nloopz: 3\n");
  const Ran fine = run_lectern("check " + good.string());
  CHECK(fine.code == 0);
  CHECK(fine.out == good.string() + ": ok\n");
  CHECK(run_lectern("check " + bad.string() + " 2>/dev/null").out.empty());
  const Ran wrong = run_lectern("check " + bad.string() + " 2>&1");
  CHECK(wrong.code == 1);
  CHECK_THAT(wrong.out, Catch::Contains(bad.string() + ":2") && Catch::Contains("listen"));
  CHECK_THAT(wrong.out, Catch::Contains(bad.string() + ":3") && Catch::Contains("loopz"));
  CHECK(run_lectern("check /no/such.yml 2>/dev/null").code == 1);
  CHECK(run_lectern("check 2>/dev/null").code == 2);
}
