#pragma once

#include <optional>

#include "protocol/sdp/description.h"
#include "server/srtp/protection.h"

namespace lectern::server {

/// What a publisher protects a track with, as its SDP says.
struct AnnouncedKeys {
  SrtpKeys keys;
  bool sdes = false;  ///< by a=crypto: it may ask for RTP/AVP, and means SRTP
};

/// From the a=key-mgmt of the media, or of the session, else the first a=crypto of the media that is done
/// here; nullopt where there is neither. The error says why a key is not taken, and makes a 463.
Result<std::optional<AnnouncedKeys>> announced_keys(const sdp::SessionDescription& description,
                                                    const sdp::Media& media);

}  // namespace lectern::server
