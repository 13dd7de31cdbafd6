#include "protocol/srtp/session.h"

#include <srtp2/srtp.h>

#include <array>
#include <string>

#include "protocol/base/byte_reader.h"

namespace lectern::srtp {
namespace {

constexpr std::size_t largest_packet = 65535;
constexpr std::size_t rtp_header_size = 12;
constexpr std::size_t rtp_ssrc_at = 8;
constexpr std::size_t rtcp_header_size = 8;
constexpr std::size_t rtcp_ssrc_at = 4;

void set_policies(Suite suite, srtp_policy_t& policy) {
  switch (suite) {
    case Suite::aes_cm_128_hmac_sha1_80:
      srtp_crypto_policy_set_aes_cm_128_hmac_sha1_80(&policy.rtp);
      srtp_crypto_policy_set_aes_cm_128_hmac_sha1_80(&policy.rtcp);
      break;
    case Suite::aes_cm_128_hmac_sha1_32:
      srtp_crypto_policy_set_aes_cm_128_hmac_sha1_32(&policy.rtp);
      srtp_crypto_policy_set_aes_cm_128_hmac_sha1_32(&policy.rtcp);
      break;
    case Suite::aes_cm_256_hmac_sha1_80:
      srtp_crypto_policy_set_aes_cm_256_hmac_sha1_80(&policy.rtp);
      srtp_crypto_policy_set_aes_cm_256_hmac_sha1_80(&policy.rtcp);
      break;
    case Suite::aead_aes_128_gcm:
      srtp_crypto_policy_set_aes_gcm_128_16_auth(&policy.rtp);
      srtp_crypto_policy_set_aes_gcm_128_16_auth(&policy.rtcp);
      break;
    case Suite::aead_aes_256_gcm:
      srtp_crypto_policy_set_aes_gcm_256_16_auth(&policy.rtp);
      srtp_crypto_policy_set_aes_gcm_256_16_auth(&policy.rtcp);
      break;
  }
}

/// What libsrtp wants to have of a key, which it only reads: pointers that may be written through.
class Policy {
 public:
  Policy(Suite suite, const MasterKey& key, srtp_ssrc_t ssrc) {
    set_policies(suite, policy_);
    const auto writable = [](Bytes bytes) {
      return reinterpret_cast<unsigned char*>(const_cast<std::byte*>(bytes.data()));
    };
    key_.key = writable(key.key_and_salt());
    key_.mki_id = writable(key.mki());
    key_.mki_size = static_cast<unsigned>(key.mki().size());
    policy_.keys = &keys_;
    policy_.num_master_keys = 1;
    policy_.ssrc = ssrc;
    policy_.window_size = Session::window_size;
  }
  Policy(const Policy&) = delete;
  Policy& operator=(const Policy&) = delete;

  [[nodiscard]] const srtp_policy_t* get() const { return &policy_; }

 private:
  srtp_policy_t policy_{};
  srtp_master_key_t key_{};
  srtp_master_key_t* keys_ = &key_;
};

/// libsrtp's tables are set up once in a process, before the first session. A context stays for ever: on
/// Debian libsrtp stands on NSS, which is loaded with the first context and unloaded with the last, 4 ms each
/// time.
bool library_ready() {
  static const srtp_t held = [] {
    srtp_t context = nullptr;
    std::array<std::byte, 30> zeros{};
    const auto key = MasterKey::create(zeros);
    if (!key || srtp_init() != srtp_err_status_ok) return context;
    const Policy policy(Suite::aes_cm_128_hmac_sha1_80, *key, {ssrc_any_inbound, 0});
    if (srtp_create(&context, policy.get()) != srtp_err_status_ok) context = nullptr;
    return context;
  }();
  return held != nullptr;
}

/// The messages fit into a std::string without memory of its own: whoever floods us with bad packets costs
/// no allocation.
Error error_of(srtp_err_status_t status) {
  switch (status) {
    case srtp_err_status_auth_fail:
    case srtp_err_status_bad_mki:
    case srtp_err_status_no_ctx:
    // SRTCP whose E bit says that it is not encrypted.
    case srtp_err_status_cant_check:
    // libsrtp's AES-GCM tells a tag that does not match by this.
    case srtp_err_status_cipher_fail:
      return {Errc::denied, "not authentic"};
    case srtp_err_status_replay_fail:
    case srtp_err_status_replay_old:
    case srtp_err_status_pkt_idx_old:
      return {Errc::end, "replayed"};
    case srtp_err_status_key_expired:
      return {Errc::too_large, "key used up"};
    case srtp_err_status_bad_param:
    case srtp_err_status_parse_err:
      return {Errc::invalid, "malformed"};
    default:
      return {Errc::internal, "libsrtp failed"};
  }
}

Error too_short() {
  return {Errc::invalid, "too short"};
}

Error no_room() {
  return {Errc::too_large, "no room"};
}

}  // namespace

void Session::Close::operator()(srtp_ctx_t_* context) const noexcept {
  srtp_dealloc(context);
}

Status Session::check(Suite suite, const MasterKey& key) {
  if (key.key_and_salt().size() == key_and_salt_size(suite)) return {};
  return invalid("SRTP: " + std::string(info(suite).name) + " takes " +
                 std::to_string(key_and_salt_size(suite)) + " bytes of key and salt, not " +
                 std::to_string(key.key_and_salt().size()));
}

Result<Session> Session::open(Suite suite, const MasterKey& key, const Lifetime& lifetime, Ssrc ssrc) {
  if (!library_ready()) return Error{Errc::internal, "libsrtp does not start"};
  if (Status fits = check(suite, key); !fits) return std::move(fits).error();
  Session session(suite, key, lifetime);
  const Policy policy(suite, session.key_, {static_cast<srtp_ssrc_type_t>(ssrc.type), ssrc.value});
  srtp_t context = nullptr;
  const srtp_err_status_t status = srtp_create(&context, policy.get());
  session.context_.reset(context);
  if (status != srtp_err_status_ok)
    return Error{Errc::internal, "libsrtp does not take " + std::string(info(suite).name) + " (" +
                                     std::to_string(status) + ")"};
  return session;
}

Result<Session> Session::create(Direction direction, Suite suite, const MasterKey& key,
                                const Lifetime& lifetime) {
  return open(suite, key, lifetime,
              {direction == Direction::outbound ? ssrc_any_outbound : ssrc_any_inbound, 0});
}

Result<Session> Session::create_stream(Suite suite, const MasterKey& key, std::uint32_t ssrc,
                                       std::uint32_t roc, const Lifetime& lifetime) {
  auto session = open(suite, key, lifetime, {ssrc_specific, ssrc});
  if (!session || roc == 0) return session;
  const srtp_err_status_t status = srtp_set_stream_roc(session->context_.get(), ssrc, roc);
  if (status != srtp_err_status_ok) return error_of(status);
  return session;
}

Status Session::add_stream(std::uint32_t ssrc, std::uint32_t roc) {
  std::uint32_t known = 0;
  if (srtp_get_stream_roc(context_.get(), ssrc, &known) == srtp_err_status_ok)
    return invalid("SRTP: the stream is there already");
  const Policy policy(suite_, key_, {ssrc_specific, ssrc});
  srtp_err_status_t status = srtp_add_stream(context_.get(), policy.get());
  if (status == srtp_err_status_ok && roc != 0) status = srtp_set_stream_roc(context_.get(), ssrc, roc);
  if (status != srtp_err_status_ok) return error_of(status);
  return {};
}

Result<std::uint32_t> Session::roc(std::uint32_t ssrc) const {
  std::uint32_t roc = 0;
  if (srtp_get_stream_roc(context_.get(), ssrc, &roc) != srtp_err_status_ok)
    return Error{Errc::not_found, "no such ssrc"};
  return roc;
}

Result<std::size_t> Session::run(Operation operation, MutableBytes buffer, std::size_t size) {
  int length = static_cast<int>(size);
  const int status = operation(context_.get(), buffer.data(), &length, key_.mki().empty() ? 0 : 1);
  if (status != srtp_err_status_ok) return error_of(static_cast<srtp_err_status_t>(status));
  return static_cast<std::size_t>(length);
}

Result<std::size_t> Session::protect(Operation operation, MutableBytes buffer, std::size_t size,
                                     std::size_t overhead, std::uint64_t& done, std::uint64_t limit) {
  if (done >= limit) return error_of(srtp_err_status_key_expired);
  if (size > largest_packet || buffer.size() < size + overhead) return no_room();
  auto protected_size = run(operation, buffer, size);
  if (protected_size) ++done;
  return protected_size;
}

Result<std::size_t> Session::unprotect(Operation operation, MutableBytes buffer, std::size_t size,
                                       std::size_t ssrc_at) {
  if (size > largest_packet || size > buffer.size()) return no_room();
  std::uint32_t roc = 0;
  const std::uint32_t ssrc = ByteReader(buffer.subspan(ssrc_at)).u32();
  const bool known = srtp_get_stream_roc(context_.get(), ssrc, &roc) == srtp_err_status_ok;
  if (!known && inbound_streams_ >= max_inbound_streams) return Error{Errc::too_large, "too many ssrcs"};
  auto plain_size = run(operation, buffer, size);
  if (plain_size && !known) ++inbound_streams_;
  return plain_size;
}

Result<std::size_t> Session::protect_rtp(MutableBytes buffer, std::size_t size) {
  if (size < rtp_header_size) return too_short();
  const Operation operation = [](srtp_ctx_t* context, void* packet, int* length, unsigned use_mki) -> int {
    return srtp_protect_mki(context, packet, length, use_mki, 0);
  };
  return protect(operation, buffer, size, rtp_overhead(), rtp_packets_, lifetime_.rtp);
}

Result<std::size_t> Session::protect_rtcp(MutableBytes buffer, std::size_t size) {
  if (size < rtcp_header_size) return too_short();
  const Operation operation = [](srtp_ctx_t* context, void* packet, int* length, unsigned use_mki) -> int {
    return srtp_protect_rtcp_mki(context, packet, length, use_mki, 0);
  };
  return protect(operation, buffer, size, rtcp_overhead(), rtcp_packets_, lifetime_.rtcp);
}

Result<std::size_t> Session::unprotect_rtp(MutableBytes buffer, std::size_t size) {
  if (size < rtp_header_size + rtp_overhead()) return too_short();
  const Operation operation = [](srtp_ctx_t* context, void* packet, int* length, unsigned use_mki) -> int {
    return srtp_unprotect_mki(context, packet, length, use_mki);
  };
  return unprotect(operation, buffer, size, rtp_ssrc_at);
}

Result<std::size_t> Session::unprotect_rtcp(MutableBytes buffer, std::size_t size) {
  if (size < rtcp_header_size + rtcp_overhead()) return too_short();
  const Operation operation = [](srtp_ctx_t* context, void* packet, int* length, unsigned use_mki) -> int {
    return srtp_unprotect_rtcp_mki(context, packet, length, use_mki);
  };
  return unprotect(operation, buffer, size, rtcp_ssrc_at);
}

bool Session::near_key_limit() const {
  const auto near = [](std::uint64_t done, std::uint64_t limit) { return done >= limit - limit / 8; };
  return near(rtp_packets_, lifetime_.rtp) || near(rtcp_packets_, lifetime_.rtcp);
}

}  // namespace lectern::srtp
