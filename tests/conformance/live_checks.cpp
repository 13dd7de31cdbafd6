#include "tests/conformance/live_checks.h"

#include <algorithm>
#include <catch2/catch.hpp>

namespace lectern::test {

std::string looped_lecture(const std::string& more) {
  return "{ source: " + (SampleMedia::get().root() / "lecture.mp4").string() + ", loop: yes" +
         (more.empty() ? "" : ", " + more) + " }\n";
}

std::size_t count_of(const std::string& text, std::string_view part) {
  std::size_t found = 0;
  for (auto at = text.find(part); at != text.npos; at = text.find(part, at + 1)) ++found;
  return found;
}

bool receive_until(Player& player, const std::function<bool()>& done, int at_most_ms) {
  for (const auto deadline = Clock::now() + milliseconds(at_most_ms); !done();) {
    if (Clock::now() > deadline) return false;
    player.receive(milliseconds(1));
  }
  return true;
}

void receive_packets(Player& player, std::size_t track, std::size_t count, int at_most_ms) {
  const std::size_t wanted = player.arrived(track).rtp.size() + count;
  REQUIRE(receive_until(
      player, [&] { return player.arrived(track).rtp.size() >= wanted; }, at_most_ms));
}

std::size_t picture_size(const std::vector<RtpPacket>& rtp, std::size_t at) {
  std::size_t end = at;
  while (end < rtp.size() && rtp[end].timestamp == rtp[at].timestamp) ++end;
  return end - at;
}

bool is_key_picture(const std::vector<RtpPacket>& rtp, std::size_t at) {
  bool idr = false, parameters = false;
  for (std::size_t i = at; i < at + picture_size(rtp, at); ++i)
    for (const int type : h264_types(rtp[i].payload)) {
      idr = idr || type == 5;
      parameters = parameters || type == 7;
    }
  return idr && parameters;
}

double seconds_between(std::uint32_t from, std::uint32_t to, int clock_rate) {
  return static_cast<double>(static_cast<std::int32_t>(to - from)) / clock_rate;
}

double captured_at(const Arrived& arrived, std::uint32_t timestamp, int clock_rate) {
  const auto newest =
      std::ranges::find_if(arrived.rtcp.rbegin(), arrived.rtcp.rend(),
                           [](const RtcpPacket& packet) { return packet.report.has_value(); });
  REQUIRE(newest != arrived.rtcp.rend());
  return unix_seconds(newest->report->ntp) + seconds_between(newest->report->rtp_time, timestamp, clock_rate);
}

}  // namespace lectern::test
