// Any text as an issuer's ID token, any claims in one that the issuer signed, and any bytes where its keys should lie:
// nothing is believed that the issuer did not sign for this node and for now.

#include <google/protobuf/struct.pb.h>
#include <google/protobuf/stubs/logging.h>
#include <google/protobuf/util/json_util.h>

#include <algorithm>
#include <cassert>
#include <cstddef>
#include <cstdint>
#include <fstream>
#include <functional>
#include <map>
#include <memory>
#include <string>

#include "common/access/id_token.h"
#include "common/access/token.h"
#include "common/base/strings.h"
#include "tests/access/test_issuer.h"
#include "tests/fuzz/bytes.h"
#include "tests/support/fake_clock.h"
#include "tests/support/temp_folder.h"

namespace duban {
namespace {

using google::protobuf::Struct;
using google::protobuf::Value;
using testing::TestIssuer;

constexpr double kSkewSeconds = 60, kOldestSeconds = 600;
constexpr const char* kClaims[] = {"aud", "azp", "exp", "iat", "iss", "nbf", "nonce", "sub"};

// The node that is asked, with one issuer whose keys lie at an address.
class Asked {
 public:
  Asked() {
    const std::string file = folder_.path() + "/issuers.json";
    std::ofstream(file) << R"({"issuers":[{"issuer":")" << TestIssuer::kName << R"(","audience":")"
                        << TestIssuer::kAudience << R"(","jwks_url":"https://id.gov.example/keys",)"
                        << R"("algorithms":["ES256","RS256"]}]})";
    open_ = [this, file](std::string jwks) {
      return *ConfiguredIssuers::Open(file, &clock_, [jwks](const std::string&) { return jwks; });
    };
    usual_ = open_(issuer_.Jwks());
  }

  const TestIssuer& issuer() const { return issuer_; }
  double now() { return static_cast<double>(absl::ToUnixSeconds(clock_.Now())); }
  std::map<std::string, std::string> Usual() { return TestIssuer::Claims("zhang-san", "n-1", clock_.Now()); }
  absl::StatusOr<IdToken> Verify(const std::string& token) { return usual_->Verify(token); }
  absl::StatusOr<IdToken> VerifyWithKeys(const std::string& jwks, const std::string& token) {
    return open_(jwks)->Verify(token);
  }

 private:
  const testing::TempFolder folder_;
  FakeClock clock_;
  TestIssuer issuer_;
  std::function<std::unique_ptr<ConfiguredIssuers>(std::string jwks)> open_;
  std::unique_ptr<ConfiguredIssuers> usual_;
};

const Value& Member(const Struct& object, const std::string& name) {
  static const Value* const nothing = new Value();
  const auto found = object.fields().find(name);
  return found == object.fields().end() ? *nothing : found->second;
}

// What has to be so of claims that were believed, read without the code that believed them.
void CheckBelieved(const std::string& claims, const IdToken& token, double now) {
  Struct read;
  assert(google::protobuf::util::JsonStringToMessage(claims, &read).ok());
  assert(Member(read, "iss").string_value() == TestIssuer::kName && token.issuer == TestIssuer::kName);
  assert(!token.subject.empty() && token.subject == Member(read, "sub").string_value());
  assert(!token.nonce.empty() && token.nonce == Member(read, "nonce").string_value());
  const auto is_us = [](const Value& value) { return value.string_value() == TestIssuer::kAudience; };
  const auto& several = Member(read, "aud").list_value().values();
  assert(is_us(Member(read, "aud")) || std::any_of(several.begin(), several.end(), is_us));
  assert(several.size() < 2 || is_us(Member(read, "azp")));
  assert(Member(read, "exp").number_value() > now - kSkewSeconds);
  assert(Member(read, "iat").number_value() <= now + kSkewSeconds);
  assert(Member(read, "iat").number_value() >= now - kOldestSeconds);
  assert(Member(read, "nbf").number_value() <= now + kSkewSeconds);
}

// The usual claims, of which each can be missing or any JSON.
std::map<std::string, std::string> SomeClaims(Asked& asked, fuzz::Bytes& bytes) {
  std::map<std::string, std::string> claims = asked.Usual();
  for (const char* name : kClaims) {
    switch (bytes.Below(4)) {
      case 1:
        claims.erase(name);
        break;
      case 2:
        claims[name] = bytes.Text();
        break;
      default:
        break;
    }
  }
  return claims;
}

}  // namespace
}  // namespace duban

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using duban::ToBase64Url;
  // Most bytes are no JSON, and protobuf says so each time.
  static const bool quiet = google::protobuf::SetLogHandler(nullptr) != nullptr;
  assert(quiet);
  static auto* const asked = new duban::Asked();
  duban::fuzz::Bytes bytes(data, size);
  switch (bytes.Below(4)) {
    case 0:
      assert(absl::IsUnauthenticated(asked->Verify(bytes.Rest()).status()));
      break;
    case 1: {
      // Its parts, so that more than base64 is met.
      const std::string header = bytes.Text(), claims = bytes.LongText();
      const std::string token =
          duban::StrCat(ToBase64Url(header), ".", ToBase64Url(claims), ".", ToBase64Url(bytes.Rest()));
      assert(absl::IsUnauthenticated(asked->Verify(token).status()));
      break;
    }
    case 2: {
      const auto claims = duban::SomeClaims(*asked, bytes);
      const absl::StatusOr<duban::IdToken> read = asked->Verify(asked->issuer().Sign(claims));
      assert(read.ok() || absl::IsUnauthenticated(read.status()));
      if (read.ok()) duban::CheckBelieved(duban::testing::JsonObject(claims), *read, asked->now());
      break;
    }
    default: {
      const std::string token = asked->issuer().Sign(asked->Usual());
      assert(absl::IsUnauthenticated(asked->VerifyWithKeys(bytes.Rest(), token).status()));
    }
  }
  return 0;
}
