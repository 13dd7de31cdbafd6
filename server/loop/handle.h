#pragma once

#include <uv.h>

#include <memory>

namespace lectern::server {

/// For sources only: a State holds a libuv handle as its member `handle`, with what the callbacks need. libuv
/// goes on using the handle until its close callback, so the State is freed there and not before; an owner
/// may therefore be destroyed inside its own callback.
template <typename State>
void close_and_free(State* state) {
  state->handle.data = state;
  uv_close(reinterpret_cast<uv_handle_t*>(&state->handle),
           [](uv_handle_t* handle) { std::default_delete<State>{}(static_cast<State*>(handle->data)); });
}

}  // namespace lectern::server
