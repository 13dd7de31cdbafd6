#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <exception>
#include <iostream>
#include <new>
#include <string_view>

#include "server/cli/command.h"
#include "server/log/setup.h"
#include "server/probe.h"
#include "server/reloader.h"
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
  Reloader::hold_signal();
  const FileStamp read = stamp_of(command.config.value_or(std::filesystem::path()));
  const LoadedConfig loaded = make_config(command);
  for (const std::string& error : loaded.errors) std::cerr << "lectern: " << error << '\n';
  if (!loaded.errors.empty()) return exit_failure;
  setup_log(loaded.config.log_level);
  return run_serve(loaded.config, command, read);
}

/// A descriptor that is closed at the start would be that of a player or a file, and the log go there.
void keep_standard_descriptors() {
  for (const int descriptor : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO})
    if (::fcntl(descriptor, F_GETFD) < 0 && errno == EBADF)
        // The lowest that is free, so that one; it stays for as long as the program.
        [[maybe_unused]]
      const int opened = ::open("/dev/null", O_RDWR);
}

/// Where an exception has nowhere to go, which is that there is no memory where nothing can do without: said
/// in words, and for whoever starts it anew an exit code in the place of a core.
[[noreturn]] void end_in_order() {
  const std::exception_ptr thrown = std::current_exception();
  try {
    if (thrown) std::rethrow_exception(thrown);
  } catch (const std::bad_alloc&) {
    constexpr std::string_view said =
        "lectern: out of memory where nothing can go on without it, so the server ends\n";
    [[maybe_unused]] const auto written = ::write(STDERR_FILENO, said.data(), said.size());
    std::_Exit(exit_failure);
  } catch (...) {  // a mistake of our own: for the core
  }
  std::abort();
}

}  // namespace
}  // namespace lectern::server

int main(int argc, char** argv) {
  using namespace lectern::server;
  std::set_terminate(end_in_order);
  keep_standard_descriptors();
  try {
    return std::visit([](const auto& command) { return run(command); }, parse_command_line(argc, argv));
  } catch (const std::exception& error) {
    std::cerr << "lectern: " << error.what() << '\n';
    return exit_failure;
  }
}
