#include "protocol/payload/nal_packetizer.h"

#include <algorithm>

#include "protocol/base/byte_writer.h"
#include "protocol/payload/fragments.h"

namespace lectern::payload {
namespace {

constexpr std::size_t least_max_payload = 16;  // room for fragment headers and something to carry
constexpr std::size_t most_aggregated_size = 0xffff;

}  // namespace

NalPacketizer::NalPacketizer(NalFraming framing, ParameterSets sets, std::size_t max_payload)
    : framing_(framing), sets_(std::move(sets)), max_payload_(std::max(max_payload, least_max_payload)) {}

Status NalPacketizer::packetize(const AccessUnit& unit, PayloadSink& sink) {
  if (!unit.configuration.empty()) {
    if (auto changed = configuration(unit.configuration)) {
      framing_ = changed->framing;
      sets_ = std::move(changed->sets);
    }
  }
  const auto framing = check_nal_framing(unit.data, framing_);
  if (!framing) return framing.error();
  collect(unit, *framing);
  for (std::size_t i = 0; i < nals_.size();) {
    const std::size_t count = aggregated(i);
    const bool marker = i + count == nals_.size();
    if (count > 1) {
      emit_aggregated(std::span(nals_).subspan(i, count), marker, sink);
    } else if (nals_[i].size() <= max_payload_) {
      std::ranges::copy(nals_[i], sink.reserve(nals_[i].size()).begin());
      sink.emit(nals_[i].size(), marker);
    } else {
      emit_fragments(nals_[i], marker, sink);
    }
    i += count;
  }
  nals_.clear();
  return {};
}

void NalPacketizer::collect(const AccessUnit& unit, NalFraming framing) {
  nals_.clear();
  // A container's key flag alone also counts: open groups of pictures often say nothing in their NAL units.
  bool random_access = unit.random_access;
  unsigned kinds = 0;
  NalUnits units(unit.data, framing);
  while (const auto nal = units.next()) {
    if (nal->size() < header_size()) continue;
    const Role what = role(*nal);
    if (what == Role::dropped) continue;
    if (what == Role::random_access) random_access = true;
    if (what == Role::parameter_set) {
      if (const auto key = parameter_set_key(*nal)) {
        sets_.remember(*key, *nal);
        kinds |= 1U << key->kind;
      }
    }
    nals_.push_back(*nal);
  }
  if (random_access && !nals_.empty() && (sets_.kinds() & ~kinds) != 0 &&
      sets_.size() <= most_parameter_set_bytes)
    put_parameter_sets_first();
}

void NalPacketizer::put_parameter_sets_first() {
  // Those of the unit are remembered by now, so that all that is known takes their place, in order.
  std::erase_if(nals_, [&](Bytes nal) {
    return role(nal) == Role::parameter_set && parameter_set_key(nal).has_value();
  });
  std::size_t at = 0;
  for (const auto& [key, set] : sets_.all()) {
    nals_.insert(nals_.begin() + static_cast<std::ptrdiff_t>(at++), Bytes(set));
  }
}

/// How many units from `first` on go into one packet; more than one makes an aggregation packet.
std::size_t NalPacketizer::aggregated(std::size_t first) const {
  std::size_t size = header_size();
  std::size_t last = first;
  for (; last < nals_.size() && nals_[last].size() <= most_aggregated_size; ++last) {
    size += 2 + nals_[last].size();
    if (size > max_payload_) break;
  }
  return std::max<std::size_t>(last - first, 1);
}

void NalPacketizer::emit_aggregated(std::span<const Bytes> nals, bool marker, PayloadSink& sink) const {
  std::size_t size = header_size();
  for (const Bytes nal : nals) size += 2 + nal.size();
  const MutableBytes packet = sink.reserve(size).first(size);
  write_aggregation_header(nals, packet.first(header_size()));
  ByteWriter writer(packet.subspan(header_size()));
  for (const Bytes nal : nals) writer.u16(static_cast<std::uint16_t>(nal.size())).bytes(nal);
  sink.emit(size, marker);
}

void NalPacketizer::emit_fragments(Bytes nal, bool marker, PayloadSink& sink) const {
  const std::size_t header = header_size() + 1;
  const Bytes body = nal.subspan(header_size());
  const std::size_t most = fragment_size(body.size(), max_payload_ - header);
  for (std::size_t at = 0; at < body.size(); at += most) {
    const Bytes piece = body.subspan(at, std::min(most, body.size() - at));
    const bool last = at + piece.size() == body.size();
    const MutableBytes packet = sink.reserve(header + piece.size());
    write_fragment_header(nal, at == 0, last, packet.first(header));
    std::ranges::copy(piece, packet.begin() + static_cast<std::ptrdiff_t>(header));
    sink.emit(header + piece.size(), marker && last);
  }
}

}  // namespace lectern::payload
