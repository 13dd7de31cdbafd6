#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "protocol/auth/challenge.h"
#include "protocol/auth/credentials.h"
#include "protocol/auth/nonce.h"
#include "protocol/rtsp/url.h"
#include "server/access/account.h"
#include "server/access/argon2_worker.h"
#include "server/access/back_off.h"
#include "server/access/http_check.h"
#include "server/access/nonce_counts.h"
#include "server/config/config.h"

namespace lectern::server {

/// Who was let in, for as long as what it was let in to lasts.
struct Grant {
  std::string user;        ///< empty where nobody has logged in
  bool elsewhere = false;  ///< by the word of the external check
  bool secure = false;     ///< came in over TLS
};

/// Who asks to do what with which path.
struct AccessQuestion {
  std::vector<std::string> authorizations;  ///< the values of all Authorization headers
  std::string method;
  rtsp::Url url;
  std::optional<Action> action;  ///< absent: whichever of read and publish is permitted
  Endpoint peer;
  bool secure = false;  ///< came in over TLS
  std::string agent;
  std::string known_user;  ///< who has logged in on this connection before
};

enum class Verdict : std::uint8_t {
  granted,
  malformed,     ///< 400
  unauthorized,  ///< 401: log in, or nobody that is known
  forbidden,     ///< 403: somebody that is known, and not for this path
  busy,          ///< 503: too many attempts, or the external check cannot be asked
};

struct AccessDecision {
  Verdict verdict = Verdict::unauthorized;
  std::string user;           ///< who it is; empty where nobody has logged in
  bool stale = false;         ///< unauthorized for its nonce alone
  bool failed = false;        ///< somebody tried, and is not who it says
  bool in_the_clear = false;  ///< unauthorized for Basic without TLS
  bool elsewhere = false;     ///< granted by the external check
  /// What is permitted is the path without its last segment, which may name a track of it and nothing else.
  bool of_parent = false;
  std::chrono::milliseconds delay{0};  ///< how long the answer is to be held back
};

/// Users, their permissions, and the rules for addresses, as configured. Used from all loops.
///
/// What is not permitted looks the same whether it is there or not, and an unknown user like a wrong
/// password: nothing is opened before the decision, and whatever is computed for a known user is computed
/// for an unknown one.
class Access {
 public:
  using Time = std::chrono::steady_clock::time_point;
  using Clock = std::function<Time()>;
  using Done = std::function<void(const AccessDecision&)>;
  /// Runs a task on the loop of whoever asks.
  using Post = std::function<void(std::function<void()>)>;

  /// How long a nonce may be used, other than on a connection on which its user has logged in; a player then
  /// gets another one with stale=true, and asks nobody.
  static constexpr std::chrono::minutes nonce_lifetime{10};

  /// Throws std::runtime_error where the external check cannot be started.
  explicit Access(const Config& config, Clock clock = std::chrono::steady_clock::now);
  /// In the place of `before`, which may still be asked: nonces, failures and what the external check has
  /// said hold on, so that nobody logs in anew for it.
  Access(const Config& config, const Access& before);
  ~Access();
  /// Asks nobody any more, and forgets who waits for an answer. Nothing is decided from then on.
  void close();

  /// Whether a listener takes a connection, before a byte of it is read.
  [[nodiscard]] bool admits(const Endpoint& peer, bool secure) const;
  /// No users and no external check: everything is permitted to everyone.
  [[nodiscard]] bool open() const { return open_; }

  /// Nobody can log in here: all need Basic, which is for TLS.
  [[nodiscard]] bool needs_tls(bool secure) const { return !may_use_basic(secure) && !has_digest_; }

  /// Calls `done` at once, or, where a slow check is needed, on the loop later.
  void decide(AccessQuestion question, const Post& post, Done done);

  /// Whether who was let in to the media at `path` (decoded) for `action` may go on. `tracks`: what it was
  /// let in to singly, as segments below `path`. Nobody is asked.
  [[nodiscard]] bool still_permits(const Grant& grant, const Endpoint& peer, std::string_view path,
                                   const std::vector<std::string>& tracks,
                                   Action action = Action::read) const;
  /// Whether a user has one of the passwords that it had `before`: what it had all of them replaced for is to
  /// end what goes on with them.
  [[nodiscard]] bool keeps_login(const Grant& grant, const Access& before) const;

  /// The values of WWW-Authenticate, a header each, in their order.
  [[nodiscard]] std::vector<std::string> challenges(const Endpoint& peer, bool secure, bool stale);

 private:
  struct Attempt;
  using AttemptPtr = std::shared_ptr<Attempt>;

  /// What holds on when the configuration is another one.
  struct Memory {
    Memory();
    auth::NonceMaker nonces;
    std::atomic<std::uint64_t> next_serial = 1;
    NonceCounts counts;
    BackOff back_off;
  };

  Access(const Config& config, Clock clock, std::shared_ptr<Memory> memory);
  void learn_schemes();
  /// nullptr for those who cannot log in.
  [[nodiscard]] const Account* find(const std::string& name) const;
  [[nodiscard]] bool admits_path(const Endpoint& peer, const std::vector<std::string>& path) const;
  [[nodiscard]] bool admits_path(const AccessQuestion& question) const;
  [[nodiscard]] bool may_use_basic(bool secure) const { return secure || basic_over_plain_; }
  std::optional<AccessDecision> permit(const User& user, const AccessQuestion& question) const;

  void decide_unnamed(const AttemptPtr& attempt);
  void decide_digest(const AttemptPtr& attempt, const auth::DigestCredentials& digest);
  void decide_basic(const AttemptPtr& attempt, const auth::BasicCredentials& basic);
  void check_slowly(const AttemptPtr& attempt, const auth::BasicCredentials& basic, const Account* account);
  void after_basic(const AttemptPtr& attempt, const auth::BasicCredentials& basic, bool right);
  /// Who has logged in: what is not permitted here may be elsewhere.
  void decide_permission(const AttemptPtr& attempt, const std::string& name);
  void ask(const AttemptPtr& attempt, std::string user, std::string password, bool verified,
           std::function<void(HttpVerdict)> then);
  void fail(const AttemptPtr& attempt);
  void finish(const AttemptPtr& attempt, AccessDecision decision);

  const Clock clock_;
  const std::vector<PathRoot> roots_;
  const AddressRules plain_rules_, tls_rules_;
  const std::string realm_;
  const bool basic_over_plain_;
  const bool open_;
  std::vector<auth::Algorithm> algorithms_;  ///< offered, in their order
  bool needs_basic_ = false;                 ///< somebody cannot use Digest
  bool has_digest_ = false;                  ///< somebody can
  std::vector<std::string> dummy_hash_;      ///< what the argon2 of an unknown user is computed with
  std::unordered_map<std::string, Account> accounts_;
  const Account nobody_;  ///< what all else of an unknown user is computed with
  const std::shared_ptr<Memory> memory_;
  const std::vector<User> users_;
  const HttpCheckConfig check_;
  std::shared_ptr<Argon2Worker> argon2_;
  std::shared_ptr<HttpCheck> http_;
};

/// Whether the uri of Digest credentials names what the request does. Players send the URL of the request,
/// of the whole presentation, of one of its tracks, or only the path of it.
bool names_same_media(std::string_view digest_uri, const rtsp::Url& url);

}  // namespace lectern::server
