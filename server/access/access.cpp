#include "server/access/access.h"

#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>

#include "server/rtsp/random.h"

namespace lectern::server {
namespace {

using auth::Algorithm;

/// Of which the counts are kept. A thousand viewers have as many.
constexpr std::size_t most_nonces = 100'000;

std::int64_t seconds_of(Access::Time time) {
  return std::chrono::duration_cast<std::chrono::seconds>(time.time_since_epoch()).count();
}

bool is_below(const std::vector<std::string>& path, const std::vector<std::string>& top) {
  return path.size() >= top.size() && std::equal(top.begin(), top.end(), path.begin());
}

bool names_track(const std::vector<std::string>& path) {
  if (path.empty() || !path.back().starts_with("track")) return false;
  return path.back().find_first_not_of("0123456789", 5) == std::string::npos && path.back().size() > 5;
}

/// A publisher's tracks have whatever names it gives them; what else is behind its path was not announced.
bool may_name_track(const AccessQuestion& question, const std::vector<std::string>& path) {
  const bool sets_up = question.action == Action::publish && question.method == "SETUP";
  return names_track(path) || (sets_up && !path.empty());
}

AccessDecision verdict(Verdict verdict, std::string user = {}) {
  AccessDecision decision;
  decision.verdict = verdict;
  decision.user = std::move(user);
  return decision;
}

AccessDecision said_elsewhere(HttpVerdict answer, const AccessQuestion& question, const std::string& name) {
  switch (answer) {
    case HttpVerdict::granted: {
      AccessDecision granted = verdict(Verdict::granted, name);
      granted.elsewhere = true;
      granted.of_parent = may_name_track(question, path_segments(question.url.path));
      return granted;
    }
    case HttpVerdict::forbidden:
      return verdict(Verdict::forbidden, name);
    case HttpVerdict::refused:
      return verdict(Verdict::unauthorized);
    case HttpVerdict::unreachable:
      return verdict(Verdict::busy);
  }
  return {};
}

}  // namespace

struct Access::Attempt {
  AccessQuestion question;
  Post post;
  Done done;
  bool counted = false;  // under way for the back-off
};

Access::Memory::Memory() : nonces(random_secret()), counts(most_nonces) {}

Access::Access(const Config& config, Clock clock, std::shared_ptr<Memory> memory)
    : clock_(std::move(clock)),
      roots_(config.roots),
      plain_rules_(config.addresses),
      tls_rules_(config.tls_addresses),
      realm_(config.realm),
      basic_over_plain_(config.basic_over_plain),
      open_(config.users.empty() && config.auth.http.empty()),
      nobody_(Account::nobody(realm_)),
      memory_(std::move(memory)),
      users_(config.users),
      check_(config.auth) {
  for (const User& user : users_) accounts_.emplace(user.name, Account(user, realm_));
  learn_schemes();
}

Access::Access(const Config& config, Clock clock)
    : Access(config, std::move(clock), std::make_shared<Memory>()) {
  if (!dummy_hash_.empty()) argon2_ = std::make_shared<Argon2Worker>();
  if (!check_.http.empty()) http_ = std::make_shared<HttpCheck>(check_);
}

Access::Access(const Config& config, const Access& before) : Access(config, before.clock_, before.memory_) {
  // What either remembers holds for these users and that URL.
  if (!dummy_hash_.empty())
    argon2_ = before.argon2_ && users_ == before.users_ ? before.argon2_ : std::make_shared<Argon2Worker>();
  if (!check_.http.empty())
    http_ = check_ == before.check_ ? before.http_ : std::make_shared<HttpCheck>(check_);
}

Access::~Access() = default;

void Access::close() {
  argon2_.reset();
  http_.reset();
}

void Access::learn_schemes() {
  // Players take the strongest scheme that they know, so only those are offered that all can use; a user of
  // argon2id, or of the external check, can use no Digest at all.
  std::vector<Algorithm> all{Algorithm::sha256, Algorithm::md5}, any;
  for (const auto& [name, account] : accounts_) {
    if (!account.can_log_in()) continue;
    if (!account.argon2().empty()) dummy_hash_ = {account.argon2().front()};
    if (!account.can_use_digest()) {
      needs_basic_ = true;
      continue;
    }
    has_digest_ = true;
    std::erase_if(all, [&one = account](Algorithm algorithm) { return !one.can_use(algorithm); });
    for (const Algorithm algorithm : {Algorithm::sha256, Algorithm::md5})
      if (account.can_use(algorithm) && std::ranges::find(any, algorithm) == any.end())
        any.push_back(algorithm);
  }
  // FFmpeg, GStreamer and live555 know MD5 alone and take the last Digest that is offered: MD5 comes last.
  algorithms_ = all.empty() ? any : all;
  std::ranges::sort(algorithms_, std::greater{});
}

bool Access::admits(const Endpoint& peer, bool secure) const {
  return (secure ? tls_rules_ : plain_rules_).admits(peer);
}

bool Access::admits_path(const Endpoint& peer, const std::vector<std::string>& path) const {
  return std::ranges::all_of(roots_, [&](const PathRoot& root) {
    return !is_below(path, path_segments(root.name)) || root.addresses.admits(peer);
  });
}

bool Access::admits_path(const AccessQuestion& question) const {
  return admits_path(question.peer, path_segments(question.url.path));
}

bool Access::still_permits(const Grant& grant, const Endpoint& peer, std::string_view path,
                           const std::vector<std::string>& tracks, Action action) const {
  auto segments = path_segments(path);
  if (!admits(peer, grant.secure) || !admits_path(peer, segments)) return false;
  if (open_ || (grant.elsewhere && !check_.http.empty())) return true;
  const auto found = accounts_.find(grant.user.empty() ? std::string(anonymous) : grant.user);
  if (grant.elsewhere || found == accounts_.end()) return false;
  const User& user = found->second.user();
  if (!user.may_come_from(peer)) return false;
  if (user.permits(action, segments)) return true;
  return !tracks.empty() && std::ranges::all_of(tracks, [&](const std::string& track) {
    segments.push_back(track);
    const bool permitted = user.permits(action, segments);
    segments.pop_back();
    return permitted;
  });
}

bool Access::keeps_login(const Grant& grant, const Access& before) const {
  if (open_ || grant.user.empty() || grant.elsewhere) return true;
  const auto had = before.accounts_.find(grant.user), has = accounts_.find(grant.user);
  if (had == before.accounts_.end() || has == accounts_.end()) return true;
  return std::ranges::any_of(has->second.user().passwords, [&](const Password& password) {
    return std::ranges::find(had->second.user().passwords, password) != had->second.user().passwords.end();
  });
}

const Account* Access::find(const std::string& name) const {
  const auto found = accounts_.find(name);
  return found != accounts_.end() && found->second.can_log_in() ? &found->second : nullptr;
}

std::vector<std::string> Access::challenges(const Endpoint& peer, bool secure, bool stale) {
  std::vector<std::string> values;
  const bool basic = may_use_basic(secure);
  const bool only_basic = basic && (needs_basic_ || http_);
  if (!only_basic) {
    // One nonce for all: live555 reads it from either challenge, and answers with MD5.
    const std::string nonce =
        memory_->nonces.make({seconds_of(clock_()), memory_->next_serial++}, peer.host());
    for (const Algorithm algorithm : algorithms_)
      values.push_back(auth::serialize(auth::DigestChallenge{realm_, nonce, algorithm, stale}));
  }
  if (basic) values.push_back(auth::serialize(auth::BasicChallenge{realm_}));
  return values;
}

void Access::decide(AccessQuestion question, const Post& post, Done done) {
  if (open_) return done(verdict(admits_path(question) ? Verdict::granted : Verdict::forbidden));
  if (question.authorizations.size() > 1) return done(verdict(Verdict::malformed));
  auto attempt = std::make_shared<Attempt>(Attempt{std::move(question), post, std::move(done)});
  const AccessQuestion& asked = attempt->question;
  if (asked.authorizations.empty()) return decide_unnamed(attempt);
  const auto credentials = auth::parse_credentials(asked.authorizations.front());
  if (!credentials) {
    const bool other = credentials.error().code == Errc::unsupported;
    return finish(attempt, verdict(other ? Verdict::unauthorized : Verdict::malformed));
  }
  const auto* basic = std::get_if<auth::BasicCredentials>(&*credentials);
  // Right or not, it was read by everyone on the way: it is not looked at, and the player is not told.
  if (basic && !may_use_basic(asked.secure)) {
    AccessDecision decision = verdict(Verdict::unauthorized);
    decision.in_the_clear = true;
    return finish(attempt, std::move(decision));
  }
  const bool known = !asked.known_user.empty() && auth::user_of(*credentials) == asked.known_user;
  if (!memory_->back_off.begin(asked.peer, known, clock_())) return finish(attempt, verdict(Verdict::busy));
  attempt->counted = true;
  if (basic) return decide_basic(attempt, *basic);
  decide_digest(attempt, std::get<auth::DigestCredentials>(*credentials));
}

std::optional<AccessDecision> Access::permit(const User& user, const AccessQuestion& question) const {
  if (!admits_path(question)) return std::nullopt;
  AccessDecision granted = verdict(Verdict::granted, user.passwords.empty() ? std::string() : user.name);
  if (question.url.any && !user.passwords.empty()) return granted;
  const auto permits = [&](const std::vector<std::string>& path) {
    if (question.action) return user.permits(*question.action, path);
    return user.permits(Action::read, path) || user.permits(Action::publish, path);
  };
  auto path = path_segments(question.url.path);
  if (permits(path)) return granted;
  if (!may_name_track(question, path)) return std::nullopt;
  path.pop_back();
  if (!permits(path)) return std::nullopt;
  granted.of_parent = true;
  return granted;
}

void Access::decide_unnamed(const AttemptPtr& attempt) {
  const auto found = accounts_.find(std::string(anonymous));
  if (found != accounts_.end() && found->second.user().may_come_from(attempt->question.peer))
    if (auto granted = permit(found->second.user(), attempt->question))
      return finish(attempt, *std::move(granted));
  if (!http_ || !admits_path(attempt->question)) return finish(attempt, verdict(Verdict::unauthorized));
  if (!memory_->back_off.begin(attempt->question.peer, false, clock_()))
    return finish(attempt, verdict(Verdict::busy));
  attempt->counted = true;
  ask(attempt, {}, {}, false, [this, attempt](HttpVerdict answer) {
    if (answer == HttpVerdict::forbidden) answer = HttpVerdict::refused;
    finish(attempt, said_elsewhere(answer, attempt->question, {}));
  });
}

void Access::decide_digest(const AttemptPtr& attempt, const auth::DigestCredentials& digest) {
  const AccessQuestion& question = attempt->question;
  if (!names_same_media(digest.uri, question.url)) return finish(attempt, verdict(Verdict::malformed));
  const Account* account = find(digest.user);
  const bool right = (account ? *account : nobody_).answers(digest, question.method);
  if (!account || !right || digest.realm != realm_ || !account->user().may_come_from(question.peer))
    return fail(attempt);
  const auto nonce = memory_->nonces.open(digest.nonce, question.peer.host());
  // FFmpeg does not look at the answer to its TEARDOWN, hours after it has logged in on the same connection.
  const bool young =
      nonce && seconds_of(clock_()) - nonce->issued <= std::chrono::seconds(nonce_lifetime).count();
  const bool fresh = nonce && (young || question.known_user == digest.user);
  if (!fresh || (digest.counted && !memory_->counts.use(nonce->serial, digest.counted->nc))) {
    AccessDecision decision = verdict(Verdict::unauthorized, digest.user);
    decision.stale = true;
    return finish(attempt, std::move(decision));
  }
  decide_permission(attempt, digest.user);
}

void Access::decide_basic(const AttemptPtr& attempt, const auth::BasicCredentials& basic) {
  const Account* account = find(basic.user);
  const bool equal = (account ? *account : nobody_).is_right(basic.password);
  const bool right = equal && account;
  if (right || !argon2_) return after_basic(attempt, basic, right);
  if (account && argon2_->remembers(basic.user, basic.password)) return after_basic(attempt, basic, true);
  check_slowly(attempt, basic, account);
}

void Access::check_slowly(const AttemptPtr& attempt, const auth::BasicCredentials& basic,
                          const Account* account) {
  auto encoded = account ? account->argon2() : std::vector<std::string>{};
  const bool counts = !encoded.empty();
  if (!counts) encoded = dummy_hash_;
  const bool taken = argon2_->check(
      {basic.user, basic.password, std::move(encoded), [this, attempt, basic, counts](bool right) {
         attempt->post(
             [this, attempt, basic, right = right && counts] { after_basic(attempt, basic, right); });
       }});
  if (!taken) finish(attempt, verdict(Verdict::busy));
}

void Access::after_basic(const AttemptPtr& attempt, const auth::BasicCredentials& basic, bool right) {
  const Account* account = find(basic.user);
  if (right && account->user().may_come_from(attempt->question.peer))
    return decide_permission(attempt, basic.user);
  if (!http_) return fail(attempt);
  // Also for those of the configuration, so that nothing shows who they are.
  ask(attempt, basic.user, basic.password, false, [this, attempt, name = basic.user](HttpVerdict answer) {
    if (answer == HttpVerdict::refused) return fail(attempt);
    if (!admits_path(attempt->question)) answer = HttpVerdict::forbidden;
    finish(attempt, said_elsewhere(answer, attempt->question, name));
  });
}

void Access::decide_permission(const AttemptPtr& attempt, const std::string& name) {
  if (auto granted = permit(find(name)->user(), attempt->question))
    return finish(attempt, *std::move(granted));
  if (!http_ || !admits_path(attempt->question)) return finish(attempt, verdict(Verdict::forbidden, name));
  ask(attempt, name, {}, true, [this, attempt, name](HttpVerdict answer) {
    if (answer == HttpVerdict::refused) answer = HttpVerdict::forbidden;
    finish(attempt, said_elsewhere(answer, attempt->question, name));
  });
}

void Access::ask(const AttemptPtr& attempt, std::string user, std::string password, bool verified,
                 std::function<void(HttpVerdict)> then) {
  const AccessQuestion& asked = attempt->question;
  // One question for a file and all its tracks.
  auto path = path_segments(asked.url.path);
  if (may_name_track(asked, path)) path.pop_back();
  HttpQuestion question{std::move(user), std::move(password), verified, asked.peer.host(),
                        fmt::to_string(fmt::join(path, "/"))};
  question.action = action_names[static_cast<std::size_t>(asked.action.value_or(Action::read))];
  question.protocol = asked.secure ? "rtsps" : "rtsp";
  question.agent = asked.agent;
  http_->ask(std::move(question), [attempt, then = std::move(then)](HttpVerdict answer) {
    attempt->post([then, answer] { then(answer); });
  });
}

void Access::fail(const AttemptPtr& attempt) {
  AccessDecision decision = verdict(Verdict::unauthorized);
  decision.failed = true;
  decision.delay = memory_->back_off.failed(attempt->question.peer, clock_());
  attempt->counted = false;
  finish(attempt, std::move(decision));
}

void Access::finish(const AttemptPtr& attempt, AccessDecision decision) {
  if (attempt->counted) memory_->back_off.succeeded(attempt->question.peer);
  attempt->counted = false;
  attempt->done(decision);
}

bool names_same_media(std::string_view digest_uri, const rtsp::Url& url) {
  const auto named = rtsp::parse_url(digest_uri);
  if (!named) return false;
  if (named->any || url.any) return named->any == url.any;
  auto a = path_segments(named->path), b = path_segments(url.path);
  if (a.size() > b.size() && names_track(a)) a.pop_back();
  if (b.size() > a.size() && names_track(b)) b.pop_back();
  return a == b;
}

}  // namespace lectern::server
