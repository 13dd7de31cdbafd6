#include "tests/bench/load/viewer.h"

#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <stdexcept>

#include "protocol/rtsp/range.h"
#include "protocol/rtsp/rtp_info.h"
#include "protocol/rtsp/session_header.h"
#include "protocol/sdp/rtpmap.h"

namespace lectern::bench {
namespace {

constexpr std::int64_t keep_alive_us = 20'000'000;
constexpr std::size_t read_size = 256 * 1024;

std::string control_url(std::string_view base, std::string_view control) {
  if (control.empty() || control == "*") return std::string(base);
  if (control.starts_with("rtsp://") || control.starts_with("rtsps://")) return std::string(control);
  return std::string(base) + (base.ends_with('/') ? "" : "/") + std::string(control);
}

}  // namespace

Viewer::Viewer(Poller& poller, Plan plan, Totals& totals)
    : poller_(poller),
      plan_(std::move(plan)),
      totals_(totals),
      born_us_(now_us()),
      reader_(
          [this](std::uint8_t channel, Bytes head, std::size_t size) {
            const std::size_t track = channel / 2;
            if (channel % 2 == 0 && track < tracks_.size())
              tracks_[track]->check.received(head, size, now_us(), totals_);
          },
          [this](const rtsp::Response& response) { answered(response); }) {
  connect();
}

Viewer::~Viewer() {
  if (socket_) poller_.remove(socket_.get());
}

void Viewer::connect() {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  const std::string port = std::to_string(plan_.url.port);
  if (const int code = ::getaddrinfo(plan_.url.host.c_str(), port.c_str(), &hints, &found); code != 0)
    throw std::runtime_error(plan_.url.host + ": " + ::gai_strerror(code));
  const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> addresses(found, ::freeaddrinfo);
  family_ = found->ai_family;
  socket_ = server::FileDescriptor(::socket(family_, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!socket_) throw std::runtime_error(std::string("socket: ") + std::strerror(errno));
  const int yes = 1;
  ::setsockopt(socket_.get(), IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
  if (::connect(socket_.get(), found->ai_addr, found->ai_addrlen) != 0 && errno != EINPROGRESS)
    throw std::runtime_error(std::string("connect: ") + std::strerror(errno));
  poller_.add(socket_.get(), *this, true);
}

void Viewer::ready(bool readable, bool writable) {
  if (state_ == State::connecting && (writable || (tls_ && readable))) return go_on_connecting();
  if (readable) read();
}

void Viewer::go_on_connecting() {
  if (plan_.url.scheme == rtsp::Scheme::rtsps) {
    if (!tls_) {
      poller_.change(socket_.get(), *this, false);
      tls_ = std::make_unique<TlsLink>(socket_.get());
    }
    const auto progress = tls_->shake_hands();
    if (progress == TlsLink::Progress::wait) return;
    if (progress == TlsLink::Progress::failed) return fail("no TLS with the server");
  } else {
    poller_.change(socket_.get(), *this, false);
  }
  describe();
}

void Viewer::describe() {
  state_ = State::describing;
  request(rtsp::Method::describe, rtsp::serialize(plan_.url), {{"Accept", "application/sdp"}});
}

void Viewer::feed(Bytes bytes) {
  if (const Status fed = reader_.feed(bytes); !fed) fail(fed.error().message);
}

void Viewer::read_tls() {
  static std::array<std::byte, read_size> buffer;
  while (socket_) {
    const auto [progress, size] = tls_->read(buffer);
    if (progress == TlsLink::Progress::wait) return;
    if (progress == TlsLink::Progress::failed) return fail("the server closed the connection");
    feed(Bytes(buffer).first(size));
  }
}

void Viewer::read() {
  if (!socket_) return;
  if (tls_) return read_tls();
  static std::array<std::byte, read_size> buffer;
  const ssize_t got = ::recv(socket_.get(), buffer.data(), buffer.size(), MSG_DONTWAIT);
  if (got < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (got <= 0) return fail(got == 0 ? "the server closed the connection" : std::strerror(errno));
  feed(Bytes(buffer).first(static_cast<std::size_t>(got)));
}

bool Viewer::send(std::string_view text) {
  if (tls_) return tls_->write(text);
  return ::send(socket_.get(), text.data(), text.size(), MSG_NOSIGNAL | MSG_DONTWAIT) ==
         static_cast<ssize_t>(text.size());
}

void Viewer::request(rtsp::Method method, const std::string& url, rtsp::Headers headers) {
  rtsp::Request request = rtsp::make_request(method, url);
  request.headers.set("CSeq", std::to_string(++cseq_)).set("User-Agent", "lectern-load");
  for (const rtsp::HeaderField& field : headers) request.headers.add(field.name, field.value);
  if (!session_.empty()) request.headers.set("Session", session_);
  const std::string text = rtsp::serialize(request);
  asked_us_ = spoken_us_ = now_us();
  if (!send(text)) fail(std::string("sending a request: ") + std::strerror(errno));
}

void Viewer::answered(const rtsp::Response& response) {
  if (state_ == State::ended || state_ == State::failed) return;
  if (response.status != rtsp::StatusCode::ok)
    return fail("answer " + std::to_string(static_cast<int>(response.status)) + " " + response.reason);
  switch (state_) {
    case State::describing:
      return described(response);
    case State::setting_up:
      return set_up(response);
    case State::starting:
      return started(response);
    default:
      return;
  }
}

void Viewer::described(const rtsp::Response& response) {
  describe_us_ = now_us() - asked_us_;
  const auto description = sdp::parse(response.body);
  if (!description) return fail(description.error().message);
  const std::string url = rtsp::serialize(plan_.url);
  const std::string_view base =
      response.headers.get("Content-Base").value_or(response.headers.get("Content-Location").value_or(url));
  aggregate_ = control_url(base, sdp::find_attribute(description->attributes, "control").value_or(""));
  if (const auto text = sdp::find_attribute(description->attributes, "range"))
    if (const auto range = rtsp::parse_range(*text); range && range->end)
      duration_ = static_cast<double>(range->end->count()) / 1e6;
  for (const sdp::Media& media : description->media) {
    const auto type = media.formats.empty() ? 0 : std::atoi(media.formats[0].c_str());
    const auto map = sdp::find_rtpmap(media, static_cast<std::uint8_t>(type));
    tracks_.push_back(std::unique_ptr<Track>(
        new Track{control_url(base, sdp::find_attribute(media.attributes, "control").value_or("")),
                  StreamCheck(map ? map->clock_rate : 90000),
                  {},
                  {}}));
  }
  if (tracks_.empty()) return fail("the SDP has no media");
  state_ = State::setting_up;
  set_up_next();
}

void Viewer::set_up_next() {
  Track& track = *tracks_[next_track_];
  std::string transport = plan_.srtp ? "RTP/SAVP" : "RTP/AVP";
  if (plan_.carrier == Carrier::tcp) {
    const std::size_t channel = 2 * next_track_;
    transport += "/TCP;unicast;interleaved=" + std::to_string(channel) + "-" + std::to_string(channel + 1);
  } else {
    DatagramPair pair = bind_datagram_pair(family_);
    transport +=
        ";unicast;client_port=" + std::to_string(pair.rtp_port) + "-" + std::to_string(pair.rtp_port + 1);
    track.rtp = std::make_unique<DatagramInput>(poller_, std::move(pair.rtp), &track.check, totals_,
                                                plan_.whole_trains);
    track.rtcp = std::make_unique<DatagramInput>(poller_, std::move(pair.rtcp), nullptr, totals_, false);
  }
  request(rtsp::Method::setup, track.url, {{"Transport", transport}});
}

void Viewer::set_up(const rtsp::Response& response) {
  const auto session = rtsp::parse_session(response.headers.get("Session").value_or(""));
  if (!session) return fail("SETUP was answered without a session");
  session_ = session->id;
  if (++next_track_ < tracks_.size()) return set_up_next();
  play();
}

void Viewer::play() {
  state_ = State::starting;
  rtsp::Headers headers;
  if (plan_.place >= 0) headers.set("Range", "npt=" + std::to_string(plan_.place * duration_) + "-");
  request(rtsp::Method::play, aggregate_, std::move(headers));
}

void Viewer::seek() {
  constexpr double last_place = 0.9;
  sought_us_ = now_us();
  const double place = std::uniform_real_distribution(0.0, last_place)(random_);
  request(rtsp::Method::play, aggregate_, {{"Range", "npt=" + std::to_string(place * duration_) + "-"}});
}

void Viewer::started(const rtsp::Response& response) {
  state_ = State::playing;
  sought_us_ = now_us();
  for (const auto& track : tracks_) track->check.expected(sought_us_);
  const auto header = response.headers.get("RTP-Info");
  const auto streams = header ? rtsp::parse_rtp_info(*header) : Result<std::vector<rtsp::RtpInfo>>(Error{});
  if (!streams) return;
  for (const rtsp::RtpInfo& stream : *streams)
    for (const auto& track : tracks_)
      if (stream.url == track->url && stream.seq) track->check.announced(*stream.seq, totals_);
}

void Viewer::tick(std::int64_t now) {
  if (state_ == State::playing && plan_.reseek_us > 0 && duration_ > 0 && now - sought_us_ > plan_.reseek_us)
    seek();
  if (state_ == State::playing && now - spoken_us_ > keep_alive_us)
    request(rtsp::Method::get_parameter, aggregate_, {});
}

void Viewer::leave() {
  if (state_ == State::playing || state_ == State::starting) request(rtsp::Method::teardown, aggregate_, {});
  if (state_ == State::failed) return;
  state_ = State::ended;
  ended_us_ = now_us();
}

void Viewer::fail(std::string why) {
  if (!socket_) return;
  // Also of one that has left: a closed connection is readable for ever.
  poller_.remove(socket_.get());
  socket_.reset();
  if (state_ == State::ended) return;
  state_ = State::failed;
  ended_us_ = now_us();
  failure_ = std::move(why);
}

std::optional<std::int64_t> Viewer::start_up_us() const {
  std::optional<std::int64_t> first;
  for (const auto& track : tracks_)
    if (const auto arrival = track->check.first_arrival_us())
      first = std::min(first.value_or(*arrival), *arrival);
  if (first) *first -= born_us_;
  return first;
}

std::uint32_t Viewer::socket_drops() const {
  std::uint32_t drops = 0;
  for (const auto& track : tracks_)
    if (track->rtp) drops += track->rtp->drops();
  return drops;
}

std::int64_t Viewer::longest_silence_us() const {
  const std::int64_t until = ended_us_ > 0 ? ended_us_ : now_us();
  std::int64_t longest = 0;
  for (const auto& track : tracks_) longest = std::max(longest, track->check.longest_silence_us(until));
  return longest;
}

std::int64_t Viewer::silence_us(std::int64_t now) const {
  if (state_ != State::playing) return 0;
  std::int64_t longest = 0;
  for (const auto& track : tracks_) longest = std::max(longest, track->check.silence_us(now));
  return longest;
}

void Viewer::append_lateness(std::int64_t from_us, std::int64_t to_us,
                             std::vector<std::int64_t>& lateness) const {
  for (const auto& track : tracks_) track->check.append_lateness(from_us, to_us, lateness);
}

}  // namespace lectern::bench
