#include "tests/support/etcd_cluster.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>

#include "common/base/strings.h"

namespace duban::testing {
namespace {

constexpr char kEtcd[] = "/usr/bin/etcd";
// Ends what it starts when the thread that started it ends.
constexpr char kSetpriv[] = "/usr/bin/setpriv";

// Below those that the system gives to who connects: a client that asks a port before its server listens there could be
// given the same one, and would talk to itself for ever.
constexpr int kFirstPort = 20'000, kPorts = 12'000;

// Ports that nobody listens at. Held all at once, so that they differ; processes begin to look at different ones.
std::vector<int> FreePorts(size_t count) {
  std::vector<int> sockets, ports;
  for (int offset = getpid() * 37; ports.size() < count; ++offset) {
    const int port = kFirstPort + offset % kPorts;
    const int held = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockets.push_back(held);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<uint16_t>(port));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (bind(held, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0) ports.push_back(port);
  }
  for (const int held : sockets) close(held);
  return ports;
}

}  // namespace

bool EtcdCluster::Installed() {
  return std::filesystem::exists(kEtcd) && std::filesystem::exists(kSetpriv);
}

EtcdCluster::EtcdCluster(int members, const std::vector<std::string>& flags, const std::string& tls)
    : flags_(flags), tls_(tls), members_(static_cast<size_t>(members)) {
  const std::vector<int> ports = FreePorts(2 * members_.size());
  for (size_t i = 0; i < members_.size(); ++i) {
    members_[i].client_port = ports[2 * i];
    members_[i].peer_port = ports[2 * i + 1];
  }
  for (int i = 0; i < members; ++i) Start(i);
}

EtcdCluster::~EtcdCluster() {
  for (size_t i = 0; i < members_.size(); ++i) Kill(static_cast<int>(i));
}

std::vector<std::string> EtcdCluster::endpoints() const {
  std::vector<std::string> endpoints;
  for (const Member& member : members_) endpoints.push_back(StrCat("127.0.0.1:", member.client_port));
  return endpoints;
}

std::vector<std::string> EtcdCluster::CommandLine(size_t member) const {
  std::string cluster;
  for (size_t i = 0; i < members_.size(); ++i) {
    StrAppend(&cluster, i == 0 ? "" : ",", "m", i, "=http://127.0.0.1:", members_[i].peer_port);
  }
  const std::string client = StrCat(tls_.empty() ? "http" : "https", "://127.0.0.1:", members_[member].client_port);
  const std::string peer = StrCat("http://127.0.0.1:", members_[member].peer_port);
  std::vector<std::string> command = {kSetpriv,
                                      "--pdeathsig",
                                      "KILL",
                                      kEtcd,
                                      "--name",
                                      StrCat("m", member),
                                      "--data-dir",
                                      StrCat(folder_.path(), "/m", member),
                                      "--listen-client-urls",
                                      client,
                                      "--advertise-client-urls",
                                      client,
                                      "--listen-peer-urls",
                                      peer,
                                      "--initial-advertise-peer-urls",
                                      peer,
                                      "--initial-cluster",
                                      cluster,
                                      "--log-level",
                                      "error",
                                      "--heartbeat-interval",
                                      "100",
                                      "--election-timeout",
                                      "1000"};
  command.insert(command.end(), flags_.begin(), flags_.end());
  if (!tls_.empty()) {
    for (const std::string& flag :
         {StrCat("--trusted-ca-file=", tls_, "/ca.pem"), StrCat("--cert-file=", tls_, "/server.pem"),
          StrCat("--key-file=", tls_, "/server.key"), std::string("--client-cert-auth")}) {
      command.push_back(flag);
    }
  }
  return command;
}

void EtcdCluster::Start(int member) {
  std::vector<std::string> command = CommandLine(static_cast<size_t>(member));
  std::vector<char*> argv;
  for (std::string& word : command) argv.push_back(word.data());
  argv.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  const std::string log = StrCat(folder_.path(), "/log", member);
  posix_spawn_file_actions_addopen(&actions, 1, log.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
  posix_spawn_file_actions_adddup2(&actions, 1, 2);
  pid_t& pid = members_[static_cast<size_t>(member)].pid;
  if (posix_spawn(&pid, argv[0], &actions, nullptr, argv.data(), environ) != 0) std::abort();
  posix_spawn_file_actions_destroy(&actions);
}

void EtcdCluster::Kill(int member) {
  pid_t& pid = members_[static_cast<size_t>(member)].pid;
  if (pid <= 0) return;
  kill(pid, SIGKILL);
  waitpid(pid, nullptr, 0);
  pid = -1;
}

void EtcdCluster::Pause(int member) const {
  kill(members_[static_cast<size_t>(member)].pid, SIGSTOP);
}

void EtcdCluster::Resume(int member) const {
  kill(members_[static_cast<size_t>(member)].pid, SIGCONT);
}

}  // namespace duban::testing
