#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tests/support/rtp_view.h"
#include "tests/support/rtsp_client.h"
#include "tests/support/sdp_text.h"
#include "tests/support/server_process.h"
#include "tests/support/udp_pair.h"

namespace lectern::test {

/// One entry of RTP-Info. RFC 2326 12.33.
struct RtpInfo {
  std::string url;
  std::optional<std::uint16_t> seq;
  std::optional<std::uint32_t> rtptime;
};

std::vector<RtpInfo> parse_rtp_info(std::string_view header);

/// "npt=3-6.5": the unit and both ends as text.
struct RangeText {
  std::string unit, start, end;
};
RangeText parse_range(const std::string& header);

/// The value of `name=` in a Transport header; empty when there is none.
std::string parameter(const std::string& header, std::string_view name);

enum class Over { tcp, udp };

/// What arrived on one track since it was last taken.
struct Arrived {
  std::vector<RtpPacket> rtp;
  std::vector<RtcpPacket> rtcp;
  std::vector<double> rtcp_at;  ///< Unix seconds of arrival, for each of rtcp

  bool bye() const;
  std::size_t frames() const;  ///< distinct time stamps, in a row
};

/// A player that describes one presentation and sets up its tracks.
class Player {
 public:
  /// DESCRIBE; REQUIREs a 200.
  Player(const ServerProcess& server, std::string_view path, const std::string& source = "");

  /// SETUP of the track with that index in the SDP; REQUIREs a 200.
  Answer setup(std::size_t track, Over over);
  /// SETUP of all.
  void setup_all(Over over);
  Answer play(Headers headers = {});
  Answer pause(Headers headers = {}) { return control("PAUSE", std::move(headers)); }
  Answer teardown() { return control("TEARDOWN", {}); }
  /// A request in the session on the aggregate URL.
  Answer control(std::string_view method, Headers headers = {});

  /// Receives on all tracks for that time; with `until_bye` at most so long.
  void receive(milliseconds time, bool until_bye = false);
  Arrived& arrived(std::size_t track) { return tracks_.at(track).arrived; }
  void forget_arrived();
  bool all_byes() const;

  const SdpText& sdp() const { return sdp_; }
  const std::string& base() const { return base_; }
  const std::string& session() const { return session_; }
  std::string track_url(std::size_t track) const;
  UdpPair& udp(std::size_t track) { return *tracks_.at(track).udp; }
  std::uint16_t server_rtcp_port(std::size_t track) const { return tracks_.at(track).server_rtcp; }
  /// Of the Transport answer; empty when it named none.
  const std::string& transport(std::size_t track) const { return tracks_.at(track).transport; }

  RtspClient client;

 private:
  struct Track {
    std::string transport;
    int channel = -1;
    std::uint16_t server_rtcp = 0;
    std::optional<UdpPair> udp;
    Arrived arrived;
  };
  void take(const Frame& frame);
  void take_datagrams(Track& track);
  static void take_rtp(Track& track, std::string_view bytes);
  static void take_rtcp(Track& track, std::string_view bytes);

  std::string host_;
  std::string base_;
  std::string session_;
  SdpText sdp_;
  std::map<std::size_t, Track> tracks_;
};

}  // namespace lectern::test
