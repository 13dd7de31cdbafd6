#include "server/multicast/senders.h"

#include "server/multicast/sender.h"
#include "server/rtsp/rtsp_loop.h"

namespace lectern::server {

MulticastSenders::~MulticastSenders() = default;

void MulticastSenders::join(const std::shared_ptr<const MulticastGroup>& group,
                            const std::shared_ptr<const Presentation>& presentation,
                            const std::string& media_path, const MulticastMember& member,
                            std::uint64_t number) {
  auto& sender = senders_[group.get()];
  if (!sender) {
    auto made = MulticastSender::create(
        owner_, group, presentation, media_path,
        [this, post = owner_.poster(), key = group.get()] { post([this, key] { drop_if_idle(key); }); });
    if (!made) {
      senders_.erase(group.get());
      return member.tell(
          [number, why = made.error()](MulticastListener& listener) { listener.joined(number, why); });
    }
    sender = *std::move(made);
  }
  sender->join(member, number);
}

void MulticastSenders::leave(const MulticastGroup* group, const std::string& session) {
  if (const auto found = senders_.find(group); found != senders_.end()) found->second->leave(session);
}

void MulticastSenders::drop_if_idle(const MulticastGroup* group) {
  const auto found = senders_.find(group);
  if (found == senders_.end() || found->second->listened_to()) return;
  found->second->end("nobody listens");
  senders_.erase(found);
}

void MulticastSenders::close() {
  for (const auto& [group, sender] : senders_) sender->end("the server stops");
  senders_.clear();
}

}  // namespace lectern::server
