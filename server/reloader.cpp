#include "server/reloader.h"

#include <spdlog/spdlog.h>

#include <csignal>

#include "server/log/escape.h"
#include "server/log/setup.h"
#include "server/serve.h"

namespace lectern::server {

Reloader::Reloader(EventLoop& loop, ServeCommand command, RtspServer& server)
    : loop_(loop),
      command_(std::move(command)),
      server_(server),
      due_(loop, [this] { reload(); }),
      hangup_(loop, [this](int) { ask(); }, {SIGHUP}) {
  watch(server.config().watch);
}

void Reloader::ask() {
  if (!command_.config) {
    spdlog::info("SIGHUP: there is no configuration file (--config), so there is nothing to reload");
    return;
  }
  if (due_.active()) return;
  const auto ready = last_ + least_gap - std::chrono::steady_clock::now();
  due_.start_after(std::chrono::ceil<std::chrono::milliseconds>(ready));
}

void Reloader::watch(bool wanted) {
  if (wanted && !watch_ && command_.config)
    watch_.emplace(loop_, *command_.config, watch_period, [this] { ask(); });
  // Not from within its own call: ask() has put the reload off.
  if (!wanted) watch_.reset();
}

void Reloader::reload() {
  const auto refuse = [](const std::string& why) {
    spdlog::error("reload refused, the configuration before stays: {}", why);
  };
  LoadedConfig loaded = make_config_again(command_);
  for (const std::string& error : loaded.errors) refuse(error);
  if (loaded.errors.empty()) {
    fit_to_system(loaded.config);
    if (const auto changes = server_.reload(loaded.config); changes) {
      spdlog::set_level(to_spdlog(loaded.config.log_level));
      spdlog::info("reloaded {}: {}", escape(command_.config->native(), 300), describe(*changes));
      for (const std::string& key : changes->at_next_start)
        spdlog::warn("{}: changed; takes effect at the next start", key);
      watch(loaded.config.watch);
    } else {
      refuse(changes.error().message);
    }
  }
  last_ = std::chrono::steady_clock::now();
}

}  // namespace lectern::server
