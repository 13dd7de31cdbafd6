#include "server/rtsp/served.h"

#include <catch2/catch.hpp>

using namespace lectern;
using namespace lectern::server;

namespace {

const auto quiet = [](media::Severity, const std::string&) {};

Config serving(std::vector<PathRoot> roots) {
  Config config;
  config.roots = std::move(roots);
  return config;
}

}  // namespace

TEST_CASE("what goes on keeps its number, and no number comes again", "[served]") {
  const PathRoot etc{"etc", "/etc"}, usr{"usr", "/usr"}, tmp{"tmp", "/tmp"}, other{"etc", "/usr"};
  Served first(serving({etc, usr}), quiet);
  CHECK(first.numbers == std::vector<std::uint64_t>{1, 2});
  CHECK(first.name_of(1) == "etc");
  Served second(serving({tmp, usr}), first, quiet);
  CHECK(second.numbers == std::vector<std::uint64_t>{3, 2});
  Served third(serving({etc, usr}), second, quiet);
  CHECK(third.numbers == std::vector<std::uint64_t>{4, 2});
  Served fourth(serving({other}), third, quiet);
  CHECK(fourth.numbers == std::vector<std::uint64_t>{5});
  CHECK(third.serves(4));
  CHECK_FALSE(fourth.serves(4));
  CHECK_FALSE(fourth.name_of(4));
  CHECK(fourth.has_name("etc"));
  CHECK_FALSE(fourth.has_name("usr"));
  // What is of no configuration is of any.
  CHECK(fourth.serves(0));
}

TEST_CASE("a source that is missing by now is refused, and the one before is as it was", "[served]") {
  Served first(serving({{"etc", "/etc"}}), quiet);
  CHECK_THROWS_AS(Served(serving({{"etc", "/etc"}, {"gone", "/no/such"}}), first, quiet), std::runtime_error);
  CHECK(first.serves(1));
  CHECK(first.paths.targets("/etc/hosts").size() == 1);
}
