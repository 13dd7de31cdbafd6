#pragma once

namespace lectern::media {

/// Keeps FFmpeg from single allocations that no real media needs: a header of a few bytes can ask for an
/// index of gigabytes. To be called before anything is opened; any number of times, on any thread.
void limit_allocations();

}  // namespace lectern::media
