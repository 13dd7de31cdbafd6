#include "tests/support/publisher.h"

#include <catch2/catch.hpp>

namespace lectern::test {
namespace {

std::string big_endian(std::uint64_t value, int size) {
  std::string bytes;
  while (size-- > 0) bytes += static_cast<char>(value >> (8 * size));
  return bytes;
}

std::string frame(int channel, const std::string& data) {
  return "$" + big_endian(static_cast<unsigned>(channel), 1) + big_endian(data.size(), 2) + data;
}

}  // namespace

std::string rtp_packet(const RtpPacket& packet) {
  return "\x80" + big_endian((packet.marker ? 0x80u : 0u) | packet.payload_type, 1) +
         big_endian(packet.seq, 2) + big_endian(packet.timestamp, 4) + big_endian(packet.ssrc, 4) +
         packet.payload;
}

std::string sender_report(std::uint32_t ssrc, std::uint64_t ntp, std::uint32_t rtp_time) {
  const std::string source = big_endian(ssrc, 4);
  return "\x80\xc8" + big_endian(6, 2) + source + big_endian(ntp, 8) + big_endian(rtp_time, 4) +
         big_endian(0, 8) + "\x81\xca" + big_endian(3, 2) + source + std::string("\x01\x04test\0\0", 8);
}

std::string announced(const std::vector<std::string>& media) {
  std::string sdp = "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 0.0.0.0\r\nt=0 0\r\n";
  for (std::size_t i = 0; i < media.size(); ++i)
    sdp += "m=" + media[i] + "\r\na=control:t" + std::to_string(i + 1) + "\r\n";
  return sdp;
}

TestPublisher::TestPublisher(const ServerProcess& server, std::string_view path, bool tls)
    : url(tls ? server.rtsps_url(path) : server.url(path)),
      client(tls ? RtspClient::over_tls(server.host(), server.rtsps_port())
                 : RtspClient(server.host(), server.port())) {}

Answer TestPublisher::announce(const std::string& sdp, Headers headers) {
  auto answer = client.request("ANNOUNCE", url, headers, sdp);
  if (answer.status == 200) session = answer.session();
  return answer;
}

Answer TestPublisher::setup(unsigned track, Over over) {
  if (over == Over::tcp) return setup(track, "RTP/AVP/TCP;unicast;mode=record");
  Track& made = tracks[track];
  made.udp.emplace();
  return setup(track, "RTP/AVP;unicast;client_port=" + made.udp->ports() + ";mode=record");
}

Answer TestPublisher::setup(unsigned track, const std::string& transport, Headers headers) {
  headers.emplace_back("Transport", transport);
  if (!session.empty()) headers.emplace_back("Session", session);
  auto answer = client.request("SETUP", track_url(track), headers);
  if (answer.status != 200) return answer;
  const std::string granted = answer.header("Transport");
  Track& made = tracks[track];
  if (const auto channels = parameter(granted, "interleaved"); !channels.empty())
    made.channel = std::stoi(channels);
  if (const auto ports = parameter(granted, "server_port"); !ports.empty()) {
    made.server_rtp = static_cast<std::uint16_t>(std::stoi(ports));
    made.server_rtcp = static_cast<std::uint16_t>(std::stoi(ports.substr(ports.find('-') + 1)));
  }
  return answer;
}

Answer TestPublisher::control(std::string_view method, Headers headers) {
  headers.emplace_back("Session", session);
  return client.request(method, url, headers);
}

void TestPublisher::record(const std::vector<std::string>& media, Over over) {
  REQUIRE(announce(announced(media)).status == 200);
  for (unsigned i = 1; i <= media.size(); ++i) REQUIRE(setup(i, over).status == 200);
  REQUIRE(control("RECORD").status == 200);
}

void TestPublisher::send_rtp(unsigned track, const std::string& packet) {
  Track& to = tracks.at(track);
  if (to.udp)
    to.udp->send_rtp(to.server_rtp, packet);
  else
    client.send(frame(to.channel, packet));
}

void TestPublisher::send_rtcp(unsigned track, const std::string& packet) {
  Track& to = tracks.at(track);
  if (to.udp)
    to.udp->send_rtcp(to.server_rtcp, packet);
  else
    client.send(frame(to.channel + 1, packet));
}

std::string TestPublisher::receive_rtcp(unsigned track, milliseconds timeout) {
  Track& from = tracks.at(track);
  if (from.udp) {
    const auto datagram = from.udp->rtcp(timeout);
    return datagram ? datagram->data : std::string();
  }
  for (const auto deadline = Clock::now() + timeout; Clock::now() < deadline;)
    if (const auto frame = client.frame(milliseconds(100)); frame && frame->channel == from.channel + 1)
      return frame->data;
  return {};
}

void TestPublisher::send_sound(unsigned track, char sample) {
  constexpr std::size_t samples = 160;
  RtpPacket& next = tracks.at(track).next;
  next.payload.assign(samples, sample);
  send_rtp(track, rtp_packet(next));
  ++next.seq;
  next.timestamp += samples;
}

}  // namespace lectern::test
