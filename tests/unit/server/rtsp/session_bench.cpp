#include "tests/unit/server/rtsp/session_bench.h"

#include <catch2/catch.hpp>
#include <future>

#include "protocol/base/byte_reader.h"
#include "tests/support/sample_media.h"

namespace lectern::test {
namespace {

using namespace server;

/// Holds payloads as long as Delivery allows, so that the sanitizer sees one that was released too early.
class RecordingDelivery final : public Delivery {
 public:
  RecordingDelivery(Wire& wire, EventLoop& loop, std::size_t track)
      : wire_(wire), loop_(loop), track_(track) {
    held_.reserve(4096);
  }
  ~RecordingDelivery() override { CHECK((held_.empty() || turn_ != loop_.turn_us())); }

  std::size_t send(std::span<Gathered> packets) override {
    // What is not flushed leaves at the end of the turn.
    if (turn_ != loop_.turn_us()) held_.clear();
    turn_ = loop_.turn_us();
    const std::size_t count = std::min(packets.size(), wire_.room);
    wire_.room -= count;
    for (const Gathered& packet : packets.first(count)) {
      ByteReader header(Bytes(packet.header).subspan(5));
      const bool marker = (header.u8() & 0x80) != 0;
      const std::uint16_t sequence = header.u16();
      wire_.rtp.push_back(
          {EventLoop::now_us(), turn_, track_, marker, sequence, header.u32(), packet.payload});
      held_.push_back(packet.payload);
      for (const std::byte octet : packet.payload) wire_.sum += std::to_integer<unsigned>(octet);
    }
    return count;
  }
  void send_rtcp(Bytes compound) override {
    const auto packet = parse_rtcp(as_text(compound));
    REQUIRE(packet);
    wire_.rtcp.push_back({EventLoop::now_us(), track_, wire_.rtp.size(), *packet});
  }
  [[nodiscard]] bool ready() const override { return wire_.room > 0; }
  void flush() override {
    if (turn_ == loop_.turn_us())
      for (const Bytes payload : held_)
        for (const std::byte octet : payload) read_ = octet;
    held_.clear();
  }

 private:
  Wire& wire_;
  EventLoop& loop_;
  const std::size_t track_;
  std::int64_t turn_ = 0;
  volatile std::byte read_{};
  std::vector<Bytes> held_;
};

Config config() {
  Config made;
  made.roots = {{"", SampleMedia::get().root()}};
  return made;
}

}  // namespace

std::vector<Wire::Rtp> Wire::of(std::size_t track) const {
  std::vector<Rtp> found;
  for (const Rtp& packet : rtp)
    if (packet.track == track) found.push_back(packet);
  return found;
}

std::size_t Wire::byes() const {
  return static_cast<std::size_t>(
      std::count_if(rtcp.begin(), rtcp.end(), [](const Rtcp& each) { return each.packet.bye; }));
}

void Wire::clear() {
  rtp.clear();
  rtcp.clear();
}

SessionBench::SessionBench() : context_(config(), {}) {
  owner_ = std::make_unique<RtspLoop>(context_, worker_, 0, Endpoint::loopback(Endpoint::Family::v4));
  context_.loops.push_back(owner_.get());
  wire.rtp.reserve(100'000);
  wire.rtcp.reserve(1000);
}

SessionBench::SessionBench(const std::string& file) : SessionBench() {
  std::promise<Result<std::shared_ptr<media::Asset>>> opened;
  context_.library.open(SampleMedia::get().root().string(), file,
                        [&](auto asset) { opened.set_value(std::move(asset)); });
  asset_ = opened.get_future().get().value();
  presentation_ = recording_ = std::make_shared<Recording>(asset_);
  add_session("/" + file);
}

SessionBench::SessionBench(std::shared_ptr<const Presentation> presentation) : SessionBench() {
  presentation_ = std::move(presentation);
  add_session("/live");
}

void SessionBench::add_session(const std::string& path) {
  const auto peer = Endpoint::loopback(Endpoint::Family::v4).with_port(9);
  session_ = owner_->add_session(presentation_, path, SrtpPolicy{}, peer, "bench").value();
}

SessionBench::~SessionBench() {
  if (session_) owner_->end_session(session_->id());
  session_.reset();
  presentation_.reset();
  recording_.reset();
  owner_.reset();
  asset_.reset();
}

void SessionBench::set_up(std::size_t track) {
  const std::string url = "rtsp://host/" + presentation_->tracks()[track].control;
  session_->set_up(track, url, TransportKind::udp, nullptr)
      .set_delivery(std::make_unique<RecordingDelivery>(wire, owner_->loop(), track));
  session_->set_state(rtsp::State::ready);
}

void SessionBench::set_up_all() {
  for (std::size_t i = 0; i < presentation_->tracks().size(); ++i) set_up(i);
}

Result<PlayBegun> SessionBench::play(const PlayOrder& order) {
  std::optional<Result<PlayBegun>> answer;
  session_->play(order, [&](Result<PlayBegun> begun) {
    REQUIRE_FALSE(answer);
    answer = std::move(begun);
    if (!*answer) return;
    session_->set_state(rtsp::State::playing);
    session_->start_sending();
  });
  run_until([&] { return answer.has_value(); });
  return *answer;
}

media::MediaTime SessionBench::pause() {
  const media::MediaTime position = session_->pause();
  session_->set_state(rtsp::State::ready);
  return position;
}

void SessionBench::run_until(const std::function<bool()>& done, double seconds) {
  const std::int64_t deadline = EventLoop::now_us() + std::llround(seconds * 1e6);
  Timer timer(owner_->loop(), [&] {
    if (done() || EventLoop::now_us() > deadline) owner_->loop().stop();
  });
  if (done()) return;
  timer.start_every(std::chrono::milliseconds(1));
  owner_->loop().run();
  REQUIRE(done());
}

void SessionBench::run_for(std::chrono::milliseconds time) {
  const std::int64_t end = EventLoop::now_us() + time.count() * 1000;
  run_until([&] { return EventLoop::now_us() >= end; });
}

std::vector<media::Train> SessionBench::trains(std::size_t track) {
  std::vector<media::Train> found;
  bool started = false;
  const auto cursor = std::make_shared<media::FileCursor>(asset_, owner_->poster(), [] {});
  cursor->start({.tracks = media::TrackMask{1} << track}, [&](const auto& start) { started = start.ok(); });
  run_until([&] { return started; });
  while (cursor->state() != media::Cursor::State::ended) {
    run_until([&] { return cursor->state() != media::Cursor::State::waiting; });
    if (cursor->state() != media::Cursor::State::ready) break;
    found.push_back(cursor->train());
    cursor->advance();
  }
  return found;
}

}  // namespace lectern::test
