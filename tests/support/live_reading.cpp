#include "tests/support/live_reading.h"

#include <cstring>
#include <stdexcept>
#include <thread>

extern "C" {
#include <libavcodec/packet.h>
}

namespace lectern::test {

using namespace lectern::media;

namespace {

class Cutter final : public payload::Packetizer {
 public:
  Status packetize(const payload::AccessUnit& unit, payload::PayloadSink& sink) override {
    if (unit.data[0] == std::byte{'!'}) return invalid("no good");
    for (std::size_t at = 0; at < unit.data.size(); at += 1000) {
      const Bytes piece = unit.data.subspan(at, std::min<std::size_t>(1000, unit.data.size() - at));
      std::memcpy(sink.reserve(piece.size()).data(), piece.data(), piece.size());
      sink.emit(piece.size(), at + piece.size() == unit.data.size());
    }
    return {};
  }
};

}  // namespace

std::vector<std::string> payloads_of(const std::vector<ReadTrain>& trains, unsigned track) {
  std::vector<std::string> all;
  for (const ReadTrain& each : trains)
    if (each.train.track == track) all.insert(all.end(), each.payloads.begin(), each.payloads.end());
  return all;
}

bool eventually(const std::function<bool()>& done, std::chrono::milliseconds patience) {
  const auto deadline = std::chrono::steady_clock::now() + patience;
  while (!done()) {
    if (std::chrono::steady_clock::now() > deadline) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  return true;
}

std::shared_ptr<const LiveDescription> description_of(Live& live, std::chrono::milliseconds patience) {
  struct Answer {
    std::mutex mutex;
    std::shared_ptr<const LiveDescription> description;
  };
  const auto answer = std::make_shared<Answer>();
  live.when_described([answer](Result<std::shared_ptr<const LiveDescription>> described) {
    const std::lock_guard lock(answer->mutex);
    if (described) answer->description = *described;
  });
  std::shared_ptr<const LiveDescription> found;
  eventually(
      [&] {
        const std::lock_guard lock(answer->mutex);
        return static_cast<bool>(found = answer->description);
      },
      patience);
  return found;
}

LiveTestReader::LiveTestReader(const std::shared_ptr<Live>& live, LiveJoin join) : reader(live) {
  const auto told = description_of(*live);
  if (!told) throw std::runtime_error("the live media was not described: " + live->status().reason);
  feed = LiveFeed::attach(live, posts.poster());
  cursor = std::make_unique<LiveCursor>(feed, told, join, [this] { ++wakes; });
}

Result<ReadStart> LiveTestReader::start(TrackMask tracks) {
  std::optional<Result<ReadStart>> answer;
  ReadRequest request;
  request.tracks = tracks;
  cursor->start(request, [&](Result<ReadStart> start) { answer = std::move(start); });
  posts.run_until([&] { return answer.has_value(); }, std::chrono::seconds(20));
  if (!answer) {
    cursor->start(request, [](const Result<ReadStart>&) {});
    return Error{Errc::internal, "no start"};
  }
  return *answer;
}

void LiveTestReader::turn() {
  posts.run_until([n = 0]() mutable { return n++ > 20; });
}

std::vector<ReadTrain> LiveTestReader::read(std::size_t count) {
  std::vector<ReadTrain> all;
  while (all.size() < count) {
    const bool ready =
        posts.run_until([&] { return cursor->state() != Cursor::State::waiting; }, std::chrono::seconds(20));
    if (!ready || cursor->state() != Cursor::State::ready) break;
    ReadTrain& read = all.emplace_back(ReadTrain{cursor->train(), {}});
    for (const SealedPacket& packet : cursor->segment().packets(read.train)) {
      const Bytes payload = cursor->segment().payload(packet);
      read.payloads.emplace_back(reinterpret_cast<const char*>(payload.data()), payload.size());
    }
    cursor->advance();
    cursor->release();
  }
  return all;
}

void FakeSource::Script::give(LiveUnit unit) {
  {
    const std::lock_guard lock(mutex);
    units.push_back(std::move(unit));
  }
  changed.notify_all();
}

void FakeSource::Script::set_ends(bool yes) {
  const std::lock_guard lock(mutex);
  ends = yes;
}

Error FakeSource::run(SourceHost& host) {
  {
    const std::lock_guard lock(script_->mutex);
    ++script_->runs;
    if (script_->tracks.empty()) return {Errc::io, "not there"};
    TrackSelection selection;
    selection.tracks = script_->tracks;
    for (std::size_t i = selection.tracks.size(); i-- > 0;)
      if (selection.tracks[i].video()) selection.anchor = i;
    host.begin(std::move(selection), "fake");
  }
  while (!host.stopping()) {
    std::unique_lock lock(script_->mutex);
    if (script_->units.empty()) {
      if (script_->ends) return {Errc::io, "pulled out"};
      script_->changed.wait_for(lock, std::chrono::milliseconds(5));
      continue;
    }
    LiveUnit unit = std::move(script_->units.front());
    script_->units.pop_front();
    lock.unlock();
    host.take(std::move(unit));
  }
  return {Errc::end, "stopped"};
}

Track cut_track(const std::string& medium, const std::string& control) {
  Track track;
  track.control = control;
  track.format.media = medium;
  track.format.encoding = medium == "video" ? "H264" : "L16";
  track.format.clock_rate = medium == "video" ? 90000 : 48000;
  track.format.make_packetizer = []() -> Result<std::unique_ptr<payload::Packetizer>> {
    return std::unique_ptr<payload::Packetizer>(std::make_unique<Cutter>());
  };
  return track;
}

LiveUnit live_unit(std::uint8_t track, MediaTime dts, bool random_access, char fill, std::size_t size) {
  LiveUnit made;
  made.unit.packet.reset(av_packet_alloc());
  if (!made.unit.packet || av_new_packet(made.unit.packet.get(), static_cast<int>(size)) != 0)
    throw std::bad_alloc();
  std::memset(made.unit.packet->data, fill, size);
  made.unit.track = track;
  made.unit.random_access = random_access;
  made.unit.dts = made.unit.pts = dts;
  // Whatever the time is: some tests give times that no clock has.
  made.unit.pts_ticks = static_cast<std::int64_t>(static_cast<__int128>(dts) * (track == 0 ? 9 : 4) / 100);
  made.unit.duration = 40'000;
  return made;
}

}  // namespace lectern::test
