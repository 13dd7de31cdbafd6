#include "server/rtsp/pending_play.h"

#include <utility>

namespace lectern::server {

std::uint64_t PendingPlay::expect(Begun begun) {
  refuse({Errc::denied, "another PLAY came"});
  begun_ = std::move(begun);
  return ++number_;
}

void PendingPlay::refuse(const Error& why) {
  if (const Begun begun = take()) begun(why);
}

}  // namespace lectern::server
