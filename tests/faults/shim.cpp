// Loaded by LD_PRELOAD: makes the nth call of one kind fail, as the mapped FaultControl says. Allocates
// nothing.
#include <dlfcn.h>
#include <execinfo.h>
#include <fcntl.h>
#include <link.h>
#include <pthread.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <ucontext.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdarg>
#include <cstdlib>
#include <cstring>
#include <new>
#include <string_view>

#include "tests/faults/control.h"

using lectern::test::FaultControl;
using lectern::test::FaultKind;

extern "C" {
void* __libc_malloc(std::size_t);                 // NOLINT
void* __libc_calloc(std::size_t, std::size_t);    // NOLINT
void* __libc_realloc(void*, std::size_t);         // NOLINT
void* __libc_memalign(std::size_t, std::size_t);  // NOLINT
}

namespace {

FaultControl* control = nullptr;

/// The code of the libraries whose allocations are told apart.
struct Range {
  std::uintptr_t begin = 0, end = 0;
};
struct Library {
  const char* part;
  FaultKind kind;
};
constexpr std::array<Library, 5> libraries{{{"/libavformat.", FaultKind::av_memory},
                                            {"/libavcodec.", FaultKind::av_memory},
                                            {"/libavutil.", FaultKind::av_memory},
                                            {"/libcrypto.", FaultKind::tls_memory},
                                            {"/libssl.", FaultKind::tls_memory}}};
std::array<Range, libraries.size()> ranges;

int note_library(dl_phdr_info* info, std::size_t, void*) {
  for (std::size_t i = 0; i < libraries.size(); ++i) {
    if (!std::strstr(info->dlpi_name, libraries[i].part)) continue;
    for (int k = 0; k < info->dlpi_phnum; ++k) {
      const auto& part = info->dlpi_phdr[k];
      if (part.p_type == PT_LOAD && (part.p_flags & PF_X) != 0)
        ranges[i] = {info->dlpi_addr + part.p_vaddr, info->dlpi_addr + part.p_vaddr + part.p_memsz};
    }
  }
  return 0;
}

/// Where a crash happened goes to the log, from where a test tells it.
void tell_crash(int signal, siginfo_t* /*info*/, void* state) {
  std::array<void*, 48> frames;
  int count = ::backtrace(frames.data(), static_cast<int>(frames.size()));
#ifdef __x86_64__
  // Who calls nothing has left no frame but where it wanted to return to.
  const auto& registers = static_cast<const ucontext_t*>(state)->uc_mcontext.gregs;
  if (registers[REG_RIP] == 0) {
    frames[0] = *reinterpret_cast<void**>(registers[REG_RSP]);
    count = 1;
  }
#endif
  constexpr std::string_view heading = "crashed at\n";
  (void)!::syscall(SYS_write, 2, heading.data(), heading.size());
  ::backtrace_symbols_fd(frames.data(), count, 2);
  ::raise(signal);  // which has its default again
}

void watch_for_crashes() {
  std::array<void*, 1> frames;
  ::backtrace(frames.data(), 1);  // loads what it needs
  struct sigaction action {};
  action.sa_sigaction = tell_crash;
  action.sa_flags = static_cast<int>(SA_SIGINFO | SA_RESETHAND | SA_NODEFER);
  for (const int signal : {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT}) ::sigaction(signal, &action, nullptr);
}

__attribute__((constructor)) void attach() {
  const char* file = std::getenv(lectern::test::fault_variable);
  if (!file) return;
  watch_for_crashes();
  dl_iterate_phdr(note_library, nullptr);
  const int descriptor = static_cast<int>(::syscall(SYS_open, file, O_RDWR | O_CLOEXEC));
  if (descriptor < 0) return;
  void* mapped = ::mmap(nullptr, sizeof(FaultControl), PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0);
  ::close(descriptor);
  if (mapped != MAP_FAILED) control = static_cast<FaultControl*>(mapped);
}

bool armed(FaultKind kind) {
  return control && control->kind.load(std::memory_order_acquire) == kind;
}

/// Counts a call; whether it is to fail, with errno set.
bool fails(FaultKind kind) {
  if (!armed(kind)) return false;
  const std::int64_t call = ++control->calls, first = control->first;
  if (call < first || call >= first + control->times) return false;
  ++control->failed;
  errno = control->error;
  return true;
}

bool memory_fails(const void* caller) {
  if (!armed(FaultKind::av_memory) && !armed(FaultKind::tls_memory)) return false;
  const auto address = reinterpret_cast<std::uintptr_t>(caller);
  for (std::size_t i = 0; i < libraries.size(); ++i)
    if (address >= ranges[i].begin && address < ranges[i].end) return fails(libraries[i].kind);
  return false;
}

template <typename Function>
Function* next(const char* name) {
  return reinterpret_cast<Function*>(::dlsym(RTLD_NEXT, name));
}

int type_of(int descriptor) {
  int type = 0;
  socklen_t size = sizeof type;
  ::getsockopt(descriptor, SOL_SOCKET, SO_TYPE, &type, &size);
  return type;
}

bool sending_fails(int descriptor) {
  if (armed(FaultKind::send_tcp)) return type_of(descriptor) == SOCK_STREAM && fails(FaultKind::send_tcp);
  if (armed(FaultKind::send_udp)) return type_of(descriptor) == SOCK_DGRAM && fails(FaultKind::send_udp);
  return false;
}

ssize_t read_at(int descriptor, void* to, std::size_t size, off_t offset) {
  static auto* const real = next<ssize_t(int, void*, std::size_t, off_t)>("pread64");
  if (fails(FaultKind::pread)) {
    const auto most = static_cast<std::size_t>(control->shortened.load());
    if (most == 0) return errno == 0 ? 0 : -1;
    size = size < most ? size : most;
  }
  return real(descriptor, to, size, offset);
}

void* allocate(std::size_t size, std::size_t alignment = 0) {
  if (fails(FaultKind::new_)) return nullptr;
  if (size == 0) size = 1;
  return alignment == 0 ? __libc_malloc(size) : __libc_memalign(alignment, size);
}

void* allocate_or_throw(std::size_t size, std::size_t alignment = 0) {
  void* made = allocate(size, alignment);
  if (!made) throw std::bad_alloc();
  return made;
}

void jump(timespec& time) {
  if (!control || control->wall_jump_ns == 0) return;
  const std::int64_t ns = time.tv_nsec + control->wall_jump_ns;
  constexpr std::int64_t second = 1'000'000'000;
  const std::int64_t rest = (ns % second + second) % second;
  time.tv_sec += (ns - rest) / second;
  time.tv_nsec = rest;
}

}  // namespace

void* operator new(std::size_t size) {
  return allocate_or_throw(size);
}
void* operator new[](std::size_t size) {
  return allocate_or_throw(size);
}
void* operator new(std::size_t size, const std::nothrow_t&) noexcept {
  return allocate(size);
}
void* operator new[](std::size_t size, const std::nothrow_t&) noexcept {
  return allocate(size);
}
void* operator new(std::size_t size, std::align_val_t alignment) {
  return allocate_or_throw(size, static_cast<std::size_t>(alignment));
}
void* operator new[](std::size_t size, std::align_val_t alignment) {
  return allocate_or_throw(size, static_cast<std::size_t>(alignment));
}
void operator delete(void* memory) noexcept {
  std::free(memory);
}
void operator delete[](void* memory) noexcept {
  std::free(memory);
}
void operator delete(void* memory, std::size_t) noexcept {
  std::free(memory);
}
void operator delete[](void* memory, std::size_t) noexcept {
  std::free(memory);
}
void operator delete(void* memory, std::align_val_t) noexcept {
  std::free(memory);
}
void operator delete[](void* memory, std::align_val_t) noexcept {
  std::free(memory);
}
void operator delete(void* memory, std::size_t, std::align_val_t) noexcept {
  std::free(memory);
}
void operator delete[](void* memory, std::size_t, std::align_val_t) noexcept {
  std::free(memory);
}

extern "C" {

void* malloc(std::size_t size) {
  return memory_fails(__builtin_return_address(0)) ? nullptr : __libc_malloc(size);
}

void* calloc(std::size_t count, std::size_t size) {
  return memory_fails(__builtin_return_address(0)) ? nullptr : __libc_calloc(count, size);
}

void* realloc(void* memory, std::size_t size) {
  return memory_fails(__builtin_return_address(0)) ? nullptr : __libc_realloc(memory, size);
}

int posix_memalign(void** memory, std::size_t alignment, std::size_t size) {
  if (memory_fails(__builtin_return_address(0))) return ENOMEM;
  *memory = __libc_memalign(alignment, size);
  return *memory ? 0 : ENOMEM;
}

int open64(const char* path, int flags, ...) {
  va_list more;
  va_start(more, flags);
  const mode_t mode = (flags & O_CREAT) != 0 ? va_arg(more, mode_t) : 0;
  va_end(more);
  if (fails(FaultKind::open)) return -1;
  return static_cast<int>(::syscall(SYS_openat, AT_FDCWD, path, flags, mode));
}

long syscall(long number, ...) {
  static auto* const real = next<long(long, long, long, long, long, long, long)>("syscall");
  va_list more;
  va_start(more, number);
  std::array<long, 6> words{};
  for (long& word : words) word = va_arg(more, long);
  va_end(more);
  if (number == SYS_openat2 && fails(FaultKind::open)) return -1;
  return real(number, words[0], words[1], words[2], words[3], words[4], words[5]);
}

int fstat64(int descriptor, struct stat64* status) {
  static auto* const real = next<int(int, struct stat64*)>("fstat64");
  return fails(FaultKind::fstat) ? -1 : real(descriptor, status);
}

ssize_t pread64(int descriptor, void* to, std::size_t size, off_t offset) {
  return read_at(descriptor, to, size, offset);
}

int accept4(int descriptor, sockaddr* peer, socklen_t* size, int flags) {
  static auto* const real = next<int(int, sockaddr*, socklen_t*, int)>("accept4");
  return fails(FaultKind::accept) ? -1 : real(descriptor, peer, size, flags);
}

ssize_t sendmsg(int descriptor, const msghdr* message, int flags) {
  static auto* const real = next<ssize_t(int, const msghdr*, int)>("sendmsg");
  return sending_fails(descriptor) ? -1 : real(descriptor, message, flags);
}

int sendmmsg(int descriptor, mmsghdr* messages, unsigned count, int flags) {
  static auto* const real = next<int(int, mmsghdr*, unsigned, int)>("sendmmsg");
  return sending_fails(descriptor) ? -1 : real(descriptor, messages, count, flags);
}

ssize_t recv(int descriptor, void* to, std::size_t size, int flags) {
  static auto* const real = next<ssize_t(int, void*, std::size_t, int)>("recv");
  return fails(FaultKind::receive) ? -1 : real(descriptor, to, size, flags);
}

int recvmmsg(int descriptor, mmsghdr* messages, unsigned count, int flags, timespec* patience) {
  static auto* const real = next<int(int, mmsghdr*, unsigned, int, timespec*)>("recvmmsg");
  return fails(FaultKind::receive) ? -1 : real(descriptor, messages, count, flags, patience);
}

int pthread_create(pthread_t* thread, const pthread_attr_t* attributes, void* (*run)(void*), void* argument) {
  static auto* const real =
      next<int(pthread_t*, const pthread_attr_t*, void* (*)(void*), void*)>("pthread_create");
  return fails(FaultKind::thread) ? errno : real(thread, attributes, run, argument);
}

int mkdir(const char* path, mode_t mode) {
  static auto* const real = next<int(const char*, mode_t)>("mkdir");
  return fails(FaultKind::mkdir) ? -1 : real(path, mode);
}

int mkostemp64(char* pattern, int flags) {
  static auto* const real = next<int(char*, int)>("mkostemp64");
  return fails(FaultKind::mkostemp) ? -1 : real(pattern, flags);
}

ssize_t write(int descriptor, const void* from, std::size_t size) {
  static auto* const real = next<ssize_t(int, const void*, std::size_t)>("write");
  if (armed(FaultKind::write)) {
    struct stat status {};
    if (::syscall(SYS_fstat, descriptor, &status) == 0 && S_ISREG(status.st_mode) && descriptor > 2 &&
        fails(FaultKind::write))
      return -1;
  }
  return real(descriptor, from, size);
}

int fsync(int descriptor) {
  static auto* const real = next<int(int)>("fsync");
  return fails(FaultKind::fsync) ? -1 : real(descriptor);
}

int rename(const char* from, const char* to) {
  static auto* const real = next<int(const char*, const char*)>("rename");
  return fails(FaultKind::rename) ? -1 : real(from, to);
}

int socket(int domain, int type, int protocol) {
  static auto* const real = next<int(int, int, int)>("socket");
  return fails(FaultKind::socket) ? -1 : real(domain, type, protocol);
}

int bind(int descriptor, const sockaddr* address, socklen_t size) {
  static auto* const real = next<int(int, const sockaddr*, socklen_t)>("bind");
  return fails(FaultKind::bind) ? -1 : real(descriptor, address, size);
}

int listen(int descriptor, int backlog) {
  static auto* const real = next<int(int, int)>("listen");
  return fails(FaultKind::listen) ? -1 : real(descriptor, backlog);
}

int epoll_create1(int flags) {
  static auto* const real = next<int(int)>("epoll_create1");
  return fails(FaultKind::epoll_create) ? -1 : real(flags);
}

int epoll_ctl(int descriptor, int operation, int of, epoll_event* event) {
  static auto* const real = next<int(int, int, int, epoll_event*)>("epoll_ctl");
  return operation == EPOLL_CTL_ADD && fails(FaultKind::epoll_ctl) ? -1
                                                                   : real(descriptor, operation, of, event);
}

int eventfd(unsigned count, int flags) {
  static auto* const real = next<int(unsigned, int)>("eventfd");
  return fails(FaultKind::eventfd) ? -1 : real(count, flags);
}

int pipe2(int* descriptors, int flags) {
  static auto* const real = next<int(int*, int)>("pipe2");
  return fails(FaultKind::pipe) ? -1 : real(descriptors, flags);
}

int timerfd_create(int clock, int flags) {
  static auto* const real = next<int(int, int)>("timerfd_create");
  return fails(FaultKind::timerfd) ? -1 : real(clock, flags);
}

int getsockname(int descriptor, sockaddr* address, socklen_t* size) {
  static auto* const real = next<int(int, sockaddr*, socklen_t*)>("getsockname");
  return fails(FaultKind::getsockname) ? -1 : real(descriptor, address, size);
}

int setsockopt(int descriptor, int level, int name, const void* value, socklen_t size) {
  static auto* const real = next<int(int, int, int, const void*, socklen_t)>("setsockopt");
  return fails(FaultKind::setsockopt) ? -1 : real(descriptor, level, name, value, size);
}

int clock_gettime(clockid_t clock, timespec* time) {
  static auto* const real = next<int(clockid_t, timespec*)>("clock_gettime");
  const int told = real(clock, time);
  if (told == 0 && clock == CLOCK_REALTIME) jump(*time);
  return told;
}

int gettimeofday(timeval* time, void*) {
  timespec now{};
  ::clock_gettime(CLOCK_REALTIME, &now);
  *time = {now.tv_sec, now.tv_nsec / 1000};
  return 0;
}

}  // extern "C"
