#include "tests/support/player.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <charconv>
#include <thread>

namespace lectern::test {
namespace {

std::vector<std::string_view> pieces(std::string_view text, char separator) {
  std::vector<std::string_view> out;
  for (;;) {
    const auto at = text.find(separator);
    out.push_back(trimmed(text.substr(0, at)));
    if (at == std::string_view::npos) return out;
    text.remove_prefix(at + 1);
  }
}

template <class Number>
std::optional<Number> whole(std::string_view text) {
  Number value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

double now_unix() {
  return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
}

}  // namespace

std::vector<RtpInfo> parse_rtp_info(std::string_view header) {
  std::vector<RtpInfo> out;
  if (trimmed(header).empty()) return out;
  for (const auto entry : pieces(header, ',')) {
    RtpInfo info;
    for (const auto part : pieces(entry, ';')) {
      if (part.starts_with("url=")) info.url = part.substr(4);
      if (part.starts_with("seq=")) info.seq = whole<std::uint16_t>(part.substr(4));
      if (part.starts_with("rtptime=")) info.rtptime = whole<std::uint32_t>(part.substr(8));
    }
    out.push_back(info);
  }
  return out;
}

RangeText parse_range(const std::string& header) {
  RangeText range;
  const auto equals = header.find('=');
  if (equals == std::string::npos) return range;
  range.unit = header.substr(0, equals);
  const auto dash = header.find('-', equals);
  range.start = header.substr(equals + 1, dash == std::string::npos ? dash : dash - equals - 1);
  if (dash != std::string::npos) range.end = header.substr(dash + 1, header.find(';', dash) - dash - 1);
  return range;
}

std::string parameter(const std::string& header, std::string_view name) {
  for (const auto part : pieces(header, ';')) {
    const auto equals = part.find('=');
    if (equals != std::string_view::npos && same_name(part.substr(0, equals), name)) {
      return std::string(part.substr(equals + 1));
    }
  }
  return {};
}

bool Arrived::bye() const {
  return std::ranges::any_of(rtcp, [](const auto& packet) { return packet.bye; });
}

std::size_t Arrived::frames() const {
  std::size_t count = 0;
  for (std::size_t i = 0; i < rtp.size(); ++i) count += i == 0 || rtp[i].timestamp != rtp[i - 1].timestamp;
  return count;
}

Player::Player(const ServerProcess& server, std::string_view path, const std::string& source)
    : client(server.host(), server.port(), source), host_(source.empty() ? server.host() : source) {
  const auto answer = client.request("DESCRIBE", server.url(path));
  REQUIRE(answer.status == 200);
  sdp_ = parse_sdp(answer.body);
  REQUIRE_FALSE(sdp_.media.empty());
  base_ = answer.header("Content-Base");
  REQUIRE_FALSE(base_.empty());
}

std::string Player::track_url(std::size_t track) const {
  return resolve(base_, sdp_.media.at(track).value("a=control:"));
}

Answer Player::setup(std::size_t track, Over over) {
  auto& state = tracks_[track];
  std::string transport =
      "RTP/AVP/TCP;unicast;interleaved=" + std::to_string(2 * track) + "-" + std::to_string(2 * track + 1);
  if (over == Over::udp) {
    if (!state.udp) state.udp.emplace(host_);
    transport = "RTP/AVP;unicast;client_port=" + state.udp->ports();
  }
  Headers headers{{"Transport", transport}};
  if (!session_.empty()) headers.emplace_back("Session", session_);
  auto answer = client.request("SETUP", track_url(track), headers);
  REQUIRE(answer.status == 200);
  session_ = answer.session();
  REQUIRE_FALSE(session_.empty());
  state.transport = answer.header("Transport");
  if (over == Over::tcp) {
    const auto channels = parameter(state.transport, "interleaved");
    state.channel = whole<int>(channels.substr(0, channels.find('-'))).value_or(-1);
    REQUIRE(state.channel >= 0);
  } else {
    const auto ports = parameter(state.transport, "server_port");
    state.server_rtcp = whole<std::uint16_t>(std::string_view(ports).substr(ports.find('-') + 1)).value_or(0);
    REQUIRE(state.server_rtcp != 0);
  }
  return answer;
}

void Player::setup_all(Over over) {
  for (std::size_t track = 0; track < sdp_.media.size(); ++track) setup(track, over);
}

Answer Player::control(std::string_view method, Headers headers) {
  headers.emplace_back("Session", session_);
  auto answer = client.request(method, base_, headers);
  for (const auto& frame : client.passed()) take(frame);
  return answer;
}

Answer Player::play(Headers headers) {
  return control("PLAY", std::move(headers));
}

void Player::take(const Frame& frame) {
  for (auto& [index, track] : tracks_) {
    if (frame.channel == track.channel) take_rtp(track, frame.data);
    if (frame.channel == track.channel + 1 && track.channel >= 0) take_rtcp(track, frame.data);
  }
}

void Player::take_rtp(Track& track, std::string_view bytes) {
  auto packet = parse_rtp(bytes);
  REQUIRE(packet);
  track.arrived.rtp.push_back(std::move(*packet));
}

void Player::take_rtcp(Track& track, std::string_view bytes) {
  auto packet = parse_rtcp(bytes);
  REQUIRE(packet);
  track.arrived.rtcp.push_back(std::move(*packet));
  track.arrived.rtcp_at.push_back(now_unix());
}

void Player::take_datagrams(Track& track) {
  while (auto datagram = track.udp->rtp(milliseconds(0))) take_rtp(track, datagram->data);
  while (auto datagram = track.udp->rtcp(milliseconds(0))) take_rtcp(track, datagram->data);
}

bool Player::all_byes() const {
  return std::ranges::all_of(tracks_, [](const auto& entry) { return entry.second.arrived.bye(); });
}

void Player::receive(milliseconds time, bool until_bye) {
  const auto deadline = Clock::now() + time;
  const bool interleaved = tracks_.begin()->second.channel >= 0;
  while (Clock::now() < deadline && !(until_bye && all_byes())) {
    if (interleaved) {
      const auto event = client.next(std::chrono::ceil<milliseconds>(deadline - Clock::now()));
      if (const auto* frame = std::get_if<Frame>(&event)) take(*frame);
      if (std::holds_alternative<Closed>(event)) return;
    } else {
      std::this_thread::sleep_for(milliseconds(5));
      for (auto& [index, track] : tracks_) take_datagrams(track);
    }
  }
}

void Player::forget_arrived() {
  for (auto& [index, track] : tracks_) {
    if (track.udp) take_datagrams(track);
    track.arrived = {};
  }
}

}  // namespace lectern::test
