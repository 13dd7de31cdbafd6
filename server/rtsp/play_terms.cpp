#include "server/rtsp/play_terms.h"

#include <algorithm>
#include <cmath>

namespace lectern::server {
namespace {

/// Scales within show all frames; beyond, random access points only.
constexpr double slowest_scale = 0.5, fastest_full_scale = 2, fastest_scale = 64;
constexpr double slowest_speed = 0.1, fastest_speed = 16;
/// Ten pictures a second at most are shown when only random access points are.
constexpr double picture_spacing_us = 100'000;

double apply_scale(double asked) {
  if (asked < 0) return -std::clamp(-asked, slowest_scale, fastest_scale);
  return std::clamp(asked, slowest_scale, fastest_scale);
}

}  // namespace

PlayTerms PlayTerms::of(const PlayOrder& order, bool scalable, bool live) {
  PlayTerms terms;
  const double asked = order.scale.value_or(1);
  terms.scale = scalable ? apply_scale(asked) : 1;
  terms.speed = live ? 1 : std::clamp(order.speed.value_or(1), slowest_speed, fastest_speed);
  // Backwards was asked for, and the other way is played.
  if (asked >= 0 || terms.scale < 0) terms.to = order.to;
  return terms;
}

bool PlayTerms::random_access_points_only() const {
  return scale < slowest_scale || scale > fastest_full_scale;
}

double PlayTerms::pace() const {
  // Of random access points alone nobody knows the rate before: it is seldom
  // more than twice that of all.
  return std::min(std::abs(scale), fastest_full_scale) * speed;
}

media::ReadRequest PlayTerms::read_request(media::MediaTime from, media::TrackMask tracks) const {
  media::ReadRequest request;
  request.from = from;
  request.to = to;
  request.random_access_points_only = random_access_points_only();
  request.backwards = scale < 0;
  request.spacing = std::llround(std::abs(scale) * picture_spacing_us);
  request.tracks = tracks;
  return request;
}

}  // namespace lectern::server
