#include "server/reloader.h"

#include <spdlog/spdlog.h>

#include <csignal>

#include "server/log/escape.h"
#include "server/log/setup.h"
#include "server/serve.h"

namespace lectern::server {

namespace {

void mask_signal(int how) {
  sigset_t hangup;
  sigemptyset(&hangup);
  sigaddset(&hangup, SIGHUP);
  pthread_sigmask(how, &hangup, nullptr);
}

}  // namespace

void Reloader::hold_signal() {
  mask_signal(SIG_BLOCK);
}

Reloader::Reloader(EventLoop& loop, ServeCommand command, const FileStamp& read)
    : loop_(loop),
      command_(std::move(command)),
      read_(read),
      due_(loop, [this] { reload(); }),
      hangup_(loop, [this](int) { ask(); }, {SIGHUP}) {
  mask_signal(SIG_UNBLOCK);
}

void Reloader::serve(RtspServer& server) {
  server_ = &server;
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
    watch_.emplace(loop_, *command_.config, read_, watch_period, [this] { ask(); });
  // Not from within its own call: ask() has put the reload off.
  if (!wanted) watch_.reset();
}

void Reloader::reload() {
  const auto refuse = [](const std::string& why) {
    spdlog::error("reload refused, the configuration before stays: {}", why);
  };
  read_ = stamp_of(*command_.config);
  LoadedConfig loaded = make_config_again(command_);
  for (const std::string& error : loaded.errors) refuse(error);
  if (loaded.errors.empty()) {
    fit_to_system(loaded.config);
    if (const auto changes = server_->reload(loaded.config); changes) {
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
