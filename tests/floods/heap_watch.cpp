// Loaded by LD_PRELOAD into the server: writes how many bytes its heap has given out, ten times a second, to
// the file that LECTERN_HEAP names. What it holds resident says less, as pages stay where one small piece is
// in use.
#include <fcntl.h>
#include <malloc.h>
#include <pthread.h>
#include <sys/mman.h>
#include <unistd.h>

#include <atomic>
#include <cstdint>
#include <cstdlib>

namespace {

void* watch(void* mapped) {
  auto& used = *static_cast<std::atomic<std::uint64_t>*>(mapped);
  for (;; ::usleep(100'000)) {
    const struct mallinfo2 info = ::mallinfo2();
    used = info.uordblks + info.hblkhd;
  }
}

__attribute__((constructor)) void begin() {
  const char* file = std::getenv("LECTERN_HEAP");
  if (file == nullptr) return;
  const int fd = ::open(file, O_RDWR | O_CLOEXEC);
  if (fd < 0) return;
  void* mapped = ::mmap(nullptr, sizeof(std::uint64_t), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  ::close(fd);
  if (mapped == MAP_FAILED) return;
  pthread_t thread;
  if (::pthread_create(&thread, nullptr, watch, mapped) == 0) ::pthread_detach(thread);
}

}  // namespace
