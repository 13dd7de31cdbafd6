#include "media/configurations.h"

#include <algorithm>

extern "C" {
#include <libavcodec/packet.h>
}

namespace lectern::media {
namespace {

/// A file that changes more often is damaged.
constexpr std::size_t most_changes = 1000;
constexpr std::size_t largest = 64 * 1024;

Configuration begun_with(const AVPacket& packet) {
  std::size_t size = 0;
  const std::uint8_t* data = av_packet_get_side_data(&packet, AV_PKT_DATA_NEW_EXTRADATA, &size);
  if (!data || size == 0 || size > largest) return nullptr;
  const Bytes bytes = as_bytes(data, size);
  return std::make_shared<const ByteVector>(bytes.begin(), bytes.end());
}

const ConfigurationChange* last_before(const ConfigurationChanges& changes, std::uint8_t track,
                                       std::int64_t position) {
  const auto found = std::find_if(changes.rbegin(), changes.rend(), [&](const ConfigurationChange& change) {
    return change.track == track && change.position <= position;
  });
  return found == changes.rend() ? nullptr : &*found;
}

}  // namespace

void Configurations::apply(Unit& unit, const ConfigurationChanges* known) {
  if (known && unit.packet->pos >= 0) {
    if (const auto* change = last_before(*known, unit.track, unit.packet->pos))
      unit.configuration = change->configuration;
    return;
  }
  if (auto begun = begun_with(*unit.packet)) {
    if (newest_.size() <= unit.track) newest_.resize(unit.track + std::size_t{1});
    newest_[unit.track] = std::move(begun);
  }
  if (unit.track < newest_.size()) unit.configuration = newest_[unit.track];
}

void Configurations::note(const Unit& unit, std::shared_ptr<const ConfigurationChanges>& changes) {
  auto begun = unit.packet->pos >= 0 ? begun_with(*unit.packet) : nullptr;
  if (!begun || (changes && changes->size() >= most_changes)) return;
  auto more =
      changes ? std::make_shared<ConfigurationChanges>(*changes) : std::make_shared<ConfigurationChanges>();
  // Recorders repeat it for who joins late.
  const auto* before = last_before(*more, unit.track, unit.packet->pos);
  if (before && *before->configuration == *begun) return;
  more->push_back({unit.packet->pos, unit.track, std::move(begun)});
  changes = std::move(more);
}

}  // namespace lectern::media
