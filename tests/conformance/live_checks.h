#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "tests/conformance/default_server.h"
#include "tests/support/player.h"

namespace lectern::test {

/// The lecture in a loop, as the media of a path: `{source: …, loop: yes, <more>}`.
std::string looped_lecture(const std::string& more = "");

/// How often `part` stands in `text`.
std::size_t count_of(const std::string& text, std::string_view part);

/// Receives until `done`, at most that long: whether it was.
bool receive_until(Player& player, const std::function<bool()>& done, int at_most_ms = 5000);

/// Receives so many further packets of the track, or fails the test.
void receive_packets(Player& player, std::size_t track, std::size_t count, int at_most_ms = 5000);

/// How many packets, from `at` on, are of one picture.
std::size_t picture_size(const std::vector<RtpPacket>& rtp, std::size_t at);

/// Whether the picture that begins at `at` is an IDR picture with its parameter sets (RFC 6184 section 8.4).
bool is_key_picture(const std::vector<RtpPacket>& rtp, std::size_t at);

/// From one RTP time to another, in seconds.
double seconds_between(std::uint32_t from, std::uint32_t to, int clock_rate);

/// When `timestamp` was captured by the newest sender report, in Unix seconds; REQUIREs one.
double captured_at(const Arrived& arrived, std::uint32_t timestamp, int clock_rate);

}  // namespace lectern::test
