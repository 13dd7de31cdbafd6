#include "tests/floods/trial.h"

#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <csignal>
#include <cstdlib>
#include <iostream>
#include <nlohmann/json.hpp>
#include <regex>
#include <stdexcept>
#include <thread>

#include "tests/support/made_media.h"
#include "tests/support/rtsp_client.h"
#include "tests/support/sample_media.h"

namespace lectern::test {
namespace {

using namespace std::chrono_literals;

constexpr unsigned viewers = 100;
/// What the allocator keeps of pages that are not wholly free.
constexpr std::uint64_t kept = 6 << 20;
/// Connections of OPTIONS that were just answered.
constexpr std::size_t on_their_way = 2;
constexpr auto recovery = 60s;
/// Of a track, whose packets are tens of milliseconds apart: more is a picture that stands still.
constexpr auto longest_silence = 1s;
/// After the flood, so that who hears nothing from then on is silent for too long.
constexpr auto aftermath = longest_silence + 500ms;

std::size_t count(const std::string& text, std::string_view what) {
  std::size_t found = 0;
  for (auto at = text.find(what); at != std::string::npos; at = text.find(what, at + what.size())) ++found;
  return found;
}

Words command_of(const std::string& transport, unsigned count, const std::vector<std::string>& urls) {
  Words words{LECTERN_LOAD,          "--json", "-t", transport, "-n",
              std::to_string(count), "--ramp", "1",  "-d",      "86400"};
  words.insert(words.end(), urls.begin(), urls.end());
  return words;
}

}  // namespace

bool full_size() {
  const char* size = std::getenv("LECTERN_FLOODS");
  return size != nullptr && std::string_view(size) == "full";
}

ServerOptions with_long_media(const std::string& config) {
  const auto folder = made_media_directory() / "long";
  const auto lecture = SampleMedia::get().root() / "lecture.mp4";
  encode(folder / "recording.mp4", {"-stream_loop", "119", "-i", lecture.string(), "-c", "copy"});
  return {folder, "cache: 16MiB\n" + config + "\npaths:\n  live: { source: \"" + lecture.string() +
                      "\", loop: yes }\n  pattern: { source: pattern, on_demand: yes }\n"};
}

Viewers::Viewers(const std::string& transport, unsigned count, const std::vector<std::string>& urls)
    : program_(command_of(transport, count, urls)) {}

Viewers::Report Viewers::finish() {
  program_.send(SIGINT);  // as Ctrl-C
  program_.wait(20s);
  const std::string output = program_.output();
  const auto json =
      nlohmann::json::parse(output.substr(std::min(output.find('{'), output.size())), nullptr, false);
  if (json.is_discarded()) throw std::runtime_error("lectern-load says: " + output.substr(0, 2000));
  Report report;
  report.packets = json.at("all_packets");
  report.lost = json.at("lost");
  report.duplicates = json.at("duplicates");
  report.malformed = json.at("malformed");
  report.failed = json.at("failed");
  report.playing = json.at("playing");
  report.own_drops = json.at("own_drops");
  report.late_ms = json.at("lateness_ms").at("p99");
  report.silence_ms = json.at("silence_ms").at("max");
  report.failure = json.at("failure");
  return report;
}

Trial::Trial(const std::string& name, const std::string& config)
    : name_(name),
      server_(with_long_media(config)),
      over_udp_("udp", viewers / 2,
                {server_.url("/recording.mp4"), server_.url(full_size() ? "/pattern" : "/live")}),
      over_tcp_("tcp", viewers / 2,
                {server_.url("/recording.mp4"), server_.url(full_size() ? "/pattern" : "/live")}) {
  const auto deadline = Clock::now() + 30s;
  while (count(server_.log(), " plays /") < viewers && Clock::now() < deadline)
    std::this_thread::sleep_for(20ms);
  REQUIRE(count(server_.log(), " plays /") == viewers);
  std::this_thread::sleep_for(full_size() ? 5s : 1s);  // until their buffers are as large as they become
  before_ = peak_ = usage_of(server_);
}

bool Trial::serves_others(bool tls) const {
  try {
    auto client = tls ? RtspClient::over_tls(server_.host(), server_.rtsps_port())
                      : RtspClient(server_.host(), server_.port(), "127.2.0.1");
    client.send_request("OPTIONS", server_.url("/"));
    return client.answer(milliseconds(2000)).status == 200;
  } catch (const std::runtime_error&) {
    return false;
  }
}

bool Trial::plays_from(const std::string& address, std::size_t count, milliseconds at_most) const {
  const std::regex line(address + ":[0-9]+ plays /");
  for (const auto deadline = Clock::now() + at_most;; std::this_thread::sleep_for(20ms)) {
    const std::string log = server_.log();
    const std::sregex_iterator begin(log.begin(), log.end(), line);
    if (std::distance(begin, {}) == static_cast<std::ptrdiff_t>(count)) return true;
    if (Clock::now() >= deadline) return false;
  }
}

void Trial::look() {
  const Usage now = usage_of(server_);
  peak_.resident = std::max(peak_.resident, now.resident);
  peak_.descriptors = std::max(peak_.descriptors, now.descriptors);
}

void Trial::end() {
  look();
  const auto begin = Clock::now();
  Usage after = usage_of(server_);
  const auto is_back = [&] {
    return after.descriptors <= before_.descriptors + on_their_way &&
           after.resident <= before_.resident + kept;
  };
  while (!is_back() && Clock::now() < begin + recovery) {
    std::this_thread::sleep_for(50ms);
    after = usage_of(server_);
  }
  const double seconds = std::chrono::duration<double>(Clock::now() - begin).count();
  std::this_thread::sleep_until(begin + aftermath);
  const std::string log = server_.log();
  std::uint64_t packets = 0, lost = 0;
  double late_ms = 0, silence_ms = 0;
  for (Viewers* crowd : {&over_udp_, &over_tcp_}) {
    const auto report = crowd->finish();
    INFO(name_ << ": " << report.failure);
    CHECK(report.playing == viewers / 2);
    CHECK(report.failed == 0);
    CHECK(report.lost <= report.own_drops);
    CHECK(report.duplicates == 0);
    CHECK(report.malformed == 0);
    CHECK(report.packets > 1000);
    CHECK(report.silence_ms < milliseconds(longest_silence).count());
    packets += report.packets;
    lost += report.lost;
    late_ms = std::max(late_ms, report.late_ms);
    silence_ms = std::max(silence_ms, report.silence_ms);
  }
  std::cout
      << fmt::format(
             "{:<44} lost {} of {} packets, 99 of 100 less than {:.0f} ms late, none silent for {:.0f} ms; "
             "memory {} -> {} -> {}, descriptors {} -> {} -> {}, back in {:.1f} s",
             name_, lost, packets, late_ms, silence_ms, mebibytes(before_.resident),
             mebibytes(peak_.resident), mebibytes(after.resident), before_.descriptors, peak_.descriptors,
             after.descriptors, seconds)
      << std::endl;
  INFO(name_);
  CHECK(after.descriptors <= before_.descriptors + on_their_way);
  CHECK(after.resident <= before_.resident + kept);
  CHECK(log.find("does not take") == std::string::npos);
  CHECK(log.find("UDP packets dropped") == std::string::npos);
  CHECK(server_.stop() == 0);
  CHECK(server_.stops_well());
}

}  // namespace lectern::test
