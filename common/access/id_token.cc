#include "common/access/id_token.h"

#include <google/protobuf/struct.pb.h>
#include <google/protobuf/util/json_util.h>

#include <algorithm>
#include <cmath>
#include <set>
#include <utility>
#include <vector>

#include "common/access/key_folder.h"
#include "common/access/token.h"
#include "common/base/errors.h"
#include "common/base/planted_bug.h"
#include "common/base/strings.h"

// Behind the others: it declares C functions without a namespace.
#include <cjose/cjose.h>

namespace duban {
namespace {

using google::protobuf::Struct;
using google::protobuf::Value;
using Issuer = storage::v1::SingleSignOn::Issuer;

constexpr absl::Duration kKeysKept = absl::Minutes(10);
constexpr absl::Duration kAskAgain = absl::Seconds(10);
constexpr absl::Duration kSkew = absl::Seconds(60);
// How old a token may be when it is brought, whatever it says itself.
constexpr absl::Duration kOldest = absl::Minutes(10);
constexpr size_t kMaxSubjectBytes = 255;
constexpr std::string_view kHttps = "https://";

// An algorithm that may be configured, and the kind of key it takes.
struct Algorithm {
  std::string_view name;
  cjose_jwk_kty_t kty;
  cjose_jwk_ec_curve curve;
};
constexpr Algorithm kAlgorithms[] = {
    {"ES256", CJOSE_JWK_KTY_EC, CJOSE_JWK_EC_P_256},
    {"ES384", CJOSE_JWK_KTY_EC, CJOSE_JWK_EC_P_384},
    {"RS256", CJOSE_JWK_KTY_RSA, CJOSE_JWK_EC_INVALID},
    {"PS256", CJOSE_JWK_KTY_RSA, CJOSE_JWK_EC_INVALID},
};

const Algorithm* FindAlgorithm(std::string_view name) {
  for (const Algorithm& algorithm : kAlgorithms) {
    if (algorithm.name == name) return &algorithm;
  }
  return nullptr;
}

absl::Status Refused(std::string_view cause) {
  return absl::UnauthenticatedError(StrCat("the ID token ", cause));
}

absl::Status Misconfigured(std::string_view file, std::string_view cause) {
  return absl::InvalidArgumentError(StrCat(file, ": ", cause));
}

absl::Status CheckIssuer(const std::string& file, const Issuer& issuer) {
  const std::string& name = issuer.issuer();
  if (!name.starts_with(kHttps)) return Misconfigured(file, StrCat("the issuer `", name, "` is no https address"));
  if (issuer.audience().empty()) return Misconfigured(file, StrCat("`audience` of ", name, " is missing"));
  if (issuer.jwks_file().empty() == issuer.jwks_url().empty()) {
    return Misconfigured(file, StrCat("give one of `jwks_file` and `jwks_url` for ", name));
  }
  if (!issuer.jwks_url().empty() && !issuer.jwks_url().starts_with(kHttps)) {
    return Misconfigured(file, StrCat("`jwks_url` of ", name, " is no https address"));
  }
  if (issuer.algorithms().empty()) return Misconfigured(file, StrCat("`algorithms` of ", name, " is missing"));
  for (const std::string& algorithm : issuer.algorithms()) {
    if (FindAlgorithm(algorithm) != nullptr) continue;
    return Misconfigured(file, StrCat("`algorithms` of ", name, " has ", algorithm,
                                      "; those that count are ES256, ES384, RS256 and PS256"));
  }
  const std::string& claim = issuer.subject_claim();
  if (claim.empty() || claim == "sub" || claim == "preferred_username") return absl::OkStatus();
  return Misconfigured(file, StrCat("`subject_claim` of ", name, " is neither sub nor preferred_username"));
}

// JSON of an object; nothing where it is something else.
bool ReadObject(const std::string& json, Struct* object) {
  return google::protobuf::util::JsonStringToMessage(json, object).ok();
}

// A member that is a text; empty where it is not there or something else.
std::string TextIn(const Struct& object, const std::string& member) {
  const auto found = object.fields().find(member);
  return found == object.fields().end() ? "" : found->second.string_value();
}

// A member that is a time in seconds of Unix time.
absl::StatusOr<absl::Time> TimeIn(const Struct& claims, const std::string& member) {
  const auto found = claims.fields().find(member);
  if (found == claims.fields().end() || found->second.kind_case() != Value::kNumberValue ||
      !std::isfinite(found->second.number_value()) || std::abs(found->second.number_value()) > 1e11) {
    return Refused(StrCat("has no time `", member, "`"));
  }
  return absl::UnixEpoch() + absl::Seconds(found->second.number_value());
}

// A token before anything of it is believed.
struct Parts {
  Struct header, claims;
};

absl::StatusOr<Parts> Split(std::string_view text) {
  if (text.size() > kMaxIdTokenBytes) return Refused("is too long");
  const size_t first = text.find('.');
  const size_t second = first == std::string_view::npos ? first : text.find('.', first + 1);
  if (second == std::string_view::npos || text.find('.', second + 1) != std::string_view::npos) {
    return Refused("has not three parts");
  }
  // Of the signature one writing alone is taken, too: libcjose takes more.
  std::string header, claims, signature;
  Parts parts;
  if (!FromBase64Url(text.substr(0, first), &header) ||
      !FromBase64Url(text.substr(first + 1, second - first - 1), &claims) ||
      !FromBase64Url(text.substr(second + 1), &signature) || !ReadObject(header, &parts.header) ||
      !ReadObject(claims, &parts.claims)) {
    return Refused("is not written as such tokens are");
  }
  // What has to be understood, and is not.
  if (parts.header.fields().contains("crit")) return Refused("has a header that is not known here");
  return parts;
}

bool IsFor(const Struct& claims, const std::string& audience) {
  const auto found = claims.fields().find("aud");
  if (found == claims.fields().end()) return false;
  if (found->second.string_value() == audience) return true;
  const auto& several = found->second.list_value().values();
  const bool named =
      std::any_of(several.begin(), several.end(), [&](const Value& one) { return one.string_value() == audience; });
  // One for several says who it was given to.
  return named && (several.size() == 1 || TextIn(claims, "azp") == audience);
}

absl::Status CheckTimes(const Struct& claims, absl::Time now) {
  DUBAN_ASSIGN_OR_RETURN(const absl::Time end, TimeIn(claims, "exp"));
  DUBAN_ASSIGN_OR_RETURN(const absl::Time made, TimeIn(claims, "iat"));
  if (end <= now - kSkew && !DUBAN_BUG("access.id_token_without_end")) return Refused("has expired");
  if (made > now + kSkew) return Refused("is not valid yet");
  if (made < now - kOldest) return Refused("was made too long ago");
  if (!claims.fields().contains("nbf")) return absl::OkStatus();
  DUBAN_ASSIGN_OR_RETURN(const absl::Time begin, TimeIn(claims, "nbf"));
  return begin > now + kSkew ? Refused("is not valid yet") : absl::OkStatus();
}

absl::StatusOr<IdToken> ReadClaims(const Struct& claims, const Issuer& issuer, absl::Time now) {
  if (!IsFor(claims, issuer.audience()) && !DUBAN_BUG("access.id_token_for_anybody")) {
    return Refused("is for somebody else");
  }
  if (const std::string party = TextIn(claims, "azp"); !party.empty() && party != issuer.audience()) {
    return Refused("was given to somebody else");
  }
  DUBAN_RETURN_IF_ERROR(CheckTimes(claims, now));
  IdToken token;
  token.issuer = issuer.issuer();
  token.subject = TextIn(claims, issuer.subject_claim().empty() ? "sub" : issuer.subject_claim());
  token.nonce = TextIn(claims, "nonce");
  if (token.subject.empty() || token.subject.size() > kMaxSubjectBytes) return Refused("names nobody");
  if (token.nonce.empty()) return Refused("has no nonce");
  return token;
}

struct JwkDeleter {
  void operator()(cjose_jwk_t* key) const { cjose_jwk_release(key); }
};
struct JwsDeleter {
  void operator()(cjose_jws_t* jws) const { cjose_jws_release(jws); }
};

// Whether a key is of the kind that an algorithm takes.
bool Takes(const Algorithm& algorithm, const cjose_jwk_t* key) {
  cjose_err error = {};
  if (cjose_jwk_get_kty(key, &error) != algorithm.kty) return false;
  return algorithm.kty != CJOSE_JWK_KTY_EC || cjose_jwk_EC_get_curve(key, &error) == algorithm.curve;
}

}  // namespace

struct ConfiguredIssuers::Key {
  std::unique_ptr<cjose_jwk_t, JwkDeleter> key;
  // Empty: any that its kind has.
  std::string algorithm;
};

absl::StatusOr<std::unique_ptr<ConfiguredIssuers>> ConfiguredIssuers::Open(const std::string& file, Clock* clock,
                                                                           FetchUrl fetch) {
  DUBAN_ASSIGN_OR_RETURN(const std::string json, ReadWholeFile(file));
  storage::v1::SingleSignOn configured;
  const auto parsed = google::protobuf::util::JsonStringToMessage(json, &configured);
  if (!parsed.ok()) return Misconfigured(file, StrCat("is not as it should be: ", std::string(parsed.message())));
  if (configured.issuers().empty()) return Misconfigured(file, "names no issuer");
  std::set<std::string> names;
  for (const Issuer& issuer : configured.issuers()) {
    DUBAN_RETURN_IF_ERROR(CheckIssuer(file, issuer));
    if (!names.insert(issuer.issuer()).second) return Misconfigured(file, StrCat("names ", issuer.issuer(), " twice"));
  }
  return std::unique_ptr<ConfiguredIssuers>(new ConfiguredIssuers(std::move(configured), clock, std::move(fetch)));
}

ConfiguredIssuers::ConfiguredIssuers(storage::v1::SingleSignOn configured, Clock* clock, FetchUrl fetch)
    : configured_(std::move(configured)), clock_(clock), fetch_(std::move(fetch)) {}

ConfiguredIssuers::~ConfiguredIssuers() = default;

const Issuer* ConfiguredIssuers::Find(std::string_view issuer) const {
  if (issuer.empty()) return &configured_.issuers(0);
  for (const Issuer& one : configured_.issuers()) {
    if (one.issuer() == issuer) return &one;
  }
  return nullptr;
}

absl::StatusOr<ConfiguredIssuers::Keys> ConfiguredIssuers::ReadKeys(const std::string& json) {
  Struct set;
  if (!ReadObject(json, &set) || !set.fields().contains("keys")) {
    return absl::UnavailableError("the keys of the issuer cannot be read");
  }
  Keys keys;
  for (const Value& value : set.fields().at("keys").list_value().values()) {
    const Struct& member = value.struct_value();
    const std::string use = TextIn(member, "use");
    if (!use.empty() && use != "sig") continue;
    std::string text;
    if (!google::protobuf::util::MessageToJsonString(member, &text).ok()) continue;
    cjose_err error = {};
    auto key = std::make_shared<Key>();
    key->key.reset(cjose_jwk_import(text.data(), text.size(), &error));
    key->algorithm = TextIn(member, "alg");
    // One that is not known here is nobody's; the others go on.
    if (key->key != nullptr) keys[TextIn(member, "kid")] = std::move(key);
  }
  return keys;
}

absl::StatusOr<std::shared_ptr<const ConfiguredIssuers::Key>> ConfiguredIssuers::KeyOf(const Issuer& issuer,
                                                                                       const std::string& id) {
  const auto find = [&](const Keys& keys) -> std::shared_ptr<const Key> {
    if (id.empty()) return keys.size() == 1 ? keys.begin()->second : nullptr;
    const auto found = keys.find(id);
    return found == keys.end() ? nullptr : found->second;
  };
  const absl::Duration now = clock_->Steady();
  {
    MutexLock lock(&mu_);
    KeySet& known = read_[issuer.issuer()];
    const std::shared_ptr<const Key> found = find(known.keys);
    const absl::Duration age = now - known.read;
    if (found != nullptr && age < kKeysKept) return found;
    if (age < kAskAgain) return Refused("was signed with a key that its issuer does not have");
    // Others who come meanwhile use what there is.
    known.read = now;
  }
  absl::StatusOr<std::string> json =
      issuer.jwks_file().empty() ? fetch_(issuer.jwks_url()) : ReadWholeFile(issuer.jwks_file());
  absl::StatusOr<Keys> keys = json.ok() ? ReadKeys(*json) : absl::StatusOr<Keys>(json.status());
  MutexLock lock(&mu_);
  if (!keys.ok()) return Refused(StrCat("cannot be checked: ", ToStd(keys.status().message())));
  KeySet& known = read_[issuer.issuer()];
  known.keys = *std::move(keys);
  const std::shared_ptr<const Key> found = find(known.keys);
  if (found == nullptr) return Refused("was signed with a key that its issuer does not have");
  return found;
}

absl::StatusOr<IdToken> ConfiguredIssuers::Verify(std::string_view text) {
  DUBAN_ASSIGN_OR_RETURN(const Parts parts, Split(text));
  const std::string name = TextIn(parts.claims, "iss");
  const Issuer* const issuer = name.empty() ? nullptr : Find(name);
  if (issuer == nullptr) return Refused("is of an issuer that is not trusted here");
  const std::string algorithm_name = TextIn(parts.header, "alg");
  const Algorithm* const algorithm = FindAlgorithm(algorithm_name);
  const auto& allowed = issuer->algorithms();
  if (algorithm == nullptr || std::find(allowed.begin(), allowed.end(), algorithm_name) == allowed.end()) {
    return Refused("is signed with an algorithm that does not count");
  }
  DUBAN_ASSIGN_OR_RETURN(const std::shared_ptr<const Key> key, KeyOf(*issuer, TextIn(parts.header, "kid")));
  if (!Takes(*algorithm, key->key.get()) || (!key->algorithm.empty() && key->algorithm != algorithm_name)) {
    return Refused("is signed with another algorithm than its key is for");
  }
  cjose_err error = {};
  const std::unique_ptr<cjose_jws_t, JwsDeleter> jws(cjose_jws_import(text.data(), text.size(), &error));
  if (jws == nullptr) return Refused("is not written as such tokens are");
  if (!cjose_jws_verify(jws.get(), key->key.get(), &error)) return Refused("was altered, or signed by somebody else");
  return ReadClaims(parts.claims, *issuer, clock_->Now());
}

}  // namespace duban
