#include "server/rtsp/rtsp_loop.h"

#include <catch2/catch.hpp>

#include "tests/support/captured_log.h"

using namespace lectern;
using namespace lectern::server;
using lectern::test::CapturedLog;

namespace {

void run_for(EventLoop& loop, std::chrono::milliseconds time) {
  Timer end(loop, [&] { loop.stop(); });
  end.start_after(time);
  loop.run();
}

}  // namespace

TEST_CASE("UDP packets that were lost here are told", "[rtsp_loop]") {
  const CapturedLog log(LogLevel::info);
  Worker worker("test");
  ServerContext context({}, {});
  RtspLoop owner(context, worker, 0, Endpoint::loopback(Endpoint::Family::v4));
  run_for(worker.loop(), std::chrono::milliseconds(600));
  CHECK(log.text().empty());
  // No IPv6 goes through an IPv4 socket.
  for (int i = 0; i < 3; ++i) owner.udp().rtp().push(Endpoint::loopback(Endpoint::Family::v6, 9), {}, {});
  run_for(worker.loop(), std::chrono::milliseconds(1200));
  CHECK(log.text() == "warning: UDP packets dropped, as the system refused them: 3 since the start\n");
}
