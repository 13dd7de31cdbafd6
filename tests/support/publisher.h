#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "tests/support/player.h"

namespace lectern::test {

/// An RTP packet without sources and extension. RFC 3550 5.1.
std::string rtp_packet(const RtpPacket& packet);
/// SR without report blocks, and SDES CNAME. RFC 3550 6.4.1, 6.5.
std::string sender_report(std::uint32_t ssrc, std::uint64_t ntp, std::uint32_t rtp_time);
/// The sum of an m= for each of `media`: "audio 0 RTP/AVP 0\r\na=…", which gets its a=control ("t1", "t2" …).
std::string announced(const std::vector<std::string>& media);

/// A publisher, whose session is what the answer to ANNOUNCE says.
class TestPublisher {
 public:
  /// By RTSPS where `tls`.
  TestPublisher(const ServerProcess& server, std::string_view path, bool tls = false);

  Answer announce(const std::string& sdp, Headers headers = {{"Content-Type", "application/sdp"}});
  /// SETUP of the track of that number, from 1 on, with mode=record.
  Answer setup(unsigned track, Over over);
  Answer setup(unsigned track, const std::string& transport, Headers headers = {});
  Answer control(std::string_view method, Headers headers = {});
  /// ANNOUNCE, SETUP and RECORD; REQUIREs 200s.
  void record(const std::vector<std::string>& media, Over over);

  void send_rtp(unsigned track, const std::string& packet);
  void send_rtcp(unsigned track, const std::string& packet);
  /// The next RTCP packet on the track; empty where none comes.
  std::string receive_rtcp(unsigned track, milliseconds timeout = milliseconds(5000));

  /// 20 ms of G.711 with that byte in all of it; its own sequence number and time.
  void send_sound(unsigned track, char sample);

  std::string track_url(unsigned track) const { return url + "/t" + std::to_string(track); }

  struct Track {
    std::optional<UdpPair> udp;
    int channel = -1;
    std::uint16_t server_rtp = 0, server_rtcp = 0;
    RtpPacket next{0, false, 4711, 123'456, 0xcafe, {}};
  };
  std::map<unsigned, Track> tracks;
  std::string url, session;
  RtspClient client;
};

}  // namespace lectern::test
