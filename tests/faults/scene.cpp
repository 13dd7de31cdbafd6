#include "tests/faults/scene.h"

#include <algorithm>
#include <catch2/catch.hpp>

namespace lectern::test {
namespace {

constexpr const char* limits =
    "loops: 2\nmax_sessions: 12\nmax_connections: 24\nmax_request_rate: 1000\n"
    "paths:\n  live: { source: pattern }\n";

void check_no_gap(const Arrived& arrived) {
  REQUIRE_FALSE(arrived.rtp.empty());
  const auto gap = std::ranges::adjacent_find(arrived.rtp, [](const RtpPacket& a, const RtpPacket& b) {
    return b.seq != static_cast<std::uint16_t>(a.seq + 1) || b.ssrc != a.ssrc;
  });
  CHECK(gap == arrived.rtp.end());
}

}  // namespace

Scene::Scene(std::optional<Over> witness, const std::string& config)
    : server_(std::make_unique<FaultServer>(config + limits)) {
  if (witness) {
    witness_.emplace(**server_, "/live");
    witness_->setup_all(*witness);
    REQUIRE(witness_->play().status == 200);
  }
  // What is opened once is not counted.
  for (const Over over : {Over::tcp, Over::udp})
    CHECK(visit("/short.mp4", over).statuses == std::vector<int>(4, 200));
  descriptors_ = (*server_)->open_descriptors();
}

std::int64_t Scene::calls(FaultKind kind, const std::function<void()>& provoke) {
  server_->renew_media();
  server_->faults().count(kind);
  provoke();
  server_->faults().disarm();
  return std::max<std::int64_t>(1, server_->faults().calls());
}

void Scene::point(const Fault& fault, const std::function<void()>& provoke) {
  CAPTURE(to_string(fault));
  server_->renew_media();
  server_->faults().arm(fault);
  provoke();
  server_->faults().disarm();
  count_point();
  REQUIRE((*server_)->running());
  CHECK(server_->answers());
  if (witness_) witness_->receive(milliseconds(1));
}

Visit Scene::visit(const std::string& path, Over over) {
  const Visit made = test::visit(**server_, path, over);
  CHECK_FALSE(made.unanswered);
  return made;
}

void Scene::check_all_is_well() {
  if (witness_) {
    witness_->receive(milliseconds(300));
    for (const std::size_t track : {0, 1}) check_no_gap(witness_->arrived(track));
    CHECK_FALSE(witness_->all_byes());
    CHECK(witness_->control("GET_PARAMETER").status == 200);
  }
  // As many as ever may play and come.
  server_->renew_media();
  for (int i = 0; i < 12; ++i)
    CHECK(visit("/short.mp4", i % 2 == 0 ? Over::tcp : Over::udp).statuses == std::vector<int>(4, 200));
  // The last sixteen files stay open for who comes next.
  CHECK(eventually([this] { return (*server_)->open_descriptors() <= descriptors_ + 18; }, 15'000));
  CHECK((*server_)->stops_well());
}

}  // namespace lectern::test
