// The gateway over services that a test plays, and browsers that are values: what a call becomes, whose it is, and what
// comes back.

#include "services/console/gateway.h"

#include <gmock/gmock.h>
#include <google/protobuf/descriptor.pb.h>
#include <gtest/gtest.h>

#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "common/base/errors.h"
#include "duban/v1/access_service.pb.h"
#include "duban/v1/directory_service.pb.h"
#include "duban/v1/watch_service.pb.h"
#include "services/console/compression.h"
#include "services/console/connect_protocol.h"
#include "services/console/envelope.h"
#include "services/console/refusal.h"
#include "tests/support/fake_clock.h"
#include "tests/support/fake_ids.h"

namespace duban::console {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;
using ::testing::StartsWith;

// A call that arrived at a service.
struct Arrived final : BackendCall {
  void Start() override { ++started; }
  void Next() override { ++asked; }
  void Cancel() override {
    cancelled = true;
    if (const auto who = std::exchange(listener, nullptr)) who->OnDone(absl::CancelledError("cancelled"));
  }
  void Answer(const google::protobuf::Message& message) {
    listener->OnMessage(message.SerializeAsString());
    End(absl::OkStatus());
  }
  void End(const absl::Status& status) { std::exchange(listener, nullptr)->OnDone(status); }

  BackendRequest request;
  std::shared_ptr<BackendListener> listener;
  int started = 0, asked = 0;
  bool cancelled = false;
};

struct FakeServices final : BackendPort {
  std::shared_ptr<BackendCall> MakeCall(BackendRequest request, std::shared_ptr<BackendListener> listener) override {
    auto call = std::make_shared<Arrived>();
    call->request = std::move(request);
    call->listener = std::move(listener);
    calls.push_back(call);
    return call;
  }
  std::vector<std::shared_ptr<Arrived>> calls;
};

// What a browser gets.
struct Got final : HttpExchange {
  void Respond(HttpResponse given) override {
    EXPECT_FALSE(response.has_value()) << "answered twice";
    body = given.body == nullptr ? "" : *given.body;
    response = std::move(given);
    ended = true;
  }
  void Begin(HttpResponse given) override {
    EXPECT_FALSE(response.has_value()) << "answered twice";
    response = std::move(given);
  }
  void Write(std::string piece, std::function<void()> written) override {
    if (const auto meanwhile = std::exchange(writing, nullptr)) meanwhile();
    body += piece;
    pieces.push_back(std::move(written));
  }
  void End() override { ended = true; }
  void OnGone(std::function<void()> tell) override { gone = std::move(tell); }

  int status() const { return response ? response->status : 0; }
  std::string_view header(const char* name) const { return response->headers.Get(name); }

  std::optional<HttpResponse> response;
  std::string body;
  std::vector<std::function<void()>> pieces;
  std::function<void()> gone;
  // Happens while the next piece is being written.
  std::function<void()> writing;
  bool ended = false;
};

// Services of the contracts, and one of ours whose Read changes nothing and whose Follow answers with a stream.
std::vector<ServedService> Served() {
  static google::protobuf::DescriptorPool pool(google::protobuf::DescriptorPool::generated_pool());
  static const google::protobuf::FileDescriptor* const file = [] {
    google::protobuf::FileDescriptorProto proto;
    proto.set_name("test/follow.proto");
    proto.set_package("test");
    proto.add_dependency("duban/v1/directory_service.proto");
    proto.add_dependency("duban/v1/unit.proto");
    auto* service = proto.add_service();
    service->set_name("Units");
    for (const char* name : {"Read", "Follow"}) {
      auto* method = service->add_method();
      method->set_name(name);
      method->set_input_type(".duban.v1.GetUnitRequest");
      method->set_output_type(".duban.v1.Unit");
    }
    service->mutable_method(0)->mutable_options()->set_idempotency_level(
        google::protobuf::MethodOptions::NO_SIDE_EFFECTS);
    service->mutable_method(1)->set_server_streaming(true);
    return pool.BuildFile(proto);
  }();
  std::vector<ServedService> served = *ServicesOfContracts();
  served.push_back({file->service(0), Backend::kAssignment, true});
  return served;
}

class GatewayTest : public ::testing::Test {
 protected:
  GatewayTest() { Make({.max_message_bytes = 1000, .sign_ins_per_minute = 3, .sessions = {}}); }

  void Make(const GatewayOptions& options) {
    GatewayPorts ports;
    ports.clock = &clock_;
    ports.ids = &ids_;
    ports.backend = &services_;
    ports.processes = processes_;
    ports.execute = [this](const std::function<void()>& what) {
      if (!idle_) return false;
      what();
      return true;
    };
    gateway_ = std::make_unique<Gateway>(options, ports, *Routes::Of(Served()),
                                         *BrowserGuard::Of({"https://console.example"}, {"10.1.1.1"}),
                                         StaticPages(PageFiles{{"index.html", "<html>"}}));
  }

  static HttpRequest Request(const std::string& path, std::string body, HttpHeaders more = {}) {
    HttpRequest request;
    request.method = "POST";
    request.target = path;
    request.headers = {{"host", "console.example"}, {"connect-protocol-version", "1"}};
    if (more.Count("content-type") == 0) request.headers.Add("content-type", "application/json");
    for (const auto& [name, value] : more.all()) request.headers.Add(name, value);
    request.body = std::move(body);
    request.peer = "10.0.0.9";
    return request;
  }
  std::shared_ptr<Got> Send(HttpRequest request) {
    auto got = std::make_shared<Got>();
    gateway_->Handle(std::move(request), got);
    return got;
  }
  std::shared_ptr<Got> Call(const std::string& path, std::string body, HttpHeaders more = {}) {
    return Send(Request(path, std::move(body), std::move(more)));
  }
  Arrived& last() { return *services_.calls.back(); }

  static v1::SignInResponse SignedIn(const std::string& name) {
    v1::SignInResponse response;
    response.mutable_tokens()->set_session("people/zhang/sessions/" + name);
    response.mutable_tokens()->set_access_token("access-" + name);
    response.mutable_tokens()->set_refresh_token("refresh-" + name);
    response.mutable_tokens()->mutable_access_lifetime()->set_seconds(900);
    return response;
  }
  // Signs in; the value of the cookie.
  std::string SignIn(const std::string& name = "s1", HttpHeaders more = {}) {
    const auto got =
        Call("/duban.v1.AccessService/SignIn", R"({"person":"people/zhang","password":"x"})", std::move(more));
    last().Answer(SignedIn(name));
    const std::string cookie(got->header("set-cookie"));
    return cookie.substr(cookie.find('=') + 1, 43);
  }
  static HttpHeaders Cookie(const std::string& value) { return {{"cookie", "__Host-duban=" + value}}; }

  FakeClock clock_;
  FakeIds ids_;
  FakeServices services_;
  std::vector<Backend> processes_ = {Backend::kPlan, Backend::kNotification};
  bool idle_ = true;
  std::unique_ptr<Gateway> gateway_;
};

TEST_F(GatewayTest, SigningInGivesACookieAndKeepsTheTokens) {
  const auto got = Call("/duban.v1.AccessService/SignIn", R"({"person":"people/zhang","password":"x"})");
  EXPECT_EQ(last().request.path, "/duban.v1.AccessService/SignIn");
  EXPECT_EQ(last().request.token, "") << "the console itself asks";
  last().Answer(SignedIn("s1"));
  ASSERT_EQ(got->status(), 200);
  EXPECT_THAT(std::string(got->header("set-cookie")), StartsWith("__Host-duban="));
  EXPECT_THAT(std::string(got->header("set-cookie")), HasSubstr("; Path=/; Secure; HttpOnly; SameSite=Strict"));
  EXPECT_THAT(std::string(got->header("set-cookie")), Not(HasSubstr("Domain")));
  EXPECT_THAT(got->body, HasSubstr("people/zhang/sessions/s1"));
  EXPECT_THAT(got->body, Not(HasSubstr("access-s1")));
  EXPECT_THAT(got->body, Not(HasSubstr("refresh-s1")));
}

TEST_F(GatewayTest, ACallIsMadeInTheNameOfItsSession) {
  const std::string cookie = SignIn();
  const auto got = Call("/duban.v1.DirectoryService/GetUnit", R"({"name":"units/a"})", Cookie(cookie));
  v1::GetUnitRequest asked;
  ASSERT_TRUE(asked.ParseFromString(last().request.message));
  EXPECT_EQ(asked.name(), "units/a");
  EXPECT_EQ(last().request.token, "access-s1");
  EXPECT_EQ(last().request.backend, Backend::kPlan);
  EXPECT_EQ(last().request.timeout, kCallTime);
  v1::Unit unit;
  unit.set_name("units/a");
  last().Answer(unit);
  EXPECT_EQ(got->status(), 200);
  EXPECT_EQ(got->header("content-type"), "application/json");
  EXPECT_EQ(got->header("cache-control"), "no-store");
  EXPECT_EQ(got->header("x-content-type-options"), "nosniff");
  EXPECT_EQ(got->body, R"({"name":"units/a"})");
}

TEST_F(GatewayTest, NobodyCallsWithoutASession) {
  for (const HttpHeaders& headers : {HttpHeaders(), Cookie("AAAA"), Cookie(std::string(43, 'A')),
                                     HttpHeaders{{"authorization", "Bearer stolen"}, {"duban-person", "people/an"}}}) {
    const auto got = Call("/duban.v1.DirectoryService/GetUnit", R"({"name":"units/a"})", headers);
    EXPECT_EQ(got->status(), 401);
    EXPECT_THAT(got->body, HasSubstr("unauthenticated"));
  }
  EXPECT_THAT(services_.calls, IsEmpty()) << "the console would have called as itself";
}

TEST_F(GatewayTest, WhatAPageAsksByItselfKeepsNoSessionGoing) {
  Make({.sessions = {.idle = absl::Minutes(8)}});
  const auto asks = [&](const std::string& cookie, bool by_itself) {
    HttpHeaders headers = Cookie(cookie);
    if (by_itself) headers.Add("duban-automatic", "1");
    return Call("/duban.v1.DirectoryService/GetUnit", R"({"name":"units/u1"})", headers);
  };
  const std::string left = SignIn("s1"), used = SignIn("s2");
  clock_.Advance(absl::Minutes(5));
  asks(left, true);
  last().Answer(v1::Unit());
  asks(used, false);
  last().Answer(v1::Unit());
  clock_.Advance(absl::Minutes(3));
  EXPECT_EQ(asks(left, true)->status(), 401) << "nobody has acted for eight minutes";
  asks(used, true);
  EXPECT_TRUE(last().listener != nullptr) << "somebody has";
}

TEST_F(GatewayTest, WhatABrowserSaysOfWhoItIsStaysOutside) {
  HttpHeaders headers = Cookie(SignIn());
  headers.Add("authorization", "Bearer stolen");
  headers.Add("duban-role", "7");
  Call("/duban.v1.DirectoryService/GetUnit", R"({"name":"units/a"})", headers);
  EXPECT_EQ(last().request.token, "access-s1");
}

TEST_F(GatewayTest, APageOfAnotherOriginActsForNobody) {
  const std::string cookie = SignIn();
  const size_t before = services_.calls.size();
  for (const auto& [name, value] : {std::pair("origin", "https://evil.example"), {"sec-fetch-site", "cross-site"}}) {
    HttpHeaders headers = Cookie(cookie);
    headers.Add(name, value);
    EXPECT_EQ(Call("/duban.v1.AccessService/SignOut", "{}", headers)->status(), 403) << value;
  }
  HttpHeaders form = Cookie(cookie);
  form.Add("content-type", "text/plain");
  const auto got = Call("/duban.v1.AccessService/SignOut", "{}", form);
  EXPECT_EQ(got->status(), 415);
  EXPECT_EQ(got->header("accept-post"), kContentTypes);
  HttpRequest without = Request("/duban.v1.AccessService/SignOut", "{}");
  without.headers = {
      {"host", "console.example"}, {"content-type", "application/json"}, {"cookie", "__Host-duban=" + cookie}};
  EXPECT_EQ(Send(without)->status(), 400) << "the header that only a script can send is missing";
  HttpRequest preflight = Request("/duban.v1.AccessService/SignOut", "");
  preflight.method = "OPTIONS";
  const auto asked = Send(preflight);
  EXPECT_EQ(asked->status(), 405);
  EXPECT_EQ(asked->response->headers.Count("access-control-allow-origin"), 0);
  HttpRequest elsewhere = Request("/duban.v1.DirectoryService/GetUnit", "{}");
  elsewhere.headers = {{"host", "evil.example"}};
  EXPECT_EQ(Send(elsewhere)->status(), 421);
  EXPECT_EQ(services_.calls.size(), before);
}

TEST_F(GatewayTest, SigningOutEndsTheSessionEverywhere) {
  const std::string cookie = SignIn();
  const auto got = Call("/duban.v1.AccessService/SignOut", "{}", Cookie(cookie));
  EXPECT_EQ(last().request.token, "access-s1");
  last().Answer(v1::SignOutResponse());
  EXPECT_EQ(got->status(), 200);
  EXPECT_THAT(std::string(got->header("set-cookie")), HasSubstr("Max-Age=0"));
  EXPECT_EQ(Call("/duban.v1.DirectoryService/GetUnit", "{}", Cookie(cookie))->status(), 401);
  const auto again = Call("/duban.v1.AccessService/SignOut", "{}", Cookie(cookie));
  EXPECT_EQ(again->status(), 401);
  EXPECT_THAT(std::string(again->header("set-cookie")), HasSubstr("Max-Age=0"));
}

TEST_F(GatewayTest, SigningInAgainLeavesNoSessionBehind) {
  const std::string first = SignIn("s1");
  const std::string second = SignIn("s2", Cookie(first));
  EXPECT_NE(first, second);
  EXPECT_EQ(Call("/duban.v1.DirectoryService/GetUnit", "{}", Cookie(first))->status(), 401);
  EXPECT_EQ(gateway_->counts().sessions, 1u);
}

TEST_F(GatewayTest, TheConsoleAloneRefreshes) {
  const auto got = Call("/duban.v1.AccessService/RefreshSession", R"({"refresh_token":"x"})", Cookie(SignIn()));
  EXPECT_EQ(got->status(), 403);
  EXPECT_NE(last().request.path, "/duban.v1.AccessService/RefreshSession");
}

TEST_F(GatewayTest, SigningInIsTriedSoOftenFromOneAddress) {
  const auto attempt = [&](const std::string& peer, HttpHeaders more = {}) {
    HttpRequest request = Request("/duban.v1.AccessService/SignIn", "{}", std::move(more));
    request.peer = peer;
    const size_t before = services_.calls.size();
    const auto got = Send(std::move(request));
    return services_.calls.size() > before ? 0 : got->status();
  };
  for (int i = 0; i < 3; ++i) EXPECT_EQ(attempt("10.0.0.7"), 0);
  EXPECT_EQ(attempt("10.0.0.7"), 503);
  EXPECT_EQ(attempt("10.0.0.7", {{"x-forwarded-for", "1.2.3.4"}}), 503) << "an address is not what a browser says";
  EXPECT_EQ(attempt("10.0.0.8"), 0);
  EXPECT_EQ(attempt("10.1.1.1", {{"x-forwarded-for", "10.0.0.7"}}), 503) << "a proxy's word is taken";
  EXPECT_EQ(attempt("10.1.1.1", {{"x-forwarded-for", "10.0.0.6"}}), 0);
}

TEST_F(GatewayTest, ATokenThatCountsNoMoreIsGotAnewAndTheCallGoesAgain) {
  const std::string cookie = SignIn();
  const auto got = Call("/duban.v1.DirectoryService/GetUnit", R"({"name":"units/a"})", Cookie(cookie));
  last().End(Error(v1::NOT_AUTHENTICATED, "a role was taken away", "凭证失效", {{"cause", "TOKEN"}}));
  EXPECT_EQ(last().request.path, "/duban.v1.AccessService/RefreshSession");
  EXPECT_EQ(last().request.token, "");
  last().Answer(SignedIn("s2").tokens());
  EXPECT_EQ(last().request.path, "/duban.v1.DirectoryService/GetUnit");
  EXPECT_EQ(last().request.token, "access-s2");
  last().End(Error(v1::NOT_AUTHENTICATED, "once more", "凭证失效", {{"cause", "TOKEN"}}));
  EXPECT_EQ(got->status(), 401) << "not for ever";
}

TEST_F(GatewayTest, ASecondFactorCountsFromTheNextCallOn) {
  const std::string cookie = SignIn();
  Call("/duban.v1.AccessService/ConfirmTotp", R"({"code":"123456"})", Cookie(cookie));
  last().Answer(v1::ConfirmTotpResponse());
  Call("/duban.v1.AccessService/WhoAmI", "{}", Cookie(cookie));
  EXPECT_EQ(last().request.path, "/duban.v1.AccessService/RefreshSession");
  last().Answer(SignedIn("s2").tokens());
  EXPECT_EQ(last().request.token, "access-s2");
}

TEST_F(GatewayTest, ErrorsOfServicesPassWithTheirDetails) {
  const std::string cookie = SignIn();
  const auto got = Call("/duban.v1.DirectoryService/GetUnit", R"({"name":"units/a"})", Cookie(cookie));
  last().End(Error(v1::OVERLOADED, "busy", "繁忙", {{"lane", "ordinary"}}));
  EXPECT_EQ(got->status(), 503);
  EXPECT_EQ(got->header("retry-after"), "1");
  EXPECT_EQ(got->header("content-type"), "application/json");
  EXPECT_THAT(got->body, HasSubstr("google.rpc.LocalizedMessage"));
}

TEST_F(GatewayTest, WhatIsNotACallIsAnsweredAsSuch) {
  EXPECT_EQ(Call("/duban.v1.DirectoryService/NoSuch", "{}")->status(), 404);
  EXPECT_EQ(Call("/no.such.Service/GetUnit", "{}")->status(), 404);
  HttpRequest get = Request("/duban.v1.DirectoryService/CreateUnit", "");
  get.method = "GET";
  const auto got = Send(get);
  EXPECT_EQ(got->status(), 405) << "the contract does not say that it changes nothing";
  EXPECT_EQ(got->header("allow"), "POST");
  HttpRequest page = Request("/", "");
  page.method = "GET";
  EXPECT_EQ(Send(page)->body, "<html>");
  page.method = "POST";
  EXPECT_EQ(Send(page)->status(), 405);
}

TEST_F(GatewayTest, WhatChangesNothingMayBeCalledByGet) {
  HttpRequest get = Request("/test.Units/Read?connect=v1&encoding=json&message=%7B%22name%22%3A%22units%2Fa%22%7D", "",
                            Cookie(SignIn()));
  get.method = "GET";
  const auto got = Send(get);
  EXPECT_EQ(last().request.path, "/test.Units/Read");
  v1::Unit unit;
  unit.set_name("units/a");
  last().Answer(unit);
  EXPECT_EQ(got->status(), 200);
  EXPECT_EQ(got->body, R"({"name":"units/a"})");
  EXPECT_EQ(got->header("cache-control"), "no-store");
  get.headers.Add("sec-fetch-site", "cross-site");
  EXPECT_EQ(Send(get)->status(), 403);
}

TEST_F(GatewayTest, ReadingMethodsOfTheContractsAreTakenByGetAndOthersAreNot) {
  const std::string cookie = SignIn();
  const auto by_get = [&](const std::string& method) {
    HttpRequest get = Request("/duban.v1." + method + "?connect=v1&encoding=json&message=%7B%7D", "", Cookie(cookie));
    get.method = "GET";
    const size_t before = services_.calls.size();
    const auto got = Send(get);
    return services_.calls.size() > before ? 200 : got->status();
  };
  for (const char* const reading : {"DirectoryService/GetUnit", "PlanService/ListPlans", "EvidenceService/ReadEvidence",
                                    "IssuerService/ListIssuerItems", "AccessService/WhoAmI"}) {
    EXPECT_EQ(by_get(reading), 200) << reading;
  }
  for (const char* const other :
       {"AssignmentService/PullAssignments", "AccessService/SignIn", "AccessService/SignOut", "PlanService/PublishPlan",
        "FeedService/Fetch", "NodeService/StartBackup", "WatchService/Watch"}) {
    EXPECT_EQ(by_get(other), 405) << other;
  }
}

TEST_F(GatewayTest, MessagesHaveTheirLimit) {
  const std::string cookie = SignIn();
  const auto named = [](size_t size) {
    const std::string json = R"({"name":""})";
    return R"({"name":")" + std::string(size - json.size(), 'a') + R"("})";
  };
  const size_t before = services_.calls.size();
  Call("/duban.v1.DirectoryService/GetUnit", named(1000), Cookie(cookie));
  EXPECT_EQ(services_.calls.size(), before + 1) << "at the limit";
  EXPECT_EQ(Call("/duban.v1.DirectoryService/GetUnit", named(1001), Cookie(cookie))->status(), 429);
  HttpHeaders packed = Cookie(cookie);
  packed.Add("content-encoding", "gzip");
  EXPECT_EQ(Call("/duban.v1.DirectoryService/GetUnit", Gzip(named(1001)), packed)->status(), 429) << "once unpacked";
  Call("/duban.v1.DirectoryService/GetUnit", Gzip(named(1000)), packed);
  EXPECT_EQ(services_.calls.size(), before + 2);
}

TEST_F(GatewayTest, WhatTheServerRefusesByItselfIsSaidAsTheProtocolHasIt) {
  const HttpResponse large = gateway_->Refuse(413), full = gateway_->Refuse(503), broken = gateway_->Refuse(400);
  EXPECT_EQ(large.status, 413);
  EXPECT_THAT(*large.body, StartsWith(R"({"code":"resource_exhausted")"));
  EXPECT_THAT(*full.body, StartsWith(R"({"code":"unavailable")"));
  EXPECT_EQ(full.headers.Get("retry-after"), "1");
  EXPECT_EQ(broken.body, nullptr);
  EXPECT_EQ(broken.headers.Get("x-content-type-options"), "nosniff");
}

TEST_F(GatewayTest, LargeAnswersAreCompressedForWhoTakesIt) {
  HttpHeaders headers = Cookie(SignIn());
  headers.Add("accept-encoding", "gzip, br");
  v1::Unit unit;
  unit.set_display_name(std::string(5000, 'a'));
  const auto got = Call("/duban.v1.DirectoryService/GetUnit", "{}", headers);
  last().Answer(unit);
  EXPECT_EQ(got->header("content-encoding"), "gzip");
  EXPECT_THAT(*Gunzip(got->body, 10'000), HasSubstr(unit.display_name()));
}

TEST_F(GatewayTest, TheProcessThatIsMeantIsAsked) {
  const std::string cookie = SignIn();
  HttpHeaders headers = Cookie(cookie);
  headers.Add("duban-process", "notification");
  Call("/duban.v1.NodeService/GetNodeStatus", "{}", headers);
  EXPECT_EQ(last().request.backend, Backend::kNotification);
  Call("/duban.v1.AssignmentService/GetAssignment", "{}", headers);
  EXPECT_EQ(last().request.backend, Backend::kAssignment) << "only one process has it";
  HttpHeaders wrong = Cookie(cookie);
  wrong.Add("duban-process", "store");
  EXPECT_EQ(Call("/duban.v1.NodeService/GetNodeStatus", "{}", wrong)->status(), 400);
}

TEST_F(GatewayTest, ATimeoutOfTheBrowserIsTheCalls) {
  HttpHeaders headers = Cookie(SignIn());
  headers.Add("connect-timeout-ms", "250");
  Call("/duban.v1.DirectoryService/GetUnit", "{}", headers);
  EXPECT_EQ(last().request.timeout, absl::Milliseconds(250));
}

TEST_F(GatewayTest, ABrowserThatGoesEndsItsCall) {
  const auto got = Call("/duban.v1.DirectoryService/GetUnit", "{}", Cookie(SignIn()));
  EXPECT_EQ(gateway_->counts().under_way, 1u);
  got->gone();
  EXPECT_TRUE(last().cancelled);
  EXPECT_EQ(gateway_->counts().under_way, 0u);
}

class StreamTest : public GatewayTest {
 protected:
  std::shared_ptr<Got> Follow(const std::string& cookie, HttpHeaders more = {}) {
    HttpHeaders headers = Cookie(cookie);
    headers.Add("content-type", "application/connect+json");
    for (const auto& [name, value] : more.all()) headers.Add(name, value);
    return Call("/test.Units/Follow", Envelope(0, R"({"name":"units/a"})"), headers);
  }
  void Say(Arrived& call, const std::string& name) {
    v1::Unit unit;
    unit.set_name(name);
    call.listener->OnMessage(unit.SerializeAsString());
  }
  // The messages of a stream, and how it ended.
  static std::vector<std::string> Read(std::string body) {
    std::vector<std::string> all;
    while (body.size() >= kEnvelopeBytes) {
      const size_t length = static_cast<uint8_t>(body[3]) * 256u + static_cast<uint8_t>(body[4]);
      all.push_back((body[0] == 2 ? "end " : "") + body.substr(5, length));
      body.erase(0, 5 + length);
    }
    EXPECT_EQ(body, "");
    return all;
  }
};

TEST_F(StreamTest, MessagesComeInEnvelopesAndTheEndSaysHow) {
  const auto got = Follow(SignIn());
  EXPECT_TRUE(last().request.streams);
  EXPECT_EQ(last().request.timeout, std::nullopt);
  Say(last(), "units/1");
  EXPECT_EQ(got->header("content-type"), "application/connect+json");
  Say(last(), "units/2");
  last().End(absl::OkStatus());
  EXPECT_THAT(Read(got->body), ElementsAre(R"({"name":"units/1"})", R"({"name":"units/2"})", "end {}"));
  EXPECT_TRUE(got->ended);
}

TEST_F(StreamTest, TheNextMessageIsAskedForWhenTheLastHasLeft) {
  const auto got = Follow(SignIn());
  Say(last(), "units/1");
  EXPECT_EQ(last().asked, 0) << "the browser has not taken the first yet";
  got->pieces.front()();
  EXPECT_EQ(last().asked, 1);
}

// A node is watched as one, however many processes it has.
class WatchTest : public StreamTest {
 protected:
  std::shared_ptr<Got> Watch(HttpHeaders more = {}) {
    HttpHeaders headers = Cookie(SignIn());
    headers.Add("content-type", "application/connect+json");
    for (const auto& [name, value] : more.all()) headers.Add(name, value);
    first_ = services_.calls.size();
    return Call("/duban.v1.WatchService/Watch", Envelope(0, "{}"), headers);
  }
  Arrived& part(size_t number) { return *services_.calls.at(first_ + number); }
  static void Tell(Arrived& call, const std::string& name) {
    v1::WatchResponse response;
    response.add_names(name);
    call.listener->OnMessage(response.SerializeAsString());
  }

  size_t first_ = 0;
};

TEST_F(WatchTest, MessagesOfAllProcessesComeOneAtATime) {
  const auto got = Watch();
  ASSERT_EQ(services_.calls.size(), first_ + 2);
  EXPECT_EQ(part(0).request.backend, Backend::kPlan);
  EXPECT_EQ(part(1).request.backend, Backend::kNotification);
  EXPECT_EQ(part(1).request.token, "access-s1");
  Tell(part(0), "plans/a");
  Tell(part(1), "policies/b");
  ASSERT_THAT(got->pieces, SizeIs(1)) << "the first has not left";
  EXPECT_EQ(part(0).asked, 1) << "one of each process waits, no more";
  EXPECT_EQ(part(1).asked, 0);
  got->pieces[0]();
  ASSERT_THAT(got->pieces, SizeIs(2));
  EXPECT_EQ(part(1).asked, 1);
  got->pieces[1]();
  Tell(part(0), "plans/c");
  EXPECT_THAT(Read(got->body),
              ElementsAre(R"({"names":["plans/a"]})", R"({"names":["policies/b"]})", R"({"names":["plans/c"]})"));
}

TEST_F(WatchTest, WhereOneProcessEndsAllEndAsItDid) {
  const auto got = Watch();
  part(1).End(absl::UnavailableError("drains"));
  EXPECT_TRUE(part(0).cancelled);
  EXPECT_THAT(Read(got->body).back(), HasSubstr("unavailable"));
  EXPECT_EQ(gateway_->counts().under_way, 0u);
}

TEST_F(WatchTest, TheEndComesBehindAMessageThatIsJustBeingTold) {
  const auto got = Watch();
  Tell(part(0), "plans/a");
  Tell(part(1), "policies/b");
  got->writing = [&] { part(0).End(absl::UnavailableError("drains")); };
  // Who writes the second is another thread than those of the processes.
  got->pieces[0]();
  const std::vector<std::string> read = Read(got->body);
  ASSERT_THAT(read, SizeIs(3));
  EXPECT_EQ(read[1], R"({"names":["policies/b"]})");
  EXPECT_THAT(read[2], HasSubstr("unavailable"));
  EXPECT_TRUE(got->ended);
}

TEST_F(WatchTest, ABrowserThatGoesEndsAllOfThem) {
  const auto got = Watch();
  got->gone();
  EXPECT_TRUE(part(0).cancelled);
  EXPECT_TRUE(part(1).cancelled);
  EXPECT_EQ(gateway_->counts().under_way, 0u);
}

TEST_F(WatchTest, OneProcessCanBeWatchedByItself) {
  Watch({{"duban-process", "notification"}});
  ASSERT_EQ(services_.calls.size(), first_ + 1);
  EXPECT_EQ(part(0).request.backend, Backend::kNotification);
}

TEST_F(StreamTest, AnErrorBeforeTheFirstMessageIsTheEndOfAStream) {
  const auto got = Follow("nobody");
  EXPECT_EQ(got->status(), 200) << "as the protocol has it for streams";
  ASSERT_EQ(Read(got->body).size(), 1u);
  EXPECT_THAT(Read(got->body)[0], StartsWith(R"(end {"error":{"code":"unauthenticated")"));
  EXPECT_TRUE(got->ended);
}

TEST_F(StreamTest, AStreamIsNotCalledAsIfItWereNone) {
  EXPECT_EQ(Call("/test.Units/Follow", "{}", Cookie(SignIn()))->status(), 415);
  HttpHeaders headers = Cookie(SignIn());
  headers.Add("content-type", "application/connect+json");
  EXPECT_EQ(Call("/duban.v1.DirectoryService/GetUnit", Envelope(0, "{}"), headers)->status(), 415);
}

TEST_F(StreamTest, SigningOutEndsTheStreamsOfTheSession) {
  const std::string cookie = SignIn();
  const auto got = Follow(cookie);
  const std::shared_ptr<Arrived> stream = services_.calls.back();
  Say(*stream, "units/1");
  Call("/duban.v1.AccessService/SignOut", "{}", Cookie(cookie));
  last().Answer(v1::SignOutResponse());
  EXPECT_TRUE(stream->cancelled);
  ASSERT_EQ(Read(got->body).size(), 2u);
  EXPECT_THAT(Read(got->body)[1], StartsWith(R"(end {"error":{"code":"unauthenticated")"));
}

TEST_F(StreamTest, ADrainEndsStreamsAndRefusesCalls) {
  const std::string cookie = SignIn();
  const auto got = Follow(cookie);
  const auto unary = Call("/duban.v1.DirectoryService/GetUnit", "{}", Cookie(cookie));
  const std::shared_ptr<Arrived> running = services_.calls.back();
  gateway_->Drain();
  EXPECT_THAT(Read(got->body), ElementsAre(StartsWith(R"(end {"error":{"code":"unavailable")")));
  EXPECT_FALSE(running->cancelled) << "what is soon over is let finish";
  running->Answer(v1::Unit());
  EXPECT_EQ(unary->status(), 200);
  EXPECT_EQ(Call("/duban.v1.DirectoryService/GetUnit", "{}", Cookie(cookie))->status(), 503);
}

TEST_F(StreamTest, LargeMessagesAreCompressedForWhoTakesIt) {
  const auto got = Follow(SignIn(), {{"connect-accept-encoding", "gzip"}});
  EXPECT_EQ(last().request.streams, true);
  Say(last(), "units/" + std::string(3000, 'a'));
  EXPECT_EQ(got->header("connect-content-encoding"), "gzip");
  EXPECT_EQ(got->body[0], 1);
  EXPECT_THAT(*Gunzip(got->body.substr(5), 10'000), HasSubstr("units/aaa"));
}

TEST_F(GatewayTest, WithoutCallersEverybodyIsAnybody) {
  Make({.insecure = true, .sessions = {}});
  const auto got = Call("/duban.v1.DirectoryService/GetUnit", R"({"name":"units/a"})");
  EXPECT_EQ(last().request.token, "");
  last().Answer(v1::Unit());
  EXPECT_EQ(got->status(), 200);
}

TEST_F(GatewayTest, TooManyAtATimeAreToldToComeAgain) {
  const std::string cookie = SignIn();
  idle_ = false;
  const auto got = Call("/duban.v1.DirectoryService/GetUnit", "{}", Cookie(cookie));
  EXPECT_EQ(got->status(), 503);
  EXPECT_EQ(got->header("retry-after"), "1");
}

TEST(RoutesTest, EveryMethodOfTheContractsIsThereAndOnlySigningInIsOpen) {
  const absl::StatusOr<std::vector<ServedService>> served = ServicesOfContracts();
  ASSERT_TRUE(served.ok()) << served.status();
  const absl::StatusOr<Routes> routes = Routes::Of(*served);
  ASSERT_TRUE(routes.ok()) << routes.status();
  std::vector<std::string> open;
  for (const Route& route : routes->all()) {
    EXPECT_EQ(routes->Find(route.path), &route);
    if (route.door == Door::kBefore || route.door == Door::kSignIn) open.push_back(route.method->name());
  }
  EXPECT_THAT(open,
              ::testing::UnorderedElementsAre("SignIn", "SignInWithIdToken", "BeginSingleSignOn", "ChangePassword"));
  EXPECT_TRUE(routes->Find("/grpc.health.v1.Health/Watch")->streams);
  EXPECT_EQ(routes->Find("/duban.v1.NotificationService/GetReminder")->backend, Backend::kNotification);
}

}  // namespace
}  // namespace duban::console
