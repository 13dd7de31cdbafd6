#include "media/live/live_ring.h"

namespace lectern::media {

std::size_t LiveRing::memory_of(const LivePiece& piece) {
  return sizeof piece + piece.segment->memory() + (piece.shared ? piece.shared->memory() : 0);
}

MediaTime LiveRing::age(std::uint64_t number) const {
  return pieces_.back()->arrived - pieces_[number - oldest()]->arrived;
}

void LiveRing::drop_oldest() {
  const LivePiece& piece = *pieces_.front();
  bytes_ -= memory_of(piece);
  if (!points_.empty() && points_.front() == piece.number) points_.pop_front();
  pieces_.pop_front();
}

void LiveRing::push(std::shared_ptr<const LivePiece> piece) {
  next_ = piece->number + 1;
  bytes_ += memory_of(*piece);
  if (piece->random_access) points_.push_back(piece->number);
  pieces_.push_back(std::move(piece));
  const auto second_point = [&]() -> std::optional<std::uint64_t> {
    const std::size_t second = !points_.empty() && points_.front() == oldest() ? 1 : 0;
    if (points_.size() <= second) return std::nullopt;
    return points_[second];
  };
  while (const auto point = second_point()) {
    if (age(*point) < limits_.lag) break;
    while (oldest() < *point) drop_oldest();
  }
  while (pieces_.size() > 1 && (bytes_ > limits_.bytes || age(oldest()) > limits_.time)) drop_oldest();
}

void LiveRing::clear() {
  pieces_.clear();
  points_.clear();
  bytes_ = 0;
}

}  // namespace lectern::media
