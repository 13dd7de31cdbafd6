#pragma once

#include <optional>
#include <span>
#include <vector>

#include "protocol/payload/nal_units.h"
#include "protocol/payload/packetizer.h"
#include "protocol/payload/parameter_sets.h"

namespace lectern::payload {

/// What H.264 (RFC 6184) and H.265 (RFC 7798) share: units are sent whole, several small ones of an access
/// unit together, big ones in fragments; parameter sets go before a random access point that has none of its
/// own.
class NalPacketizer : public Packetizer {
 public:
  NalPacketizer(NalFraming framing, ParameterSets sets, std::size_t max_payload);
  Status packetize(const AccessUnit& unit, PayloadSink& sink) final;

 protected:
  struct Configuration {
    NalFraming framing;
    ParameterSets sets;
  };
  /// What extradata in the middle of a stream says; an error keeps what was before.
  virtual Result<Configuration> configuration(Bytes extradata) const = 0;

  enum class Role {
    dropped,        ///< says nothing that RTP does not, or has a type that RTP uses for itself
    parameter_set,  ///< where parameter_set_key() finds one
    random_access,  ///< decoding may start at the access unit that has it
    other,
  };
  virtual Role role(Bytes nal) const = 0;
  virtual std::optional<ParameterSetKey> parameter_set_key(Bytes nal) const = 0;
  /// The size of a NAL unit header, which is also that of the header of an aggregation packet.
  virtual std::size_t header_size() const = 0;
  virtual void write_aggregation_header(std::span<const Bytes> nals, MutableBytes header) const = 0;
  /// header_size() + 1 bytes.
  virtual void write_fragment_header(Bytes nal, bool first, bool last, MutableBytes header) const = 0;

 private:
  void collect(const AccessUnit& unit, NalFraming framing);
  void put_parameter_sets_first();
  std::size_t aggregated(std::size_t first) const;
  void emit_aggregated(std::span<const Bytes> nals, bool marker, PayloadSink& sink) const;
  void emit_fragments(Bytes nal, bool marker, PayloadSink& sink) const;

  NalFraming framing_;
  ParameterSets sets_;
  std::size_t max_payload_;
  std::vector<Bytes> nals_;  ///< of the unit at hand; a member so that its memory is used again
};

}  // namespace lectern::payload
