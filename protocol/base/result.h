#pragma once

#include <cassert>
#include <string>
#include <utility>
#include <variant>

namespace lectern {

/// What kind of failure it was: enough for a caller to choose a status code or a way on.
enum class Errc {
  invalid,      ///< the input breaks its format
  too_large,    ///< a documented limit was exceeded
  unsupported,  ///< well-formed, but nothing we do
  not_found,
  denied,
  busy,      ///< not now: the operating system is out of something that others will give back
  io,        ///< the operating system or a library refused
  end,       ///< nothing more to read
  internal,  ///< a broken invariant of our own
};

struct Error {
  Errc code = Errc::internal;
  std::string message;  ///< for a person: what is wrong, with the offending value where that helps
};

/// A value or an Error (GCC 12 has no std::expected).
template <typename T>
class [[nodiscard]] Result {
 public:
  Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}
  Result(Error error) : state_(std::in_place_index<1>, std::move(error)) {}

  [[nodiscard]] bool ok() const { return state_.index() == 0; }
  explicit operator bool() const { return ok(); }

  T& value() & { return *std::get_if<0>(&state_); }
  const T& value() const& { return *std::get_if<0>(&state_); }
  T&& value() && { return std::move(*std::get_if<0>(&state_)); }
  T& operator*() & { return value(); }
  const T& operator*() const& { return value(); }
  T&& operator*() && { return std::move(*this).value(); }
  T* operator->() { return &value(); }
  const T* operator->() const { return &value(); }

  const Error& error() const& { return *std::get_if<1>(&state_); }
  Error&& error() && { return std::move(*std::get_if<1>(&state_)); }

 private:
  std::variant<T, Error> state_;
};

template <>
class [[nodiscard]] Result<void> {
 public:
  Result() = default;
  Result(Error error) : failed_(true), error_(std::move(error)) {}

  [[nodiscard]] bool ok() const { return !failed_; }
  explicit operator bool() const { return ok(); }
  const Error& error() const& { return error_; }
  Error&& error() && { return std::move(error_); }

 private:
  bool failed_ = false;
  Error error_;
};

using Status = Result<void>;

inline Error invalid(std::string message) {
  return {Errc::invalid, std::move(message)};
}
inline Error unsupported(std::string message) {
  return {Errc::unsupported, std::move(message)};
}

}  // namespace lectern
