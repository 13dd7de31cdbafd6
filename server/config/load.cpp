#include "server/config/load.h"

#include <fmt/format.h>
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <set>
#include <sstream>

#include "protocol/auth/credentials.h"
#include "server/config/schema.h"
#include "server/config/suggest.h"
#include "server/config/values.h"
#include "server/log/escape.h"

namespace lectern::server {
namespace {

namespace fs = std::filesystem;

/// More than any configuration has: a wrong file, such as a video, is refused before it fills the memory.
constexpr std::uintmax_t max_file_size = 1 << 20;

struct Entry {
  std::string key;
  YAML::Node name;
  YAML::Node value;
};

class Reader {
 public:
  Reader(std::string_view name, fs::path base) : name_(escape(name, 300)), base_(std::move(base)) {}

  LoadedConfig read(std::string_view yaml) {
    try {
      read_documents(YAML::LoadAll(std::string(yaml)));
    } catch (const YAML::Exception& error) {
      fail(error.mark, "", "is not YAML: " + error.msg);
    }
    std::ranges::stable_sort(problems_, {}, &Problem::line);
    for (Problem& problem : problems_) loaded_.errors.push_back(std::move(problem.text));
    return std::move(loaded_);
  }

 private:
  struct Problem {
    int line;
    std::string text;
  };

  void fail(const YAML::Mark& mark, const std::string& key, const std::string& what) {
    const std::string place = mark.is_null() ? name_ : fmt::format("{}:{}", name_, mark.line + 1);
    problems_.push_back({mark.line, key.empty() ? place + ": " + what : place + ": " + key + ": " + what});
  }

  void read_documents(const std::vector<YAML::Node>& documents) {
    if (documents.size() > 1) fail(documents[1].Mark(), "", "holds a second document (---)");
    if (documents.empty() || documents[0].IsNull()) return;
    auto names = key_names(config_keys());
    for (const char* name : {"paths", "users", "auth", "multicast"}) names.push_back(name);
    YAML::Mark ports;
    for (const Entry& entry : entries(documents[0], "")) {
      if (entry.key == "paths") {
        read_paths(entry.value);
      } else if (entry.key == "users") {
        read_users(entry.value);
      } else if (entry.key == "auth") {
        read_auth(entry);
      } else if (entry.key == "multicast") {
        read_multicast(entry);
      } else {
        read_key(entry, "", config_keys(), names, loaded_.config);
        if (entry.key == "udp_ports") ports = entry.value.Mark();
      }
    }
    check_pairs(ports);
    check_protocols();
    check_sdes();
    check_groups();
  }

  /// Each loop sends from a pair of ports of its own.
  void check_pairs(const YAML::Mark& ports) {
    const Config& config = loaded_.config;
    if (!config.udp_ports || config.udp_ports->pairs() >= loop_count(config)) return;
    fail(ports, "udp_ports",
         fmt::format("pairs of ports in it: {}, loops: {}; each loop takes a pair", config.udp_ports->pairs(),
                     config.loops));
  }

  /// What a path does not say may stand behind the paths.
  void check_sdes() {
    const Config& config = loaded_.config;
    for (std::size_t i = 0; i < config.roots.size(); ++i) {
      const SrtpPolicy policy = srtp_policy(config, config.roots[i]);
      if (policy.mode == SrtpMode::sdes && !sdes_has(policy.suite))
        fail(path_names_[i].Mark(), "paths." + escape(path_names_[i].Scalar(), 80),
             "srtp: sdes goes with srtp_suite AES_CM_128_HMAC_SHA1_80 or AES_CM_128_HMAC_SHA1_32, as FFmpeg, "
             "which it is for, knows no other");
    }
  }

  /// The protocols may stand behind the paths.
  void check_protocols() {
    const auto& allowed = loaded_.config.source_protocols;
    for (std::size_t i = 0; !allowed.empty() && i < loaded_.config.roots.size(); ++i) {
      const std::string& url = loaded_.config.roots[i].live.url;
      const std::string scheme = url.substr(0, url.find("://"));
      if (scheme.size() < url.size() && std::ranges::find(allowed, scheme) == allowed.end())
        fail(path_names_[i].Mark(), "paths." + escape(path_names_[i].Scalar(), 80) + ".source",
             scheme + " is not among source_protocols");
    }
  }

  void read_paths(const YAML::Node& paths) {
    const std::vector<std::string_view> names = key_names(path_keys());
    for (const Entry& entry : entries(paths, "paths")) {
      const std::string place = "paths." + escape(entry.key, 80);
      PathRoot root;
      if (auto name = parse_path_name(entry.key); name) {
        root.name = std::move(name).value();
      } else {
        fail(entry.name.Mark(), place, name.error().message);
      }
      const std::vector<Entry> keys = entries(entry.value, place);
      for (const Entry& key : keys) read_key(key, place + ".", path_keys(), names, root);
      const bool mapping = entry.value.IsMap();
      const bool has_source = std::ranges::find(keys, "source", &Entry::key) != keys.end();
      if (mapping && !has_source && !root.live.publish)
        fail(entry.name.Mark(), place + ".source", "is missing (or publish: yes)");
      check_live(keys, place, root);
      loaded_.config.roots.push_back(std::move(root));
      path_names_.push_back(entry.name);
    }
  }

  /// Keys of live media that say nothing of this source, which was read already.
  void check_live(const std::vector<Entry>& keys, const std::string& place, const PathRoot& root) {
    check_publish(keys, place, root);
    static constexpr std::array<std::string_view, 10> of_live{
        "on_demand", "close_after", "start_timeout", "read_timeout", "transport",
        "latency",   "multicast",   "fallback",      "tls_verify",   "tls_fingerprint"};
    const std::string& url = root.live.url;
    if (url.empty() && root.source.empty()) return;  // wrong, and told
    for (const Entry& key : keys) {
      const std::string at = place + '.' + escape(key.key, 80);
      std::error_code error;
      if (key.key == "loop" && root.live.loop && !url.empty())
        fail(key.name.Mark(), at, "is for a file, and the source is live already");
      else if (key.key == "loop" && root.live.loop && fs::is_directory(root.source, error))
        fail(key.name.Mark(), at, "is for one file, and the source is a directory");
      else if (!root.is_live() && std::ranges::find(of_live, key.key) != of_live.end())
        fail(key.name.Mark(), at, "is for live media: a URL, v4l2:DEVICE, pattern, or a file with loop: yes");
      else if (key.key == "transport" && !root.live.publish && !url.starts_with("rtsp://") &&
               !url.starts_with("rtsps://"))
        fail(key.name.Mark(), at, "is for a source of rtsp:// or rtsps://");
      else if ((key.key == "size" || key.key == "rate") && !url.starts_with("v4l2:") &&
               !url.starts_with("pattern"))
        fail(key.name.Mark(), at, "is for v4l2:DEVICE and pattern: others send what they have");
      else if (key.key.starts_with("tls_") && !url.starts_with("rtsps://") && !url.starts_with("https://"))
        fail(key.name.Mark(), at, "is for a source of rtsps:// or https://");
      else if (key.key == "fallback" && fs::is_directory(root.live.fallback, error))
        fail(key.name.Mark(), at, "is one file or card, and this is a directory");
    }
  }

  /// Who publishes decides how and when.
  void check_publish(const std::vector<Entry>& keys, const std::string& place, const PathRoot& root) {
    static constexpr std::array<std::string_view, 7> of_pulled{
        "source", "loop", "on_demand", "close_after", "transport", "size", "rate"};
    for (const Entry& key : keys) {
      const std::string at = place + '.' + escape(key.key, 80);
      if (root.live.publish && std::ranges::find(of_pulled, key.key) != of_pulled.end())
        fail(key.name.Mark(), at, "does not go with publish: yes");
      else if (!root.live.publish && key.key == "publish_takeover")
        fail(key.name.Mark(), at, "goes with publish: yes");
    }
  }

  void read_users(const YAML::Node& users) {
    const std::vector<std::string_view> names = key_names(user_keys());
    for (const Entry& entry : entries(users, "users")) {
      const std::string place = "users." + escape(entry.key, 80);
      User user;
      user.name = entry.key;
      if (!is_user_name(entry.key))
        fail(entry.name.Mark(), place, "is not a user name (1 to 256 printable characters, no colon)");
      const std::vector<Entry> keys = entries(entry.value, place);
      for (const Entry& key : keys) read_key(key, place + ".", user_keys(), names, user);
      check_password(entry, keys, place);
      loaded_.config.users.push_back(std::move(user));
    }
  }

  /// Basic puts a colon behind the name.
  static bool is_user_name(const std::string& name) {
    return !name.empty() && name.size() <= auth::max_user && name.find(':') == std::string::npos &&
           escape(name, name.size()) == name;
  }

  /// Who logs in has a password, who does not has none.
  void check_password(const Entry& user, const std::vector<Entry>& keys, const std::string& place) {
    if (!user.value.IsMap()) return;
    const auto given =
        std::ranges::find_if(keys, [](const Entry& key) { return key.key.starts_with("password"); });
    const bool named = user.key != anonymous;
    if (named && given == keys.end())
      fail(user.name.Mark(), place + ".password", "is missing (or password_from_env, password_from_file)");
    if (!named && given != keys.end())
      fail(given->name.Mark(), place + "." + escape(given->key, 80),
           "anonymous is who has not logged in, and has no password");
  }

  void read_auth(const Entry& entry) {
    const std::vector<std::string_view> names = key_names(auth_keys());
    const std::vector<Entry> keys = entries(entry.value, "auth");
    for (const Entry& key : keys) read_key(key, "auth.", auth_keys(), names, loaded_.config.auth);
    if (entry.value.IsMap() && std::ranges::find(keys, "http", &Entry::key) == keys.end())
      fail(entry.name.Mark(), "auth.http", "is missing");
  }

  void read_multicast(const Entry& entry) {
    const std::vector<std::string_view> names = key_names(multicast_keys());
    const std::vector<Entry> keys = entries(entry.value, "multicast");
    for (const Entry& key : keys)
      read_key(key, "multicast.", multicast_keys(), names, loaded_.config.multicast);
    range_ = entry.name.Mark();
    if (entry.value.IsMap() && std::ranges::find(keys, "range", &Entry::key) == keys.end())
      fail(range_, "multicast.range", "is missing");
  }

  /// Each path has a group of its own.
  void check_groups() {
    const std::uint64_t paths = multicast_paths(loaded_.config), groups = multicast_groups(loaded_.config);
    if (paths > groups)
      fail(range_, "multicast.range",
           fmt::format("groups in it: {}, paths of live media: {}; each takes a group", groups, paths));
  }

  template <typename Target>
  static std::vector<std::string_view> key_names(std::span<const Key<Target>> keys) {
    std::vector<std::string_view> names;
    for (const auto& key : keys) names.push_back(key.name);
    return names;
  }

  template <typename Target>
  void read_key(const Entry& entry, const std::string& prefix, std::span<const Key<Target>> keys,
                std::span<const std::string_view> names, Target& target) {
    const std::string place = prefix + escape(entry.key, 80);
    const auto key = std::ranges::find(keys, entry.key, &Key<Target>::name);
    if (key == keys.end()) {
      return fail(entry.name.Mark(), place, "unknown key" + suggestion(entry.key, names));
    }
    if (entry.value.IsNull())
      return fail(entry.name.Mark(), place, fmt::format("is empty (write {})", key->form));
    if (key->list && entry.value.IsSequence()) {
      for (const YAML::Node& item : entry.value) read_value(item, place, *key, target);
      return;
    }
    read_value(entry.value, place, *key, target);
  }

  template <typename Target>
  void read_value(const YAML::Node& value, const std::string& place, const Key<Target>& key, Target& target) {
    if (!value.IsScalar()) {
      const std::string_view wanted = key.list ? "must be one value or a list" : "must be one value";
      return fail(value.Mark(), place, fmt::format("{} ({})", wanted, key.form));
    }
    const Status status = key.set(target, value.Scalar(), base_);
    if (!status) fail(value.Mark(), place, status.error().message);
  }

  /// What a mapping holds, each key once; yaml-cpp takes keys twice without a word.
  std::vector<Entry> entries(const YAML::Node& node, const std::string& place) {
    std::vector<Entry> found;
    if (!node.IsMap()) {
      fail(node.Mark(), place, "must be a mapping (lines of KEY: VALUE)");
      return found;
    }
    std::set<std::string> seen;
    const std::string prefix = place.empty() ? "" : place + ".";
    for (const auto& pair : node) {
      if (!pair.first.IsScalar()) {
        fail(pair.first.Mark(), place, "has a key that is no word");
      } else if (!seen.insert(pair.first.Scalar()).second) {
        fail(pair.first.Mark(), prefix + escape(pair.first.Scalar(), 80), "stands here a second time");
      } else {
        found.push_back({pair.first.Scalar(), pair.first, pair.second});
      }
    }
    return found;
  }

  std::string name_;
  fs::path base_;
  LoadedConfig loaded_;
  YAML::Mark range_;
  std::vector<YAML::Node> path_names_;  ///< of the roots
  std::vector<Problem> problems_;
};

}  // namespace

LoadedConfig parse_config(std::string_view yaml, std::string_view name, const fs::path& base) {
  return Reader(name, base).read(yaml);
}

LoadedConfig load_config(const fs::path& file) {
  const std::string shown = escape(file.native(), 300);
  auto source = parse_source(file.native(), {});
  if (!source) return {{}, {source.error().message}};
  std::error_code error;
  if (fs::is_directory(*source, error)) return {{}, {shown + " is a directory, not a configuration file"}};
  if (const auto size = fs::file_size(*source, error); error || size > max_file_size) {
    return {{}, {shown + ": " + (error ? error.message() : "is too large for a configuration file")}};
  }
  std::ifstream stream(file, std::ios::binary);
  std::ostringstream text;
  text << stream.rdbuf();
  if (!stream) return {{}, {shown + ": cannot be read"}};
  return parse_config(text.str(), file.native(), file.parent_path());
}

Status add_root(Config& config, std::string_view path) {
  auto source = parse_source(path, {});
  if (!source) return std::move(source).error();
  PathRoot root{{}, std::move(source).value()};
  std::error_code error;
  if (!fs::is_directory(root.source, error)) {
    root.name = root.source.filename().native();
    const auto same = std::ranges::find(config.roots, root.name, &PathRoot::name);
    if (same != config.roots.end()) {
      return invalid(fmt::format("{} and {} would have the same URL", escape(same->source.native()),
                                 escape(root.source.native())));
    }
  }
  config.roots.push_back(std::move(root));
  return {};
}

}  // namespace lectern::server
