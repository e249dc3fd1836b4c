#include "services/console/session_book.h"

#include <algorithm>
#include <utility>

#include "common/access/token.h"
#include "common/base/digest.h"
#include "common/base/errors.h"
#include "common/base/planted_bug.h"
#include "common/base/strings.h"
#include "services/console/refusal.h"

namespace duban::console {
namespace {

// A token is got anew when it has no longer than this, and is not called with any more when it has no longer than that.
constexpr absl::Duration kRefreshBefore = absl::Minutes(3);
constexpr absl::Duration kTooShort = absl::Seconds(10);
// Calls of one session that wait for the same new token.
constexpr size_t kMaxWaiting = 100;

// What the node says is certain: the session goes on only where it says nothing, or that it did nothing.
bool EndsSession(const absl::Status& status) {
  if (absl::IsUnavailable(status)) return ReasonOf(status) == v1::OUTCOME_UNKNOWN;
  return !absl::IsDeadlineExceeded(status) && !absl::IsCancelled(status);
}

}  // namespace

std::string SessionBook::Begin(const v1::SessionTokens& tokens) {
  std::string name;
  for (int i = 0; i < 4; ++i) name += BigEndian(ids_->Next());
  Session session;
  session.used = clock_->Steady();
  std::vector<std::function<void()>> tell;
  {
    MutexLock lock(&mu_);
    SetTokens(tokens, session);
    if (sessions_.size() >= limits_.sessions) {
      tell = Remove(std::min_element(sessions_.begin(), sessions_.end(),
                                     [](const auto& a, const auto& b) { return a.second.used < b.second.used; }));
    }
    sessions_.emplace(Sha256(name), std::move(session));
  }
  for (const auto& ended : tell) ended();
  return ToBase64Url(name);
}

void SessionBook::SetTokens(const v1::SessionTokens& tokens, Session& session) {
  session.tokens = tokens;
  session.token_end = clock_->Steady() + absl::Seconds(tokens.access_lifetime().seconds());
}

SessionBook::Sessions::iterator SessionBook::Find(std::string_view cookie) {
  std::string name;
  if (!FromBase64Url(cookie, &name)) return sessions_.end();
  auto session = sessions_.find(Sha256(name));
  if (session == sessions_.end()) return session;
  const bool idle = clock_->Steady() - session->second.used >= limits_.idle;
  return idle && !DUBAN_BUG("console.idle_sessions_go_on") ? sessions_.end() : session;
}

void SessionBook::Use(std::string_view cookie, SessionUse use, Granted granted) {
  std::string token, hash, refresh_token;
  absl::Status refused;
  {
    MutexLock lock(&mu_);
    const auto found = Find(cookie);
    if (found == sessions_.end()) {
      refused = NotSignedIn();
    } else {
      Session& session = found->second;
      const absl::Duration now = clock_->Steady();
      if (use == SessionUse::kActs) session.used = now;
      const absl::Duration left = session.token_end - now;
      if (left < kRefreshBefore && !std::exchange(session.refreshing, true)) {
        hash = found->first;
        refresh_token = session.tokens.refresh_token();
      }
      if (left >= kTooShort) {
        token = session.tokens.access_token();
      } else if (session.waiting.size() >= kMaxWaiting) {
        refused = Busy("calls of one session");
      } else {
        session.waiting.push_back(std::exchange(granted, nullptr));
      }
    }
  }
  if (!refresh_token.empty()) {
    refresh_(refresh_token,
             [this, hash](absl::StatusOr<v1::SessionTokens> tokens) { TakeTokens(hash, std::move(tokens)); });
  }
  if (!granted) return;
  refused.ok() ? granted(std::move(token)) : granted(refused);
}

void SessionBook::TakeTokens(const std::string& hash, absl::StatusOr<v1::SessionTokens> tokens) {
  std::vector<Granted> waiting;
  std::vector<std::function<void()>> tell;
  absl::Status failed = tokens.status();
  {
    MutexLock lock(&mu_);
    const auto found = sessions_.find(hash);
    if (found == sessions_.end()) return;
    Session& session = found->second;
    session.refreshing = false;
    waiting.swap(session.waiting);
    if (tokens.ok()) {
      SetTokens(*tokens, session);
    } else if (EndsSession(failed)) {
      failed = NotSignedIn();
      tell = Remove(found);
    }
  }
  for (const auto& ended : tell) ended();
  for (const Granted& granted : waiting) {
    failed.ok() ? granted(tokens->access_token()) : granted(failed);
  }
}

void SessionBook::Renew(std::string_view cookie, std::string_view token) {
  MutexLock lock(&mu_);
  const auto found = Find(cookie);
  if (found == sessions_.end() || found->second.tokens.access_token() != token) return;
  found->second.token_end = clock_->Steady();
}

void SessionBook::End(std::string_view cookie) {
  std::vector<std::function<void()>> tell;
  {
    MutexLock lock(&mu_);
    const auto found = Find(cookie);
    if (found != sessions_.end()) tell = Remove(found);
  }
  for (const auto& ended : tell) ended();
}

std::vector<std::function<void()>> SessionBook::Remove(Sessions::iterator session) {
  std::vector<std::function<void()>> tell;
  for (auto& [number, ended] : session->second.calls) tell.push_back(std::move(ended));
  for (Granted& granted : session->second.waiting) {
    tell.push_back([granted = std::move(granted)] { granted(NotSignedIn()); });
  }
  sessions_.erase(session);
  return tell;
}

absl::StatusOr<std::unique_ptr<SessionBook::Place>> SessionBook::Take(std::string_view cookie, bool stream,
                                                                      std::function<void()> ended) {
  MutexLock lock(&mu_);
  const auto found = Find(cookie);
  if (found == sessions_.end()) return NotSignedIn();
  Session& session = found->second;
  if (static_cast<int>(session.calls.size()) >= limits_.calls) return Busy("calls of one session");
  if (stream && session.streams >= limits_.streams) return Busy("streams of one session");
  session.streams += stream ? 1 : 0;
  const uint64_t number = ++last_call_;
  session.calls.emplace(number, std::move(ended));
  return std::make_unique<Place>(this, found->first, number, stream);
}

void SessionBook::GiveBack(const std::string& hash, uint64_t number, bool stream) {
  MutexLock lock(&mu_);
  const auto found = sessions_.find(hash);
  if (found == sessions_.end()) return;
  if (found->second.calls.erase(number) > 0 && stream) --found->second.streams;
}

void SessionBook::Tend() {
  std::vector<std::function<void()>> tell;
  {
    MutexLock lock(&mu_);
    const absl::Duration now = clock_->Steady();
    for (auto session = sessions_.begin(); session != sessions_.end();) {
      const auto next = std::next(session);
      if (now - session->second.used >= limits_.idle && !session->second.refreshing) {
        for (auto& ended : Remove(session)) tell.push_back(std::move(ended));
      }
      session = next;
    }
  }
  for (const auto& ended : tell) ended();
}

size_t SessionBook::sessions() const {
  MutexLock lock(&mu_);
  return sessions_.size();
}

}  // namespace duban::console
