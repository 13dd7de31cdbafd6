#include "server/serve.h"

#include <spdlog/spdlog.h>

#include "media/ffmpeg/log.h"
#include "server/cli/command.h"
#include "server/log/escape.h"
#include "server/loop/file_descriptor.h"
#include "server/loop/signals.h"
#include "server/rtsp/rtsp_server.h"

namespace lectern::server {
namespace {

void log_media(media::Severity severity, const std::string& line) {
  const auto level = severity == media::Severity::warning ? spdlog::level::warn
                     : severity == media::Severity::info  ? spdlog::level::info
                                                          : spdlog::level::debug;
  spdlog::log(level, "{}", escape(line, 500));
}

/// FFmpeg's own words are for those who look into a file: they know neither the viewer nor what to do.
void log_ffmpeg(media::LogLevel, std::string_view line) {
  spdlog::debug("ffmpeg: {}", line);
}

}  // namespace

int run_serve(const Config& config) {
  if (config.roots.empty()) {
    spdlog::error(
        "nothing to serve: name a file or a directory (lectern serve /srv/lectures), or paths in --config");
    return exit_usage;
  }
  ignore_broken_pipes();
  // A connection each, and as many again for files and loops.
  if (const std::size_t most = raise_descriptor_limit(); most < 2ull * config.max_connections)
    spdlog::debug("{} descriptors at most, for up to {} connections", most, config.max_connections);
  media::route_log(log_ffmpeg);
  EventLoop accepting;
  int code = exit_ok;
  {
    SignalWatcher signals(accepting, [&](int) {
      spdlog::info("stopping");
      accepting.stop();
    });
    auto server = RtspServer::start(accepting, config, log_media);
    if (!server) {
      spdlog::error("{}", server.error().message);
      code = exit_failure;
    } else {
      for (const PathRoot& root : config.roots)
        spdlog::info("{} is rtsp://…/{}", root.source.string(), root.name);
      spdlog::info(
          "listening on {}, {} loops, UDP {}", (*server)->local().to_string(), (*server)->loops(),
          udp_segmentation_supported() ? "in trains (UDP_SEGMENT)" : "packet by packet (no UDP_SEGMENT)");
      accepting.run();
    }
  }
  accepting.close();
  spdlog::info("stopped");
  return code;
}

}  // namespace lectern::server
