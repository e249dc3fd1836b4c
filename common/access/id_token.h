// ID tokens of single sign-on (OpenID Connect Core 1.0): what an issuer that the node trusts says of who signed in with
// it. Checked here are the signature by a key of the issuer (libcjose), the algorithm, issuer, audience and times; the
// nonce is the caller's to look at, since it counts once.
//
// Which algorithms count stands in the configuration and never in the token: `none`, and a MAC with a public key as its
// secret, cannot be configured. Keys are those of a file, or of an address that is asked again after ten minutes, and
// where a token names a key that is not known, ten seconds after the last time at the earliest.

#ifndef DUBAN_COMMON_ACCESS_ID_TOKEN_H_
#define DUBAN_COMMON_ACCESS_ID_TOKEN_H_

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/base/clock.h"
#include "common/base/mutex.h"
#include "duban/storage/v1/people.pb.h"

namespace duban {

// The longest that is taken.
inline constexpr size_t kMaxIdTokenBytes = 16384;

// What an issuer says.
struct IdToken {
  std::string issuer;
  // Of the claim that is configured for the issuer.
  std::string subject;
  std::string nonce;
};

// Whoever knows the issuers. Implementations are thread-safe.
class IdTokens {
 public:
  virtual ~IdTokens() = default;
  // An issuer that is trusted; of an empty name, the first. Null: it is none. Lives as long as this.
  virtual const storage::v1::SingleSignOn::Issuer* Find(std::string_view issuer) const = 0;
  // Errors: UNAUTHENTICATED with the cause, for the log, which holds nothing of the token.
  virtual absl::StatusOr<IdToken> Verify(std::string_view text) = 0;
};

// Gets what lies at an address. Errors: UNAVAILABLE.
using FetchUrl = std::function<absl::StatusOr<std::string>(const std::string& url)>;

// By https alone, without redirects and proxies, at most 256 KiB within five seconds.
absl::StatusOr<std::string> FetchHttps(const std::string& url);

// The issuers of a configuration. The clock outlives it.
class ConfiguredIssuers final : public IdTokens {
 public:
  // `file`: storage::v1::SingleSignOn as JSON. Errors: what is wrong with it, for the operator. Keys are read when they
  // are needed.
  static absl::StatusOr<std::unique_ptr<ConfiguredIssuers>> Open(const std::string& file, Clock* clock,
                                                                 FetchUrl fetch = FetchHttps);
  ~ConfiguredIssuers() override;

  const storage::v1::SingleSignOn::Issuer* Find(std::string_view issuer) const override;
  absl::StatusOr<IdToken> Verify(std::string_view text) override ABSL_LOCKS_EXCLUDED(mu_);

 private:
  struct Key;
  using Keys = std::map<std::string, std::shared_ptr<const Key>>;
  // The keys of an issuer as they were read last.
  struct KeySet {
    Keys keys;
    absl::Duration read = -absl::InfiniteDuration();
  };

  ConfiguredIssuers(storage::v1::SingleSignOn configured, Clock* clock, FetchUrl fetch);
  static absl::StatusOr<Keys> ReadKeys(const std::string& json);
  // The key of an issuer that a token names, or the only one where it names none.
  absl::StatusOr<std::shared_ptr<const Key>> KeyOf(const storage::v1::SingleSignOn::Issuer& issuer,
                                                   const std::string& id) ABSL_LOCKS_EXCLUDED(mu_);

  const storage::v1::SingleSignOn configured_;
  Clock* const clock_;
  const FetchUrl fetch_;

  Mutex mu_;
  // By issuer.
  std::map<std::string, KeySet> read_ ABSL_GUARDED_BY(mu_);
};

}  // namespace duban

#endif  // DUBAN_COMMON_ACCESS_ID_TOKEN_H_
