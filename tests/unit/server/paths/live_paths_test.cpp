#include "server/paths/live_paths.h"

#include <catch2/catch.hpp>
#include <thread>

#include "tests/support/live_reading.h"
#include "tests/support/media_reading.h"

using namespace lectern;
using namespace lectern::server;

namespace {

PathRoot looped(std::string name, std::filesystem::path file) {
  PathRoot root{std::move(name), std::move(file)};
  root.live.loop = true;
  return root;
}

}  // namespace

TEST_CASE("Live media runs once it is started, each in its place of the configuration", "[paths]") {
  Config config;
  config.roots = {{"files", "/srv"}, looped("cams/talk", test::clip()), looped("later", test::clip())};
  config.roots[2].live.on_demand = true;
  config.roots[2].live.close_after = std::chrono::seconds(3);
  config.packet_size = 600;
  LivePaths paths(config, [](media::Severity, const std::string&) {});
  for (std::size_t i = 0; i < 3; ++i) CHECK(paths.find(i) == nullptr);
  paths.start();
  CHECK(paths.find(0) == nullptr);
  REQUIRE(paths.find(1));
  CHECK(paths.find(1)->options().name == "/cams/talk");
  CHECK(paths.find(1)->options().max_payload == 600);
  const auto described = test::description_of(*paths.find(1));
  REQUIRE(described);
  CHECK(described->tracks.size() == 2);
  REQUIRE(paths.find(2));
  CHECK(paths.find(2)->options().on_demand);
  CHECK(paths.find(2)->options().close_after == std::chrono::seconds(3));
  CHECK(paths.find(2)->status().connects == 0);
}

TEST_CASE("Who holds live media beyond its paths finds it closed", "[paths]") {
  Config config;
  config.roots = {looped("talk", test::clip())};
  std::shared_ptr<media::Live> kept;
  {
    LivePaths paths(config, [](media::Severity, const std::string&) {});
    paths.start();
    kept = paths.find(0);
  }
  std::optional<Errc> error;
  kept->when_described([&](const auto& told) { error = told.error().code; });
  CHECK(error == Errc::end);
}

TEST_CASE("Live media that goes on is the same under another configuration, and the rest ends", "[paths]") {
  const auto quiet = [](media::Severity, const std::string&) {};
  Config before;
  before.roots = {looped("a", test::clip()), looped("b", test::clip())};
  Config now;
  now.roots = {looped("c", test::clip()), looped("b", test::clip())};
  auto old = std::make_unique<LivePaths>(before, quiet);
  old->start();
  const auto a = std::weak_ptr(old->find(0));
  const auto b = old->find(1);
  REQUIRE(test::description_of(*b));
  LivePaths paths(now, quiet);
  paths.start(*old, {std::nullopt, 1});
  CHECK(paths.find(1) == b);
  CHECK(paths.find(0) != nullptr);
  CHECK_FALSE(old->at_rest());
  old->close();
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  while (!old->at_rest() && std::chrono::steady_clock::now() < deadline)
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  CHECK(old->at_rest());
  old.reset();
  CHECK(a.expired());
  CHECK_FALSE(b->finished());
  CHECK(test::description_of(*b));
  CHECK_FALSE(paths.at_rest());
}
