#include "server/serve.h"

#include <spdlog/spdlog.h>
#include <unistd.h>

#include "media/ffmpeg/log.h"
#include "media/live/source_url.h"
#include "server/cli/command.h"
#include "server/config/values.h"
#include "server/log/escape.h"
#include "server/loop/file_descriptor.h"
#include "server/loop/signals.h"
#include "server/privileges.h"
#include "server/reloader.h"
#include "server/rtsp/rtsp_server.h"

namespace lectern::server {
namespace {

void log_media(media::Severity severity, const std::string& line) {
  const auto level = severity == media::Severity::warning ? spdlog::level::warn
                     : severity == media::Severity::info  ? spdlog::level::info
                                                          : spdlog::level::debug;
  spdlog::log(level, "{}", escape(strip_userinfo(line), 500));
}

/// FFmpeg's own words are for those who look into a file: they know neither the viewer nor what to do.
void log_ffmpeg(media::LogLevel, std::string_view line) {
  // Of a playlist it names each piece, with the password of the camera.
  spdlog::debug("ffmpeg: {}", strip_userinfo(line));
}

/// Connections that took the last descriptor would leave none for the files that they ask for.
void limit_connections(Config& config) {
  const std::size_t descriptors = raise_descriptor_limit();
  const unsigned fit = connections_within(descriptors, loop_count(config));
  if (config.max_connections <= fit) return;
  spdlog::warn(
      "max_connections: {} is lowered to {}, as the system allows {} open files: raise that limit (ulimit "
      "-Hn; "
      "LimitNOFILE= of a systemd unit), or lower max_connections",
      config.max_connections, fit, descriptors);
  config.max_connections = fit;
}

/// Whatever is wrong with the server later can do no more than it may do itself.
void limit_privileges(const Config& config) {
  if (const Status status = forbid_new_privileges(); !status) spdlog::warn("{}", status.error().message);
  if (config.user.empty() && ::geteuid() == 0)
    spdlog::warn("the server runs as root: name in user whom it is to become once its ports are open");
}

/// SRTP is of no use where its keys can be read on the way.
void warn_of_clear_keys(const Config& config) {
  if (config.listen == listen_off) return;
  for (const PathRoot& root : config.roots)
    if (describes_sdes(srtp_policy(config, root), false))
      spdlog::warn(
          "/{}: allow_clear_keys: whoever sees the SDP has the key, and over plain RTSP that is everyone on "
          "the way to the player",
          root.name);
}

/// The ports are open and nobody was let in: becomes the user that the configuration names.
Status step_down(const Config& config) {
  if (config.user.empty()) return {};
  const auto account = find_system_user(config.user);
  if (!account) return account.error();
  if (auto status = become(*account); !status) return status;
  // The certificate and its key are read again when they change.
  std::vector<std::filesystem::path> needed{config.tls_certificate, config.tls_key};
  for (const PathRoot& root : config.roots) needed.insert(needed.end(), {root.source, root.live.fallback});
  for (const std::filesystem::path& file : needed) {
    if (file.empty()) continue;  // not given; live media has none
    if (const auto readable = parse_source(file.native(), {}); !readable)
      return Error{readable.error().code,
                   fmt::format("as the user {}: {}", config.user, readable.error().message)};
  }
  return {};
}

}  // namespace

void fit_to_system(Config& config) {
  limit_connections(config);
  warn_of_clear_keys(config);
}

int run_serve(Config config, const ServeCommand& command, const FileStamp& read) {
  if (config.roots.empty()) {
    spdlog::error(
        "nothing to serve: name a file or a directory (lectern serve /srv/lectures), or paths in --config");
    return exit_usage;
  }
  ignore_broken_pipes();
  fit_to_system(config);
  limit_privileges(config);
  media::route_log(log_ffmpeg);
  EventLoop accepting;
  int code = exit_ok;
  {
    SignalWatcher signals(accepting, [&](int) {
      spdlog::info("stopping");
      accepting.stop();
    });
    Reloader reloader(accepting, command, read);
    auto server = RtspServer::start(accepting, config, log_media);
    if (!server) {
      spdlog::error("{}", server.error().message);
      code = exit_failure;
    } else if (const Status status = step_down(config); !status) {
      spdlog::error("user: {}", status.error().message);
      code = exit_failure;
    } else {
      (*server)->start_live();
      for (const PathRoot& root : config.roots) {
        spdlog::info("{} is rtsp{}://…/{}",
                     root.live.publish       ? "what is published"
                     : root.live.url.empty() ? root.source.string()
                                             : media::without_credentials(root.live.url),
                     (*server)->local() ? "" : "s", root.name);
      }
      if (const auto local = (*server)->local()) spdlog::info("listening on rtsp://{}", local->to_string());
      if (const auto local = (*server)->tls_local())
        spdlog::info("listening on rtsps://{}, with the certificate of SHA-256 {}", local->to_string(),
                     (*server)->tls_fingerprint());
      spdlog::info(
          "{} loops, UDP {}", (*server)->loops(),
          udp_segmentation_supported() ? "in trains (UDP_SEGMENT)" : "packet by packet (no UDP_SEGMENT)");
      reloader.serve(**server);
      accepting.run();
    }
  }
  accepting.close();
  spdlog::info("stopped");
  return code;
}

}  // namespace lectern::server
