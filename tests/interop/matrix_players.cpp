#include "tests/interop/matrix_players.h"

#include <algorithm>
#include <fstream>
#include <iterator>
#include <set>
#include <sstream>
#include <stdexcept>
#include <string_view>
#include <utility>

#include "tests/interop/command.h"
#include "tests/interop/interop_media.h"

namespace lectern::test {
namespace {

namespace fs = std::filesystem;

/// 4 s of media; the rest is for a machine that is busy with other things.
constexpr std::chrono::seconds patience{60};
const MediaCase lecture{"h264.mp4", true, MediaCase::Audio::packets};

/// The same media below "open" and below "login", with each protection.
std::string paths() {
  std::string yaml = "paths:\n";
  const auto add = [&](const std::string& name, const std::string& more) {
    for (const std::string top : {"open/", "login/"})
      yaml +=
          "  " + top + name + ": { source: \"" + InteropMedia::get().root().string() + "\", " + more + " }\n";
  };
  add("default", "");
  add("plain", "srtp: off");
  add("mikey", "srtp: required");
  add("gcm", "srtp: required, srtp_suite: AEAD_AES_128_GCM");
  add("sdes", "srtp: sdes, allow_clear_keys: true");
  add("cm-32", "srtp: required, srtp_suite: AES_CM_128_HMAC_SHA1_32");
  add("cm-256", "srtp: required, srtp_suite: AES_CM_256_HMAC_SHA1_80");
  add("gcm-256", "srtp: required, srtp_suite: AEAD_AES_256_GCM");
  add("sdes-32", "srtp: sdes, srtp_suite: AES_CM_128_HMAC_SHA1_32, allow_clear_keys: true");
  return yaml;
}

/// Digest is offered, and over TLS Basic too.
std::string digest_config() {
  return paths() +
         "users:\n"
         "  anonymous: { read: open/** }\n"
         "  teacher: { password: chalk, read: \"**\" }\n";
}

/// "chalk" as a hash that is good for Basic alone, so that nothing else is offered; made with
/// `argon2 lecternsalt -id -t 1 -m 8 -e`.
std::string basic_config() {
  return paths() +
         "users:\n"
         "  teacher: { password: "
         "\"argon2id:$argon2id$v=19$m=256,t=1,p=1$bGVjdGVybnNhbHQ$5qY9No7oBnC+tHQ7g+Z1tTzIsrzy/"
         "pbUyQyJnAuZcxQ\", read: "
         "\"**\" }\n";
}

std::string content(const fs::path& file) {
  std::ifstream stream(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}

std::string made_of_the_file(const fs::path& scratch, const std::string& options) {
  const auto file = scratch / "file";
  const auto made = run(words("ffmpeg -nostdin -v error -y -i " + InteropMedia::get().file(lecture.path) +
                              " " + options + " " + file.string()));
  if (made.code != 0) throw std::runtime_error("ffmpeg cannot read the file:\n" + made.output);
  return content(file);
}

/// As a player tells it.
std::string_view refusal_of(const Cell& cell) {
  return cell.protection->rtsps
             ? "Unsupported transport: over RTSPS there is RTP/SAVP, or RTP/AVP/TCP inside TLS, and no plain "
               "UDP"
             : "Unsupported transport: there is only SRTP (RTP/SAVP) here, or RTSPS with RTP/AVP/TCP";
}

bool has(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

std::string end_of(const std::string& said) {
  return said.substr(said.size() - std::min<std::size_t>(said.size(), 2000)) + "\n";
}

/// Of a player that must be refused: it says why, and has nothing to show.
std::string check_refusal(const Cell& cell, int code, const std::string& said, bool received_something) {
  std::string found;
  if (code == 0 || code == -1) found += "it ended with " + std::to_string(code) + "\n";
  if (!has(said, "461") || !has(said, refusal_of(cell))) found += "it does not tell the reason\n";
  if (received_something) found += "it received media\n";
  return found.empty() ? found : found + end_of(said);
}

std::string compare(std::string_view what, const std::string& wanted, const std::string& got) {
  if (wanted == got) return {};
  if (wanted.size() != got.size())
    return std::string(what) + ": " + std::to_string(got.size()) + " bytes in place of " +
           std::to_string(wanted.size()) + "\n";
  return std::string(what) + ": differ\n";
}

/// Whether GStreamer's verbose words tell of the cipher that the cell asks for, or of none. What it sends
/// itself is always AES-CM of 128 bits.
std::string check_cipher(const Cell& cell, const std::string& said) {
  constexpr std::string_view own = "aes-128-icm", named = "srtp-cipher=(string)";
  const auto cipher = cell.protection->cipher;
  if (cipher.empty()) return has(said, "application/x-srtp") ? "it came as SRTP\n" : "";
  std::set<std::string> others;
  for (auto at = said.find(named); at != std::string::npos; at = said.find(named, at + 1)) {
    const auto begin = at + named.size();
    others.insert(said.substr(begin, said.find_first_of(",; \n", begin) - begin));
  }
  if (others.erase(std::string(own)) == 0) return "it came without SRTP\n";
  const std::set<std::string> wanted =
      cipher == own ? std::set<std::string>{} : std::set<std::string>{std::string(cipher)};
  return others == wanted ? "" : "it came by another cipher\n";
}

}  // namespace

MatrixPlayers::MatrixPlayers(fs::path scratch, const std::string& config)
    : scratch_(std::move(scratch)),
      file_(read_frames("", "", InteropMedia::get().file(lecture.path), lecture, patience)),
      pictures_(made_of_the_file(scratch_, "-map 0:v -fps_mode passthrough -pix_fmt yuv420p -f rawvideo")),
      sound_(made_of_the_file(scratch_, "-map 0:a -c copy -f data")),
      server_({InteropMedia::get().root(), config + digest_config()}),
      basic_({InteropMedia::get().root(), config + basic_config()}) {
  run({"gst-inspect-1.0", "rtspsrc"});  // fills its registry, once for all
}

std::string MatrixPlayers::url(const Cell& cell) {
  ServerProcess& server = cell.login == Login::basic ? basic_ : server_;
  const std::string top = cell.login == Login::open ? "/open/" : "/login/";
  const auto path = top + std::string(cell.protection->path) + "/" + lecture.path;
  auto url = cell.protection->rtsps ? server.rtsps_url(path) : server.url(path);
  if (cell.login != Login::open) url.insert(url.find("://") + 3, "teacher:chalk@");
  return url;
}

fs::path MatrixPlayers::received(const Cell& cell, std::string_view kind) const {
  auto name = describe(cell) + "." + std::string(kind);
  std::ranges::replace(name, ' ', '-');
  return scratch_ / name;
}

std::string MatrixPlayers::play(const Cell& cell) {
  switch (cell.program) {
    case Program::ffmpeg:
      return play_ffmpeg(cell);
    case Program::mpv:
      return play_mpv(cell);
    default:
      return play_gstreamer(cell);
  }
}

std::vector<std::string> MatrixPlayers::logged() const {
  std::vector<std::string> lines;
  std::istringstream log(server_.log() + basic_.log());
  for (std::string line; std::getline(log, line);)
    if (has(line, " plays /")) lines.push_back(line);
  return lines;
}

std::string MatrixPlayers::play_ffmpeg(const Cell& cell) {
  const auto frames =
      read_frames(cell.udp ? "-rtsp_transport udp" : "-rtsp_transport tcp", "", url(cell), lecture, patience);
  if (cell.expected != Verdict::refused) return difference(file_, frames, lecture);
  return check_refusal(cell, frames.error.empty() ? 0 : 1, frames.error, !frames.tracks.empty());
}

std::string MatrixPlayers::play_mpv(const Cell& cell) {
  // It writes the pictures that it would show.
  const auto shown = received(cell, "pictures");
  Command mpv(
      words("mpv --no-config --no-audio --untimed --of=rawvideo --ovc=rawvideo --o=" + shown.string() +
            (cell.udp ? " --rtsp-transport=udp " : " --rtsp-transport=tcp ") + url(cell)));
  const int code = mpv.wait(patience);
  const auto pictures = content(shown);
  if (cell.expected == Verdict::refused) return check_refusal(cell, code, mpv.output(), !pictures.empty());
  auto found = compare("pictures", pictures_, pictures);
  if (code != 0) found += "it ended with " + std::to_string(code) + "\n";
  return found.empty() ? found : found + end_of(mpv.output());
}

std::string MatrixPlayers::play_gstreamer(const Cell& cell) {
  const auto shown = received(cell, "pictures"), heard = received(cell, "sound");
  const bool refused = cell.expected == Verdict::refused;
  // -v tells of the ciphers, rtspsrc's own log of the reasons of a refusal. The identities: see
  // gstreamer_test.cpp.
  const auto line = std::string("gst-launch-1.0 -v ") + (refused ? "--gst-debug=rtspsrc:6 " : "") +
                    "rtspsrc name=source location=" + url(cell) + " tls-validation-flags=0 latency=300" +
                    (cell.udp ? " protocols=udp" : " protocols=tcp") +
                    " source. ! application/x-rtp,media=video ! rtph264depay ! identity single-segment=true !"
                    " avdec_h264 ! filesink location=" +
                    shown.string() +
                    " source. ! application/x-rtp,media=audio ! rtpmp4gdepay ! identity single-segment=true !"
                    " filesink location=" +
                    heard.string();
  int code = -1;
  std::string said;
  for (int attempt = 0; attempt < 4; ++attempt) {
    Command command(words(line));
    code = command.wait(patience);
    said = command.output();
    if (!was_no_player(said)) break;
  }
  const auto pictures = content(shown), sound = content(heard);
  if (refused) return check_refusal(cell, code, said, !pictures.empty() || !sound.empty());
  auto found =
      compare("pictures", pictures_, pictures) + compare("sound", sound_, sound) + check_cipher(cell, said);
  const auto ended = said.find("Got EOS from element");
  // As it stops it may interrupt its own last request, and call that an end of file: see gstreamer_test.cpp.
  const auto interrupted = said.find("Received end-of-file");
  const bool well = code == 0 || (code == 1 && interrupted != std::string::npos && interrupted > ended);
  if (ended == std::string::npos || !well) found += "it ended with " + std::to_string(code) + "\n";
  return found.empty() ? found : found + end_of(said);
}

}  // namespace lectern::test
