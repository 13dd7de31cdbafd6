#include "tests/bench/floor/sender.h"

#include <algorithm>

#include "protocol/rtp/header.h"

namespace lectern::bench {
namespace {

constexpr std::size_t largest_protected = packet_size + 64;
constexpr std::int64_t second = 1'000'000;

}  // namespace

Sender::Sender(std::vector<Recording> recordings, std::size_t viewers, std::unique_ptr<Carrier> carrier,
               bool random_places, double seconds, std::optional<srtp::Suite> suite)
    : recordings_(std::move(recordings)), carrier_(std::move(carrier)) {
  std::mt19937 random(1);
  std::size_t streams = 0;
  for (std::size_t i = 0; i < viewers; ++i) {
    const Recording& recording = recordings_[i % recordings_.size()];
    Viewer viewer{&recording, 0, 0, streams};
    streams += recording.streams;
    if (random_places) {
      const double last = static_cast<double>(recording.units.back().due_us) - seconds * second;
      const double place = std::uniform_real_distribution(0.0, std::max(last, 1.0))(random);
      while (static_cast<double>(recording.units[viewer.next].due_us) < place) ++viewer.next;
      viewer.shift_us = -recording.units[viewer.next].due_us;
    }
    viewer.shift_us += second * static_cast<std::int64_t>(i) / static_cast<std::int64_t>(viewers);
    viewers_.push_back(viewer);
  }
  protected_.resize(packets_per_call * largest_protected);
  for (std::size_t i = 0; suite && i < streams; ++i) {
    ByteVector key(srtp::key_and_salt_size(*suite), std::byte{7});
    key[0] = static_cast<std::byte>(i);
    key[1] = static_cast<std::byte>(i >> 8);
    streams_.push_back(
        {srtp::Session::create(srtp::Direction::outbound, *suite, srtp::MasterKey::create(key).value())
             .value()});
  }
}

void Sender::send_due(std::int64_t time_us) {
  for (Viewer& viewer : viewers_) {
    const std::vector<TimedUnit>& units = viewer.recording->units;
    for (; viewer.next < units.size() && units[viewer.next].due_us + viewer.shift_us <= time_us;
         ++viewer.next) {
      const TimedUnit& unit = units[viewer.next];
      Bytes packets = viewer.recording->packets(unit);
      while (!packets.empty()) {
        const std::size_t size = std::min(packets.size(), packets_per_call * packet_size);
        const std::size_t stream = viewer.first_stream + unit.stream;
        if (streams_.empty())
          send_train(stream, packets.first(size), packet_size);
        else
          send_train(stream, protect_train(packets.first(size), streams_[stream]),
                     packet_size + streams_[stream].session.rtp_overhead());
        packets = packets.subspan(size);
      }
    }
  }
}

Bytes Sender::protect_train(Bytes packets, Stream& stream) {
  std::size_t used = 0;
  for (; !packets.empty(); packets = packets.subspan(std::min(packets.size(), packet_size))) {
    const Bytes packet = packets.first(std::min(packets.size(), packet_size));
    const MutableBytes to = MutableBytes(protected_).subspan(used);
    std::ranges::copy(packet, to.begin());
    if (packet.size() >= rtp::header_size)
      rtp::write_header({false, 96, stream.sequence++, 0, 7}, to.first<rtp::header_size>());
    const auto size = stream.session.protect_rtp(to, packet.size());
    if (!size) ++failures_;
    used += size ? *size : packet.size();
  }
  return Bytes(protected_).first(used);
}

void Sender::send_train(std::size_t stream, Bytes packets, std::size_t size) {
  if (carrier_->send(stream, packets, size))
    packets_ += (packets.size() + size - 1) / size;
  else
    ++failures_;
}

}  // namespace lectern::bench
