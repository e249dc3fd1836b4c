#include "tests/attack/victim.h"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <sstream>

#include "common/base/clock.h"
#include "common/base/strings.h"
#include "tests/support/patience.h"
#include "tests/support/tree.h"

namespace duban::testing {
namespace {

std::string ReadFile(const std::string& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

// The number behind `"admin_port":"` in the line that says the server serves; 0 where it has none.
int AdminPortIn(const std::string& log) {
  const std::string key = "\"admin_port\":\"";
  const size_t at = log.find(key);
  return at == std::string::npos ? 0 : std::atoi(log.c_str() + at + key.size());
}

}  // namespace

Victim::Victim(const std::vector<std::string>& flags, int64_t limit_mib) {
  const std::string limit = limit_mib == 0 ? ":" : StrCat("ulimit -v ", limit_mib << 10);
  std::vector<std::string> arguments = {"/bin/sh",
                                        "-c",
                                        limit + R"(; exec "$0" "$@")",
                                        BuildFolder() + "/bin/duban-node",
                                        "--node=city",
                                        "--data-dir=" + folder_.path() + "/data",
                                        "--listen=127.0.0.1:0",
                                        "--insecure",
                                        "--admin-listen=127.0.0.1:0",
                                        "--port-file=" + folder_.path() + "/port"};
  arguments.insert(arguments.end(), flags.begin(), flags.end());
  std::vector<char*> argv;
  for (std::string& argument : arguments) argv.push_back(argument.data());
  argv.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, 2, (folder_.path() + "/log").c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0644);
  const int spawned = posix_spawn(&pid_, argv[0], &actions, nullptr, argv.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  const bool serves =
      spawned == 0 && Eventually([this] { return !ReadFile(folder_.path() + "/port").empty() || !alive(); }) && alive();
  if (!serves) {
    std::fprintf(stderr, "the victim does not start: %s\n", log().c_str());
    std::exit(1);
  }
  std::istringstream(ReadFile(folder_.path() + "/port")) >> port_;
  admin_port_ = AdminPortIn(log());
}

Victim::~Victim() {
  if (pid_ <= 0) return;
  kill(pid_, SIGKILL);
  waitpid(pid_, nullptr, 0);
}

std::string Victim::address() const {
  return StrCat("127.0.0.1:", port_);
}

int64_t Victim::peak_mib() const {
  std::ifstream status(StrCat("/proc/", pid_, "/status"));
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with("VmHWM:")) return std::atoll(line.c_str() + 6) >> 10;
  }
  return 0;
}

double Victim::cpu_seconds() const {
  std::ifstream stat(StrCat("/proc/", pid_, "/stat"));
  std::string word;
  double ticks = 0;
  // Fields 14 and 15; the second, the name, has no blank here.
  for (int field = 1; field <= 15 && stat >> word; ++field) {
    if (field >= 14) ticks += std::atof(word.c_str());
  }
  return ticks / static_cast<double>(sysconf(_SC_CLK_TCK));
}

std::string Victim::log() const {
  return ReadFile(folder_.path() + "/log");
}

bool Victim::alive() {
  if (pid_ > 0 && waitpid(pid_, nullptr, WNOHANG) == pid_) pid_ = -1;
  return pid_ > 0;
}

absl::Duration Victim::Stop(int* code) {
  const absl::Duration begin = RealClock().Steady();
  kill(pid_, SIGTERM);
  int status = 0;
  Eventually([&] { return waitpid(pid_, &status, WNOHANG) == pid_; });
  pid_ = -1;
  *code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  return RealClock().Steady() - begin;
}

}  // namespace duban::testing
