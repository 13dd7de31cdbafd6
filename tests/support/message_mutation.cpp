#include "tests/support/message_mutation.h"

#include <algorithm>
#include <array>

namespace lectern::test {
namespace {

struct Span {
  std::size_t at, size;
};

Span some_span(std::string_view text, Random& random, std::size_t longest) {
  const std::size_t at = random.below(text.size());
  return {at, 1 + random.below(std::min(longest, text.size() - at))};
}

/// With their ends. A frame or a datagram is one line or a few.
std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  for (std::size_t at = 0; at < text.size();) {
    const auto end = std::min(text.find('\n', at), text.size() - 1) + 1;
    lines.push_back(text.substr(at, end - at));
    at = end;
  }
  return lines;
}

std::string joined(const std::vector<std::string>& parts) {
  std::string text;
  for (const auto& part : parts) text += part;
  return text;
}

std::string cut(std::string text, Random& random) {
  switch (random.below(3)) {
    case 0:
      return text.substr(0, random.below(text.size()));
    case 1:
      return text.substr(1 + random.below(text.size() - 1));
    default: {
      const auto [at, size] = some_span(text, random, 40);
      return text.erase(at, size);
    }
  }
}

std::string doubled(const std::string& text, Random& random) {
  switch (random.below(3)) {
    case 0:
      return text + text;
    case 1: {
      auto lines = lines_of(text);
      const auto which = random.below(lines.size());
      const auto line = lines[which];
      lines.insert(lines.begin() + static_cast<std::ptrdiff_t>(which), 1 + random.below(3), line);
      return joined(lines);
    }
    default: {
      const auto [at, size] = some_span(text, random, 60);
      return std::string(text).insert(at, text.substr(at, size));
    }
  }
}

std::string swapped(std::string text, Random& random) {
  if (auto lines = lines_of(text); lines.size() > 1 && random.below(2) == 0) {
    const auto one = random.below(lines.size());
    std::swap(lines[one], lines[(one + 1 + random.below(lines.size() - 1)) % lines.size()]);
    return joined(lines);
  }
  const auto middle = 1 + random.below(text.size() - 1);
  const auto size = std::min<std::size_t>({1 + random.below(30), middle, text.size() - middle});
  std::swap_ranges(text.begin() + static_cast<std::ptrdiff_t>(middle - size),
                   text.begin() + static_cast<std::ptrdiff_t>(middle),
                   text.begin() + static_cast<std::ptrdiff_t>(middle));
  return text;
}

std::string overlong(std::string text, Random& random) {
  constexpr std::array<std::size_t, 6> sizes{70, 300, 2'000, 9'000, 40'000, 140'000};
  const auto size = sizes[random.below(sizes.size())];
  const auto at = random.below(text.size() + 1);
  switch (random.below(3)) {
    case 0: {  // one piece of it again and again
      const auto [from, length] = some_span(text, random, 30);
      std::string filling;
      while (filling.size() < size) filling += text.substr(from, length);
      return text.insert(at, filling);
    }
    case 1: {  // a number grows, where there is one
      const auto digit = text.find_first_of("0123456789", at);
      return text.insert(digit == text.npos ? at : digit, std::min<std::size_t>(size, 300), '9');
    }
    default:
      return text.insert(at, size, "\0aA0 /;,=:\"\r\n\t%\xff"[random.below(17)]);
  }
}

std::string flipped(std::string text, Random& random) {
  for (std::size_t bits = 1 + random.below(8); bits > 0; --bits) {
    char& c = text[random.below(text.size())];
    c = static_cast<char>(c ^ (1 << random.below(8)));
  }
  return text;
}

std::string reordered(std::vector<std::string> messages, Random& random) {
  const auto first = messages.front();
  if (messages.size() > 1) {
    const auto other = 1 + random.below(messages.size() - 1);
    std::rotate(messages.begin(), messages.begin() + static_cast<std::ptrdiff_t>(other), messages.end());
  }
  messages.resize(1 + random.below(messages.size()));
  std::string text = joined(messages);
  return text == first ? text + text : text;
}

}  // namespace

std::string_view name(Damage damage) {
  constexpr std::array<std::string_view, damages> names{"cut",      "doubled", "swapped",
                                                        "overlong", "flipped", "reordered"};
  return names[static_cast<std::size_t>(damage)];
}

std::string damaged(Damage damage, const std::vector<std::string>& messages, Random& random) {
  const std::string& text = messages.front();
  if (text.size() < 2) return text + text;
  const auto change = [&]() -> std::string {
    switch (damage) {
      case Damage::cut:
        return cut(text, random);
      case Damage::doubled:
        return doubled(text, random);
      case Damage::swapped:
        return swapped(text, random);
      case Damage::overlong:
        return overlong(text, random);
      case Damage::flipped:
        return flipped(text, random);
      case Damage::reordered:
        return reordered(messages, random);
    }
    return text;
  };
  for (int attempt = 0; attempt < 20; ++attempt)
    if (std::string changed = change(); changed != text) return changed;
  return text.substr(1);
}

}  // namespace lectern::test
