#include "tests/faults/fault_server.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <thread>

#include "tests/support/made_media.h"
#include "tests/support/sample_media.h"

namespace lectern::test {
namespace {

namespace fs = std::filesystem;

int counted = 0;

/// Its first segment takes several reads; that of the small ones may all be in the first.
fs::path large_recording() {
  const auto file = made_media_directory() / "large.mp4";
  encode(file, words("-f lavfi -i testsrc2=size=320x240:rate=25:duration=10,noise=alls=20:allf=t"
                     " -f lavfi -i sine=frequency=440:sample_rate=48000:duration=10 -c:v libx264"
                     " -pix_fmt yuv420p -preset veryfast -g 25 -bf 2 -b:v 2M -threads 1 -c:a aac -b:a 64k"
                     " -movflags +faststart"));
  return file;
}

/// For the process that is started meanwhile.
class Environment {
 public:
  explicit Environment(const fs::path& control) {
    ::setenv("LD_PRELOAD", LECTERN_FAULT_LIBRARY, 1);
    ::setenv(fault_variable, control.c_str(), 1);
  }
  ~Environment() {
    ::unsetenv("LD_PRELOAD");
    ::unsetenv(fault_variable);
  }
  Environment(const Environment&) = delete;
  Environment& operator=(const Environment&) = delete;
};

/// An answer, or the end of the connection; nullopt where neither comes.
std::optional<Answer> answer_of(RtspClient& client, std::size_t& packets) {
  for (const auto deadline = Clock::now() + std::chrono::seconds(20); Clock::now() < deadline;) {
    const Event event = client.next(std::chrono::seconds(20));
    if (const auto* answer = std::get_if<Answer>(&event)) return *answer;
    if (std::holds_alternative<Closed>(event)) return Answer();
    if (std::holds_alternative<Late>(event)) return std::nullopt;
    ++packets;
  }
  return std::nullopt;
}

}  // namespace

std::string to_string(const Fault& fault) {
  const auto name = fault_names[static_cast<std::size_t>(fault.kind)];
  return std::string(name) + " " + std::to_string(fault.first) +
         (fault.times > 1 ? " and " + std::to_string(fault.times - 1) + " more" : "") + ": " +
         (fault.shortened > 0 ? std::to_string(fault.shortened) + " bytes at most"
          : fault.error == 0  ? "nothing"
                              : std::strerror(fault.error));
}

Faults::Faults() : file_(folder_.path() / "control") {
  std::ofstream(file_) << std::string(sizeof(FaultControl), '\0');
  const int descriptor = ::open(file_.c_str(), O_RDWR | O_CLOEXEC);
  void* mapped = ::mmap(nullptr, sizeof(FaultControl), PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0);
  ::close(descriptor);
  if (mapped == MAP_FAILED) throw std::runtime_error("no map");
  control_ = static_cast<FaultControl*>(mapped);
}

Faults::~Faults() {
  ::munmap(control_, sizeof(FaultControl));
}

void Faults::arm(const Fault& fault) {
  disarm();
  control_->error = fault.error;
  control_->shortened = fault.shortened;
  control_->first = fault.first;
  control_->times = fault.times;
  control_->calls = 0;
  control_->failed = 0;
  control_->kind.store(fault.kind, std::memory_order_release);
}

void Faults::disarm() {
  control_->kind = FaultKind::none;
}

std::int64_t Faults::calls() const {
  return control_->calls;
}

std::int64_t Faults::failed() const {
  return control_->failed;
}

void Faults::jump_wall_clock(std::int64_t seconds) {
  control_->wall_jump_ns = seconds * 1'000'000'000;
}

FaultServer::FaultServer(std::string config, Faults* faults)
    : own_(faults ? nullptr : std::make_unique<Faults>()), faults_(faults ? faults : own_.get()) {
  fs::copy_file(SampleMedia::get().root() / "short.mp4", media_.path() / "short.mp4");
  fs::copy_file(large_recording(), media_.path() / "target.mp4");
  const Environment environment(faults_->file());
  server_ = std::make_unique<ServerProcess>(ServerOptions{media_.path(), std::move(config), false});
}

void FaultServer::renew_media() const {
  for (const char* name : {"target.mp4", "short.mp4"})
    ::utimensat(AT_FDCWD, (media_.path() / name).c_str(), nullptr, 0);
}

bool FaultServer::answers() const {
  try {
    RtspClient client(server_->host(), server_->port());
    client.send_request("OPTIONS", "*");
    return client.answer(std::chrono::seconds(20)).status == 200;
  } catch (const std::runtime_error&) {  // it refuses, or breaks off
    return false;
  }
}

Visit visit(const ServerProcess& server, const std::string& path, Over over) {
  Visit made;
  RtspClient client(server.host(), server.port());
  const std::string url = server.url(path);
  std::optional<UdpPair> ports;
  if (over == Over::udp) ports.emplace();
  std::string session;
  bool open = true;
  const auto ask = [&](std::string_view method, const std::string& of, Headers headers) {
    if (!open) return Answer();
    if (!session.empty()) headers.emplace_back("Session", session);
    client.send_request(method, of, headers);
    const auto answer = answer_of(client, made.packets);
    made.unanswered = made.unanswered || !answer;
    made.statuses.push_back(answer ? answer->status : 0);
    open = answer && answer->status != 0;
    return answer.value_or(Answer());
  };
  ask("DESCRIBE", url, {});
  const std::string transport = ports ? "RTP/AVP;unicast;client_port=" + ports->ports()
                                      : std::string("RTP/AVP/TCP;unicast;interleaved=0-1");
  const Answer setup = ask("SETUP", url + "/track1", {{"Transport", transport}});
  if (setup.status == 200) {
    session = setup.session();
    if (ask("PLAY", url, {}).status == 200) {
      if (ports)
        while (made.packets < 5 && ports->rtp(milliseconds(200))) ++made.packets;
      else
        while (made.packets < 5 && client.frame(milliseconds(200))) ++made.packets;
    }
    ask("TEARDOWN", url, {});
  }
  return made;
}

std::int64_t calls_of_version(FaultKind kind) {
  Faults faults;
  faults.count(kind);
  const Environment environment(faults.file());
  const char* named = std::getenv("LECTERN");
  const std::string command = std::string(named ? named : LECTERN_BINARY) + " --version >/dev/null";
  if (std::system(command.c_str()) != 0) throw std::runtime_error("no version");
  return faults.calls();
}

void count_point() {
  ++counted;
}

int points() {
  return counted;
}

bool full_run() {
  const char* wanted = std::getenv("LECTERN_FAULTS_FULL");
  return wanted && *wanted == '1';
}

bool can_inject() {
  return !built_with(Sanitizer::address) && !built_with(Sanitizer::thread);
}

bool eventually(const std::function<bool()>& condition, int at_most_ms) {
  for (const auto deadline = Clock::now() + milliseconds(at_most_ms); !condition();) {
    if (Clock::now() > deadline) return false;
    std::this_thread::sleep_for(milliseconds(10));
  }
  return true;
}

}  // namespace lectern::test
