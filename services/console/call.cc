#include "services/console/call.h"

#include <algorithm>
#include <utility>

#include "common/access/caller.h"
#include "common/base/errors.h"
#include "common/base/log.h"
#include "common/base/planted_bug.h"
#include "common/base/strings.h"
#include "duban/v1/access_service.pb.h"
#include "google/rpc/error_details.pb.h"
#include "services/console/compression.h"
#include "services/console/envelope.h"
#include "services/console/merged_call.h"
#include "services/console/refusal.h"
#include "services/console/transcoding.h"

namespace duban::console {
namespace {

constexpr char kProcessHeader[] = "duban-process";
// Of a call that a page makes by itself: nobody acts in the session by it.
constexpr char kAutomaticHeader[] = "duban-automatic";
constexpr char kCookieRules[] = "; Path=/; Secure; HttpOnly; SameSite=Strict";
constexpr char kTokenCause[] = "TOKEN";

std::string SetCookie(const std::string& value) {
  return StrCat(kCookieName, "=", value, kCookieRules);
}
// One that browsers throw away at once.
std::string ClearCookie() {
  return StrCat(kCookieName, "=", kCookieRules, "; Max-Age=0");
}

// Seconds after which the same call may succeed; 0: nobody said so.
int64_t RetrySeconds(const absl::Status& status) {
  const auto payload = status.GetPayload(kRetryInfoUrl);
  google::rpc::RetryInfo info;
  if (!payload.has_value() || !info.ParseFromString(std::string(*payload))) return 0;
  return std::max<int64_t>(1, info.retry_delay().seconds());
}

absl::Status WrongType() {
  return Refusal(absl::StatusCode::kUnimplemented,
                 StrCat("`content-type` has to be one of ", kContentTypes,
                        ": with connect+ where the method answers with a stream, without it elsewhere"),
                 StrCat("“content-type”须为以下之一：", kContentTypes, "；流式方法带 connect+，其他方法不带"));
}

}  // namespace

bool IsCallPath(const HttpRequest& request) {
  const std::string_view path = request.path();
  const size_t method = path.find('/', 1);
  if (method == std::string_view::npos || path.find('/', method + 1) != std::string_view::npos) return false;
  return path.substr(1, method - 1).find('.') != std::string_view::npos && request.method != "HEAD";
}

HttpHeaders Call::Headers() const {
  HttpHeaders headers = security_;
  headers.Add("cache-control", "no-store");
  return headers;
}

void Call::RefuseUnknown() {
  HttpResponse response;
  response.status = 404;
  response.headers = Headers();
  response.headers.Add("content-type", "application/json");
  response.SetBody(ErrorJson(Refusal(absl::StatusCode::kUnimplemented, "there is no such method", "没有此方法")));
  exchange_->Respond(std::move(response));
}

void Call::RefuseMethod(std::string_view allowed) {
  HttpResponse response;
  response.status = 405;
  response.headers = Headers();
  response.headers.Add("allow", std::string(allowed));
  exchange_->Respond(std::move(response));
}

void Call::Refuse(const HttpRequest& request, const absl::Status& why) {
  // Nothing but the form of its answer is looked at.
  ReadContentType(request.headers.Get("content-type"), &connect_);
  Fail(why);
}

void Call::Begin(HttpRequest request, const std::string& client) {
  exchange_->OnGone([call = weak_from_this()] {
    if (const auto here = call.lock()) here->EndWith(absl::CancelledError("the browser went away"));
  });
  cookie_ = std::string(CookieOf(request.headers.List("cookie"), kCookieName));
  const bool by_itself = route_->streams || !request.headers.Get(kAutomaticHeader).empty();
  use_ = by_itself ? SessionUse::kWatches : SessionUse::kActs;
  if (request.method == "POST" && !TakesType(request)) return RefuseType();
  if (const absl::Status read = Read(request); !read.ok()) return Fail(read);
  if (ports_.options->insecure) return Make("");
  switch (route_->door) {
    case Door::kClosed:
      return Fail(Refusal(absl::StatusCode::kPermissionDenied, "the console keeps sessions going by itself",
                          "会话由控制台自动维持，无需调用"));
    case Door::kSignIn:
    case Door::kBefore:
      if (const absl::Status taken = TakeSignIn(client); !taken.ok()) return Fail(taken);
      return Make("");
    default:
      return AsPerson();
  }
}

bool Call::TakesType(const HttpRequest& request) {
  return ReadContentType(request.headers.Get("content-type"), &connect_) && connect_.enveloped == route_->streams;
}

void Call::RefuseType() {
  HttpResponse response;
  response.status = 415;
  response.headers = Headers();
  response.headers.Add("accept-post", kContentTypes);
  response.headers.Add("content-type", "application/json");
  response.SetBody(ErrorJson(WrongType()));
  exchange_->Respond(std::move(response));
  Over(absl::StatusCode::kUnimplemented);
}

absl::Status Call::Read(const HttpRequest& request) {
  if (request.method == "GET") {
    DUBAN_ASSIGN_OR_RETURN(ConnectGet get, ReadGet(request.query(), request.headers));
    connect_ = get.call;
    DUBAN_ASSIGN_OR_RETURN(processes_, ProcessesOf(request));
    return ReadMessage(get.message);
  }
  DUBAN_ASSIGN_OR_RETURN(connect_, ReadPost(request.headers));
  DUBAN_ASSIGN_OR_RETURN(processes_, ProcessesOf(request));
  return ReadMessage(request.body);
}

absl::StatusOr<std::vector<Backend>> Call::ProcessesOf(const HttpRequest& request) const {
  const std::string_view said = request.headers.Get(kProcessHeader);
  if (said.empty() && route_->of_all_processes) return *ports_.processes;
  if (said.empty() || !route_->of_each_process) return std::vector<Backend>{route_->backend};
  for (int i = 0; i < kBackends; ++i) {
    if (BackendName(static_cast<Backend>(i)) == said) return std::vector<Backend>{static_cast<Backend>(i)};
  }
  return InvalidField(kProcessHeader, "has to be plan, assignment or notification",
                      "须为 plan、assignment 或 notification");
}

absl::Status Call::ReadMessage(std::string_view body) {
  const size_t limit = ports_.options->max_message_bytes;
  if (connect_.enveloped) {
    DUBAN_ASSIGN_OR_RETURN(message_, OnlyMessage(body, connect_.gzip, limit));
  } else if (connect_.gzip) {
    DUBAN_ASSIGN_OR_RETURN(message_, Gunzip(body, limit));
  } else if (body.size() > limit) {
    return TooLarge(limit);
  } else {
    message_ = std::string(body);
  }
  if (connect_.codec == Codec::kProto) return absl::OkStatus();
  DUBAN_ASSIGN_OR_RETURN(message_, JsonToBytes(*route_->method->input_type(), message_));
  return absl::OkStatus();
}

absl::Status Call::TakeSignIn(const std::string& client) {
  // The budget knows nodes and services, which it trusts to do this; a browser is a person's.
  Caller browser;
  browser.identity.part = Identity::Part::kPerson;
  return ports_.sign_ins->Take(browser, client);
}

void Call::AsPerson() {
  const auto ended = [call = weak_from_this()] {
    if (const auto here = call.lock()) here->EndWith(NotSignedIn());
  };
  absl::StatusOr<std::unique_ptr<SessionBook::Place>> place = ports_.sessions->Take(cookie_, route_->streams, ended);
  if (!place.ok()) return Fail(place.status());
  {
    MutexLock lock(&mu_);
    place_ = *std::move(place);
  }
  ports_.sessions->Use(cookie_, use_, [call = shared_from_this()](absl::StatusOr<std::string> token) {
    if (!token.ok()) return call->Fail(token.status());
    call->Make(*std::move(token));
  });
}

std::shared_ptr<BackendCall> Call::MakeBackendCall() {
  std::optional<absl::Duration> timeout = connect_.timeout;
  if (!timeout && !route_->streams) timeout = kCallTime;
  BackendRequest request{.backend = processes_.front(),
                         .path = route_->path,
                         .token = token_,
                         .timeout = timeout,
                         .message = message_,
                         .streams = route_->streams};
  if (processes_.size() > 1) return MakeMergedCall(ports_.backend, request, processes_, shared_from_this());
  return ports_.backend->MakeCall(std::move(request), shared_from_this());
}

void Call::Make(std::string token) {
  token_ = std::move(token);
  const std::shared_ptr<BackendCall> made = MakeBackendCall();
  absl::Status ended;
  {
    MutexLock lock(&mu_);
    ended = ended_;
    if (ended.ok()) call_ = made;
  }
  ended.ok() ? made->Start() : Fail(ended);
}

void Call::EndWith(const absl::Status& why) {
  std::shared_ptr<BackendCall> call;
  {
    MutexLock lock(&mu_);
    if (!ended_.ok() || over_said_) return;
    ended_ = why;
    call = call_;
  }
  // Without a call it is just about to be made, and hears of this then.
  if (call != nullptr) call->Cancel();
}

void Call::OnMessage(std::string message) {
  if (!route_->streams) {
    answer_ = std::move(message);
    return;
  }
  SendPiece(std::move(message));
}

void Call::OnDone(absl::Status status) {
  {
    MutexLock lock(&mu_);
    call_ = nullptr;
    if (!ended_.ok()) status = ended_;
  }
  if (GoesAgain(status)) return AsPerson();
  if (route_->door == Door::kSignOut) ports_.sessions->End(cookie_);
  if (!status.ok() || route_->streams) return Fail(status);
  if (route_->door == Door::kConfirmsFactor) ports_.sessions->Renew(cookie_, token_);
  AnswerOne(std::move(answer_));
}

bool Call::GoesAgain(const absl::Status& status) {
  if (tried_again_ || token_.empty() || begun_stream_ || ReasonOf(status) != v1::NOT_AUTHENTICATED) return false;
  if (MetadataOf(status)["cause"] != kTokenCause) return false;
  tried_again_ = true;
  ports_.sessions->Renew(cookie_, token_);
  MutexLock lock(&mu_);
  place_ = nullptr;
  return true;
}

absl::StatusOr<std::string> Call::TakeTokens(std::string answer, HttpHeaders* headers) {
  if (route_->door == Door::kSignOut) headers->Add("set-cookie", ClearCookie());
  if (route_->door != Door::kSignIn || ports_.options->insecure) return answer;
  v1::SignInResponse response;
  if (!response.ParseFromString(answer)) return InvariantBroken("signing in answered something else");
  if (!response.has_tokens()) return answer;
  // One browser, one session: what was there before is not left behind.
  ports_.sessions->End(cookie_);
  headers->Add("set-cookie", SetCookie(ports_.sessions->Begin(response.tokens())));
  if (DUBAN_BUG("console.tokens_reach_browsers")) return answer;
  response.mutable_tokens()->clear_access_token();
  response.mutable_tokens()->clear_refresh_token();
  return response.SerializeAsString();
}

void Call::AnswerOne(std::string message) {
  HttpResponse response;
  response.headers = Headers();
  absl::StatusOr<std::string> body = TakeTokens(std::move(message), &response.headers);
  if (body.ok() && connect_.codec == Codec::kJson) body = BytesToJson(*route_->method->output_type(), *body);
  if (!body.ok()) return Fail(body.status());
  response.headers.Add("content-type", std::string(ContentTypeOf(connect_)));
  if (connect_.takes_gzip && body->size() >= kMinCompressedBytes) {
    *body = Gzip(*body);
    response.headers.Add("content-encoding", "gzip");
  }
  response.SetBody(*std::move(body));
  exchange_->Respond(std::move(response));
  Over(absl::StatusCode::kOk);
}

void Call::SendPiece(std::string message) {
  if (connect_.codec == Codec::kJson) {
    absl::StatusOr<std::string> json = BytesToJson(*route_->method->output_type(), message);
    if (!json.ok()) return EndWith(json.status());
    message = *std::move(json);
  }
  const bool gzip = connect_.takes_gzip && message.size() >= kMinCompressedBytes;
  std::string piece = gzip ? Envelope(kCompressedFlag, Gzip(message)) : Envelope(0, message);
  if (!std::exchange(begun_stream_, true)) {
    HttpResponse response;
    response.headers = Headers();
    response.headers.Add("content-type", std::string(ContentTypeOf(connect_)));
    if (connect_.takes_gzip) response.headers.Add("connect-content-encoding", "gzip");
    exchange_->Begin(std::move(response));
  }
  // The next message is asked for when this one has left: a browser that does not read holds up its own stream alone.
  exchange_->Write(std::move(piece), [call = shared_from_this()] {
    std::shared_ptr<BackendCall> made;
    {
      MutexLock lock(&call->mu_);
      made = call->call_;
    }
    if (made != nullptr) made->Next();
  });
}

void Call::Fail(const absl::Status& status) {
  HttpResponse response;
  response.headers = Headers();
  if (connect_.enveloped) {
    if (!std::exchange(begun_stream_, true)) {
      response.headers.Add("content-type", std::string(ContentTypeOf(connect_)));
      exchange_->Begin(std::move(response));
    }
    exchange_->Write(EndOfStream(status), [] {});
    exchange_->End();
    return Over(status.code());
  }
  response.status = HttpStatusOf(status.code());
  if (route_->door == Door::kSignOut) response.headers.Add("set-cookie", ClearCookie());
  if (const int64_t seconds = RetrySeconds(status); seconds > 0) response.headers.Add("retry-after", StrCat(seconds));
  response.headers.Add("content-type", "application/json");
  response.SetBody(ErrorJson(status));
  exchange_->Respond(std::move(response));
  Over(status.code());
}

void Call::Over(absl::StatusCode code) {
  std::unique_ptr<SessionBook::Place> place;
  {
    MutexLock lock(&mu_);
    if (std::exchange(over_said_, true)) return;
    place = std::move(place_);
  }
  if (over_) over_(code);
}

}  // namespace duban::console
