#include "server/config/secrets.h"

#include <catch2/catch.hpp>
#include <cstdlib>
#include <fstream>

#include "tests/support/temporary_folder.h"

using namespace lectern;
using namespace lectern::server;

TEST_CASE("a password comes from the environment", "[config]") {
  ::setenv("LECTERN_TEST_PASSWORD", "sesame", 1);
  CHECK(password_from_env("LECTERN_TEST_PASSWORD").value() == Password{PlainPassword{"sesame"}});
  ::setenv("LECTERN_TEST_PASSWORD", "ha1-md5:sesame", 1);
  CHECK(password_from_env("LECTERN_TEST_PASSWORD").error().message ==
        "what is in the variable LECTERN_TEST_PASSWORD is no HA1 (32 hexadecimal digits stand behind the "
        "colon)");
  ::unsetenv("LECTERN_TEST_PASSWORD");
  CHECK(password_from_env("LECTERN_TEST_PASSWORD").error().code == Errc::not_found);
}

TEST_CASE("a password comes from a file, without the end of its line", "[config]") {
  const test::TemporaryFolder folder;
  const auto write = [&](std::string_view text) {
    std::ofstream(folder.path() / "secret", std::ios::binary) << text;
  };
  const auto read = [&] { return password_from_file("secret", folder.path()); };
  write("sesame street\r\n");
  CHECK(read().value() == Password{PlainPassword{"sesame street"}});
  CHECK(password_from_file((folder.path() / "secret").native(), "/nowhere").ok());
  write("one\ntwo\n");
  CHECK(read().error().message == "what is in " + (folder.path() / "secret").native() +
                                      " holds a control character, which no player can send");
  write("\n");
  CHECK(read().error().message == "what is in " + (folder.path() / "secret").native() + " is empty");
  write(std::string(4097, 'a'));
  CHECK(read().error().code == Errc::too_large);
  CHECK(password_from_file("gone", folder.path()).error().code == Errc::not_found);
  CHECK_FALSE(password_from_file(".", folder.path()));
}
