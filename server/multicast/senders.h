#pragma once

#include <map>
#include <memory>
#include <string>

#include "server/multicast/group.h"
#include "server/multicast/member.h"
#include "server/paths/presentation.h"

namespace lectern::server {

class MulticastSender;
class RtspLoop;

/// What one loop sends to groups.
class MulticastSenders {
 public:
  explicit MulticastSenders(RtspLoop& owner) : owner_(owner) {}
  ~MulticastSenders();
  MulticastSenders(const MulticastSenders&) = delete;
  MulticastSenders& operator=(const MulticastSenders&) = delete;

  /// Has `member` hear what is sent to `group`, whose media is `presentation`.
  void join(const std::shared_ptr<const MulticastGroup>& group,
            const std::shared_ptr<const Presentation>& presentation, const std::string& media_path,
            const MulticastMember& member, std::uint64_t number);
  void leave(const MulticastGroup* group, const std::string& session);
  [[nodiscard]] std::size_t size() const { return senders_.size(); }
  /// With RTCP BYE.
  void close();

 private:
  Result<std::shared_ptr<MulticastSender>> sender_for(const std::shared_ptr<const MulticastGroup>& group,
                                                      const std::shared_ptr<const Presentation>& presentation,
                                                      const std::string& media_path);
  static void refuse(const MulticastMember& member, std::uint64_t number, const Error& why);
  void drop_if_idle(const MulticastGroup* group);

  RtspLoop& owner_;
  std::map<const MulticastGroup*, std::shared_ptr<MulticastSender>> senders_;
};

}  // namespace lectern::server
