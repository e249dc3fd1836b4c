// A server program as the one who runs it sees it: signals, files, exit codes. Real processes.

#include <arpa/inet.h>
#include <fcntl.h>
#include <gmock/gmock.h>
#include <google/protobuf/struct.pb.h>
#include <google/protobuf/util/json_util.h>
#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <signal.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstring>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "common/base/clock.h"
#include "common/base/mutex.h"
#include "common/base/strings.h"
#include "common/rpc/client.h"
#include "common/rpc/server.h"
#include "duban/v1/node_service.grpc.pb.h"
#include "tests/support/patience.h"
#include "tests/support/temp_folder.h"
#include "tests/support/tree.h"

namespace duban {
namespace {

using testing::Eventually;
using ::testing::HasSubstr;
using ::testing::Not;

std::string ReadFile(const std::string& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

// The assignment service, which needs no more than an address for its plan service.
class Process {
 public:
  // `before` is run by the shell that becomes the program.
  explicit Process(const std::string& folder, std::vector<std::string> more = {}, const std::string& before = ":",
                   const std::string& program = "duban-assignment")
      : folder_(folder) {
    std::vector<std::string> arguments = {"/bin/sh",
                                          "-c",
                                          before + R"(; exec "$0" "$@")",
                                          BuildFolder() + "/bin/" + program,
                                          "--node=city",
                                          "--data-dir=" + folder + "/data",
                                          "--listen=127.0.0.1:0",
                                          "--insecure",
                                          "--port-file=" + folder + "/port",
                                          "--plan-address=127.0.0.1:9"};
    for (const std::string& flag : more) {
      // A flag of the test takes the place of the one above; with nothing behind its name it takes it away.
      const std::string name = flag.substr(0, flag.find('='));
      std::erase_if(arguments, [&](const std::string& argument) { return argument.starts_with(name + "="); });
      if (!flag.ends_with('=')) arguments.push_back(flag);
    }
    std::vector<char*> argv;
    for (std::string& argument : arguments) argv.push_back(argument.data());
    argv.push_back(nullptr);
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, 2, (folder + "/log").c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0644);
    EXPECT_EQ(posix_spawn(&pid_, argv[0], &actions, nullptr, argv.data(), environ), 0) << argv[0];
    posix_spawn_file_actions_destroy(&actions);
  }
  ~Process() {
    if (pid_ <= 0) return;
    kill(pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
  }

  // Whether it serves; its port is known then.
  bool Serves() {
    return Eventually([this] { return !ReadFile(folder_ + "/port").empty(); });
  }
  std::string address() const {
    int port = 0;
    std::istringstream(ReadFile(folder_ + "/port")) >> port;
    return StrCat("127.0.0.1:", port);
  }
  std::string log() const { return ReadFile(folder_ + "/log"); }
  void Signal(int signal) { kill(pid_, signal); }

  // Waits for its end: the exit code, or 128 and the signal that ended it.
  int Wait() {
    int status = 0;
    EXPECT_TRUE(Eventually([&] { return waitpid(pid_, &status, WNOHANG) == pid_; })) << log();
    pid_ = -1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  }

 private:
  const std::string folder_;
  pid_t pid_ = -1;
};

absl::StatusOr<v1::NodeStatus> StatusOf(const Process& process) {
  auto stub = v1::NodeService::NewStub(MakeChannel(process.address()));
  return UnaryCall(*stub, &v1::NodeService::Stub::GetNodeStatus, v1::GetNodeStatusRequest());
}

TEST(Process, WritesItsPortServesAndEndsWithZeroOnEitherSignal) {
  for (const int signal : {SIGTERM, SIGINT}) {
    const testing::TempFolder folder;
    Process process(folder.path());
    ASSERT_TRUE(process.Serves()) << process.log();
    auto status = StatusOf(process);
    ASSERT_TRUE(status.ok()) << status.status();
    EXPECT_EQ(status->node(), "city");
    ASSERT_EQ(status->hops_size(), 1);
    EXPECT_EQ(status->hops(0).name(), "plan_to_assignment");
    process.Signal(signal);
    EXPECT_EQ(process.Wait(), 0) << process.log();
    EXPECT_EQ(ReadFile(folder.path() + "/port"), "") << "the port is another's from now on";
    EXPECT_THAT(process.log(), HasSubstr("\"server.stopped\""));
  }
}

TEST(Process, LogsItsEffectiveOptions) {
  const testing::TempFolder folder;
  Process process(folder.path(), {"--threads=17"});
  ASSERT_TRUE(process.Serves());
  EXPECT_THAT(process.log(), HasSubstr(" threads=17 "));
  EXPECT_THAT(process.log(), HasSubstr(" max_message_bytes=4194304 "));
  EXPECT_THAT(process.log(), Not(HasSubstr("pretended_date\"")));
}

TEST(Process, SaysPlainlyThatADateIsPretended) {
  const testing::TempFolder folder;
  Process process(folder.path(), {"--development", "--pretend-date=2022-09-01"});
  ASSERT_TRUE(process.Serves()) << process.log();
  EXPECT_THAT(process.log(), HasSubstr(R"("level":"warning","event":"server.pretended_date","date":"2022-09-01")"));
  auto status = StatusOf(process);
  ASSERT_TRUE(status.ok()) << status.status();
  EXPECT_TRUE(status->pretended_time());
  EXPECT_EQ(status->server_time().seconds() / 3600, 1661990400 / 3600) << "08:00 of that day in Shanghai";
}

TEST(Process, RefusesAWrongCommandLineWithTwo) {
  const testing::TempFolder folder;
  for (const char* flag :
       {"--no-such-flag", "--threads=0", "--pretend-date=2022-09-01", "--listen=0.0.0.0:0", "--keys=/none"}) {
    Process process(folder.path(), {flag});
    EXPECT_EQ(process.Wait(), kExitUsage) << flag;
    EXPECT_THAT(process.log(), HasSubstr("duban-assignment: ")) << flag;
  }
}

TEST(Process, EndsWithSixWhereAStoreIsNotItsOwn) {
  const testing::TempFolder folder;
  {
    Process first(folder.path());
    ASSERT_TRUE(first.Serves());
    // The same stores at the same time: the second is kept out.
    const testing::TempFolder elsewhere;
    Process second(elsewhere.path(), {"--data-dir=" + folder.path() + "/data"});
    EXPECT_EQ(second.Wait(), kExitOther) << second.log();
    EXPECT_THAT(second.log(), HasSubstr("cannot open the store " + folder.path() + "/data/assignment"));
    first.Signal(SIGTERM);
    EXPECT_EQ(first.Wait(), 0);
  }
  Process other(folder.path(), {"--node=district"});
  EXPECT_EQ(other.Wait(), kExitOther) << other.log();
}

TEST(Process, EndsWithFourWhereAPortOrFileCannotBeHad) {
  const testing::TempFolder folder, second_folder, third_folder;
  Process first(folder.path());
  ASSERT_TRUE(first.Serves());
  Process second(second_folder.path(), {"--listen=" + first.address(), "--admin-listen=none"});
  EXPECT_EQ(second.Wait(), kExitListen) << second.log();
  EXPECT_THAT(second.log(), HasSubstr("cannot listen on " + first.address()));
  Process third(third_folder.path(), {"--port-file=/nowhere/port"});
  EXPECT_EQ(third.Wait(), kExitListen) << third.log();
  EXPECT_THAT(third.log(), HasSubstr("/nowhere/port"));
}

// A connection to HOST:PORT that says nothing.
int Connect(const std::string& address) {
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  to.sin_port = htons(static_cast<uint16_t>(std::stoi(address.substr(address.find(':') + 1))));
  const int made = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  EXPECT_EQ(connect(made, reinterpret_cast<sockaddr*>(&to), sizeof to), 0);
  return made;
}

TEST(Process, AnswersAgainAfterMoreConnectionsThanItHasDescriptorsFor) {
  const testing::TempFolder folder;
  Process process(folder.path(), {}, "ulimit -n 120");
  ASSERT_TRUE(process.Serves()) << process.log();
  std::vector<int> connections;
  for (int i = 0; i < 200; ++i) connections.push_back(Connect(process.address()));
  EXPECT_TRUE(Eventually([&] { return process.log().find("listener.refused") != std::string::npos; }));
  for (const int connection : connections) close(connection);
  EXPECT_TRUE(Eventually([&] { return StatusOf(process).ok(); }));
  process.Signal(SIGTERM);
  EXPECT_EQ(process.Wait(), 0);
}

// Sends bytes as the request of a method; they are often none.
grpc::Status CallWithBytes(grpc::GenericStub& stub, const std::string& method, const std::string& bytes) {
  const grpc::Slice slice(bytes);
  const grpc::ByteBuffer request(&slice, 1);
  grpc::ByteBuffer response;
  grpc::ClientContext context;
  grpc::Status status;
  Notification done;
  stub.UnaryCall(&context, "/" + method, {}, &request, &response, [&](grpc::Status ended) {
    status = std::move(ended);
    done.Notify();
  });
  done.WaitForNotification();
  return status;
}

TEST(Process, EveryLineOnStandardErrorIsAJsonObjectWhateverCallersSend) {
  const testing::TempFolder folder;
  Process process(folder.path(), {"--plan-address=", "--log-level=debug"}, ":", "duban-node");
  ASSERT_TRUE(process.Serves()) << process.log();
  grpc::GenericStub stub(MakeChannel(process.address()));
  // Text that is not UTF-8, in a field; fields that lie about their length; depth; documents of all sorts.
  const std::string odd[] = {"\x0A\x02\xFF\xFE",
                             "\x0A\x7F",
                             std::string(2000, '\x0A'),
                             std::string("\x0A\x00\x12\x00", 4),
                             "\x0A\x0A<html><p>\xFF",
                             "\x0A\x08PK\x03\x04\xFF\xFF\xFF\xFF",
                             "\x0A\x05%PDF-"};
  for (const char* method :
       {"duban.v1.PlanService/ParsePlan", "duban.v1.PlanService/ImportPlan", "duban.v1.DirectoryService/GetUnit",
        "duban.v1.DirectoryService/ImportDirectory", "duban.v1.AssignmentService/ReportProgress",
        "duban.v1.NotificationService/LeaseReminders", "duban.v1.FeedService/Fetch", "duban.v1.FeedService/Offer",
        "duban.v1.NodeService/GetJob", "duban.v1.NoService/No", "\xFF/\xFF"}) {
    for (const std::string& bytes : odd) EXPECT_FALSE(CallWithBytes(stub, method, bytes).ok());
  }
  // What is not gRPC at all.
  for (const char* said :
       {"GET / HTTP/1.1\r\n\r\n", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\nxxxxxxxxxxxxxxxxxxxxx", "\xFF\xFF"}) {
    const int connection = Connect(process.address());
    EXPECT_GT(write(connection, said, strlen(said)), 0);
    close(connection);
  }
  EXPECT_TRUE(Eventually([&] { return StatusOf(process).ok(); }));
  process.Signal(SIGTERM);
  EXPECT_EQ(process.Wait(), 0);
  std::istringstream lines(process.log());
  int seen = 0, refused = 0;
  for (std::string line; std::getline(lines, line); ++seen) {
    google::protobuf::Struct object;
    ASSERT_TRUE(google::protobuf::util::JsonStringToMessage(line, &object).ok()) << line;
    const auto& fields = object.fields();
    ASSERT_TRUE(fields.contains("time") && fields.contains("level") && fields.contains("event")) << line;
    if (fields.at("event").string_value() != "rpc.failed") continue;
    ++refused;
    // A mistake of a caller is nothing that an operator has to see.
    EXPECT_THAT(fields.at("level").string_value(), ::testing::AnyOf("info", "debug")) << line;
  }
  EXPECT_GT(seen, 70);
  EXPECT_GE(refused, 63);
}

TEST(Process, NeedsTheAddressOfTheServiceItFollows) {
  const testing::TempFolder folder;
  Process process(folder.path(), {"--plan-address="});
  EXPECT_EQ(process.Wait(), kExitUsage) << process.log();
  EXPECT_THAT(process.log(), HasSubstr("--plan-address=HOST:PORT"));
}

}  // namespace
}  // namespace duban
