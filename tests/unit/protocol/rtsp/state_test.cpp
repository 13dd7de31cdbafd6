#include "protocol/rtsp/state.h"

#include <catch2/catch.hpp>

using namespace lectern::rtsp;

namespace {

constexpr StatusCode refused = StatusCode::method_not_valid_in_this_state;

static_assert(step(State::init, Method::setup) == Step{State::ready});
static_assert(step(State::init, Method::play) == Step{State::init, refused});
static_assert(step(State::init, Method::pause) == Step{State::init, refused});
static_assert(step(State::init, Method::record) == Step{State::init, refused});
static_assert(step(State::ready, Method::play) == Step{State::playing});
static_assert(step(State::ready, Method::record) == Step{State::recording});
static_assert(step(State::playing, Method::setup) == Step{State::playing, refused});
static_assert(step(State::recording, Method::setup) == Step{State::recording, refused});
static_assert(step(State::recording, Method::pause) == Step{State::ready});

constexpr bool holds_for_every_state() {
  for (std::size_t i = 0; i < state_count; ++i) {
    const auto state = static_cast<State>(i);
    if (step(state, Method::teardown) != Step{State::init}) return false;
    if (step(state, Method::redirect) != Step{state, refused}) return false;
    for (const Method method :
         {Method::options, Method::describe, Method::announce, Method::get_parameter, Method::set_parameter})
      if (step(state, method) != Step{state}) return false;
    for (std::size_t m = 0; m < method_count; ++m) {
      const Step taken = step(state, static_cast<Method>(m));
      if (!taken.allowed() && (taken.next != state || taken.status != refused)) return false;
    }
  }
  return true;
}
static_assert(holds_for_every_state());

}  // namespace

TEST_CASE("rtsp state: every step of RFC 2326 Appendix A.2", "[rtsp]") {
  struct Row {
    Method method;
    std::array<int, state_count> next;  // -1: refused
  };
  // Init 0, Ready 1, Playing 2, Recording 3
  const Row rows[] = {
      {Method::options, {0, 1, 2, 3}},       {Method::describe, {0, 1, 2, 3}},
      {Method::announce, {0, 1, 2, 3}},      {Method::setup, {1, 1, -1, -1}},
      {Method::play, {-1, 2, 2, -1}},        {Method::pause, {-1, 1, 1, 1}},
      {Method::record, {-1, 3, -1, 3}},      {Method::teardown, {0, 0, 0, 0}},
      {Method::get_parameter, {0, 1, 2, 3}}, {Method::set_parameter, {0, 1, 2, 3}},
      {Method::redirect, {-1, -1, -1, -1}},
  };
  REQUIRE(std::size(rows) == method_count);
  for (const Row& row : rows) {
    for (std::size_t i = 0; i < state_count; ++i) {
      INFO(name(row.method) << " in state " << i);
      const Step taken = step(static_cast<State>(i), row.method);
      CHECK(taken.allowed() == (row.next[i] >= 0));
      CHECK(static_cast<int>(taken.next) == (row.next[i] >= 0 ? row.next[i] : static_cast<int>(i)));
    }
  }
}

TEST_CASE("rtsp state: PLAY PLAY PAUSE PAUSE PLAY are all taken", "[rtsp]") {
  State state = State::ready;
  for (const Method method : {Method::play, Method::play, Method::pause, Method::pause, Method::play}) {
    const Step taken = step(state, method);
    CHECK(taken.status == StatusCode::ok);
    state = taken.next;
  }
  CHECK(state == State::playing);
}
