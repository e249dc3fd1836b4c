// What operators and tools see: the admin page, and reflection in both versions.

#include <gmock/gmock.h>
#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>
#include <httplib.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <map>
#include <regex>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "common/rpc/client.h"
#include "duban/v1/directory_service.grpc.pb.h"
#include "google/protobuf/descriptor.pb.h"
#include "grpc/reflection/v1/reflection.grpc.pb.h"
#include "tests/support/patience.h"
#include "tests/support/test_server.h"

namespace duban {
namespace {

using grpc::reflection::v1::ServerReflectionRequest;
using grpc::reflection::v1::ServerReflectionResponse;
using ::testing::HasSubstr;
using ::testing::IsSupersetOf;
using testing::TestServer;

void CallOnce(TestServer& server, const std::string& name) {
  auto stub = v1::DirectoryService::NewStub(MakeChannel(server.address()));
  v1::GetUnitRequest request;
  request.set_name(name);
  (void)UnaryCall(*stub, &v1::DirectoryService::Stub::GetUnit, request);
}

// Value by series, such as `duban_build_info{node="city"}`. Fails where a line is no line of the format.
std::map<std::string, double> Parse(const std::string& text) {
  static const std::regex kSample(R"(([a-z_:][a-z0-9_:]*(?:\{[^}]*\})?) (\S+))");
  static const std::regex kComment(R"(# (?:HELP [a-z0-9_:]+ .+|TYPE [a-z0-9_:]+ (?:counter|gauge|histogram)))");
  std::map<std::string, double> series;
  std::istringstream lines(text);
  std::smatch match;
  for (std::string line; std::getline(lines, line);) {
    if (line.empty() || std::regex_match(line, kComment)) continue;
    EXPECT_TRUE(std::regex_match(line, match, kSample)) << line;
    EXPECT_TRUE(series.emplace(match[1], std::stod(match[2])).second) << "twice: " << line;
  }
  return series;
}

TEST(AdminPage, CountsCallsByMethodAndCode) {
  TestServer server;
  CallOnce(server, "units/u1");
  CallOnce(server, "units/u2");
  CallOnce(server, "no name");
  httplib::Client client("127.0.0.1", server->admin_port());
  auto page = client.Get("/metrics");
  ASSERT_TRUE(page);
  EXPECT_EQ(page->status, 200);
  EXPECT_EQ(page->get_header_value("Content-Type"), "text/plain; version=0.0.4");
  const std::map<std::string, double> series = Parse(page->body);
  const std::string method = R"(grpc_method="GetUnit",grpc_service="duban.v1.DirectoryService",grpc_type="unary")";
  EXPECT_EQ(series.at("grpc_server_started_total{" + method + "}"), 3);
  EXPECT_EQ(series.at("grpc_server_handled_total{grpc_code=\"OK\"," + method + "}"), 2);
  EXPECT_EQ(series.at("grpc_server_handled_total{grpc_code=\"InvalidArgument\"," + method + "}"), 1);
  EXPECT_EQ(series.at("grpc_server_handling_seconds_count{" + method + "}"), 3);
  EXPECT_EQ(series.at("duban_build_info{version=\"" DUBAN_VERSION "\",node=\"city\"}"), 1);
  EXPECT_EQ(series.at("duban_store_serving{service=\"plan\"}"), 1);
  EXPECT_GE(series.at("duban_store_sequence{service=\"plan\"}"), 0);
  EXPECT_EQ(series.at("duban_waiting_fetches"), 0);
  EXPECT_GT(series.at("process_resident_memory_bytes"), 1e6);
  EXPECT_GT(series.at("process_open_fds"), 3);
}

TEST(AdminPage, SaysWhetherItLivesAndIsReadyAndNothingElse) {
  TestServer server;
  httplib::Client client("127.0.0.1", server->admin_port());
  for (const char* path : {"/livez", "/readyz"}) {
    auto page = client.Get(path);
    ASSERT_TRUE(page) << path;
    EXPECT_EQ(page->status, 200) << path;
    EXPECT_EQ(page->body, "ok\n") << path;
  }
  EXPECT_EQ(client.Get("/")->status, 404);
  EXPECT_EQ(client.Get("/../etc/passwd")->status, 404);
  EXPECT_EQ(client.Post("/metrics", "x", "text/plain")->status, 404);
}

// A connection that has sent `sent`, and nothing else.
int IdleConnection(int port, std::string_view sent) {
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  to.sin_port = htons(static_cast<uint16_t>(port));
  const int made = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  EXPECT_EQ(connect(made, reinterpret_cast<sockaddr*>(&to), sizeof to), 0);
  EXPECT_EQ(write(made, sent.data(), sent.size()), static_cast<ssize_t>(sent.size()));
  return made;
}

TEST(AdminPage, AnswersAtOnceBesideIdleAndHalfSaidConnections) {
  TestServer server;
  std::vector<int> idle;
  for (int i = 0; i < 40; ++i) idle.push_back(IdleConnection(server->admin_port(), ""));
  for (int i = 0; i < 40; ++i) idle.push_back(IdleConnection(server->admin_port(), "GET /livez HTTP/1.1\r\nHost:"));
  httplib::Client client("127.0.0.1", server->admin_port());
  const absl::Duration begin = RealClock().Steady();
  auto page = client.Get("/livez");
  ASSERT_TRUE(page);
  EXPECT_EQ(page->status, 200);
  EXPECT_LT(RealClock().Steady() - begin, testing::Patience(absl::Seconds(1)));
  for (const int connection : idle) close(connection);
}

TEST(AdminPage, HangsUpOnWhoSaysTooMuchOrTooLittle) {
  TestServer server;
  const int slow = IdleConnection(server->admin_port(), "GET");
  const int much = IdleConnection(server->admin_port(), std::string(20'000, 'x'));
  char byte = 0;
  EXPECT_LE(read(much, &byte, 1), 0);
  EXPECT_LE(read(slow, &byte, 1), 0) << "after its few seconds";
  close(slow);
  close(much);
}

TEST(AdminPage, CanBeLeftOut) {
  TestServer server({}, [](ServerOptions& options) { options.admin_listen.clear(); });
  EXPECT_EQ(server->admin_port(), 0);
}

// Asks over one stream; `service` is the reflection service, of either version: their messages are the same.
class Reflection {
 public:
  Reflection(TestServer& server, const std::string& service) : stub_(MakeChannel(server.address())) {
    context_.set_deadline(absl::ToChronoTime(RealClock().Now() + absl::Seconds(20)));
    call_ = stub_.PrepareCall(&context_, "/" + service + "/ServerReflectionInfo", &queue_);
    call_->StartCall(this);
    EXPECT_TRUE(Next());
  }
  ~Reflection() {
    context_.TryCancel();
    queue_.Shutdown();
    void* tag = nullptr;
    bool ok = false;
    while (queue_.Next(&tag, &ok)) {
    }
  }

  ServerReflectionResponse Ask(const ServerReflectionRequest& request) {
    ServerReflectionResponse response;
    call_->Write(request, this);
    EXPECT_TRUE(Next());
    call_->Read(&response, this);
    EXPECT_TRUE(Next());
    return response;
  }

 private:
  bool Next() {
    void* tag = nullptr;
    bool ok = false;
    return queue_.Next(&tag, &ok) && ok;
  }

  grpc::CompletionQueue queue_;
  grpc::ClientContext context_;
  grpc::TemplatedGenericStub<ServerReflectionRequest, ServerReflectionResponse> stub_;
  std::unique_ptr<grpc::ClientAsyncReaderWriter<ServerReflectionRequest, ServerReflectionResponse>> call_;
};

class ReflectionTest : public ::testing::TestWithParam<const char*> {};

TEST_P(ReflectionTest, ListsEveryServiceAndResolvesItWithAllItsFiles) {
  TestServer server;
  Reflection reflection(server, GetParam());
  ServerReflectionRequest request;
  request.set_list_services("");
  std::set<std::string> names;
  const ServerReflectionResponse listed = reflection.Ask(request);
  for (const auto& service : listed.list_services_response().service()) names.insert(service.name());
  EXPECT_THAT(names, IsSupersetOf({"duban.v1.DirectoryService", "duban.v1.FeedService", "duban.v1.NodeService",
                                   "grpc.health.v1.Health", "grpc.reflection.v1.ServerReflection"}));
  for (const std::string& name : names) {
    request.set_file_containing_symbol(name);
    const ServerReflectionResponse found = reflection.Ask(request);
    ASSERT_TRUE(found.has_file_descriptor_response()) << name << ": " << found.error_response().error_message();
    google::protobuf::DescriptorPool pool;
    std::map<std::string, google::protobuf::FileDescriptorProto> files;
    for (const std::string& bytes : found.file_descriptor_response().file_descriptor_proto()) {
      google::protobuf::FileDescriptorProto file;
      ASSERT_TRUE(file.ParseFromString(bytes));
      files[file.name()] = file;
    }
    // Builds from the answer alone: whatever a file imports came with it.
    for (size_t built = 0; built < files.size(); ++built) {
      for (const auto& [path, file] : files) {
        bool ready = pool.FindFileByName(path) == nullptr;
        for (const std::string& import : file.dependency()) ready = ready && pool.FindFileByName(import) != nullptr;
        EXPECT_TRUE(!ready || pool.BuildFile(file) != nullptr) << path;
      }
    }
    EXPECT_NE(pool.FindServiceByName(name), nullptr) << name;
  }
}

TEST_P(ReflectionTest, AnswersWhatIsNotThereWithAnErrorAndGoesOn) {
  TestServer server;
  Reflection reflection(server, GetParam());
  ServerReflectionRequest request;
  request.set_file_containing_symbol("duban.v1.Nothing");
  EXPECT_EQ(reflection.Ask(request).error_response().error_code(), static_cast<int>(grpc::StatusCode::NOT_FOUND));
  request.set_file_by_filename("nothing.proto");
  EXPECT_EQ(reflection.Ask(request).error_response().error_code(), static_cast<int>(grpc::StatusCode::NOT_FOUND));
  request.set_all_extension_numbers_of_type("google.protobuf.FieldOptions");
  const ServerReflectionResponse extensions = reflection.Ask(request);
  EXPECT_THAT(extensions.all_extension_numbers_response().extension_number(), ::testing::Contains(50501));
  request.mutable_file_containing_extension()->set_containing_type("google.protobuf.FieldOptions");
  request.mutable_file_containing_extension()->set_extension_number(50501);
  EXPECT_GT(reflection.Ask(request).file_descriptor_response().file_descriptor_proto_size(), 0);
}

TEST_P(ReflectionTest, AnOpenStreamDoesNotKeepADrainBeyondItsTime) {
  TestServer server;
  Reflection reflection(server, GetParam());
  ServerReflectionRequest request;
  request.set_list_services("");
  reflection.Ask(request);
  const absl::Duration begin = RealClock().Steady();
  server->Drain();
  EXPECT_LT(RealClock().Steady() - begin, testing::Patience(absl::Seconds(3)));
}

INSTANTIATE_TEST_SUITE_P(Versions, ReflectionTest,
                         ::testing::Values("grpc.reflection.v1.ServerReflection",
                                           "grpc.reflection.v1alpha.ServerReflection"),
                         [](const auto& info) {
                           return std::string(info.param).find("v1alpha") == std::string::npos ? "V1" : "V1Alpha";
                         });

}  // namespace
}  // namespace duban
