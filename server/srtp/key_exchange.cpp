#include "server/srtp/key_exchange.h"

#include <array>
#include <chrono>

#include "protocol/mikey/message.h"
#include "protocol/rtcp/ntp.h"
#include "protocol/rtsp/key_mgmt.h"
#include "protocol/sdp/crypto.h"
#include "protocol/sdp/key_mgmt.h"
#include "server/rtsp/random.h"

namespace lectern::server {
namespace {

constexpr std::size_t rand_size = 16;
constexpr std::string_view mikey_name = "mikey";

/// The message that tells the key of a stream; empty where it cannot be written, which no key of ours does.
ByteVector mikey_of(const OfferedStream& stream) {
  mikey::Message message{
      stream.keys.suite, stream.keys.key, {{stream.ssrc, stream.rollover}}, random_u32(), {}, {}};
  message.ntp = rtcp::ntp_from_unix(std::chrono::duration_cast<std::chrono::microseconds>(
      std::chrono::system_clock::now().time_since_epoch()));
  message.rand.resize(rand_size);
  fill_random(message.rand);
  auto bytes = mikey::serialize(message);
  return bytes ? *std::move(bytes) : ByteVector();
}

Result<mikey::Message> message_in(std::string_view header) {
  const auto entries = rtsp::parse_key_mgmt(header);
  if (!entries) return entries.error();
  for (const rtsp::KeyMgmt& entry : *entries)
    if (entry.protocol == mikey_name) return mikey::parse(entry.data);
  return unsupported("KeyMgmt has no entry with prot=mikey");
}

}  // namespace

void add_keys(const KeyOffer& offer, sdp::SessionDescription& description) {
  for (std::size_t i = 0; i < description.media.size() && i < offer.tracks.size(); ++i) {
    sdp::Media& media = description.media[i];
    const OfferedStream& stream = offer.tracks[i].stream;
    media.profile = "RTP/SAVP";
    media.attributes.push_back(
        {"key-mgmt", sdp::serialize(sdp::KeyMgmt{std::string(mikey_name),
                                                 mikey_of(offer.tracks[i].shared.value_or(stream))})});
    if (offer.sdes)
      media.attributes.push_back(
          {"crypto", sdp::serialize(sdp::Crypto{1, stream.keys.suite, stream.keys.key, std::nullopt})});
  }
}

Result<Agreement> agree(std::optional<std::string_view> header, const OfferedStream& ours) {
  if (!header) return Agreement{ours, ours.keys};
  const auto message = message_in(*header);
  if (!message) return message.error();
  const SrtpKeys theirs{message->suite, message->key};
  if (theirs.key.mki().empty()) return Agreement{ours, theirs};
  return Agreement{{ours.ssrc, theirs, ours.rollover}, theirs};
}

std::string key_mgmt_answer(const std::string& url, const OfferedStream& stream) {
  return rtsp::serialize(rtsp::KeyMgmt{std::string(mikey_name), url, mikey_of(stream)});
}

}  // namespace lectern::server
