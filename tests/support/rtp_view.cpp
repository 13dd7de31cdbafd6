#include "tests/support/rtp_view.h"

namespace lectern::test {
namespace {

std::uint32_t number(std::string_view bytes, std::size_t at, std::size_t size) {
  std::uint32_t value = 0;
  for (std::size_t i = 0; i < size; ++i) value = value << 8 | static_cast<std::uint8_t>(bytes[at + i]);
  return value;
}

std::string big_endian(std::uint32_t value) {
  return {static_cast<char>(value >> 24), static_cast<char>(value >> 16), static_cast<char>(value >> 8),
          static_cast<char>(value)};
}

// The text of the CNAME item of the first chunk.
std::string cname_of(std::string_view sdes) {
  for (std::size_t at = 8; at + 2 <= sdes.size() && sdes[at] != 0;) {
    const std::size_t size = number(sdes, at + 1, 1);
    if (at + 2 + size > sdes.size()) break;
    if (sdes[at] == 1) return std::string(sdes.substr(at + 2, size));
    at += 2 + size;
  }
  return {};
}

}  // namespace

std::optional<RtpPacket> parse_rtp(std::string_view bytes) {
  if (bytes.size() < 12 || number(bytes, 0, 1) >> 6 != 2) return std::nullopt;
  std::size_t header = 12 + 4 * (number(bytes, 0, 1) & 15);
  if (number(bytes, 0, 1) & 0x10) {
    if (bytes.size() < header + 4) return std::nullopt;
    header += 4 + 4 * number(bytes, header + 2, 2);
  }
  const std::size_t padding = number(bytes, 0, 1) & 0x20 ? number(bytes, bytes.size() - 1, 1) : 0;
  if (bytes.size() < header + padding) return std::nullopt;
  const auto second = number(bytes, 1, 1);
  return RtpPacket{static_cast<std::uint8_t>(second & 0x7f),
                   (second & 0x80) != 0,
                   static_cast<std::uint16_t>(number(bytes, 2, 2)),
                   number(bytes, 4, 4),
                   number(bytes, 8, 4),
                   std::string(bytes.substr(header, bytes.size() - header - padding))};
}

std::optional<RtcpPacket> parse_rtcp(std::string_view bytes) {
  RtcpPacket compound;
  for (std::size_t at = 0; at < bytes.size();) {
    if (bytes.size() - at < 4 || number(bytes, at, 1) >> 6 != 2) return std::nullopt;
    const std::size_t size = 4 + 4 * number(bytes, at + 2, 2);
    const auto part = bytes.substr(at, size);
    const auto type = number(bytes, at + 1, 1);
    if (part.size() != size || (at == 0 && (size < 8 || (type != 200 && type != 201)))) return std::nullopt;
    if (at == 0) compound.ssrc = number(part, 4, 4);
    if (type == 200) {
      if (size < 28) return std::nullopt;
      const auto ntp = std::uint64_t{number(part, 8, 4)} << 32 | number(part, 12, 4);
      compound.report = {ntp, number(part, 16, 4), number(part, 20, 4), number(part, 24, 4)};
    }
    if (type == 202) compound.cname = cname_of(part);
    if (type == 203) compound.bye = true;
    at += size;
  }
  return bytes.empty() ? std::nullopt : std::optional(compound);
}

std::string receiver_report(std::uint32_t ssrc) {
  const auto id = big_endian(ssrc);
  return std::string("\x80\xc9\x00\x01", 4) + id + std::string("\x81\xca\x00\x03", 4) + id +
         std::string("\x01\x04test\x00\x00", 8);
}

std::string receiver_bye(std::uint32_t ssrc) {
  return receiver_report(ssrc) + std::string("\x81\xcb\x00\x01", 4) + big_endian(ssrc);
}

double unix_seconds(std::uint64_t ntp) {
  return static_cast<double>(ntp) / 4294967296.0 - 2208988800.0;
}

std::vector<int> h264_types(std::string_view payload) {
  if (payload.empty()) return {};
  const int type = payload[0] & 31;
  if (type == 28 && payload.size() > 1) return {payload[1] & 31};
  if (type != 24) return {type};
  std::vector<int> types;
  for (std::size_t at = 1; at + 3 <= payload.size(); at += 2 + number(payload, at, 2)) {
    types.push_back(payload[at + 2] & 31);
  }
  return types;
}

}  // namespace lectern::test
