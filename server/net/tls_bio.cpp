#include "server/net/tls_bio.h"

#include <openssl/bio.h>

#include <exception>

namespace lectern::server {
namespace {

TlsTransport& transport_of(BIO* bio) {
  return *static_cast<TlsTransport*>(BIO_get_data(bio));
}

int read_records(BIO* bio, char* to, std::size_t size, std::size_t* taken) {
  BIO_clear_retry_flags(bio);
  *taken = transport_of(bio).take({reinterpret_cast<std::byte*>(to), size});
  if (*taken == 0) BIO_set_retry_read(bio);
  return *taken > 0 ? 1 : 0;
}

int write_records(BIO* bio, const char* from, std::size_t size, std::size_t* written) {
  BIO_clear_retry_flags(bio);
  try {
    if (!transport_of(bio).put({reinterpret_cast<const std::byte*>(from), size})) return 0;
    *written = size;
    return 1;
  } catch (const std::exception&) {  // no memory for what the kernel does not take
    return 0;
  }
}

long control(BIO*, int command, long, void*) {
  return command == BIO_CTRL_FLUSH ? 1 : 0;
}

struct MethodDeleter {
  void operator()(BIO_METHOD* method) const { BIO_meth_free(method); }
};
using Method = std::unique_ptr<BIO_METHOD, MethodDeleter>;

Method make_method() {
  Method method(BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "lectern"));
  if (!method) return method;
  BIO_meth_set_read_ex(method.get(), read_records);
  BIO_meth_set_write_ex(method.get(), write_records);
  BIO_meth_set_ctrl(method.get(), control);
  return method;
}

}  // namespace

bio_st* make_tls_bio(TlsTransport& transport) {
  static const Method method = make_method();
  BIO* const bio = method ? BIO_new(method.get()) : nullptr;
  if (!bio) return nullptr;
  BIO_set_data(bio, &transport);
  BIO_set_init(bio, 1);
  return bio;
}

}  // namespace lectern::server
