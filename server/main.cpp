#include <csignal>
#include <exception>
#include <iostream>

#include "server/cli/command.h"
#include "server/log/setup.h"
#include "server/probe.h"
#include "server/serve.h"

namespace lectern::server {

namespace {

int run(const PrintedText& printed) {
  (printed.exit_code == exit_ok ? std::cout : std::cerr) << printed.text;
  return printed.exit_code;
}

int run(const CheckCommand& command) {
  return run(check_config(command));
}

int run(const ProbeOptions& options) {
  return run_probe(options);
}

int run(const ServeCommand& command) {
  // Until it can be reloaded, and where there is nothing to reload, this is no reason to end.
  std::signal(SIGHUP, SIG_IGN);
  const LoadedConfig loaded = make_config(command);
  for (const std::string& error : loaded.errors) std::cerr << "lectern: " << error << '\n';
  if (!loaded.errors.empty()) return exit_failure;
  setup_log(loaded.config.log_level);
  return run_serve(loaded.config, command);
}

}  // namespace
}  // namespace lectern::server

int main(int argc, char** argv) {
  using namespace lectern::server;
  try {
    return std::visit([](const auto& command) { return run(command); }, parse_command_line(argc, argv));
  } catch (const std::exception& error) {
    std::cerr << "lectern: " << error.what() << '\n';
    return exit_failure;
  }
}
