#include "tests/conformance/recorded_video.h"

#include <catch2/catch.hpp>

#include "tests/conformance/live_checks.h"

namespace lectern::test {

RecordedVideo RecordedVideo::of_lecture() {
  const ServerProcess server(with_config("loops: 1\npaths:\n  cam: " + looped_lecture()));
  Player player(server, "/cam");
  player.setup(0, Over::tcp);
  REQUIRE(player.play().status == 200);
  RecordedVideo recorded;
  recorded.fmtp = player.sdp().media.at(0).value("a=fmtp:");
  const auto& arrived = player.arrived(0).rtp;
  std::size_t end = 0;
  const auto has_round = [&] {
    for (std::size_t at = 0; at < arrived.size(); at += picture_size(arrived, at)) {
      end = at;
      const bool whole = at + picture_size(arrived, at) < arrived.size();
      if (at > 0 && whole && is_key_picture(arrived, at)) return true;
    }
    return false;
  };
  REQUIRE(receive_until(player, has_round, 15'000));
  recorded.packets.assign(arrived.begin(), arrived.begin() + static_cast<std::ptrdiff_t>(end));
  recorded.length = arrived[end].timestamp - arrived[0].timestamp;
  return recorded;
}

std::string RecordedVideo::sdp(const std::string& fmtp_line) const {
  return "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=camera\r\nt=0 0\r\nm=video 0 RTP/AVP 96\r\n"
         "a=rtpmap:96 H264/90000\r\n" +
         (fmtp_line.empty() ? "" : "a=fmtp:" + fmtp_line + "\r\n") + "a=control:track1\r\n";
}

bool play_recorded(CameraConnection& camera, const RecordedVideo& recorded,
                   const std::function<bool(RtpPacket& packet, std::uint32_t at)>& change) {
  const auto began = Clock::now();
  for (std::uint32_t rounds = 0;; ++rounds)
    for (RtpPacket packet : recorded.packets) {
      const std::uint32_t at = packet.timestamp - recorded.packets[0].timestamp + rounds * recorded.length;
      // Pictures are reordered, and one that is shown before the first is sent at once.
      const auto due = began + std::chrono::microseconds(
                                   static_cast<std::int64_t>(static_cast<std::int32_t>(at)) * 100 / 9);
      const auto left = std::chrono::ceil<milliseconds>(due - Clock::now());
      if (left > milliseconds(0) && !camera.wait(left)) return false;
      if (!change(packet, at)) return true;
      if (!camera.send_rtp(0, 96, packet.timestamp, packet.marker, packet.payload)) return false;
    }
}

}  // namespace lectern::test
