#include "media/ffmpeg/log.h"

#include <catch2/catch.hpp>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

extern "C" {
#include <libavutil/log.h>
}

using namespace lectern::media;

namespace {

struct Line {
  LogLevel level;
  std::string text;
  bool operator==(const Line&) const = default;
};

/// Routes the log here while it lives.
struct Routed {
  Routed() {
    route_log([this](LogLevel level, std::string_view line) {
      const std::lock_guard lock(mutex);
      lines.push_back({level, std::string(line)});
    });
  }
  Routed(const Routed&) = delete;
  Routed& operator=(const Routed&) = delete;
  ~Routed() { route_log({}); }

  std::mutex mutex;
  std::vector<Line> lines;
};

}  // namespace

TEST_CASE("FFmpeg's log arrives as whole, clean lines", "[media]") {
  Routed routed;
  av_log(nullptr, AV_LOG_ERROR, "broken %d", 7);
  CHECK(routed.lines.empty());
  av_log(nullptr, AV_LOG_ERROR, " bytes\n");
  av_log(nullptr, AV_LOG_WARNING, "name\x1b[31m\tend\none\n");
  av_log(nullptr, AV_LOG_DEBUG, "not asked for\n");
  CHECK(routed.lines == std::vector<Line>{{LogLevel::error, "broken 7 bytes"},
                                          {LogLevel::warning, "name\\x1b[31m\\x09end"},
                                          {LogLevel::warning, "one"}});
}

TEST_CASE("lines of FFmpeg's log are bounded", "[media]") {
  Routed routed;
  const std::string piece(600, 'x');
  for (int i = 0; i < 10; ++i) av_log(nullptr, AV_LOG_INFO, "%s", piece.c_str());
  av_log(nullptr, AV_LOG_INFO, "\n");
  REQUIRE(routed.lines.size() == 1);
  CHECK(routed.lines[0].text == std::string(512, 'x'));
  CHECK(routed.lines[0].level == LogLevel::info);
}

TEST_CASE("FFmpeg's log comes from many threads", "[media]") {
  Routed routed;
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i)
    threads.emplace_back([] {
      for (int line = 0; line < 100; ++line) {
        av_log(nullptr, AV_LOG_ERROR, "one ");
        av_log(nullptr, AV_LOG_ERROR, "line\n");
      }
    });
  for (auto& thread : threads) thread.join();
  REQUIRE(routed.lines.size() == 400);
  for (const auto& line : routed.lines) CHECK(line.text == "one line");
}
