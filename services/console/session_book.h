// Who is signed in over which cookie. The tokens that services take stay here, in memory; a browser has a random name
// of 256 bits for them, of which only the hash is kept.
//
// A session ends when it is not used for `idle`, when the services end it (its refresh fails), when it is signed out,
// or when there are too many: then the one that was not used for the longest goes. Its access token, of 15 minutes, is
// got anew before it runs out: by whoever uses the session then, once, while others go on with the old one or wait.
// A refresh whose outcome is unknown is tried again with the next use; where it had gone through after all, the node
// takes that for theft and ends the session, as it would have ended anyway.
//
// Thread-safe. Clock and ids outlive it, and so does whatever `refresh` uses; `refresh` answers from any thread, also
// before it returns.

#ifndef DUBAN_SERVICES_CONSOLE_SESSION_BOOK_H_
#define DUBAN_SERVICES_CONSOLE_SESSION_BOOK_H_

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/base/clock.h"
#include "common/base/ids.h"
#include "common/base/mutex.h"
#include "duban/v1/access_service.pb.h"

namespace duban::console {

struct SessionLimits {
  // A session that nothing was asked over for so long has ended.
  absl::Duration idle = absl::Minutes(30);
  // Most sessions. More: more memory, about 2 KiB each.
  size_t sessions = 10'000;
  // Most calls of one session at a time, and how many of them are streams.
  int calls = 256;
  int streams = 128;
};

// What a session is used for. A page that only watches, or asks anew by itself what it shows, does not keep a session
// going that nobody acts in.
enum class SessionUse { kActs, kWatches };

class SessionBook {
 public:
  using Refreshed = std::function<void(absl::StatusOr<v1::SessionTokens>)>;
  // Gets the next tokens for a refresh token.
  using Refresh = std::function<void(const std::string& refresh_token, Refreshed done)>;
  // An access token to call with.
  using Granted = std::function<void(absl::StatusOr<std::string>)>;

  SessionBook(Clock* clock, IdSource* ids, const SessionLimits& limits, Refresh refresh)
      : clock_(clock), ids_(ids), limits_(limits), refresh_(std::move(refresh)) {}

  // Takes a session in; what its cookie has to say.
  std::string Begin(const v1::SessionTokens& tokens) ABSL_LOCKS_EXCLUDED(mu_);

  // Gives `granted` an access token of the session, at once or when it was got anew. Errors: NOT_AUTHENTICATED where
  // there is no such session; OVERLOADED where too many wait for the same.
  void Use(std::string_view cookie, SessionUse use, Granted granted) ABSL_LOCKS_EXCLUDED(mu_);

  // Has the next use get another token than this one, whatever its age: what the person holds has changed.
  void Renew(std::string_view cookie, std::string_view token) ABSL_LOCKS_EXCLUDED(mu_);

  // Ends a session; one that is not there is left as it is.
  void End(std::string_view cookie) ABSL_LOCKS_EXCLUDED(mu_);

  // A call that is under way. While it lives it counts against the limits of its session.
  class Place;
  // Takes a place; `ended` is called, once, if the session ends meanwhile. Errors: NOT_AUTHENTICATED, OVERLOADED.
  absl::StatusOr<std::unique_ptr<Place>> Take(std::string_view cookie, bool stream, std::function<void()> ended)
      ABSL_LOCKS_EXCLUDED(mu_);

  // Ends what was not used for too long. To be called now and then.
  void Tend() ABSL_LOCKS_EXCLUDED(mu_);

  size_t sessions() const ABSL_LOCKS_EXCLUDED(mu_);

 private:
  struct Session {
    v1::SessionTokens tokens;
    // Steady time.
    absl::Duration used;
    absl::Duration token_end;
    bool refreshing = false;
    std::vector<Granted> waiting;
    int streams = 0;
    // Calls under way by their number, and what tells them that the session has ended.
    std::map<uint64_t, std::function<void()>> calls;
  };
  // By the hash of the cookie.
  using Sessions = std::map<std::string, Session>;

  // The session of a cookie, if it is there and not idle for too long.
  Sessions::iterator Find(std::string_view cookie) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  void SetTokens(const v1::SessionTokens& tokens, Session& session) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  // Takes a session out; whom to tell, once the lock is let go.
  std::vector<std::function<void()>> Remove(Sessions::iterator session) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  void TakeTokens(const std::string& hash, absl::StatusOr<v1::SessionTokens> tokens) ABSL_LOCKS_EXCLUDED(mu_);
  void GiveBack(const std::string& hash, uint64_t number, bool stream) ABSL_LOCKS_EXCLUDED(mu_);

  Clock* const clock_;
  IdSource* const ids_;
  const SessionLimits limits_;
  const Refresh refresh_;
  mutable Mutex mu_;
  Sessions sessions_ ABSL_GUARDED_BY(mu_);
  uint64_t last_call_ ABSL_GUARDED_BY(mu_) = 0;
};

class SessionBook::Place {
 public:
  Place(SessionBook* book, std::string hash, uint64_t number, bool stream)
      : book_(book), hash_(std::move(hash)), number_(number), stream_(stream) {}
  ~Place() { book_->GiveBack(hash_, number_, stream_); }
  Place(const Place&) = delete;
  Place& operator=(const Place&) = delete;

 private:
  SessionBook* const book_;
  const std::string hash_;
  const uint64_t number_;
  const bool stream_;
};

}  // namespace duban::console

#endif  // DUBAN_SERVICES_CONSOLE_SESSION_BOOK_H_
