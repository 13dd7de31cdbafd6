#include <net/if.h>
#include <sched.h>
#include <spdlog/sinks/null_sink.h>
#include <spdlog/spdlog.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>
#include <uv.h>

#include <array>
#include <filesystem>
#include <fstream>
#include <thread>

#include "protocol/rtsp/cseq.h"
#include "server/rtsp/rtsp_loop.h"
#include "tests/fuzz/fake_stream.h"
#include "tests/fuzz/target.h"
#include "tests/fuzz/virtual_clock.h"
#include "tests/support/temporary_folder.h"
#include "tests/unit/protocol/rtsp/parse_all.h"

namespace lectern::fuzz {
namespace {

using namespace std::chrono_literals;
using namespace server;

constexpr std::size_t bytes_of_tone = 16'000;  // a second of 8 kHz, 16 bits

/// A second of sound as WAV.
void write_tone(const std::filesystem::path& file) {
  std::ofstream tone(file, std::ios::binary);
  const auto put = [&tone](std::uint32_t value, int size) {
    for (int i = 0; i < size; ++i) tone.put(static_cast<char>(value >> (8 * i)));
  };
  tone << "RIFF";
  put(36 + bytes_of_tone, 4);
  tone << "WAVEfmt ";
  put(16, 4);
  put(1, 2);
  put(1, 2);
  put(8000, 4);
  put(16'000, 4);
  put(2, 2);
  put(16, 2);
  tone << "data";
  put(bytes_of_tone, 4);
  for (std::size_t i = 0; i < bytes_of_tone; ++i) tone.put(static_cast<char>(i * 7));
}

/// A folder with that sound and, from the inputs for media files, a second of picture and sound.
const std::filesystem::path& media_folder() {
  static const test::TemporaryFolder folder;
  static const bool filled = [] {
    write_tone(folder.path() / "tone.wav");
    return std::filesystem::copy_file(LECTERN_FUZZ_CORPUS "/media_file/lecture.mp4",
                                      folder.path() / "lecture.mp4");
  }();
  ensure(filled, "there is something to play");
  return folder.path();
}

Config configuration(bool with_users) {
  Config config;
  config.roots = {{"", media_folder()}};
  config.max_sessions = 20;
  config.basic_over_plain = true;
  if (!with_users) return config;
  User user;
  user.name = "alice";
  user.passwords = {*parse_password("sesame")};
  user.permissions[0] = {*PathPattern::parse("**")};
  config.users = {user};
  return config;
}

/// A server of one loop, which this thread runs by turns; its time is the virtual clock's.
class Bench {
 public:
  explicit Bench(bool with_users) : context_(configuration(with_users), {}) {
    const auto local = Endpoint::loopback(Endpoint::Family::v4);
    owner_ = std::make_unique<RtspLoop>(context_, worker_, 0, local);
    context_.loops.push_back(owner_.get());
  }
  ~Bench() { owner_.reset(); }

  void accept(FakeWire& wire, bool secure) {
    auto stream = std::make_unique<FakeStream>(wire);
    worker_.add_load(1);
    ensure(context_.connections.add(stream->peer()), "there is room for a connection");
    owner_->accept(std::move(stream), secure);
  }
  void turn(std::chrono::microseconds time) {
    advance_clock(time);
    uv_run(worker_.loop().uv(), UV_RUN_NOWAIT);
  }
  /// Connections and sessions.
  [[nodiscard]] int load() const { return worker_.load(); }

 private:
  Worker worker_{"fuzz"};  // before the context: the library posts to it until it has ended
  ServerContext context_;
  std::unique_ptr<RtspLoop> owner_;
};

/// Turns until the connection reads on; files are opened and passwords are checked on threads of their own.
void until_it_reads(Bench& bench, const FakeWire& wire) {
  const auto waits = [&wire] { return wire.handler != nullptr && wire.paused && !wire.finishing; };
  for (int turns = 0; waits() && turns < 20'000; ++turns) {
    bench.turn(turns < 50 ? 2ms : turns < 2000 ? 200us : 20ms);
    if (turns > 4) std::this_thread::sleep_for(50us);
  }
  ensure(!waits(), "no request stays without an answer");
}

/// The id in the last Session header that was answered: no input can know it.
std::string session_of(std::string_view sent) {
  constexpr std::string_view name = "\r\nSession: ";
  const std::size_t at = sent.rfind(name);
  if (at == std::string_view::npos) return "none";
  const std::string_view value = sent.substr(at + name.size());
  return std::string(value.substr(0, value.find_first_of(";\r")));
}

void feed(Bench& bench, FakeWire& wire, Bytes bytes, std::size_t step) {
  while (!bytes.empty()) {
    until_it_reads(bench, wire);
    if (wire.handler == nullptr || wire.finishing) return;
    const MutableBytes room = wire.handler->writable();
    ensure(!room.empty(), "there is room to read to");
    const std::size_t size = std::min({step, bytes.size(), room.size()});
    std::copy_n(bytes.begin(), size, room.begin());
    bytes = bytes.subspan(size);
    wire.handler->committed(size);
    bench.turn(1ms);
  }
  until_it_reads(bench, wire);
}

/// Without the text that ends a refusal of HTTP, and with it the connection: the parser leaves it alone.
std::string_view without_http_body(std::string_view sent) {
  constexpr std::string_view name = "\r\nContent-Length: ";
  const std::size_t begin = std::min(sent.rfind("HTTP/1.1 "), sent.size());
  const std::string_view answer = sent.substr(begin);
  const std::size_t end = answer.find("\r\n\r\n"), at = answer.find(name);
  if (end == std::string_view::npos || at > end) return sent;
  const std::string_view body = answer.substr(end + 4), length = answer.substr(at + name.size());
  return length.starts_with(std::to_string(body.size()) + "\r\n") ? sent.substr(0, sent.size() - body.size())
                                                                  : sent;
}

/// What came back: whole messages, as many answers as requests at most, with their CSeq and in their order.
void check_answers(std::string_view sent, std::string_view asked) {
  rtsp::Limits wide;
  wide.header_block = wide.body = 1 << 20;
  wide.line = 1 << 16;
  const rtsp::Parsed answers = rtsp::parse_all(without_http_body(sent), std::string_view::npos, wide);
  ensure(!answers.error, "what is sent can be read");
  std::vector<std::string> expected;
  for (const auto& message : rtsp::parse_all(asked).messages)
    if (const auto* request = std::get_if<rtsp::Request>(&message))
      expected.emplace_back(request->headers.get("CSeq").value_or(""));
  std::size_t at = 0;
  for (const auto& message : answers.messages) {
    if (std::holds_alternative<rtsp::Frame>(message)) continue;
    const auto* response = std::get_if<rtsp::Response>(&message);
    ensure(response != nullptr, "a server sends answers and media alone");
    const auto cseq = response->headers.get("CSeq");
    const auto code = static_cast<unsigned>(response->status);
    ensure(cseq || response->is_http() || code == 400 || code == 408 || code == 413,
           "an answer says to what it is one");
    ensure(code >= 200 && code < 600, "an answer is final");
    if (!cseq) continue;
    while (at < expected.size() && rtsp::parse_cseq(expected[at]).ok() &&
           std::to_string(*rtsp::parse_cseq(expected[at])) != *cseq)
      ++at;
    ++at;
    ensure(at <= expected.size() || code == 400 || code == 413, "answers come in the order of the requests");
  }
}

/// Feeds what a player sends, and gives it as it was fed, with ids for "{session}".
std::string play(Bench& bench, FakeWire& wire, std::string_view text, std::size_t step) {
  constexpr std::string_view placeholder = "{session}";
  std::string fed;
  while (true) {
    const std::size_t at = std::min(text.find(placeholder), text.size());
    feed(bench, wire, as_bytes(text.substr(0, at)), step);
    fed += text.substr(0, at);
    if (at == text.size()) return fed;
    const std::string id = session_of(wire.sent);
    feed(bench, wire, as_bytes(id), step);
    fed += id;
    text.remove_prefix(at + placeholder.size());
  }
}

/// The first byte: users, TLS, the size of the reads, whether media is taken; the rest: what a player sends.
void connection(Bytes input) {
  static Bench open(false), closed(true);
  if (input.empty()) return;
  const std::uint8_t flags = u8(input[0]);
  Bench& bench = (flags & 1) != 0 ? closed : open;
  FakeWire wire;
  wire.full = (flags & 4) != 0;
  bench.accept(wire, (flags & 2) != 0);
  const std::string asked =
      play(bench, wire, as_text(input.subspan(1)), (flags & 8) != 0 ? 1 + flags / 16u : 4096);
  if (wire.full && wire.handler != nullptr) {
    wire.full = false;
    wire.handler->drained();
  }
  for (int i = 0; i < 8; ++i) bench.turn(30ms);
  if (!wire.paused) check_answers(wire.sent, asked);
  if (wire.handler != nullptr) std::exchange(wire.handler, nullptr)->closed(CloseReason::peer, 0);
  // Sessions over UDP stay until their timeout, which goes by at once.
  for (int i = 0; bench.load() > 0 && i < 100; ++i) bench.turn(i < 4 ? 1s : 40s);
  ensure(bench.load() == 0, "connections and sessions end");
}

/// Players ask for media over UDP to any port: it stays in a network of its own, where the system allows one.
/// Log lines are made, and go nowhere.
bool prepare() {
  if (::unshare(CLONE_NEWNET) == 0 || ::unshare(CLONE_NEWUSER | CLONE_NEWNET) == 0) {
    const int descriptor = ::socket(AF_INET, SOCK_DGRAM, 0);
    ifreq loopback{};
    loopback.ifr_name[0] = 'l';
    loopback.ifr_name[1] = 'o';
    loopback.ifr_flags = IFF_UP | IFF_RUNNING;
    ::ioctl(descriptor, SIOCSIFFLAGS, &loopback);
    ::close(descriptor);
  }
  auto logger = std::make_shared<spdlog::logger>("fuzz", std::make_shared<spdlog::sinks::null_sink_mt>());
  logger->set_level(spdlog::level::debug);
  spdlog::set_default_logger(std::move(logger));
  return true;
}

constexpr std::array targets{Target{"connection", connection}};

}  // namespace

std::span<const Target> connection_targets() {
  [[maybe_unused]] static const bool prepared = prepare();
  return targets;
}

}  // namespace lectern::fuzz
