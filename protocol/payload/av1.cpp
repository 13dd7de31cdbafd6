#include "protocol/payload/av1.h"

#include <algorithm>
#include <span>

#include "protocol/base/byte_reader.h"
#include "protocol/payload/bit_reader.h"
#include "protocol/payload/fragments.h"

namespace lectern::payload {
namespace {

constexpr std::size_t least_max_payload = 16;
/// Up to this many OBU elements the aggregation header counts them, and the last needs no length.
constexpr std::size_t most_counted = 3;

/// The part of one OBU that goes into one packet.
struct Element {
  const Obu* obu = nullptr;
  std::size_t offset = 0;
  std::size_t size = 0;
};

class Av1Packetizer final : public Packetizer {
 public:
  Av1Packetizer(ByteVector sequence_header, std::size_t max_payload)
      : sequence_header_(std::move(sequence_header)),
        max_payload_(std::max(max_payload, least_max_payload)) {}

  Status packetize(const AccessUnit& unit, PayloadSink& sink) override;

 private:
  bool starts_sequence(bool random_access);
  bool is_key_frame(Bytes frame_header, bool random_access) const;
  std::size_t packet_limit() const;
  void plan(std::size_t limit);
  void emit(bool starts_sequence, PayloadSink& sink);

  ByteVector sequence_header_;  ///< the newest: an OBU with its size
  bool reduced_still_picture_header_ = false;
  std::size_t max_payload_;
  std::vector<Obu> obus_;          ///< of the unit at hand
  std::vector<Element> elements_;  ///< of the packet at hand
  std::size_t next_ = 0;           ///< the OBU that goes on
  std::size_t offset_ = 0;         ///< how much of it has gone
};

ByteVector with_size(const Obu& obu) {
  ByteVector bytes(obu.header_size + leb128_size(obu.payload.size()) + obu.payload.size());
  obu.copy(0, MutableBytes(bytes).first(obu.header_size));
  bytes[0] |= std::byte{0x02};
  const MutableBytes rest = MutableBytes(bytes).subspan(obu.header_size);
  write_leb128(obu.payload.size(), rest.first(leb128_size(obu.payload.size())));
  std::ranges::copy(obu.payload, rest.last(obu.payload.size()).begin());
  return bytes;
}

bool sent(const Obu& obu) {
  return obu.type != ObuType::temporal_delimiter && obu.type != ObuType::tile_list &&
         obu.type != ObuType::padding;
}

Status Av1Packetizer::packetize(const AccessUnit& unit, PayloadSink& sink) {
  obus_.clear();
  if (const Status read = read_obus(unit.data, obus_); !read) return read;
  std::erase_if(obus_, [](const Obu& obu) { return !sent(obu); });
  if (obus_.empty()) return {};
  const bool starts = starts_sequence(unit.random_access);
  const std::size_t limit = packet_limit();
  next_ = offset_ = 0;
  for (bool first = true; next_ < obus_.size(); first = false) {
    plan(limit);
    emit(first && starts, sink);
  }
  return {};
}

/// Whether the unit is the first of a coded video sequence; puts the sequence header before it where it has
/// none.
bool Av1Packetizer::starts_sequence(bool random_access) {
  bool has_sequence_header = false, key_frame = false;
  for (const Obu& obu : obus_) {
    if (obu.type == ObuType::sequence_header) {
      if (const auto header = read_sequence_header(obu.payload)) {
        has_sequence_header = true;
        reduced_still_picture_header_ = header->reduced_still_picture_header;
        if (ByteVector newest = with_size(obu); newest != sequence_header_)
          sequence_header_ = std::move(newest);
      }
    } else if (obu.type == ObuType::frame || obu.type == ObuType::frame_header) {
      key_frame = is_key_frame(obu.payload, random_access);
      break;
    }
  }
  if (!key_frame || has_sequence_header) return key_frame;
  std::vector<Obu> header;
  if (!read_obus(sequence_header_, header) || header.empty()) return false;
  obus_.insert(obus_.begin(), header.front());
  return true;
}

/// AV1 section 5.9.2. A key frame that is not shown yet (a delayed random access point) starts a sequence
/// only where the container says that decoding may start there.
bool Av1Packetizer::is_key_frame(Bytes frame_header, bool random_access) const {
  if (reduced_still_picture_header_) return true;
  BitReader bits(frame_header);
  const bool show_existing_frame = bits.flag();
  const bool key_frame = bits.bits(2) == 0;
  const bool show_frame = bits.flag();
  return !bits.failed() && !show_existing_frame && key_frame && (show_frame || random_access);
}

/// What each packet but the last is filled to, so that they are equal.
std::size_t Av1Packetizer::packet_limit() const {
  std::size_t total = 0;
  for (const Obu& obu : obus_) total += leb128_size(obu.size()) + obu.size();
  if (obus_.size() <= most_counted) total -= leb128_size(obus_.back().size());
  return 1 + fragment_size(total, max_payload_ - 1);
}

/// Takes from next_ and offset_ on what fits into one packet.
void Av1Packetizer::plan(std::size_t limit) {
  elements_.clear();
  std::size_t used = 1;  // with a length before each element so far
  while (next_ < obus_.size()) {
    const std::size_t left = obus_[next_].size() - offset_;
    const bool counted = elements_.size() < most_counted;
    const std::size_t room =
        limit - std::min(limit, used + (counted ? 0 : leb128_size(std::min(left, limit))));
    if (room == 0) return;
    const std::size_t size = std::min(left, room);
    elements_.push_back({&obus_[next_], offset_, size});
    used += leb128_size(size) + size;
    if (size < left) {
      offset_ += size;
      return;
    }
    ++next_;
    offset_ = 0;
  }
}

void Av1Packetizer::emit(bool starts_sequence, PayloadSink& sink) {
  const bool counted = elements_.size() <= most_counted;
  const bool continues = elements_.front().offset > 0;
  const bool continued = offset_ > 0;
  const MutableBytes packet = sink.reserve(max_payload_);
  // Section 4.4: Z, Y, W, N
  packet[0] = std::byte((continues ? 0x80 : 0) | (continued ? 0x40 : 0) |
                        (counted ? elements_.size() << 4 : 0) | (starts_sequence ? 0x08 : 0));
  std::size_t used = 1;
  for (std::size_t i = 0; i < elements_.size(); ++i) {
    const Element& element = elements_[i];
    if (!counted || i + 1 < elements_.size()) {
      const std::size_t length = leb128_size(element.size);
      write_leb128(element.size, packet.subspan(used, length));
      used += length;
    }
    element.obu->copy(element.offset, packet.subspan(used, element.size));
    used += element.size;
  }
  sink.emit(used, next_ == obus_.size());
}

}  // namespace

Result<Av1Format> Av1Format::from_extradata(Bytes extradata) {
  constexpr std::uint8_t marker_and_version = 0x81;
  Av1Format format;
  if (extradata.empty()) return format;
  ByteReader reader(extradata);
  const bool boxed = u8(extradata[0]) == marker_and_version;
  if (boxed) {
    reader.skip(1);
    const std::uint8_t profile_and_level = reader.u8();
    const std::uint8_t tier_and_more = reader.u8();
    reader.skip(1);
    if (reader.failed()) return invalid("av1C is cut short");
    format.level = Av1Level{.profile = static_cast<std::uint8_t>(profile_and_level >> 5),
                            .level_idx = static_cast<std::uint8_t>(profile_and_level & 0x1f),
                            .tier = static_cast<std::uint8_t>(tier_and_more >> 7)};
  }
  std::vector<Obu> obus;
  if (const Status read = read_obus(reader.rest(), obus); !read) return read.error();
  for (const Obu& obu : obus) {
    if (obu.type != ObuType::sequence_header) continue;
    const auto level = read_sequence_header(obu.payload);
    if (!level) return level.error();
    format.level = *level;
    format.sequence_header = with_size(obu);
    break;
  }
  if (!format.level) return invalid("extradata of AV1 is neither av1C nor OBUs with a sequence header");
  return format;
}

std::string Av1Format::fmtp() const {
  if (!level) return {};
  return "profile=" + std::to_string(level->profile) + ";level-idx=" + std::to_string(level->level_idx) +
         ";tier=" + std::to_string(level->tier);
}

std::unique_ptr<Packetizer> Av1Format::make_packetizer(std::size_t max_payload) const {
  return std::make_unique<Av1Packetizer>(sequence_header, max_payload);
}

}  // namespace lectern::payload
