#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "protocol/sdp/description.h"
#include "server/srtp/key_offer.h"

namespace lectern::server {

/// What both sides protect one track with.
struct Agreement {
  OfferedStream outbound;
  SrtpKeys inbound;
};

/// Puts the keys of `offer`, a track for each of the media, into an SDP: RTP/SAVP with MIKEY, and a=crypto
/// where it offers SDES.
void add_keys(const KeyOffer& offer, sdp::SessionDescription& description);

/// From the KeyMgmt header of a SETUP (RFC 4567), where there is one: a player that manages the keys names
/// one with an MKI, which then holds both ways (live555, ONVIF); any other key is for what the player sends.
/// Without one it uses ours. Errc::invalid or Errc::unsupported with the reason, which make a 463.
Result<Agreement> agree(std::optional<std::string_view> header, const OfferedStream& ours);

/// The value of KeyMgmt in an answer: the key that `stream` is sent with.
std::string key_mgmt_answer(const std::string& url, const OfferedStream& stream);

}  // namespace lectern::server
