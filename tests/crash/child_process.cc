#include "tests/crash/child_process.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>

namespace duban::testing {
namespace {

[[noreturn]] void Die(const char* what) {
  std::perror(what);
  std::exit(2);
}

}  // namespace

ChildProcess::ChildProcess(const std::vector<std::string>& command, const std::vector<std::string>& environment,
                           const std::string& log_path) {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) Die("pipe2");
  std::vector<char*> argv, envp;
  for (const std::string& word : command) argv.push_back(const_cast<char*>(word.c_str()));
  argv.push_back(nullptr);
  for (const std::string& setting : environment) envp.push_back(const_cast<char*>(setting.c_str()));
  for (char** setting = environ; *setting != nullptr; ++setting) envp.push_back(*setting);
  envp.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_addopen(&actions, 1, log_path.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
  posix_spawn_file_actions_adddup2(&actions, 1, 2);
  posix_spawn_file_actions_adddup2(&actions, ends[1], kReportDescriptor);
  const int error = posix_spawn(&pid_, argv[0], &actions, nullptr, argv.data(), envp.data());
  posix_spawn_file_actions_destroy(&actions);
  close(ends[1]);
  reports_ = ends[0];
  if (error != 0) {
    std::fprintf(stderr, "cannot start %s\n", argv[0]);
    std::exit(2);
  }
}

ChildProcess::~ChildProcess() {
  if (pid_ > 0) Kill();
  close(reports_);
}

bool ChildProcess::Read(absl::Duration timeout, std::string& reports) {
  pollfd ready{reports_, POLLIN, 0};
  if (poll(&ready, 1, static_cast<int>(absl::ToInt64Milliseconds(timeout))) <= 0) return true;
  char buffer[1 << 16];
  const ssize_t size = read(reports_, buffer, sizeof buffer);
  if (size <= 0) return false;
  reports.append(buffer, static_cast<size_t>(size));
  return true;
}

void ChildProcess::Signal(int signal) const {
  kill(pid_, signal);
}

int ChildProcess::Kill() {
  Signal(SIGKILL);
  return Wait();
}

int ChildProcess::Wait() {
  int ended = 0;
  if (waitpid(pid_, &ended, 0) != pid_) Die("waitpid");
  pid_ = -1;
  return ended;
}

}  // namespace duban::testing
