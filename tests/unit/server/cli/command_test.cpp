#include "server/cli/command.h"

#include <unistd.h>

#include <catch2/catch.hpp>
#include <fstream>

#include "server/cli/version.h"

using namespace lectern::server;

namespace {

Command parse(std::vector<const char*> words) {
  words.insert(words.begin(), "lectern");
  return parse_command_line(static_cast<int>(words.size()), words.data());
}

PrintedText printed(std::vector<const char*> words) {
  const Command command = parse(std::move(words));
  REQUIRE(std::holds_alternative<PrintedText>(command));
  return std::get<PrintedText>(command);
}

}  // namespace

TEST_CASE("serve takes paths and options", "[cli]") {
  const Command command = parse({"serve", "/srv/a", "b.mp4", "--listen", "[::1]:554", "--tls-listen", "off",
                                 "--config", "l.yml", "--log-level", "debug"});
  const auto& serve = std::get<ServeCommand>(command);
  CHECK(serve.paths == std::vector<std::string>{"/srv/a", "b.mp4"});
  CHECK(serve.listen == "[::1]:554");
  CHECK(serve.tls_listen == "off");
  CHECK(serve.config == "l.yml");
  CHECK(serve.log_level == "debug");
}

TEST_CASE("options that are not given stay open for the file", "[cli]") {
  const Command command = parse({"serve", "/srv/a"});
  const auto& serve = std::get<ServeCommand>(command);
  CHECK_FALSE(serve.listen);
  CHECK_FALSE(serve.config);
  CHECK_FALSE(serve.log_level);
}

TEST_CASE("probe and check take one file", "[cli]") {
  const Command command = parse({"probe", "a b.mp4", "--json"});
  CHECK(std::get<ProbeOptions>(command).file == "a b.mp4");
  CHECK(std::get<ProbeOptions>(command).json);
  CHECK_FALSE(std::get<ProbeOptions>(parse({"probe", "a"})).json);
  CHECK(std::get<CheckCommand>(parse({"check", "l.yml"})).file == "l.yml");
}

TEST_CASE("help and version end well", "[cli]") {
  CHECK(printed({"--version"}).exit_code == 0);
  CHECK(printed({"--version"}).text == "lectern " LECTERN_VERSION "\n");
  const auto help = printed({"--help"});
  CHECK(help.exit_code == 0);
  for (const char* word : {"serve", "probe", "check", "--version"})
    CHECK(help.text.find(word) != help.text.npos);
  const auto serve = printed({"serve", "--help"});
  CHECK(serve.exit_code == 0);
  CHECK(serve.text.find("--listen ADDR:PORT") != serve.text.npos);
  CHECK(serve.text.find("session_timeout: TIME") != serve.text.npos);
}

TEST_CASE("a wrong command line is exit code 2 and a reason", "[cli]") {
  const std::vector<std::pair<std::vector<const char*>, std::string>> cases{
      {{}, "subcommand"},
      {{"sing"}, "\"sing\" is no command\n"},
      {{"serv", "/srv"}, "did you mean serve?"},
      {{"serve"}, "nothing to serve"},
      {{"serve", "/srv", "--listne", ":1"}, "--listne"},
      {{"serve", "/srv", "--listen"}, "--listen"},
      {{"serve", "/srv", "--listen", "8554"}, "not an address and port"},
      {{"serve", "/srv", "--log-level", "inof"}, "did you mean info?"},
      {{"probe"}, "FILE"},
      {{"probe", "a", "b"}, "b"},
      {{"check"}, "FILE"},
  };
  for (const auto& [words, reason] : cases) {
    CAPTURE(reason);
    const auto text = printed(words);
    CHECK(text.exit_code == 2);
    CHECK(text.text.starts_with("lectern: "));
    CHECK(text.text.find(reason) != text.text.npos);
  }
}

TEST_CASE("the command line overrides the file and adds to it", "[cli]") {
  const auto file =
      std::filesystem::temp_directory_path() / ("lectern-cli-" + std::to_string(::getpid()) + ".yml");
  std::ofstream(file) << "listen: :1\nloops: 3\npaths: {devices: {source: /dev}}\n";
  const auto loaded = make_config({.paths = {"/tmp"}, .listen = ":2", .config = file, .log_level = "off"});
  const auto checked = check_config({file});
  std::filesystem::remove(file);
  CHECK(loaded.errors.empty());
  Config expected;
  expected.listen = ":2";
  expected.loops = 3;
  expected.log_level = LogLevel::off;
  expected.roots = {{"devices", "/dev"}, {"", "/tmp"}};
  CHECK(loaded.config == expected);
  CHECK(checked.exit_code == 0);
  CHECK(checked.text == file.native() + ": ok\n");
}

TEST_CASE("a configuration that serves nothing is no start", "[cli]") {
  const auto file =
      std::filesystem::temp_directory_path() / ("lectern-cli0-" + std::to_string(::getpid()) + ".yml");
  std::ofstream(file) << "loops: 3\n";
  const auto loaded = make_config({.config = file});
  std::filesystem::remove(file);
  CHECK(loaded.errors ==
        std::vector<std::string>{file.native() + ": paths: is missing, so there is nothing to serve"});
}

TEST_CASE("a server without a listener is no start", "[cli]") {
  const auto file =
      std::filesystem::temp_directory_path() / ("lectern-cli1-" + std::to_string(::getpid()) + ".yml");
  std::ofstream(file) << "listen: off\ntls_listen: off\npaths: {devices: {source: /dev}}\n";
  const auto loaded = make_config({.config = file});
  const auto overridden = make_config({.tls_listen = ":0", .config = file});
  const auto checked = check_config({file});
  std::filesystem::remove(file);
  const std::string reason = "listen and tls_listen are both off, so nothing is served";
  CHECK(loaded.errors == std::vector<std::string>{reason});
  CHECK(overridden.errors.empty());
  CHECK(checked.exit_code == 1);
  CHECK(checked.text == file.native() + ": " + reason + "\n");
}

TEST_CASE("check looks into the certificate", "[cli]") {
  const auto file =
      std::filesystem::temp_directory_path() / ("lectern-cli2-" + std::to_string(::getpid()) + ".yml");
  std::ofstream(file) << "tls_certificate: /etc/passwd\npaths: {devices: {source: /dev}}\n";
  const auto checked = check_config({file});
  std::filesystem::remove(file);
  CHECK(checked.exit_code == 1);
  CHECK_THAT(checked.text, Catch::StartsWith(file.native() + ": tls_certificate: /etc/passwd: holds no"));
}

TEST_CASE("all errors of file and command line are told at once", "[cli]") {
  const auto loaded = make_config({.paths = {"/no/such", "/no/way"}, .config = "/no/such.yml"});
  CHECK(loaded.errors == std::vector<std::string>{"/no/such.yml does not exist", "/no/such does not exist",
                                                  "/no/way does not exist"});
  const auto checked = check_config({"/no/such.yml"});
  CHECK(checked.exit_code == 1);
  CHECK(checked.text == "/no/such.yml does not exist\n");
}
