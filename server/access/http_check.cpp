#include "server/access/http_check.h"

#include <curl/curl.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <list>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <vector>

#include "server/log/escape.h"
#include "server/loop/guard.h"

namespace lectern::server {
namespace {

using Clock = std::chrono::steady_clock;

template <auto close>
struct CloseBy {
  template <typename Handle>
  void operator()(Handle* handle) const {
    close(handle);
  }
};
using EasyHandle = std::unique_ptr<CURL, CloseBy<curl_easy_cleanup>>;
using MultiHandle = std::unique_ptr<CURLM, CloseBy<curl_multi_cleanup>>;
using HeaderList = std::unique_ptr<curl_slist, CloseBy<curl_slist_free_all>>;

/// The verdict is the status: a body is not looked at, but a long one would be a mistake or an attack.
std::size_t skip_body(char*, std::size_t size, std::size_t count, void*) {
  return size * count;
}

HttpVerdict verdict_of(long status) {
  if (status >= 200 && status < 300) return HttpVerdict::granted;
  return status == 403 ? HttpVerdict::forbidden : HttpVerdict::refused;
}

}  // namespace

struct HttpCheck::Request {
  std::string body;
  std::string secret;  // the question without the player's name for itself
  Done done;
  EasyHandle easy;
  std::array<char, CURL_ERROR_SIZE> error{};
};

struct HttpCheck::Multi {
  MultiHandle handle;
  HeaderList headers;
  std::list<std::unique_ptr<Request>> running;
};

std::string to_json(const HttpQuestion& question) {
  nlohmann::ordered_json json;
  json["user"] = question.user;
  if (!question.password.empty()) json["password"] = question.password;
  json["verified"] = question.verified;
  json["ip"] = question.ip;
  json["path"] = question.path;
  json["action"] = question.action;
  json["protocol"] = question.protocol;
  json["agent"] = question.agent;
  // What players send may be no UTF-8.
  return json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

HttpCheck::HttpCheck(HttpCheckConfig config)
    : config_(std::move(config)), cache_(10'000, config_.cache), multi_(std::make_unique<Multi>()) {
  curl_global_init(CURL_GLOBAL_DEFAULT);
  multi_->handle.reset(curl_multi_init());
  multi_->headers.reset(curl_slist_append(nullptr, "Content-Type: application/json"));
  if (!multi_->handle || !multi_->headers) throw std::runtime_error("auth.http: libcurl cannot be started");
  curl_multi_setopt(multi_->handle.get(), CURLMOPT_MAX_TOTAL_CONNECTIONS, 16L);
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  thread_ = std::thread([this] { run(); });
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

HttpCheck::~HttpCheck() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  curl_multi_wakeup(multi_->handle.get());
  thread_.join();
  for (const auto& request : multi_->running)
    curl_multi_remove_handle(multi_->handle.get(), request->easy.get());
}

void HttpCheck::ask(HttpQuestion question, Done done) {
  auto request = std::make_unique<Request>();
  request->body = to_json(question);
  question.agent.clear();
  request->secret = to_json(question);
  if (const auto known = cache_.get(request->secret, Clock::now()))
    return done(static_cast<HttpVerdict>(*known));
  request->done = std::move(done);
  {
    const std::lock_guard lock(mutex_);
    if (under_way_ < most_waiting) {
      ++under_way_;
      waiting_.push_back(std::move(request));
    }
  }
  if (request) return request->done(HttpVerdict::unreachable);
  curl_multi_wakeup(multi_->handle.get());
}

void HttpCheck::run() {
  for (;;) {
    {
      const std::lock_guard lock(mutex_);
      if (stopping_) return;
    }
    guarded("auth.http", [this] { start_waiting(); });
    int running = 0;
    curl_multi_perform(multi_->handle.get(), &running);
    guarded("auth.http", [this] { finish_done(); });
    curl_multi_poll(multi_->handle.get(), nullptr, 0, 60'000, nullptr);
  }
}

void HttpCheck::start_waiting() {
  std::deque<std::unique_ptr<Request>> waiting;
  {
    const std::lock_guard lock(mutex_);
    waiting.swap(waiting_);
  }
  for (auto& request : waiting) {
    request->easy.reset(curl_easy_init());
    CURL* easy = request->easy.get();
    if (!easy) {
      finish(*request, CURLE_OUT_OF_MEMORY);
      continue;
    }
    curl_easy_setopt(easy, CURLOPT_URL, config_.http.c_str());
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(easy, CURLOPT_HTTPHEADER, multi_->headers.get());
    curl_easy_setopt(easy, CURLOPT_POSTFIELDS, request->body.c_str());
    curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE, static_cast<long>(request->body.size()));
    curl_easy_setopt(easy, CURLOPT_TIMEOUT, static_cast<long>(config_.timeout.count()));
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, skip_body);
    curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, request->error.data());
    curl_easy_setopt(easy, CURLOPT_PRIVATE, static_cast<void*>(request.get()));
    curl_multi_add_handle(multi_->handle.get(), easy);
    multi_->running.push_back(std::move(request));
  }
}

void HttpCheck::finish_done() {
  int left = 0;
  while (const CURLMsg* message = curl_multi_info_read(multi_->handle.get(), &left)) {
    if (message->msg != CURLMSG_DONE) continue;
    CURL* easy = message->easy_handle;
    const CURLcode code = message->data.result;
    curl_multi_remove_handle(multi_->handle.get(), easy);
    const auto found =
        std::ranges::find(multi_->running, easy, [](const auto& request) { return request->easy.get(); });
    if (found == multi_->running.end()) continue;
    const auto request = std::move(*found);
    multi_->running.erase(found);
    finish(*request, code);
  }
}

void HttpCheck::finish(Request& request, int curl_code) {
  HttpVerdict verdict = HttpVerdict::unreachable;
  if (curl_code == CURLE_OK) {
    long status = 0;
    curl_easy_getinfo(request.easy.get(), CURLINFO_RESPONSE_CODE, &status);
    verdict = verdict_of(status);
    // A server that fails has not said no.
    if (status >= 500) verdict = HttpVerdict::unreachable;
    if (status >= 500) unreachable_.log(Clock::now(), "auth.http answers {}: viewers are refused", status);
  } else {
    const auto code = static_cast<CURLcode>(curl_code);
    unreachable_.log(Clock::now(), "auth.http cannot be asked ({}): viewers are refused",
                     escape(request.error[0] ? request.error.data() : curl_easy_strerror(code), 200));
  }
  if (verdict != HttpVerdict::unreachable)
    cache_.put(request.secret, static_cast<int>(verdict), Clock::now());
  {
    const std::lock_guard lock(mutex_);
    --under_way_;
  }
  request.done(verdict);
}

}  // namespace lectern::server
