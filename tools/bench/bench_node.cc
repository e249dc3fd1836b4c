#include "tools/bench/bench_node.h"

#include <fcntl.h>
#include <grpcpp/grpcpp.h>
#include <rocksdb/db.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <utility>

#include "common/base/clock.h"
#include "common/base/pause.h"
#include "common/base/strings.h"
#include "common/rpc/client.h"

namespace duban {
namespace {

constexpr absl::Duration kStartWait = absl::Seconds(60);

// The program beside this one.
std::string ProgramBeside(const std::string& name) {
  const std::filesystem::path self = std::filesystem::read_symlink("/proc/self/exe");
  std::filesystem::path program = self.parent_path() / name;
  if (!std::filesystem::exists(program)) BenchDie(StrCat(program.string(), " is not there; build it first"));
  return program;
}

}  // namespace

void BenchDie(const std::string& what) {
  std::fprintf(stderr, "duban-bench: %s\n", what.c_str());
  std::exit(1);
}

BenchNode::BenchNode(std::string folder, const std::string& date, const std::vector<std::string>& more_flags,
                     const BenchCallers& callers)
    : folder_(std::move(folder)) {
  std::filesystem::create_directories(folder_);
  const std::string port_file = folder_ + "/port";
  std::filesystem::remove(port_file);
  const std::string transport = callers.node_keys.empty() ? "--insecure" : "--keys=" + callers.node_keys;
  // It goes when this program does, however that ends.
  std::vector<std::string> words = {"/usr/bin/setpriv",
                                    "--pdeathsig",
                                    "TERM",
                                    ProgramBeside("duban-node"),
                                    "--node=bench",
                                    "--data-dir=" + folder_,
                                    "--listen=127.0.0.1:0",
                                    transport,
                                    "--admin-listen=none",
                                    "--port-file=" + port_file,
                                    "--log-level=warning",
                                    "--development",
                                    "--pretend-date=" + date};
  words.insert(words.end(), more_flags.begin(), more_flags.end());
  std::vector<char*> argv;
  for (std::string& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  const std::string log = folder_ + "/log";
  for (const int descriptor : {1, 2}) {
    posix_spawn_file_actions_addopen(&actions, descriptor, log.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0644);
  }
  const int failed = posix_spawn(&pid_, argv[0], &actions, nullptr, argv.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  if (failed != 0) BenchDie(StrCat("cannot start ", words[0]));
  Clock& clock = RealClock();
  const absl::Duration end = clock.Steady() + kStartWait;
  std::string port;
  while (port.empty()) {
    if (clock.Steady() > end || waitpid(pid_, nullptr, WNOHANG) == pid_) {
      BenchDie(StrCat("the node did not start; see ", log));
    }
    std::ifstream(port_file) >> port;
    if (port.empty()) Pause(clock, absl::Milliseconds(5));
  }
  address_ = "127.0.0.1:" + port;
  const std::shared_ptr<grpc::Channel> shared = Connect();
  const auto channel = [&](const std::shared_ptr<grpc::ChannelCredentials>& credentials) {
    return credentials == nullptr ? shared : Connect(credentials);
  };
  plans_ = v1::PlanService::NewStub(channel(callers.plans));
  directory_ = v1::DirectoryService::NewStub(channel(callers.directory));
  assignments_ = v1::AssignmentService::NewStub(channel(callers.assignments));
  reminders_ = v1::NotificationService::NewStub(channel(callers.reminders));
}

BenchNode::~BenchNode() {
  Stop();
}

void BenchNode::Stop() {
  if (pid_ < 0) return;
  kill(pid_, SIGTERM);
  waitpid(pid_, nullptr, 0);
  pid_ = -1;
}

std::shared_ptr<grpc::Channel> BenchNode::Connect(std::shared_ptr<grpc::ChannelCredentials> credentials) const {
  grpc::ChannelArguments arguments;
  // Channels with equal arguments share one connection otherwise.
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  arguments.SetMaxReceiveMessageSize(64 << 20);
  if (credentials == nullptr) credentials = grpc::InsecureChannelCredentials();
  return grpc::CreateCustomChannel(address_, credentials, arguments);
}

ProcessUse UseOf(pid_t pid) {
  ProcessUse use;
  std::ifstream stat(StrCat("/proc/", pid, "/stat"));
  std::string word;
  int64_t ticks = 0;
  // The name in the second field holds no blank; 14 and 15 are user and system time in ticks, 24 the resident pages.
  for (int field = 1; field <= 24 && stat >> word; ++field) {
    int64_t number = 0;
    if (!ParseNumber(word, &number)) continue;
    if (field == 14 || field == 15) ticks += number;
    if (field == 24) use.resident_bytes = number * sysconf(_SC_PAGESIZE);
  }
  use.processor_time = absl::Seconds(1) * static_cast<double>(ticks) / static_cast<double>(sysconf(_SC_CLK_TCK));
  return use;
}

int64_t BenchNode::CompactedBytes(const std::string& store) {
  rocksdb::Options options;
  options.compression = rocksdb::kLZ4Compression;
  rocksdb::DB* opened = nullptr;
  rocksdb::Status status = rocksdb::DB::Open(options, StrCat(folder_, "/", store, "/db"), &opened);
  const std::unique_ptr<rocksdb::DB> db(opened);
  if (status.ok()) status = db->CompactRange({}, nullptr, nullptr);
  uint64_t bytes = 0;
  if (!status.ok() || !db->GetIntProperty(rocksdb::DB::Properties::kTotalSstFilesSize, &bytes)) {
    BenchDie(StrCat("cannot compact the ", store, " store: ", status.ToString()));
  }
  return static_cast<int64_t>(bytes);
}

}  // namespace duban
