#include "tests/conformance/srtp_player.h"

#include <catch2/catch.hpp>
#include <random>

#include "protocol/rtsp/key_mgmt.h"
#include "protocol/sdp/key_mgmt.h"

namespace lectern::test {
namespace {

std::mt19937& random() {
  static std::mt19937 generator{std::random_device{}()};
  return generator;
}

ByteVector random_bytes(std::size_t size) {
  ByteVector bytes(size);
  for (auto& b : bytes) b = static_cast<std::byte>(random()());
  return bytes;
}

std::optional<mikey::Message> offered_in(const SdpMedia& media) {
  const std::string value = media.value("a=key-mgmt:");
  const auto key_mgmt = sdp::parse_key_mgmt(value);
  if (!key_mgmt) return std::nullopt;
  auto message = mikey::parse(key_mgmt->data);
  if (!message) return std::nullopt;
  return *std::move(message);
}

std::optional<mikey::Message> answered_in(const Answer& answer) {
  const auto entries = rtsp::parse_key_mgmt(answer.header("KeyMgmt"));
  if (!entries) return std::nullopt;
  auto message = mikey::parse(entries->front().data);
  if (!message) return std::nullopt;
  return *std::move(message);
}

}  // namespace

SrtpPlayer::SrtpPlayer(const ServerProcess& server, std::string_view path, KeyStyle style, bool tls)
    : client(tls ? RtspClient::over_tls(server.host(), server.rtsps_port())
                 : RtspClient(server.host(), server.port())),
      style_(style) {
  const Answer answer = client.request("DESCRIBE", tls ? server.rtsps_url(path) : server.url(path),
                                       {{"Accept", "application/sdp"}});
  REQUIRE(answer.status == 200);
  base_ = answer.header("Content-Base");
  sdp_ = parse_sdp(answer.body);
  for (std::size_t i = 0; i < sdp_.media.size(); ++i) tracks_[i].offered = offered_in(sdp_.media[i]);
}

std::string SrtpPlayer::track_url(std::size_t track) const {
  return resolve(base_, sdp_.media.at(track).value("a=control:"));
}

std::string SrtpPlayer::new_key_mgmt(std::size_t index) {
  Track& track = tracks_[index];
  const srtp::Suite suite = track.offered ? track.offered->suite : srtp::Suite::aes_cm_128_hmac_sha1_80;
  const ByteVector mki = style_ == KeyStyle::live555 ? random_bytes(4) : ByteVector();
  mikey::Message message{suite,
                         srtp::MasterKey::create(random_bytes(srtp::key_and_salt_size(suite)), mki).value(),
                         {{static_cast<std::uint32_t>(random()()), 0}},
                         static_cast<std::uint32_t>(random()()),
                         std::uint64_t{0xee000000} << 32,
                         random_bytes(16)};
  track.own = message;
  rtsp::KeyMgmt entry;
  entry.uri = track_url(index);
  entry.data = mikey::serialize(message).value();
  return rtsp::serialize(entry);
}

Answer SrtpPlayer::try_setup(std::size_t index, Over over, const std::string& key_mgmt) {
  Track& track = tracks_[index];
  Headers headers;
  if (over == Over::tcp) {
    headers.emplace_back("Transport", "RTP/SAVP/TCP;unicast;interleaved=" + std::to_string(2 * index) + "-" +
                                          std::to_string(2 * index + 1));
  } else {
    if (!track.udp) track.udp.emplace();
    headers.emplace_back("Transport", "RTP/SAVP;unicast;client_port=" + track.udp->ports());
  }
  if (!session_.empty()) headers.emplace_back("Session", session_);
  if (!key_mgmt.empty()) headers.emplace_back("KeyMgmt", key_mgmt);
  const Answer answer = client.request("SETUP", track_url(index), headers);
  if (answer.status != 200) return answer;
  session_ = answer.session();
  track.transport = answer.header("Transport");
  track.answered = answered_in(answer);
  if (over == Over::tcp)
    track.channel = std::stoi(parameter(track.transport, "interleaved"));
  else
    track.server_rtcp = static_cast<std::uint16_t>(std::stoi(parameter(track.transport, "server_port")) + 1);
  agree(track);
  return answer;
}

void SrtpPlayer::agree(Track& track) {
  using srtp::Direction;
  // live555 does not look at the answer: what it receives is protected with what it has sent.
  const auto& in = style_ == KeyStyle::live555    ? track.own
                   : style_ == KeyStyle::mediamtx ? track.answered
                                                  : track.offered;
  const auto& out = style_ == KeyStyle::gstreamer ? track.offered : track.own;
  if (in) track.inbound = srtp::Session::create(Direction::inbound, in->suite, in->key).value();
  if (out) track.outbound = srtp::Session::create(Direction::outbound, out->suite, out->key).value();
}

void SrtpPlayer::setup_all(Over over) {
  for (std::size_t i = 0; i < sdp_.media.size(); ++i)
    REQUIRE(try_setup(i, over, style_ == KeyStyle::gstreamer ? "" : new_key_mgmt(i)).status == 200);
}

Answer SrtpPlayer::control(std::string_view method, Headers headers) {
  headers.emplace_back("Session", session_);
  return client.request(method, base_, headers);
}

Answer SrtpPlayer::play(Headers headers) {
  Answer answer = control("PLAY", std::move(headers));
  return answer;
}

void SrtpPlayer::take(Track& track, const std::string& bytes, bool rtcp) {
  if (!track.inbound) return;
  ByteVector packet(bytes.size());
  std::ranges::transform(bytes, packet.begin(), [](char c) { return static_cast<std::byte>(c); });
  const auto size = rtcp ? track.inbound->unprotect_rtcp(packet, packet.size())
                         : track.inbound->unprotect_rtp(packet, packet.size());
  if (!rtcp) track.raw.push_back(bytes);
  if (!size) {
    ++track.refused;
    return;
  }
  const std::string plain(reinterpret_cast<const char*>(packet.data()), *size);
  if (rtcp) {
    if (auto parsed = parse_rtcp(plain)) track.rtcp.push_back(*parsed);
  } else if (auto parsed = parse_rtp(plain)) {
    track.rtp.push_back(*parsed);
  }
}

void SrtpPlayer::receive(milliseconds time) {
  const auto deadline = Clock::now() + time;
  const auto take_frame = [&](const Frame& frame) {
    for (auto& [index, track] : tracks_)
      if (track.channel >= 0 && frame.channel / 2 == track.channel / 2)
        take(track, frame.data, frame.channel != track.channel);
  };
  while (Clock::now() < deadline) {
    bool any = false;
    for (const Frame& frame : client.passed()) take_frame(frame);
    for (auto& [index, track] : tracks_) {
      if (!track.udp) continue;
      while (const auto datagram = track.udp->rtp(milliseconds(0)))
        take(track, datagram->data, false), any = true;
      while (const auto datagram = track.udp->rtcp(milliseconds(0)))
        take(track, datagram->data, true), any = true;
    }
    if (tracks_.begin()->second.channel >= 0) {
      if (const auto frame = client.frame(milliseconds(20))) take_frame(*frame);
    } else if (!any) {
      wait_readable(tracks_.begin()->second.udp->rtp_fd(),
                    std::min(deadline, Clock::now() + milliseconds(20)));
    }
  }
}

std::string SrtpPlayer::protected_report(std::size_t index) {
  Track& track = tracks_[index];
  const std::string report = receiver_report(7);
  ByteVector packet(report.size() + track.outbound->rtcp_overhead());
  std::ranges::transform(report, packet.begin(), [](char c) { return static_cast<std::byte>(c); });
  const auto size = track.outbound->protect_rtcp(packet, report.size());
  REQUIRE(size);
  return {reinterpret_cast<const char*>(packet.data()), *size};
}

void SrtpPlayer::send_rtcp(std::size_t index, const std::string& bytes) {
  Track& track = tracks_[index];
  if (track.udp) return track.udp->send_rtcp(track.server_rtcp, bytes);
  std::string frame{'$', static_cast<char>(track.channel + 1), static_cast<char>(bytes.size() >> 8),
                    static_cast<char>(bytes.size() & 0xff)};
  client.send(frame + bytes);
}

}  // namespace lectern::test
