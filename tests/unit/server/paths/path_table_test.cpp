#include "server/paths/path_table.h"

#include <catch2/catch.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>

using lectern::server::PathRoot;
using lectern::server::PathTable;
using lectern::server::PathTarget;
namespace fs = std::filesystem;
using namespace std::string_view_literals;

namespace {

/// lectures/, cameras/door/, one.mp4 and a link to lectures.
struct Tree {
  Tree() {
    std::string name = (fs::temp_directory_path() / "lectern-paths-XXXXXX").string();
    root = fs::canonical(::mkdtemp(name.data()));
    fs::create_directories(root / "lectures");
    fs::create_directories(root / "cameras" / "door");
    fs::create_directory_symlink("lectures", root / "link");
    std::ofstream(root / "one.mp4") << "x";
  }
  ~Tree() { fs::remove_all(root); }
  std::string at(std::string_view below) const { return (root / below).string(); }
  fs::path root;
};

std::vector<std::pair<std::string, std::string>> named(const PathTable& table, std::string_view path) {
  std::vector<std::pair<std::string, std::string>> pairs;
  for (const PathTarget& target : table.targets(path)) pairs.emplace_back(target.root, target.relative);
  return pairs;
}

using Targets = std::vector<std::pair<std::string, std::string>>;

}  // namespace

TEST_CASE("A directory at the top names what is below it", "[paths]") {
  const Tree tree;
  const PathTable table({{"", tree.root}});
  CHECK(named(table, "/lectures/a.mp4") == Targets{{tree.root.string(), "lectures/a.mp4"}});
  CHECK(named(table, "lectures/week 1/a b.mp4/") == Targets{{tree.root.string(), "lectures/week 1/a b.mp4"}});
  // The directory itself is no file.
  CHECK(named(table, "/").empty());
  CHECK(named(table, "").empty());
}

TEST_CASE("Segments that lead elsewhere name nothing", "[paths]") {
  const Tree tree;
  const PathTable table({{"", tree.root}});
  const auto path =
      GENERATE("/../etc/passwd"sv, "/lectures/.."sv, "/lectures/../one.mp4"sv, "/."sv, "/./one.mp4"sv,
               "/.hidden"sv, "/lectures/.git/config"sv, "/lectures//a.mp4"sv, "/a\\b.mp4"sv, "/..\\one.mp4"sv,
               "/one.mp4\0.txt"sv, "/\0"sv, "/lectures/...mp4"sv);
  CAPTURE(path);
  CHECK(named(table, path).empty());
}

TEST_CASE("A file is named by its own name and nothing below it", "[paths]") {
  const Tree tree;
  const PathTable table({{"intro", tree.root / "one.mp4"}});
  CHECK(named(table, "/intro") == Targets{{tree.at("one.mp4"), ""}});
  CHECK(named(table, "/intro/") == Targets{{tree.at("one.mp4"), ""}});
  CHECK(named(table, "/intro/track1").empty());
  CHECK(named(table, "/intr").empty());
  CHECK(named(table, "/introduction").empty());
  CHECK(named(table, "/INTRO").empty());
}

TEST_CASE("Of roots that overlap the longest name comes first, then the earlier one", "[paths]") {
  const Tree tree;
  const PathTable table({{"", tree.root},
                         {"a", tree.root / "lectures"},
                         {"a/b", tree.root / "cameras"},
                         {"a", tree.root / "cameras" / "door"}});
  CHECK(named(table, "/a/b/x.mp4") == Targets{{tree.at("cameras"), "x.mp4"},
                                              {tree.at("lectures"), "b/x.mp4"},
                                              {tree.at("cameras/door"), "b/x.mp4"},
                                              {tree.root.string(), "a/b/x.mp4"}});
  CHECK(named(table, "/ab/x.mp4") == Targets{{tree.root.string(), "ab/x.mp4"}});
}

TEST_CASE("A root is taken where its links lead, and must be there", "[paths]") {
  const Tree tree;
  CHECK(named(PathTable({{"l", tree.root / "link"}}), "/l/a.mp4") == Targets{{tree.at("lectures"), "a.mp4"}});
  CHECK_THROWS_WITH(PathTable({{"", tree.root / "missing"}}),
                    Catch::Matchers::Contains("missing: no such file or directory"));
  CHECK(named(PathTable({}), "/a.mp4").empty());
}

TEST_CASE("Live media is named by its own name, and by its place in the configuration", "[paths]") {
  const Tree tree;
  PathRoot door{"cameras/door", {}}, top{"", {}}, talk{"talk", tree.root / "one.mp4"};
  door.live.url = "rtsp://10.0.0.7/s";
  top.live.url = "pattern";
  talk.live.loop = true;
  const PathTable table({{"cameras", tree.root / "cameras"}, door, top, talk});
  const auto configured = [&](std::string_view path) {
    std::vector<std::size_t> found;
    for (const PathTarget& target : table.targets(path)) found.push_back(target.configured);
    return found;
  };
  using Places = std::vector<std::size_t>;
  // A file of that name in the directory comes after it.
  CHECK(configured("/cameras/door") == Places{1, 0});
  CHECK(configured("/cameras/door/") == Places{1, 0});
  CHECK(configured("/cameras/door/x.mp4") == Places{0});
  CHECK(configured("/talk") == Places{3});
  CHECK(configured("/talk/track1").empty());
  CHECK(configured("/") == Places{2});
  CHECK(configured("") == Places{2});
  CHECK(configured("/other").empty());
  // It is there whether its source is or not, and has no file that could be opened in its place.
  CHECK(table.targets("/cameras/door").front().root.empty());
}
