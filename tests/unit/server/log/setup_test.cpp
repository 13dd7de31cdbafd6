#include "server/log/setup.h"

#include <spdlog/sinks/ostream_sink.h>
#include <spdlog/spdlog.h>

#include <catch2/catch.hpp>
#include <regex>
#include <sstream>

using namespace lectern::server;

TEST_CASE("each level of ours is the one of the same name in spdlog", "[log]") {
  for (std::size_t i = 0; i < log_level_names.size(); ++i) {
    const auto name = spdlog::level::to_string_view(to_spdlog(static_cast<LogLevel>(i)));
    CHECK(std::string_view(name.data(), name.size()) == log_level_names[i]);
  }
}

TEST_CASE("the level of the configuration holds for the process", "[log]") {
  const auto before = spdlog::default_logger();
  setup_log(LogLevel::error);
  CHECK(spdlog::should_log(spdlog::level::err));
  CHECK_FALSE(spdlog::should_log(spdlog::level::warn));
  spdlog::set_default_logger(before);
}

TEST_CASE("a log line has the date, the time with milliseconds, the level and the message", "[log]") {
  std::ostringstream out;
  spdlog::logger logger("test", std::make_shared<spdlog::sinks::ostream_sink_st>(out));
  logger.set_pattern(std::string(log_pattern));
  logger.info("listening on :8554");
  const std::regex line(R"(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3} info: listening on :8554\n)");
  CHECK(std::regex_match(out.str(), line));
}
