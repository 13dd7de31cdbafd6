#include "server/rtsp/viewer_log.h"

#include <fmt/format.h>

#include <algorithm>

namespace lectern::server {
namespace {

double milliseconds(std::chrono::microseconds time) {
  return static_cast<double>(time.count()) / 1000;
}

}  // namespace

std::string describe_protection(const std::vector<std::unique_ptr<SessionTrack>>& tracks) {
  const Protection* protection = tracks.empty() ? nullptr : tracks.front()->protection();
  return protection ? fmt::format(", SRTP {}", srtp::info(protection->outbound().suite).name) : "";
}

std::string describe_reports(const std::vector<std::unique_ptr<SessionTrack>>& tracks,
                             const Presentation& presentation) {
  std::string text;
  for (const auto& track : tracks) {
    const rtcp::ReceptionQuality& quality = track->quality();
    if (quality.reports() == 0) continue;
    // Below 0 where a packet came twice (RFC 3550 section 6.4.1), which nobody would look for here.
    const auto lost = std::max(quality.cumulative_lost(), 0);
    text += fmt::format("; {}: lost {}, jitter {:.1f} ms (at most {:.1f})",
                        presentation.tracks()[track->index()].control, lost, milliseconds(quality.jitter()),
                        milliseconds(quality.max_jitter()));
    if (const auto round_trip = quality.round_trip_time())
      text += fmt::format(", round trip {:.1f} ms", milliseconds(*round_trip));
  }
  return text.empty() ? "; no receiver reports" : text;
}

}  // namespace lectern::server
