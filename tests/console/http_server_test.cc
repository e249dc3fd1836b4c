// The server itself, over real sockets: what a browser may cost, and that one does not stop the others.

#include "services/console/http_server.h"

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "common/base/mutex.h"
#include "common/base/strings.h"
#include "tests/support/patience.h"

namespace duban::console {
namespace {

using ::testing::EndsWith;
using testing::Eventually;
using ::testing::HasSubstr;
using ::testing::StartsWith;

// A browser's end of a connection.
class Browser {
 public:
  explicit Browser(int port, int receive_bytes = 0) : socket_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    if (receive_bytes > 0) setsockopt(socket_, SOL_SOCKET, SO_RCVBUF, &receive_bytes, sizeof receive_bytes);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<uint16_t>(port));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(connect(socket_, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  }
  ~Browser() { Close(); }
  Browser(const Browser&) = delete;
  Browser& operator=(const Browser&) = delete;

  void Say(const std::string& bytes) {
    EXPECT_EQ(send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL), static_cast<ssize_t>(bytes.size()));
  }
  // What has come once `end` is in it, or the server has hung up.
  std::string Hear(const std::string& end = "") {
    while (end.empty() || heard_.find(end) == std::string::npos) {
      pollfd ready = {socket_, POLLIN, 0};
      const int patience = static_cast<int>(absl::ToInt64Milliseconds(testing::Patience(absl::Seconds(30))));
      if (poll(&ready, 1, patience) != 1) return heard_ + "<nothing more>";
      char bytes[4096];
      const ssize_t got = recv(socket_, bytes, sizeof bytes, 0);
      if (got <= 0) return std::exchange(heard_, "") + "<closed>";
      heard_.append(bytes, static_cast<size_t>(got));
    }
    return std::exchange(heard_, "");
  }
  void Close() {
    if (socket_ >= 0) close(std::exchange(socket_, -1));
  }

 private:
  int socket_;
  std::string heard_;
};

// Answers `/hello` with the body it came with; keeps every other request for the test.
class Keeper final : public HttpHandler {
 public:
  struct Kept {
    HttpRequest request;
    std::shared_ptr<HttpExchange> exchange;
  };
  void Handle(HttpRequest request, std::shared_ptr<HttpExchange> exchange) override {
    if (request.path() == "/hello") {
      HttpResponse response;
      response.SetBody(StrCat(request.method, " ", request.body, "!"));
      return exchange->Respond(std::move(response));
    }
    MutexLock lock(&mu_);
    kept_.push_back({std::move(request), std::move(exchange)});
  }
  HttpResponse Refuse(int status) override {
    HttpResponse response;
    response.status = status;
    response.SetBody("no\n");
    return response;
  }
  Kept Next() {
    MutexLock lock(&mu_);
    const auto some = [this] {
      mu_.AssertReaderHeld();
      return !kept_.empty();
    };
    EXPECT_TRUE(mu_.AwaitWithTimeout(absl::Condition(&some), testing::Patience(absl::Seconds(30))));
    Kept first = std::move(kept_.front());
    kept_.erase(kept_.begin());
    return first;
  }

 private:
  Mutex mu_;
  std::vector<Kept> kept_ ABSL_GUARDED_BY(mu_);
};

class HttpServerTest : public ::testing::Test {
 protected:
  void Serve(HttpServerOptions options = {}) {
    auto server = HttpServer::Start(options, &keeper_, &RealClock());
    ASSERT_TRUE(server.ok()) << server.status();
    server_ = *std::move(server);
  }
  std::unique_ptr<Browser> Connect(int receive_bytes = 0) {
    return std::make_unique<Browser>(server_->port(), receive_bytes);
  }
  static std::string Request(const std::string& head, const std::string& body = "") {
    return StrCat(head, " HTTP/1.1\r\nHost: x\r\n", body.empty() ? "" : StrCat("Content-Length: ", body.size(), "\r\n"),
                  "\r\n", body);
  }
  // Whether the server answers a browser of its own at once.
  void ExpectAnswers() {
    const auto other = Connect();
    other->Say(Request("POST /hello", "you"));
    EXPECT_THAT(other->Hear("!"), EndsWith("\r\n\r\nPOST you!"));
  }

  Keeper keeper_;
  std::unique_ptr<HttpServer> server_;
};

TEST_F(HttpServerTest, AConnectionServesOneRequestAfterTheOther) {
  Serve();
  const auto browser = Connect();
  for (const char* body : {"one", "two"}) {
    browser->Say(Request("POST /hello", body));
    EXPECT_THAT(browser->Hear("!"), ::testing::AllOf(StartsWith("HTTP/1.1 200 OK\r\n"), EndsWith(StrCat(body, "!"))));
  }
  browser->Say(Request("POST /hello", "three") + Request("POST /hello", "four"));
  EXPECT_THAT(browser->Hear("four!"), HasSubstr("three!"));
  EXPECT_EQ(server_->counts().connections, 1);
  browser->Say("GET /hello HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  EXPECT_THAT(browser->Hear(), HasSubstr("connection: close\r\n"));
  browser->Close();
  EXPECT_TRUE(Eventually([&] { return server_->counts().connections == 0; }));
}

TEST_F(HttpServerTest, AHeadHasNoBodyAndAContinueIsGiven) {
  Serve();
  const auto browser = Connect();
  browser->Say("HEAD /hello HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_THAT(browser->Hear("\r\n\r\n"), HasSubstr("content-length: 6\r\n"));
  browser->Say("POST /hello HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n");
  EXPECT_THAT(browser->Hear("\r\n\r\n"), StartsWith("HTTP/1.1 100 Continue\r\n"));
  browser->Say("hi");
  EXPECT_THAT(browser->Hear("!"), EndsWith("POST hi!"));
}

TEST_F(HttpServerTest, ChunksAreReadAndSent) {
  Serve();
  const auto browser = Connect();
  browser->Say("POST /stream HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n");
  const Keeper::Kept kept = keeper_.Next();
  EXPECT_EQ(kept.request.body, "abc");
  HttpResponse head;
  head.headers.Add("content-type", "text/plain");
  kept.exchange->Begin(head);
  Notification written;
  kept.exchange->Write("hello", [&] { written.Notify(); });
  written.WaitForNotification();
  EXPECT_THAT(browser->Hear("5\r\nhello\r\n"), HasSubstr("transfer-encoding: chunked\r\n"));
  kept.exchange->End();
  EXPECT_EQ(browser->Hear("0\r\n\r\n"), "0\r\n\r\n");
  browser->Say(Request("POST /hello", "more"));
  EXPECT_THAT(browser->Hear("!"), EndsWith("more!"));
}

TEST_F(HttpServerTest, WhatIsNoRequestIsRefused) {
  Serve({.max_body_bytes = 100, .max_header_bytes = 1000});
  const struct {
    std::string bytes;
    const char* status;
  } rows[] = {
      {"nonsense\r\n\r\n", "400"},
      {"GET / HTTP/1.0\r\n\r\n", "505"},
      {"GET / HTTP/1.1\r\nHost: x\r\nA b: c\r\n\r\n", "400"},
      {"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 101\r\n\r\n", "413"},
      {"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999999\r\n\r\n", "413"},
      {"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n", "400"},
      {"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabcd", "400"},
      {"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "400"},
      {"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", "400"},
      {StrCat("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n65\r\n", std::string(101, 'a'),
              "\r\n0\r\n\r\n"),
       "413"},
      {StrCat("GET / HTTP/1.1\r\nHost: x\r\nX: ", std::string(1000, 'a'), "\r\n\r\n"), "431"},
  };
  for (const auto& row : rows) {
    const auto browser = Connect();
    browser->Say(row.bytes);
    EXPECT_THAT(browser->Hear("\n"), StartsWith(StrCat("HTTP/1.1 ", row.status))) << row.bytes.substr(0, 120);
    EXPECT_THAT(browser->Hear(), EndsWith("<closed>")) << row.bytes.substr(0, 120);
  }
  const auto at_limit = Connect();
  at_limit->Say(Request("POST /hello", std::string(100, 'a')));
  EXPECT_THAT(at_limit->Hear("!"), StartsWith("HTTP/1.1 200"));
}

TEST_F(HttpServerTest, HalfOpenConnectionsGoWhenTheirTimeIsOver) {
  const absl::Duration time = testing::Patience(absl::Seconds(1));
  Serve({.header_time = time, .body_time = time, .idle_time = time});
  std::vector<std::unique_ptr<Browser>> half_open;
  for (const char* said :
       {"", "GET / HT", "GET / HTTP/1.1\r\nHost: x\r\n", "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nab"}) {
    half_open.push_back(Connect());
    half_open.back()->Say(said);
  }
  const auto idle = Connect();
  idle->Say(Request("POST /hello", "x"));
  EXPECT_THAT(idle->Hear(), EndsWith("x!<closed>"));
  for (const auto& browser : half_open) EXPECT_EQ(browser->Hear(), "<closed>");
  EXPECT_EQ(server_->counts().late, 5);
}

TEST_F(HttpServerTest, IdleHalfOpenAndGreedyBrowsersDoNotStopOthers) {
  Serve({.max_connections = 1000, .max_connections_of_address = 1000});
  std::vector<std::unique_ptr<Browser>> crowd;
  for (int i = 0; i < 200; ++i) {
    crowd.push_back(Connect());
    if (i % 2 == 0) crowd.back()->Say("POST /hello HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n");
  }
  ExpectAnswers();
}

TEST_F(HttpServerTest, WhoDoesNotReadHoldsUpNobodyAndIsHungUpOn) {
  Serve({.write_time = absl::Milliseconds(200)});
  const auto slow = Connect(4096);
  slow->Say(Request("GET /large"));
  HttpResponse response;
  response.SetBody(std::string(32 << 20, 'x'));
  keeper_.Next().exchange->Respond(std::move(response));
  ExpectAnswers();
  EXPECT_TRUE(Eventually([&] { return server_->counts().late == 1; }));
  EXPECT_TRUE(Eventually([&] { return server_->counts().memory_bytes == 0; }));
}

TEST_F(HttpServerTest, WhatAReaderDoesNotTakeIsNotPiledUp) {
  Serve();
  const auto slow = Connect(4096);
  slow->Say(Request("GET /stream"));
  const Keeper::Kept kept = keeper_.Next();
  kept.exchange->Begin({});
  Mutex mu;
  int written = 0;
  const std::string piece(256 << 10, 'x');
  // As the gateway does: the next piece when the last has left.
  std::function<void()> next = [&] {
    MutexLock lock(&mu);
    ++written;
    if (written < 1000) kept.exchange->Write(piece, next);
  };
  kept.exchange->Write(piece, next);
  int before = -1;
  // What the kernel takes in is bounded; then it stands still.
  EXPECT_TRUE(Eventually([&] {
    MutexLock lock(&mu);
    const bool stands = written == before && written > 0;
    before = written;
    return stands;
  }));
  EXPECT_LT(before, 100);
  EXPECT_LE(server_->counts().memory_bytes, 2 * piece.size());
  slow->Close();
  EXPECT_TRUE(Eventually([&] { return server_->counts().connections == 0; }));
}

TEST_F(HttpServerTest, ABrowserThatGoesIsNoticedWhileItWaits) {
  Serve();
  auto browser = Connect();
  browser->Say(Request("GET /wait"));
  const Keeper::Kept kept = keeper_.Next();
  Notification gone;
  kept.exchange->OnGone([&] { gone.Notify(); });
  browser->Close();
  gone.WaitForNotification();
  kept.exchange->Respond({});
  bool at_once = false;
  kept.exchange->OnGone([&] { at_once = true; });
  ExpectAnswers();
}

TEST_F(HttpServerTest, BodiesOnTheirWayHaveSoMuchRoomTogether) {
  Serve({.max_body_bytes = 1000, .max_memory_bytes = 1500});
  const auto first = Connect();
  first->Say("POST /keep HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n");
  EXPECT_TRUE(Eventually([&] { return server_->counts().memory_bytes == 1000; }));
  const auto second = Connect();
  second->Say("POST /hello HTTP/1.1\r\nHost: x\r\nContent-Length: 501\r\n\r\n");
  EXPECT_THAT(second->Hear("\n"), StartsWith("HTTP/1.1 503"));
  EXPECT_EQ(server_->counts().no_room, 1);
  const auto third = Connect();
  third->Say(Request("POST /hello", std::string(100, 'a')));
  EXPECT_THAT(third->Hear("!"), StartsWith("HTTP/1.1 200"));
}

TEST_F(HttpServerTest, APageThatManyReadTakesNoRoomOfOthers) {
  Serve({.max_memory_bytes = 1 << 20});
  const auto page = std::make_shared<const std::string>(8 << 20, 'x');
  std::vector<std::unique_ptr<Browser>> readers;
  for (int i = 0; i < 4; ++i) {
    readers.push_back(Connect(4096));
    readers.back()->Say(Request("GET /page"));
    HttpResponse response;
    response.body = page;
    keeper_.Next().exchange->Respond(std::move(response));
  }
  ExpectAnswers();
}

TEST_F(HttpServerTest, SoManyConnectionsOfOneAddress) {
  Serve({.max_connections_of_address = 2});
  const auto first = Connect(), second = Connect();
  second->Say(Request("POST /hello", "x"));
  EXPECT_THAT(second->Hear("!"), EndsWith("x!"));
  const auto third = Connect();
  EXPECT_EQ(third->Hear(), "<closed>");
  EXPECT_EQ(server_->counts().turned_away, 1);
  first->Close();
  EXPECT_TRUE(Eventually([&] { return server_->counts().connections == 1; }));
  ExpectAnswers();
}

TEST_F(HttpServerTest, AProxyMayHaveAsManyAsItLikes) {
  Serve({.max_connections_of_address = 1, .uncounted = {"127.0.0.1"}});
  const auto first = Connect();
  ExpectAnswers();
}

TEST_F(HttpServerTest, ADrainLetsRunningAnswersEndAndClosesTheRest) {
  Serve();
  const auto idle = Connect(), running = Connect(), stuck = Connect();
  idle->Say(Request("POST /hello", "x"));
  idle->Hear("!");
  running->Say(Request("GET /soon"));
  const Keeper::Kept soon = keeper_.Next();
  stuck->Say(Request("GET /never"));
  const Keeper::Kept never = keeper_.Next();
  std::thread drain([&] { server_->Drain(absl::Milliseconds(500)); });
  EXPECT_EQ(idle->Hear(), "<closed>");
  HttpResponse response;
  response.SetBody("done");
  soon.exchange->Respond(std::move(response));
  EXPECT_THAT(running->Hear(), EndsWith("done<closed>"));
  EXPECT_EQ(stuck->Hear(), "<closed>");
  drain.join();
}

TEST(HttpServerStart, APortThatIsTakenIsSaid) {
  Keeper keeper;
  const auto first = HttpServer::Start({}, &keeper, &RealClock());
  ASSERT_TRUE(first.ok());
  const auto second = HttpServer::Start({.port = (*first)->port()}, &keeper, &RealClock());
  EXPECT_TRUE(absl::IsUnavailable(second.status())) << second.status();
  const auto no_certificate =
      HttpServer::Start({.tls_certificate = "/none.pem", .tls_key = "/none.pem"}, &keeper, &RealClock());
  EXPECT_TRUE(absl::IsInvalidArgument(no_certificate.status()));
}

}  // namespace
}  // namespace duban::console
