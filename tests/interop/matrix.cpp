#include "tests/interop/matrix.h"

#include <array>

namespace lectern::test {
namespace {

constexpr std::array columns{
    Protection{"RTSP", "default"},
    Protection{"RTSPS", "plain", true},
    Protection{"SRTP by MIKEY, AES-CM", "mikey", false, "aes-128-icm"},
    Protection{"SRTP by MIKEY, AES-GCM", "gcm", false, "aes-128-gcm"},
    Protection{"SRTP by MIKEY over RTSPS", "mikey", true, "aes-128-icm"},
    Protection{"SRTP by SDES", "sdes", false, "aes-128-icm"},
    Protection{"SRTP by SDES over RTSPS", "sdes", true, "aes-128-icm"},
};

/// Beyond the columns: each other suite, and what GStreamer is offered where nothing is configured.
constexpr std::array further_suites{
    Protection{"AES_CM_128_HMAC_SHA1_32", "cm-32", false, "aes-128-icm"},
    Protection{"AES_CM_256_HMAC_SHA1_80", "cm-256", false, "aes-256-icm"},
    Protection{"AEAD_AES_256_GCM", "gcm-256", false, "aes-256-gcm"},
    Protection{"the default over RTSPS", "default", true, "aes-128-icm"},
};
constexpr Protection short_tag_by_sdes{"AES_CM_128_HMAC_SHA1_32 by SDES", "sdes-32", false, "aes-128-icm"};

constexpr std::array programs{Program::ffmpeg, Program::mpv, Program::gstreamer};

std::string_view name_of(Program program) {
  switch (program) {
    case Program::ffmpeg:
      return "FFmpeg";
    case Program::mpv:
      return "mpv";
    default:
      return "GStreamer";
  }
}

std::string_view name_of(Login login) {
  switch (login) {
    case Login::open:
      return "open";
    case Login::digest:
      return "Digest";
    default:
      return "Basic";
  }
}

bool uses_mikey(const Protection& protection) {
  return protection.path == "mikey" || protection.path == "gcm";
}

Verdict verdict_of(Program program, bool udp, const Protection& protection) {
  if (program == Program::gstreamer) {
    if (protection.path == "sdes") return Verdict::by_mikey;
    return udp && protection.rtsps && protection.cipher.empty() ? Verdict::refused : Verdict::plays;
  }
  // mpv has FFmpeg's RTSP, which knows SDES alone.
  if (!uses_mikey(protection)) return Verdict::plays;
  return protection.rtsps ? Verdict::inside_tls : Verdict::refused;
}

/// Where nothing but the media's protection is to be seen, a login more shows nothing more.
std::vector<Login> logins_of(Verdict verdict, const Protection& protection) {
  if (verdict != Verdict::plays) return {Login::open};
  if (protection.rtsps) return {Login::open, Login::digest, Login::basic};
  return {Login::open, Login::digest};
}

bool exists(Program program, bool udp, const Protection& protection) {
  return program == Program::gstreamer || !udp || !protection.rtsps;
}

/// What stands in the table for the cells of one player, transport and protection.
std::string entry(const std::vector<Cell>& cells, Program program, bool udp, const Protection& protection) {
  std::string logins;
  for (const Cell& cell : cells) {
    if (cell.program != program || cell.udp != udp || cell.protection != &protection) continue;
    if (!cell.found.empty()) return "**fails**";
    switch (cell.expected) {
      case Verdict::refused:
        return "461";
      case Verdict::by_mikey:
        return "by MIKEY";
      case Verdict::inside_tls:
        return "inside TLS";
      case Verdict::plays:
        logins += (logins.empty() ? "" : ", ") + std::string(name_of(cell.login));
    }
  }
  return logins.empty() ? "–" : logins;
}

}  // namespace

std::vector<Cell> matrix_cells() {
  std::vector<Cell> cells;
  for (const Program program : programs) {
    for (const bool udp : {true, false}) {
      for (const Protection& protection : columns) {
        if (!exists(program, udp, protection)) continue;
        const Verdict verdict = verdict_of(program, udp, protection);
        for (const Login login : logins_of(verdict, protection))
          cells.push_back({program, udp, &protection, login, verdict});
      }
    }
  }
  return cells;
}

std::vector<Cell> suite_cells() {
  std::vector<Cell> cells;
  for (const Protection& protection : further_suites)
    cells.push_back({Program::gstreamer, true, &protection, Login::open, Verdict::plays});
  cells.push_back({Program::ffmpeg, true, &short_tag_by_sdes, Login::open, Verdict::plays});
  return cells;
}

std::string describe(const Cell& cell) {
  return std::string(name_of(cell.program)) + (cell.udp ? " over UDP, " : " over TCP, ") +
         std::string(cell.protection->heading) + ", " + std::string(name_of(cell.login));
}

std::string markdown_table(const std::vector<Cell>& cells) {
  std::string table = "| Player | Media over |";
  for (const Protection& protection : columns) table += " " + std::string(protection.heading) + " |";
  table += "\n| --- | --- |";
  for (std::size_t i = 0; i < columns.size(); ++i) table += " --- |";
  table += "\n";
  for (const Program program : programs) {
    for (const bool udp : {true, false}) {
      table += "| " + std::string(name_of(program)) + (udp ? " | UDP |" : " | TCP |");
      for (const Protection& protection : columns)
        table += " " + entry(cells, program, udp, protection) + " |";
      table += "\n";
    }
  }
  return table;
}

}  // namespace lectern::test
