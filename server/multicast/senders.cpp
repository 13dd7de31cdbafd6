#include "server/multicast/senders.h"

#include "server/multicast/sender.h"
#include "server/rtsp/rtsp_loop.h"

namespace lectern::server {

MulticastSenders::~MulticastSenders() = default;

void MulticastSenders::join(const std::shared_ptr<const MulticastGroup>& group,
                            const std::shared_ptr<const Presentation>& presentation,
                            const std::string& media_path, const MulticastMember& member,
                            std::uint64_t number) {
  try {
    const auto sender = sender_for(group, presentation, media_path);
    if (sender) return (*sender)->join(member, number);
    refuse(member, number, sender.error());
  } catch (const std::bad_alloc&) {
    // It waits on another loop, where nothing is known of this.
    refuse(member, number, {Errc::busy, "out of memory"});
    leave(group.get(), member.session);
  }
}

void MulticastSenders::refuse(const MulticastMember& member, std::uint64_t number, const Error& why) {
  member.tell([number, why](MulticastListener& listener) { listener.joined(number, why); });
}

Result<std::shared_ptr<MulticastSender>> MulticastSenders::sender_for(
    const std::shared_ptr<const MulticastGroup>& group,
    const std::shared_ptr<const Presentation>& presentation, const std::string& media_path) {
  if (const auto found = senders_.find(group.get()); found != senders_.end()) return found->second;
  auto made = MulticastSender::create(
      owner_, group, presentation, media_path,
      [this, post = owner_.poster(), key = group.get()] { post([this, key] { drop_if_idle(key); }); });
  if (made) senders_.emplace(group.get(), *made);
  return made;
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
