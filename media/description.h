#pragma once

#include "media/asset.h"
#include "media/live/live_description.h"
#include "protocol/sdp/description.h"

namespace lectern::media {

/// The SDP of a file (RFC 2326 appendix C): one media description a track, a=control for each and for the
/// whole, a=range with what can be played. The same file gives the same o= line until it changes.
sdp::SessionDescription describe(const Asset& asset);

/// The same of live media: a=range begins now and has no end. The o= line has a new version whenever the
/// source gave another description.
sdp::SessionDescription describe(const LiveDescription& live);

/// Seconds with three digits at least and six at most, as npt wants them (RFC 2326 section 3.6): 12.345.
std::string npt_seconds(MediaTime time);

}  // namespace lectern::media
