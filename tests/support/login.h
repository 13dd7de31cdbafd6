#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tests/support/rtsp_client.h"

namespace lectern::test {

/// A challenge of a 401. RFC 7616 3.3, RFC 7617 2.
struct ChallengeText {
  std::string scheme, realm, nonce, algorithm, qop, stale;
};

/// All challenges of an answer, in their order.
std::vector<ChallengeText> challenges_of(const Answer& answer);

/// Who logs in, and the details of how, as a test wants them.
struct Login {
  std::string user, password;
  std::string algorithm = "MD5";
  std::optional<unsigned> nc{};  ///< with a count: qop=auth
};

std::string basic_authorization(const std::string& user, const std::string& password);

/// The value of Authorization for Digest, computed here and not by the program's own code.
std::string digest_authorization(const Login& login, const ChallengeText& challenge, std::string_view method,
                                 std::string_view uri);

/// Sends the request, and once more with Digest where that is asked for.
Answer request_as(RtspClient& client, const Login& login, std::string_view method, const std::string& url,
                  Headers headers = {});

}  // namespace lectern::test
