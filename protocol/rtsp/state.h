#pragma once

#include <array>
#include <cstdint>

#include "protocol/rtsp/method.h"
#include "protocol/rtsp/status_code.h"

namespace lectern::rtsp {

/// RFC 2326 Appendix A.2: the server's states of a session.
enum class State : std::uint8_t { init, ready, playing, recording };
inline constexpr std::size_t state_count = 4;

/// The state after a request that succeeds, or the status that refuses it, which leaves the state as it was.
struct Step {
  State next;
  StatusCode status = StatusCode::ok;
  [[nodiscard]] constexpr bool allowed() const { return status == StatusCode::ok; }
  constexpr bool operator==(const Step&) const = default;
};

namespace detail {

enum class Move : std::uint8_t { init, ready, playing, recording, stay, refuse };

/// PAUSE in Ready stays there: players send PAUSE twice, and the second takes nothing away. SETUP while media
/// flows is refused, as no transport is changed on the fly. REDIRECT goes only from server to client.
// clang-format off
inline constexpr auto moves = [] {
  using enum Move;
  using Row = std::array<Move, state_count>;
  std::array<Row, method_count> table{};
  const auto row = [&](Method method) -> Row& { return table[static_cast<std::size_t>(method)]; };
  //                             in Init  Ready      Playing  Recording
  row(Method::options) =       Row{stay,   stay,      stay,    stay};
  row(Method::describe) =      Row{stay,   stay,      stay,    stay};
  row(Method::announce) =      Row{stay,   stay,      stay,    stay};
  row(Method::setup) =         Row{ready,  ready,     refuse,  refuse};
  row(Method::play) =          Row{refuse, playing,   playing, refuse};
  row(Method::pause) =         Row{refuse, ready,     ready,   ready};
  row(Method::record) =        Row{refuse, recording, refuse,  recording};
  row(Method::teardown) =      Row{init,   init,      init,    init};
  row(Method::get_parameter) = Row{stay,   stay,      stay,    stay};
  row(Method::set_parameter) = Row{stay,   stay,      stay,    stay};
  row(Method::redirect) =      Row{refuse, refuse,    refuse,  refuse};
  return table;
}();
// clang-format on

}  // namespace detail

/// RFC 2326 Appendix A as a table. A refusal is 455.
constexpr Step step(State state, Method method) {
  using detail::Move;
  const Move move = detail::moves[static_cast<std::size_t>(method)][static_cast<std::size_t>(state)];
  if (move == Move::refuse) return {state, StatusCode::method_not_valid_in_this_state};
  if (move == Move::stay) return {state};
  return {static_cast<State>(move)};
}

}  // namespace lectern::rtsp
