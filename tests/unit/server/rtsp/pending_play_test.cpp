#include "server/rtsp/pending_play.h"

#include <catch2/catch.hpp>

namespace lectern::server {

TEST_CASE("A play that is asked for refuses the one before", "[pending_play]") {
  PendingPlay pending;
  CHECK_FALSE(pending.pending());
  std::vector<Errc> first, second;
  const auto keep = [](std::vector<Errc>& in) {
    return
        [&in](const Result<PlayBegun>& begun) { in.push_back(begun ? Errc::internal : begun.error().code); };
  };
  const std::uint64_t one = pending.expect(keep(first));
  CHECK(pending.is_pending(one));
  const std::uint64_t two = pending.expect(keep(second));
  CHECK(first == std::vector{Errc::denied});
  CHECK_FALSE(pending.is_pending(one));
  CHECK(pending.is_pending(two));
  pending.refuse({Errc::not_found, "gone"});
  CHECK(second == std::vector{Errc::not_found});
  CHECK_FALSE(pending.pending());
  pending.refuse({Errc::not_found, "nobody is told twice"});
  CHECK(second.size() == 1);
}

TEST_CASE("Who takes the answer is the only one, and what waits is run once", "[pending_play]") {
  PendingPlay pending;
  int answers = 0, runs = 0;
  const std::uint64_t number = pending.expect([&](const Result<PlayBegun>&) { ++answers; });
  pending.when_begun([&] { ++runs; });
  pending.when_begun([&] { ++runs; });
  const Begun begun = pending.take();
  CHECK_FALSE(pending.is_pending(number));
  CHECK(pending.take() == nullptr);
  begun(PlayBegun());
  CHECK(answers == 1);
  for (const auto& task : pending.take_waiting()) task();
  CHECK(runs == 2);
  CHECK(pending.take_waiting().empty());
}

}  // namespace lectern::server
