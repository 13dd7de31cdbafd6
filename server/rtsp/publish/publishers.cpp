#include "server/rtsp/publish/publishers.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <chrono>
#include <vector>

#include "server/rtsp/connection.h"
#include "server/rtsp/random.h"
#include "server/rtsp/rtsp_loop.h"

namespace lectern::server {

Result<std::shared_ptr<Publisher>> Publishers::add(PublishOrder order) {
  ServerContext& context = owner_.context();
  const std::string id = random_session_id();
  if (auto status = context.sessions.add(id, owner_.index(), order.peer, order.grant.user); !status)
    return std::move(status).error();
  const auto evicted = [this, post = owner_.poster(), id] { post([this, id] { evict(id); }); };
  const auto slot = order.slot;
  try {
    if (!slot->claim(id, evicted)) {
      context.sessions.remove(id);
      return Error{Errc::denied, "somebody publishes there already"};
    }
    auto publisher = std::make_shared<Publisher>(owner_, id, std::move(order));
    sessions_.emplace(id, publisher);
    owner_.worker().add_load(1);
    return publisher;
  } catch (...) {
    // Else nobody could publish there any more.
    slot->release(id);
    context.sessions.remove(id);
    throw;
  }
}

std::shared_ptr<Publisher> Publishers::find(const std::string& id) const {
  const auto found = sessions_.find(id);
  return found == sessions_.end() ? nullptr : found->second;
}

std::shared_ptr<Publisher> Publishers::announced_on(const Connection* connection,
                                                    const rtsp::Url& url) const {
  const auto found = std::ranges::find_if(sessions_, [&](const auto& each) {
    const Publisher& publisher = *each.second;
    return connection && publisher.connection() == connection &&
           publisher.state() != rtsp::State::recording && publisher.match(url);
  });
  return found == sessions_.end() ? nullptr : found->second;
}

void Publishers::end(const std::string& id, std::string_view why) {
  const auto found = sessions_.find(id);
  if (found == sessions_.end()) return;
  const auto publisher = found->second;
  sessions_.erase(found);
  // What others count on goes first.
  owner_.context().sessions.remove(publisher->id());
  owner_.worker().add_load(-1);
  if (publisher->carrier()) publisher->carrier()->forget(*publisher);
  publisher->end(why);
}

void Publishers::evict(const std::string& id) {
  const auto publisher = find(id);
  if (!publisher) return;
  Connection* connection = publisher->connection();
  end(id, "another publisher has taken its place");
  drop_if_unused(connection);
}

void Publishers::drop_if_unused(Connection* connection) {
  // It may be the one that has announced anew.
  const bool used = std::ranges::any_of(
      sessions_, [&](const auto& each) { return each.second->connection() == connection; });
  if (connection && !used) connection->drop();
}

void Publishers::connection_closed(const Connection& connection) {
  const auto depends = [&](const auto& each) { return each.second->depends_on(connection); };
  for (auto each = std::ranges::find_if(sessions_, depends); each != sessions_.end();
       each = std::ranges::find_if(sessions_, depends)) {
    const auto publisher = each->second;
    end(publisher->id(), "its connection was closed");
  }
  for (const auto& [id, publisher] : sessions_) publisher->forget(connection);
}

void Publishers::sweep(std::int64_t now_us) {
  std::vector<std::pair<std::shared_ptr<Publisher>, std::chrono::seconds>> silent;
  for (const auto& [id, publisher] : sessions_) {
    publisher->report_if_due(now_us);
    const auto patience = publisher->state() == rtsp::State::recording ? publisher->order().read_timeout
                                                                       : publisher->order().session_timeout;
    if (now_us - publisher->last_heard_us() > std::chrono::microseconds(patience).count())
      silent.emplace_back(publisher, patience);
  }
  for (const auto& [publisher, patience] : silent) {
    Connection* carrier = publisher->carrier();
    end(publisher->id(), fmt::format("silent for {} s", patience.count()));
    if (carrier) carrier->drop();
  }
}

void Publishers::keep_those(const std::function<std::string_view(const Publisher&)>& why_ended) {
  std::vector<std::pair<std::shared_ptr<Publisher>, std::string>> ended;
  for (const auto& [id, publisher] : sessions_)
    if (const auto why = why_ended(*publisher); !why.empty()) ended.emplace_back(publisher, why);
  for (const auto& [publisher, why] : ended) {
    Connection* connection = publisher->connection();
    end(publisher->id(), why);
    drop_if_unused(connection);
  }
}

void Publishers::close() {
  while (!sessions_.empty()) {
    const auto publisher = sessions_.begin()->second;
    end(publisher->id(), "the server stops");
  }
}

void Publishers::log_flaw(const Publisher& publisher, Flaw flaw) {
  flaws_[static_cast<std::size_t>(flaw)].log(std::chrono::steady_clock::now(), "{} publishes {}: dropped {}",
                                             publisher.peer().to_string(), publisher.media_path(),
                                             name_of(flaw));
}

void Publishers::log_loss(const Publisher& publisher, std::int64_t lost, std::int64_t in_all) {
  losses_.log(std::chrono::steady_clock::now(),
              "{} publishes {}: {} packets were lost on the way since the last report, {} in all",
              publisher.peer().to_string(), publisher.media_path(), lost, in_all);
}

}  // namespace lectern::server
