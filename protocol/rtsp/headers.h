#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace lectern::rtsp {

struct HeaderField {
  std::string name;
  std::string value;
  bool operator==(const HeaderField&) const = default;
};

/// The fields of a message in their order; names compare without regard to case (RFC 2326 section 4.2).
class Headers {
 public:
  Headers() = default;
  Headers(std::initializer_list<HeaderField> fields) : fields_(fields) {}

  /// The first of that name. Views live until the next change.
  [[nodiscard]] std::optional<std::string_view> get(std::string_view name) const;
  [[nodiscard]] std::vector<std::string_view> get_all(std::string_view name) const;
  [[nodiscard]] bool contains(std::string_view name) const { return get(name).has_value(); }
  /// Replaces the first of that name and drops the others, or adds.
  Headers& set(std::string_view name, std::string_view value);
  Headers& add(std::string_view name, std::string_view value);
  Headers& remove(std::string_view name);

  [[nodiscard]] std::size_t size() const { return fields_.size(); }
  [[nodiscard]] bool empty() const { return fields_.empty(); }
  [[nodiscard]] auto begin() const { return fields_.begin(); }
  [[nodiscard]] auto end() const { return fields_.end(); }
  /// For a folded line, which goes on with the field before it.
  [[nodiscard]] HeaderField& back() { return fields_.back(); }

  bool operator==(const Headers&) const = default;

 private:
  std::vector<HeaderField> fields_;
};

}  // namespace lectern::rtsp
