#pragma once

#include <map>
#include <optional>
#include <string>

#include "protocol/mikey/message.h"
#include "protocol/srtp/session.h"
#include "tests/support/player.h"

namespace lectern::test {

/// How a player manages keys.
enum class KeyStyle {
  gstreamer,  ///< reads the key from the SDP; sends no KeyMgmt
  mediamtx,   ///< its own key in KeyMgmt, without an MKI, for what it sends
  live555,    ///< its own key and a 4-byte MKI in KeyMgmt, for both ways
};

/// A player that receives SRTP. What does not decrypt is counted and not delivered.
class SrtpPlayer {
 public:
  /// DESCRIBE, by RTSPS where `tls`; REQUIREs a 200.
  SrtpPlayer(const ServerProcess& server, std::string_view path, KeyStyle style, bool tls = false);

  /// SETUP with RTP/SAVP; whatever the answer is.
  Answer try_setup(std::size_t track, Over over, const std::string& key_mgmt = "");
  /// SETUP of all tracks with what the style says; REQUIREs 200s.
  void setup_all(Over over);
  Answer play(Headers headers = {});
  Answer control(std::string_view method, Headers headers = {});
  /// Receives on all tracks for that time.
  void receive(milliseconds time);

  /// A MIKEY message with a new key, as the style makes it, in the form of the KeyMgmt header; it is the key
  /// of `track` from here on.
  std::string new_key_mgmt(std::size_t track);
  /// A receiver report, protected as the style has it.
  std::string protected_report(std::size_t track);
  void send_rtcp(std::size_t track, const std::string& bytes);

  struct Track {
    std::optional<mikey::Message> offered;   ///< of the SDP
    std::optional<mikey::Message> answered;  ///< of KeyMgmt in the answer to SETUP
    std::optional<mikey::Message> own;
    std::string transport;  ///< of the answer
    int channel = -1;
    std::uint16_t server_rtcp = 0;
    std::optional<UdpPair> udp;
    std::vector<RtpPacket> rtp;
    std::vector<RtcpPacket> rtcp;
    std::vector<std::string> raw;  ///< RTP packets as they came
    int refused = 0;
    std::optional<srtp::Session> inbound, outbound;
  };
  Track& track(std::size_t index) { return tracks_[index]; }
  const SdpText& sdp() const { return sdp_; }
  const std::string& session() const { return session_; }
  std::string track_url(std::size_t track) const;

  RtspClient client;

 private:
  void take(Track& track, const std::string& bytes, bool rtcp);
  void agree(Track& track);

  KeyStyle style_;
  std::string base_, session_;
  SdpText sdp_;
  std::map<std::size_t, Track> tracks_;
};

}  // namespace lectern::test
