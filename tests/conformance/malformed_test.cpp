// Thousands of malformed inputs, made from valid dialogues, and each followed by a healthy request that is
// answered at once: CONFORMANCE, Messages and Abuse. LECTERN_MALFORMED=FIRST:COUNT runs others than the usual
// 10,000, such as the one that a failure names.
#include <unistd.h>

#include <catch2/catch.hpp>
#include <cstdlib>
#include <deque>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <thread>

#include "protocol/mikey/message.h"
#include "protocol/rtsp/key_mgmt.h"
#include "tests/conformance/default_server.h"
#include "tests/conformance/dialogue.h"
#include "tests/support/message_mutation.h"
#include "tests/support/player.h"
#include "tests/support/transcript.h"
#include "tests/support/tunnel.h"

using namespace lectern;
using namespace lectern::test;
using namespace std::string_literals;
using namespace std::chrono_literals;
using Way = Line::Way;

namespace {

constexpr std::size_t usual_count = 10'000;
constexpr std::size_t most_sessions = 600;
/// Inputs one after another to one connection, as far as it bears them.
constexpr int inputs_a_talk = 4;
constexpr auto in_time = 100ms;
/// A loaded machine may stop for longer than that; then the next ones must be in time.
constexpr int attempts = 5;
constexpr std::size_t most_growth = 32 << 20;

/// Paths to publish to: enough that talks do not often meet.
std::string publish_paths() {
  std::string yaml = "paths:\n";
  for (std::size_t i = 0; i < places; ++i)
    yaml += "  in/" + std::to_string(i) + ": {publish: yes, publish_takeover: yes, read_timeout: 1s}\n";
  return yaml;
}

const std::string config = "loops: 2\nmax_request_rate: 1000000\nsession_timeout: 1s\nmax_sessions: " +
                           std::to_string(most_sessions) +
                           "\nusers:\n"
                           "  anonymous: {read: [lecture.mp4, short.mp4], publish: [\"in/*\"]}\n"
                           "  alice: {password: sesame street, read: [\"**\"]}\n";

const std::string report = receiver_report(7);
const Headers in_session{{"Session", "{session}"}};

Headers with_login(const std::string& method, const std::string& path, Headers headers = {}) {
  headers.emplace_back("Authorization", "{digest " + method + " " + path + "}");
  return headers;
}

Headers transport(const std::string& value, bool first = true) {
  Headers headers{{"Transport", value}};
  if (!first) headers.emplace_back("Session", "{session}");
  return headers;
}

std::string key_mgmt(char fill) {
  const auto bytes = [fill](std::size_t size) { return ByteVector(size, static_cast<std::byte>(fill)); };
  const srtp::Suite suite = srtp::Suite::aes_cm_128_hmac_sha1_80;
  rtsp::KeyMgmt entry;
  entry.uri = "{url}/lecture.mp4/track1";
  entry.data =
      mikey::serialize({suite,
                        srtp::MasterKey::create(bytes(srtp::key_and_salt_size(suite)), bytes(4)).value(),
                        {{0x11223344, 0}},
                        7,
                        std::uint64_t{0xee000000} << 32,
                        bytes(16)})
          .value();
  return rtsp::serialize(entry);
}

std::vector<Line> udp_play() {
  return {request("OPTIONS", "/"),
          request("DESCRIBE", "/lecture.mp4", {{"Accept", "application/sdp"}, {"User-Agent", "player/1.0"}}),
          request("SETUP", "/lecture.mp4/track1",
                  transport("RTP/AVP;unicast;client_port={ports},RTP/AVP/TCP;unicast;interleaved=0-1")),
          request("PLAY", "/lecture.mp4/",
                  {{"Session", "{session}"}, {"Range", "npt=1.5-8"}, {"Scale", "1"}, {"Speed", "1.5"}}),
          {report, 0, Way::rtcp},
          {report + "\x81\xcb\x00\x01mine"s, 0, Way::rtcp},
          request("SET_PARAMETER", "/lecture.mp4", in_session, 451, "volume: 3\r\n"),
          request("PAUSE", "/lecture.mp4/", in_session),
          request("PLAY", "/lecture.mp4/",
                  {{"Session", "{session}"}, {"Range", "smpte=0:00:02:00-"}, {"Scale", "-2"}}),
          request("TEARDOWN", "/lecture.mp4/", in_session)};
}

std::vector<Line> tcp_play() {
  return {request("DESCRIBE", "/lecture.mp4", {{"Accept", "application/sdp;q=0.5, */*"}}),
          request("SETUP", "/lecture.mp4/track1", transport("RTP/AVP/TCP;unicast;interleaved=4-5")),
          request("SETUP", "/lecture.mp4/track2", transport("RTP/AVP/TCP;unicast;interleaved=6-7", false)),
          request("PLAY", "/lecture.mp4/", {{"Session", "{session}"}, {"Range", "npt=0-"}}),
          frame(5, report),
          frame(7, report),
          request("GET_PARAMETER", "/lecture.mp4", in_session),
          request("PAUSE", "/lecture.mp4/", in_session),
          frame(5, report),
          request("TEARDOWN", "/lecture.mp4/track2", in_session),
          request("TEARDOWN", "/lecture.mp4/", in_session)};
}

std::vector<Line> login() {
  const auto tcp = transport("RTP/AVP/TCP;unicast");
  return {request("DESCRIBE", "/talk.mp3", {}, 401),
          request("DESCRIBE", "/talk.mp3", with_login("DESCRIBE", "/talk.mp3")),
          request("SETUP", "/talk.mp3/track1", with_login("SETUP", "/talk.mp3/track1", tcp)),
          request("PLAY", "/talk.mp3/", with_login("PLAY", "/talk.mp3/", in_session)),
          request("GET_PARAMETER", "/talk.mp3", in_session),
          request("TEARDOWN", "/talk.mp3/", with_login("TEARDOWN", "/talk.mp3/", in_session))};
}

std::vector<Line> tunnel() {
  return {{tunnel_head("GET", "/short.mp4", "{cookie}"), 200, Way::get},
          {tunnel_head("POST", "/short.mp4", "{cookie}"), 0, Way::post_head},
          in_tunnel(request("DESCRIBE", "/short.mp4")),
          in_tunnel(request("SETUP", "/short.mp4/track1", transport("RTP/AVP/TCP;unicast;interleaved=0-1"))),
          in_tunnel(request("PLAY", "/short.mp4/", in_session)),
          in_tunnel(frame(1, report)),
          in_tunnel(request("TEARDOWN", "/short.mp4/", in_session))};
}

std::vector<Line> srtp() {
  auto set_up = transport("RTP/SAVP/TCP;unicast;interleaved=0-1");
  set_up.emplace_back("KeyMgmt", key_mgmt('k'));
  auto again = in_session;
  again.emplace_back("KeyMgmt", key_mgmt('l'));
  return {request("DESCRIBE", "/lecture.mp4"),
          request("SETUP", "/lecture.mp4/track1", set_up),
          request("PLAY", "/lecture.mp4/", in_session),
          frame(1, report),
          request("SET_PARAMETER", "/lecture.mp4/track1", again),
          request("TEARDOWN", "/lecture.mp4/", in_session)};
}

/// G.711 of 20 ms, number `number` (RFC 3551 section 4.5.14).
std::string rtp_packet(std::uint8_t number) {
  const char n = static_cast<char>(number), ticks = static_cast<char>(number * 160 % 256);
  return "\x80\x00\x00"s + n + "\0\0"s + static_cast<char>(number * 160 / 256) + ticks + "mine" +
         std::string(160, '\xd5');
}

/// Of UDP the media do not come, as a firewall has it; the reports do.
std::vector<Line> publish(const std::string& transport_value) {
  const bool udp = transport_value.find("client_port") != std::string::npos;
  const std::string sdp =
      "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=lesson\r\nc=IN IP4 0.0.0.0\r\nt=0 0\r\nm=audio 0 RTP/AVP 0\r\n"
      "a=rtpmap:0 PCMU/8000\r\na=control:streamid=0\r\n";
  // A sender report (RFC 3550 section 6.4.1).
  const std::string sender = "\x80\xc8\x00\x06mine"s + std::string(20, '\1');
  std::vector<Line> lines{
      request("ANNOUNCE", "/in/{place}", {{"Content-Type", "application/sdp"}}, 200, sdp),
      request("SETUP", "/in/{place}/streamid=0", transport(transport_value, false)),
      request("RECORD", "/in/{place}", {{"Session", "{session}"}, {"Range", "npt=0.000-"}})};
  if (udp)
    lines.insert(lines.end(), 2, {sender, 0, Way::rtcp});
  else
    for (std::uint8_t i = 0; i < 5; ++i)
      lines.push_back(frame(i == 2 ? 1 : 0, i == 2 ? sender : rtp_packet(i)));
  lines.push_back(request("GET_PARAMETER", "/in/{place}", in_session));
  lines.push_back(request("TEARDOWN", "/in/{place}", in_session));
  return lines;
}

std::vector<Dialogue> all_dialogues() {
  return {{"play over UDP", udp_play()},
          {"play over TCP", tcp_play()},
          {"log in", login()},
          {"play through a tunnel", tunnel()},
          {"set up SRTP", srtp()},
          {"publish over TCP", publish("RTP/AVP/TCP;unicast;interleaved=0-1;mode=record")},
          {"publish over UDP", publish("RTP/AVP;unicast;client_port={ports};mode=record")}};
}

/// Clients who have done nothing, and are to notice nothing.
class Healthy {
 public:
  explicit Healthy(const ServerProcess& server) : server_(server) {
    // Handed to the loops in turns.
    for (int i = 0; i < 4; ++i) ask(lasting_.emplace_back(server.host(), server.port()));
  }

  /// Asks by one of the lasting connections, and now and then by a new one.
  void check(std::size_t number) {
    ask(lasting_[number % lasting_.size()]);
    if (number % 16 != 0) return;
    RtspClient fresh(server_.host(), server_.port());
    ask(fresh);
  }
  int late() const { return late_; }
  milliseconds longest() const { return longest_; }

 private:
  void ask(RtspClient& client) {
    for (int attempt = 0;; ++attempt) {
      const auto begun = Clock::now();
      client.send_request("OPTIONS", server_.url("/"));
      const auto answer = client.answer(milliseconds(10'000));
      const auto took = std::chrono::duration_cast<milliseconds>(Clock::now() - begun);
      REQUIRE(answer.status == 200);
      REQUIRE(answer.header("CSeq") == std::to_string(client.last_cseq()));
      longest_ = std::max(longest_, took);
      if (took <= in_time) return;
      ++late_;
      REQUIRE(attempt < attempts);
    }
  }

  const ServerProcess& server_;
  std::vector<RtspClient> lasting_;
  int late_ = 0;
  milliseconds longest_{0};
};

std::size_t resident_bytes(pid_t pid) {
  std::size_t pages = 0, resident = 0;
  std::ifstream("/proc/" + std::to_string(pid) + "/statm") >> pages >> resident;
  return resident * static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
}

/// What its descriptors are of.
std::string open_files(pid_t pid) {
  std::string list;
  for (const auto& entry : std::filesystem::directory_iterator("/proc/" + std::to_string(pid) + "/fd")) {
    std::error_code gone;
    list += entry.path().filename().string() + " " +
            std::filesystem::read_symlink(entry.path(), gone).string() + "\n";
  }
  return list;
}

/// A sanitizer keeps what was freed.
bool is_sanitized(pid_t pid) {
  std::ifstream maps("/proc/" + std::to_string(pid) + "/maps");
  const std::string text{std::istreambuf_iterator<char>(maps), {}};
  return text.find("libasan") != text.npos || text.find("libtsan") != text.npos;
}

/// How many sessions are left: as many as are missing where clients take all that there may be. In pipelines,
/// as what they take lasts no longer than session_timeout.
std::size_t sessions_left(const ServerProcess& server) {
  constexpr int a_client = 100;
  std::vector<RtspClient> clients;
  std::size_t taken = 0;
  while (clients.size() < most_sessions / a_client) {
    auto& client = clients.emplace_back(server.host(), server.port());
    std::string all;
    for (int i = 0; i < a_client; ++i)
      all +=
          client.compose("SETUP", server.url("/lecture.mp4/track1"), {{"Transport", "RTP/AVP/TCP;unicast"}});
    client.send(all);
    for (int i = 0; i < a_client; ++i) taken += client.answer(milliseconds(10'000)).status == 200 ? 1 : 0;
  }
  return most_sessions - taken;
}

/// Which inputs: the number of the first one, which is its seed, and how many.
std::pair<std::size_t, std::size_t> wanted_inputs() {
  const char* const wanted = std::getenv("LECTERN_MALFORMED");
  if (!wanted) return {0, usual_count};
  char* rest = nullptr;
  const std::size_t first = std::strtoul(wanted, &rest, 10);
  return {first, *rest == ':' ? std::strtoul(rest + 1, nullptr, 10) : 1};
}

/// An address of its own for each talk, as for players in the world: what one does is not held against
/// another.
std::string source_of(std::size_t number) {
  return "127." + std::to_string(80 + number / 62'500 % 100) + "." + std::to_string(number / 250 % 250) +
         "." + std::to_string(1 + number % 250);
}

struct Input {
  std::string bytes;
  bool plain = true;
  Damage damage = Damage::cut;
};

Input next_input(Talk& talk, bool tunnelled, Random& random) {
  Input input;
  input.damage = static_cast<Damage>(random.below(damages));
  auto messages = talk.rest();
  // What goes by a tunnel is damaged inside its base64, or as that.
  input.plain = !tunnelled || random.below(2) == 0;
  if (!input.plain)
    for (auto& message : messages) message = base64_of(message);
  input.bytes = damaged(input.damage, messages, random);
  if (input.damage != Damage::reordered && messages.size() > 1 && random.below(3) == 0)
    input.bytes += messages[1];
  return input;
}

}  // namespace

TEST_CASE("10,000 malformed inputs, each followed by a healthy request that is answered in time",
          "[malformed][abuse]") {
  ServerProcess own(with_config(config + publish_paths()));
  const auto dialogues = all_dialogues();
  for (const auto& dialogue : dialogues) {
    CAPTURE(dialogue.name);
    Talk whole(own, dialogue, "127.79.0.1");
    for (std::size_t i = 0; i < dialogue.lines.size(); ++i) {
      CAPTURE(i, dialogue.lines[i].text);
      REQUIRE(whole.go_on());
    }
  }
  Healthy healthy(own);
  const auto descriptors = own.open_descriptors();
  const auto files = open_files(own.pid());
  const auto [first, count] = wanted_inputs();
  std::size_t memory = 0;
  std::map<int, int> statuses;
  std::deque<Talk> talks;  // not closed at once, as answers may take a while
  const auto begun = Clock::now();
  for (std::size_t number = first; number < first + count;) {
    Random random(number);
    const auto& dialogue = dialogues[random.below(dialogues.size())];
    auto& talk = talks.emplace_back(own, dialogue, source_of(number));
    const auto seed = number;
    std::string story = "LECTERN_MALFORMED=" + std::to_string(seed) + ":1 " + dialogue.name;
    for (auto before = random.below(dialogue.lines.size()); before > 0; --before) {
      INFO(story << ": line " << talk.position() << " before it");
      REQUIRE(talk.go_on());
    }
    const bool tunnelled = dialogue.lines[talk.position()].way == Way::post;
    for (int i = 0; i < inputs_a_talk && number < first + count && !talk.is_over(); ++i, ++number) {
      const auto input = next_input(talk, tunnelled, random);
      story += "\nline " + std::to_string(talk.position()) + " " + std::string(name(input.damage)) + ": " +
               printable(input.bytes, 600);
      INFO(story);
      talk.say(input.bytes, input.plain);
      healthy.check(number);
      REQUIRE(talk.read_back(statuses) == "");
    }
    if (random.below(8) == 0) talks.pop_back();  // gone at once, before its answers
    if (talks.size() > 24) {
      INFO(story << "\nor one of the talks before it");
      REQUIRE(talks.front().read_back(statuses) == "");
      talks.pop_front();
    }
    if (memory == 0 && number > first + 1000) memory = resident_bytes(own.pid());
    Transcript::current().clear();
  }
  for (auto& talk : talks) REQUIRE(talk.read_back(statuses) == "");
  talks.clear();
  const auto seconds = std::chrono::duration<double>(Clock::now() - begun).count();
  std::cout << count << " malformed inputs in " << seconds << " s: " << healthy.late()
            << " healthy requests were answered late, the longest took " << healthy.longest().count()
            << " ms; answers:";
  for (const auto& [status, times] : statuses) std::cout << " " << times << " times " << status;
  std::cout << "\n";
  // They did arrive, and were no good.
  if (count == usual_count)
    for (const int status : {200, 400, 401, 404, 413, 454, 463, 501}) {
      CAPTURE(status);
      CHECK(statuses[status] > 10);
    }
  CHECK(static_cast<std::size_t>(healthy.late()) <= 10 + count / 100);
  REQUIRE(own.running());
  std::size_t left = most_sessions;
  for (int attempt = 0; attempt < 5 && left > 0; ++attempt) {
    std::this_thread::sleep_for(1500ms);
    left = sessions_left(own);
  }
  CHECK(left == 0);
  const bool closed_all = eventually([&] { return own.open_descriptors() <= descriptors; }, 5000);
  INFO("open at first:\n" << files << "and now:\n" << open_files(own.pid()));
  CHECK(closed_all);
  const auto log = own.log();
  for (const auto* bad : {" error: ", " critical: ", "exception escaped", "internal"}) {
    const auto at = log.find(bad);
    CAPTURE(bad, at == log.npos ? "" : log.substr(at > 200 ? at - 200 : 0, 600));
    CHECK(at == log.npos);
  }
  if (memory != 0 && !is_sanitized(own.pid())) {
    const auto after = resident_bytes(own.pid());
    CAPTURE(memory, after);
    CHECK(after < memory + most_growth);
  }
  CHECK(own.stops_well());
}
