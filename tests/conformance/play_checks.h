#pragma once

#include "tests/support/player.h"

namespace lectern::test {

/// One ssrc, one payload type, each sequence number one more than that before.
void check_no_gap(const Arrived& arrived);

/// It is served as if nothing were: receives for a while, and then everything that has arrived of two tracks
/// is without a gap, pictures among it, and its session answers.
void check_plays_on(Player& player);

/// RTP-Info of `answer` names url, seq and rtptime of the given tracks, in that order.
std::vector<RtpInfo> check_rtp_info(const Player& player, const Answer& answer,
                                    const std::vector<std::size_t>& tracks);

/// The first packet of what arrived is the one that RTP-Info named.
void check_first(const Arrived& arrived, const RtpInfo& info);

/// Start and end of the answered `Range: npt=`; REQUIREs that unit. An open end is -1.
std::pair<double, double> npt_range(const Answer& answer);

}  // namespace lectern::test
