#include "server/cli/command.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <sstream>
#include <string_view>

#include "server/cli/version.h"
#include "server/config/schema.h"
#include "server/config/suggest.h"
#include "server/config/values.h"
#include "server/log/escape.h"
#include "server/net/tls_context.h"

namespace lectern::server {
namespace {

/// CLI11 reads into these; one App is one parse.
struct Arguments {
  ServeCommand serve;
  ProbeOptions probe;
  CheckCommand check;
};

/// A value is judged by the same function as in the configuration file.
template <typename Parse>
CLI::Validator judged_by(Parse parse) {
  return CLI::Validator(
      [parse](std::string& text) {
        const auto parsed = parse(text);
        return parsed ? std::string() : parsed.error().message;
      },
      "");
}

CLI::App* add_serve(CLI::App& app, ServeCommand& command) {
  CLI::App* serve = app.add_subcommand("serve", "Serve media files and directories over RTSP");
  serve->add_option("PATH", command.paths, "A directory (at the top of the URLs) or a file (under its name)")
      ->type_name("");
  serve->add_option("--listen", command.listen, "Address and port, such as 0.0.0.0:8554 or :8554")
      ->type_name("ADDR:PORT")
      ->check(judged_by(parse_listen_or_off));
  serve->add_option("--tls-listen", command.tls_listen, "The same for RTSPS, such as :8322, or off")
      ->type_name("ADDR:PORT")
      ->check(judged_by(parse_listen_or_off));
  serve->add_option("--config", command.config, "Configuration file")->type_name("FILE");
  serve->add_option("--log-level", command.log_level, "trace, debug, info, warning, error or off")
      ->type_name("LEVEL")
      ->check(judged_by(parse_log_level));
  serve->footer("Keys of the configuration file (YAML):\n" + describe_keys());
  return serve;
}

CLI::App* add_probe(CLI::App& app, ProbeOptions& options) {
  CLI::App* probe = app.add_subcommand("probe", "Show the tracks of a media file and how they are sent");
  probe->add_option("FILE", options.file, "Media file")->type_name("")->required();
  probe->add_flag("--json", options.json, "Print JSON");
  return probe;
}

CLI::App* add_check(CLI::App& app, CheckCommand& command) {
  CLI::App* check = app.add_subcommand("check", "Check a configuration file");
  check->add_option("FILE", command.file, "Configuration file")->type_name("")->required();
  return check;
}

PrintedText to_text(const CLI::App& app, const CLI::ParseError& error) {
  std::ostringstream out;
  std::ostringstream err;
  const bool succeeded = app.exit(error, out, err) == 0;
  if (succeeded) return {exit_ok, out.str()};
  return {exit_usage, "lectern: " + err.str()};
}

/// CLI11 would only say that a command is missing.
std::optional<PrintedText> unknown_command(int argc, const char* const* argv) {
  static constexpr std::array<std::string_view, 3> commands{"serve", "probe", "check"};
  const std::string_view word = argc > 1 ? argv[1] : "";
  if (word.empty() || word.front() == '-' || std::ranges::find(commands, word) != commands.end()) {
    return std::nullopt;
  }
  return PrintedText{exit_usage, "lectern: \"" + escape(word, 80) + "\" is no command" +
                                     suggestion(word, commands) +
                                     "\nRun lectern --help for more information.\n"};
}

Status check_certificate(const Config& config) {
  if (config.tls_certificate.empty()) return {};
  if (auto loaded = TlsCertificate::load(config.tls_certificate, config.tls_key); !loaded)
    return loaded.error();
  return {};
}

void apply(LoadedConfig& loaded, std::string_view option, const Status& status) {
  if (!status) loaded.errors.push_back(std::string(option) + status.error().message);
}

}  // namespace

Command parse_command_line(int argc, const char* const* argv) {
  if (const auto mistake = unknown_command(argc, argv)) return *mistake;
  Arguments arguments;
  CLI::App app("Lectern: an RTSP server for recorded lectures and other media files", "lectern");
  app.set_version_flag("--version", "lectern " LECTERN_VERSION);
  app.require_subcommand(1);
  const CLI::App* serve = add_serve(app, arguments.serve);
  const CLI::App* probe = add_probe(app, arguments.probe);
  add_check(app, arguments.check);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return to_text(app, error);
  }
  if (probe->parsed()) return arguments.probe;
  if (!serve->parsed()) return arguments.check;
  if (arguments.serve.paths.empty() && !arguments.serve.config) {
    return PrintedText{exit_usage, "lectern: nothing to serve: name a PATH or --config FILE\n"};
  }
  return arguments.serve;
}

LoadedConfig make_config(const ServeCommand& command) {
  LoadedConfig loaded;
  if (command.config) loaded = load_config(*command.config);
  for (const std::string& path : command.paths) apply(loaded, "", add_root(loaded.config, path));
  if (command.listen) apply(loaded, "--listen: ", set_key(loaded.config, "listen", *command.listen));
  if (command.tls_listen)
    apply(loaded, "--tls-listen: ", set_key(loaded.config, "tls_listen", *command.tls_listen));
  if (command.log_level)
    apply(loaded, "--log-level: ", set_key(loaded.config, "log_level", *command.log_level));
  if (loaded.errors.empty()) apply(loaded, "", check_listening(loaded.config));
  if (loaded.errors.empty() && loaded.config.roots.empty()) {
    loaded.errors.push_back(escape(command.config->native(), 300) +
                            ": paths: is missing, so there is nothing to serve");
  }
  return loaded;
}

LoadedConfig make_config_again(const ServeCommand& command) {
  LoadedConfig loaded = make_config(command);
  if (loaded.errors.empty() && command.config)
    apply(loaded, escape(command.config->native(), 300) + ": ", check_certificate(loaded.config));
  return loaded;
}

PrintedText check_config(const CheckCommand& command) {
  LoadedConfig loaded = load_config(command.file);
  const std::string shown = escape(command.file.native(), 300);
  if (loaded.errors.empty()) apply(loaded, shown + ": ", check_listening(loaded.config));
  if (loaded.errors.empty()) apply(loaded, shown + ": ", check_certificate(loaded.config));
  if (loaded.errors.empty()) return {exit_ok, shown + ": ok\n"};
  PrintedText printed{exit_failure, ""};
  for (const std::string& error : loaded.errors) printed.text += error + '\n';
  return printed;
}

}  // namespace lectern::server
