#include "server/config/changes.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace lectern::server {
namespace {

/// When another value of a key takes effect.
enum class Effect : std::uint8_t { at_once, at_next_start };

struct ComparedKey {
  std::string_view name;
  Effect effect;
  bool (*same)(const Config& a, const Config& b);
  void (*copy)(Config& to, const Config& from);
};

template <auto member>
constexpr ComparedKey key(std::string_view name, Effect effect = Effect::at_once) {
  return {name, effect, [](const Config& a, const Config& b) { return a.*member == b.*member; },
          [](Config& to, const Config& from) { to.*member = from.*member; }};
}

template <auto outer, auto inner>
constexpr ComparedKey key_within(std::string_view name) {
  return {name, Effect::at_once,
          [](const Config& a, const Config& b) { return a.*outer.*inner == b.*outer.*inner; },
          [](Config& to, const Config& from) { to.*outer.*inner = from.*outer.*inner; }};
}

constexpr std::array compared{
    key<&Config::listen>("listen", Effect::at_next_start),
    key<&Config::tls_listen>("tls_listen", Effect::at_next_start),
    key<&Config::tls_certificate>("tls_certificate"),
    key<&Config::tls_key>("tls_key"),
    key<&Config::state_directory>("state_directory", Effect::at_next_start),
    key<&Config::cache>("cache", Effect::at_next_start),
    key<&Config::loops>("loops", Effect::at_next_start),
    key<&Config::udp_ports>("udp_ports", Effect::at_next_start),
    key<&Config::session_timeout>("session_timeout"),
    key<&Config::pause_timeout>("pause_timeout"),
    key<&Config::request_timeout>("request_timeout"),
    key<&Config::idle_timeout>("idle_timeout"),
    key<&Config::tls_handshake_timeout>("tls_handshake_timeout"),
    key<&Config::max_sessions>("max_sessions"),
    key<&Config::max_sessions_per_address>("max_sessions_per_address"),
    key<&Config::max_sessions_per_user>("max_sessions_per_user"),
    key<&Config::max_connections>("max_connections"),
    key<&Config::max_connections_per_address>("max_connections_per_address"),
    key<&Config::max_tls_handshakes>("max_tls_handshakes"),
    key<&Config::max_bandwidth>("max_bandwidth"),
    key<&Config::max_session_bandwidth>("max_session_bandwidth"),
    key<&Config::max_request_rate>("max_request_rate"),
    key<&Config::max_header_size>("max_header_size"),
    key<&Config::max_body_size>("max_body_size"),
    key<&Config::user>("user", Effect::at_next_start),
    key<&Config::packet_size>("packet_size", Effect::at_next_start),
    key_within<&Config::stream_start, &rtp::StreamStart::sequence>("first_sequence"),
    key_within<&Config::stream_start, &rtp::StreamStart::timestamp>("first_timestamp"),
    key_within<&Config::srtp, &SrtpPolicy::mode>("srtp"),
    key_within<&Config::srtp, &SrtpPolicy::suite>("srtp_suite"),
    key_within<&Config::srtp, &SrtpPolicy::allow_clear_keys>("allow_clear_keys"),
    key<&Config::log_level>("log_level"),
    key<&Config::watch>("watch"),
    key<&Config::source_protocols>("source_protocols"),
    key_within<&Config::addresses, &AddressRules::allow>("allow"),
    key_within<&Config::addresses, &AddressRules::deny>("deny"),
    key_within<&Config::tls_addresses, &AddressRules::allow>("tls_allow"),
    key_within<&Config::tls_addresses, &AddressRules::deny>("tls_deny"),
    key<&Config::realm>("realm"),
    key<&Config::basic_over_plain>("basic_over_plain"),
};

/// Mappings of their own.
constexpr std::array mappings{key<&Config::users>("users"), key<&Config::auth>("auth"),
                              key<&Config::multicast>("multicast", Effect::at_next_start)};

/// So many are named in the log.
constexpr std::size_t most_named = 8;

std::string shown(const PathRoot& root) {
  return root.name.empty() ? "/" : root.name;
}

/// Whatever matters for those that play it: not who may.
bool same_media(const Config& running, const PathRoot& a, const Config& wanted, const PathRoot& b) {
  PathRoot other = b;
  other.addresses = a.addresses;
  // What a path does not say is said for all of them.
  other.srtp = a.srtp;
  other.srtp_suite = a.srtp_suite;
  other.allow_clear_keys = a.allow_clear_keys;
  return a == other && srtp_policy(running, a) == srtp_policy(wanted, b);
}

std::string joined(const std::vector<std::string>& names) {
  if (names.size() <= most_named) return fmt::to_string(fmt::join(names, ", "));
  return fmt::format("{} and {} more", fmt::join(names.begin(), names.begin() + most_named, ", "),
                     names.size() - most_named);
}

}  // namespace

std::vector<std::optional<std::size_t>> roots_going_on(const Config& running, const Config& wanted) {
  std::vector<std::optional<std::size_t>> found(wanted.roots.size());
  // Directories of the command line may have one name, and each goes on as one.
  std::vector<bool> taken(running.roots.size());
  for (std::size_t i = 0; i < wanted.roots.size(); ++i)
    for (std::size_t k = 0; k < running.roots.size() && !found[i]; ++k)
      if (!taken[k] && same_media(running, running.roots[k], wanted, wanted.roots[i])) {
        found[i] = k;
        taken[k] = true;
      }
  return found;
}

ConfigChanges compare(const Config& running, const Config& wanted) {
  ConfigChanges changes;
  const auto going_on = roots_going_on(running, applicable(wanted, running));
  std::vector<std::string> ended;
  for (std::size_t k = 0; k < running.roots.size(); ++k)
    if (std::ranges::find(going_on, std::optional(k)) == going_on.end())
      ended.push_back(shown(running.roots[k]));
  for (std::size_t i = 0; i < wanted.roots.size(); ++i) {
    const std::string name = shown(wanted.roots[i]);
    if (going_on[i]) {
      ++changes.unchanged;
      const AddressRules &before = running.roots[*going_on[i]].addresses, &now = wanted.roots[i].addresses;
      if (before.allow != now.allow) changes.keys.push_back("paths." + name + ".allow");
      if (before.deny != now.deny) changes.keys.push_back("paths." + name + ".deny");
    } else if (const auto same = std::ranges::find(ended, name); same != ended.end()) {
      changes.changed.push_back(name);
      ended.erase(same);
    } else {
      changes.added.push_back(name);
    }
  }
  changes.removed = std::move(ended);
  const auto tell = [&](const ComparedKey& each) {
    if (!each.same(running, wanted))
      (each.effect == Effect::at_once ? changes.keys : changes.at_next_start).emplace_back(each.name);
  };
  std::ranges::for_each(mappings, tell);
  std::ranges::for_each(compared, tell);
  return changes;
}

Config applicable(Config wanted, const Config& running) {
  const auto keep = [&](const ComparedKey& each) {
    if (each.effect == Effect::at_next_start) each.copy(wanted, running);
  };
  std::ranges::for_each(mappings, keep);
  std::ranges::for_each(compared, keep);
  return wanted;
}

std::string describe(const ConfigChanges& changes) {
  std::string text;
  const auto add = [&text](std::size_t count, std::string_view what, const std::vector<std::string>& names) {
    if (count == 0) return;
    const std::string noun = !text.empty() ? "" : count == 1 ? " path" : " paths";
    text += fmt::format("{}{}{} {}", text.empty() ? "" : ", ", count, noun, what);
    if (!names.empty()) text += " (" + joined(names) + ")";
  };
  add(changes.added.size(), "added", changes.added);
  add(changes.changed.size(), "changed", changes.changed);
  add(changes.removed.size(), "removed", changes.removed);
  add(changes.unchanged, "unchanged", {});
  if (!changes.keys.empty()) text += (text.empty() ? "" : "; ") + joined(changes.keys) + " changed";
  return text;
}

std::vector<std::string_view> compared_keys() {
  std::vector<std::string_view> names;
  for (const ComparedKey& each : compared) names.push_back(each.name);
  return names;
}

}  // namespace lectern::server
