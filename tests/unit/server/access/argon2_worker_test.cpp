#include "server/access/argon2_worker.h"

#include <catch2/catch.hpp>
#include <future>

using lectern::server::Argon2Worker;

namespace {

const std::string hash =
    "$argon2id$v=19$m=1024,t=1,p=1$c29tZXNhbHQxNmJ5dGVz$AE3UlcfBH1ToAMw4i6IhbpQ46KVgpv56GmkvSBJ0Yvo";
// Of "other"
const std::string other_hash =
    "$argon2id$v=19$m=64,t=1,p=1$c29tZXNhbHQxNmJ5dGVz$0whpDKRpxRrnTEi8DY//TnDgd2roi4n+KQ/pAdFGwaE";

bool check(Argon2Worker& worker, const std::string& password, std::vector<std::string> encoded) {
  std::promise<bool> right;
  REQUIRE(worker.check({"alice", password, std::move(encoded), [&](bool is) { right.set_value(is); }}));
  return right.get_future().get();
}

}  // namespace

TEST_CASE("argon2id is checked on another thread, and what was right is remembered", "[access]") {
  Argon2Worker worker;
  CHECK_FALSE(worker.remembers("alice", "sesame street"));
  CHECK_FALSE(check(worker, "sesame", {hash}));
  CHECK_FALSE(worker.remembers("alice", "sesame"));
  CHECK(check(worker, "sesame street", {other_hash, hash}));
  CHECK(worker.remembers("alice", "sesame street"));
  CHECK_FALSE(worker.remembers("bob", "sesame street"));
  CHECK_FALSE(worker.remembers("alice", "sesame"));
  CHECK_FALSE(check(worker, "sesame street", {}));
}

TEST_CASE("the queue for argon2id has its bound", "[access]") {
  std::promise<void> entered, go_on;
  Argon2Worker worker;
  REQUIRE(worker.check({"alice", "x", {}, [&](bool) {
                          entered.set_value();
                          go_on.get_future().wait();
                        }}));
  entered.get_future().wait();
  std::size_t taken = 0;
  while (worker.check({"alice", "x", {}, [](bool) {}})) ++taken;
  CHECK(taken == Argon2Worker::most_waiting);
  go_on.set_value();
}
