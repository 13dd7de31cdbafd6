// Live media through three servers: what ffmpeg decodes at the end is what the file holds, picture for
// picture.
#include <algorithm>
#include <catch2/catch.hpp>
#include <cctype>
#include <memory>

#include "tests/interop/decoder.h"
#include "tests/interop/frames.h"
#include "tests/support/server_process.h"

using namespace lectern::test;

namespace {

ServerOptions serving(const std::string& source) {
  return {InteropMedia::get().root(), "loops: 1\npaths:\n  live: { source: " + source + " }\n", false};
}

std::string pulled(const ServerProcess& server) {
  return server.url("/live") + ", transport: tcp, start_timeout: 20s";
}

/// How `received` differs from some stretch of `file`, which is played again and again.
std::string difference_from_loop(const std::vector<Frame>& file, const std::vector<Frame>& received) {
  std::string found = "its first frame is not in the file\n";
  for (std::size_t begin = 0; begin < file.size(); ++begin) {
    if (file[begin].hash != received.at(0).hash) continue;
    std::size_t same = 0;
    while (same < received.size() && received[same].hash == file[(begin + same) % file.size()].hash) ++same;
    if (same == received.size()) return {};
    const auto other = std::ranges::find(file, received[same].hash, &Frame::hash);
    found = "from frame " + std::to_string(begin) + " of the file on, frame " + std::to_string(same) +
            " of " + std::to_string(received.size()) + " is " +
            (other == file.end() ? "not in it" : "its frame " + std::to_string(other - file.begin())) + "\n";
  }
  return found;
}

/// A program that sends a file once, in its own time, to who connects by a protocol.
struct Sender {
  std::string protocol, format, url;  ///< PORT stands for the port
};

const MediaCase sent{"long.mp4", true, MediaCase::Audio::packets};

bool ffmpeg_has(const std::string& protocol) {
  const auto all = words(run(words("ffmpeg -nostdin -v error -protocols")).output);
  return std::ranges::count(all, protocol) >= 2;  // in and out
}

void check_plays_a_part_of(const ServerProcess& server, const std::string& file, const MediaCase& media) {
  const auto whole = read_frames("", "", file, media, std::chrono::seconds(60));
  // Not by time: a sender without RTCP has its capture times estimated better as it goes on, and so ffmpeg's
  // line of time may step back.
  const auto received = read_frames("-rtsp_transport tcp", "-frames:v 75", server.url("/live"), media,
                                    std::chrono::seconds(60));
  INFO(received.error << received.said << server.log());
  REQUIRE(received.tracks.size() == whole.tracks.size());
  for (std::size_t track = 0; track < whole.tracks.size(); ++track) {
    REQUIRE(received.tracks[track].size() > 70);
    const std::string found = difference_from_loop(whole.tracks[track], received.tracks[track]);
    INFO("track " << track << ": " << found);
    CHECK(found.empty());
  }
}

/// A server of HTTPS over a folder, with a certificate of its own.
class HttpsServer {
 public:
  explicit HttpsServer(const std::filesystem::path& folder)
      : port_(free_port()), pem_(folder / "https-camera.pem") {
    const std::string pem = pem_.string();
    REQUIRE(run(words("openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2"
                      " -subj /CN=camera -keyout " +
                      pem + ".key -out " + pem))
                .code == 0);
    program_ = std::make_unique<Command>(
        Words{"sh", "-c",
              "cd '" + folder.string() + "' && exec openssl s_server -quiet -WWW -accept 127.0.0.1:" +
                  std::to_string(port_) + " -cert '" + pem + "' -key '" + pem + ".key'"});
  }
  [[nodiscard]] std::string url(const std::string& path) const {
    return "https://127.0.0.1:" + std::to_string(port_) + "/" + path;
  }
  /// As OpenSSL prints it.
  [[nodiscard]] std::string fingerprint() const {
    const auto printed = run(words("openssl x509 -noout -fingerprint -sha256 -in " + pem_.string())).output;
    const auto at = printed.find('=');
    REQUIRE(at != printed.npos);
    return printed.substr(at + 1, 95);
  }

 private:
  std::uint16_t port_;
  std::filesystem::path pem_;
  std::unique_ptr<Command> program_;
};

}  // namespace

TEST_CASE("Lectern pulls from Lectern, three deep, and loses nothing", "[ffmpeg][live]") {
  const auto file = InteropMedia::get().file("h264.mp4");
  const ServerProcess first(serving(file + ", loop: yes"));
  const ServerProcess second(serving(pulled(first)));
  const ServerProcess third(serving(pulled(second) + ", on_demand: yes"));
  const auto& cases = InteropMedia::get().cases();
  const auto media = std::ranges::find(cases, "h264.mp4", &MediaCase::path);
  REQUIRE(media != cases.end());
  const auto whole = read_frames("", "", file, *media, std::chrono::seconds(60));
  REQUIRE(whole.error.empty());
  // Longer than the file: over its end and beginning, too.
  const auto seconds = whole.tracks.at(0).back().pts - whole.tracks.at(0).front().pts + 1.5;
  const auto received = read_frames("-rtsp_transport tcp", "-t " + std::to_string(seconds),
                                    third.url("/live"), *media, std::chrono::seconds(60));
  INFO(received.error << received.said);
  REQUIRE(received.tracks.size() == whole.tracks.size());
  REQUIRE(received.tracks[0].size() > whole.tracks[0].size());
  for (std::size_t track = 0; track < whole.tracks.size(); ++track) {
    REQUIRE_FALSE(received.tracks[track].empty());
    const std::string found = difference_from_loop(whole.tracks[track], received.tracks[track]);
    INFO("track " << track << ": " << found);
    CHECK(found.empty());
  }
}

TEST_CASE("live media by SRT and RTMP: what comes to viewers is what was sent", "[ffmpeg][live]") {
  const Sender sender = GENERATE(Sender{"srt", "mpegts", "srt://127.0.0.1:PORT?mode=listener"},
                                 Sender{"rtmp", "flv -listen 1", "rtmp://127.0.0.1:PORT/live/stream"});
  if (!ffmpeg_has(sender.protocol)) {
    WARN("skipped: this ffmpeg has no " << sender.protocol);
    return;
  }
  std::string url = sender.url;
  url.replace(url.find("PORT"), 4, std::to_string(free_port()));
  const auto file = InteropMedia::get().file(sent.path);
  const Command camera(
      words("ffmpeg -nostdin -v error -re -i " + file + " -c copy -f " + sender.format + " " + url));
  const std::string source = url.substr(0, url.find('?'));
  const ServerProcess server(serving("\"" + source + "\", start_timeout: 20s"));
  check_plays_a_part_of(server, file, sent);
  CHECK(count_of(server.log(), "/live: live from " + source + ", 2 tracks") == 1);
}

TEST_CASE("live media by HTTPS: with the certificate of tls_fingerprint, and with no other",
          "[ffmpeg][live]") {
  const auto file = InteropMedia::get().file(sent.path);
  REQUIRE(run(words("ffmpeg -nostdin -v error -y -i " + file + " -c copy -f mpegts " +
                    InteropMedia::get().file("long.ts")))
              .code == 0);
  const HttpsServer https(InteropMedia::get().root());
  const std::string fingerprint = https.fingerprint();
  std::string other = fingerprint;
  other[0] = other[0] == '0' ? '1' : '0';
  const std::string source = "\"" + https.url("long.ts") + "\", start_timeout: 5s, tls_fingerprint: \"";
  {
    const ServerProcess server(serving(source + fingerprint + "\""));
    check_plays_a_part_of(server, file, sent);
  }
  std::string has = fingerprint;
  std::erase(has, ':');
  std::ranges::transform(has, has.begin(), [](char c) { return static_cast<char>(std::tolower(c)); });
  const ServerProcess server(serving(source + other + "\""));
  const std::string away = "/live: away: " + https.url("long.ts") +
                           ": its certificate is not the one of tls_fingerprint; it has " + has;
  CHECK(eventually([&] { return count_of(server.log(), away) == 1; }));
  CHECK(count_of(server.log(), "/live: live from ") == 0);
  const auto refused =
      run(words("ffmpeg -nostdin -v error -rtsp_transport tcp -i " + server.url("/live") + " -f null -"));
  CHECK(refused.code != 0);
  CHECK(refused.output.find("504") != std::string::npos);
}
