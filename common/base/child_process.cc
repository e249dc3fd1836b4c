#include "common/base/child_process.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

// glibc 2.36 forgets to say so itself.
extern "C" {
#include <sys/pidfd.h>
}

namespace duban {
namespace {

// A program that could not be started, as shells say it.
constexpr int kCannotStart = 127;

class Descriptor {
 public:
  explicit Descriptor(int fd = -1) : fd_(fd) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() { Close(); }

  void Close() {
    if (fd_ >= 0) close(std::exchange(fd_, -1));
  }
  void Set(int fd) {
    Close();
    fd_ = fd;
  }
  int get() const { return fd_; }

 private:
  int fd_;
};

bool Limit(decltype(RLIMIT_CPU) what, rlim_t most) {
  const rlimit limit{most, most};
  return setrlimit(what, &limit) == 0;
}

// Becomes the program. Between fork and exec only calls that a signal handler may make.
[[noreturn]] void BecomeChild(char* const* argv, int input, int output, const ChildLimits& limits) {
  const int null = open("/dev/null", O_WRONLY);
  const bool ready = dup2(input, 0) == 0 && dup2(output, 1) == 1 && null >= 0 && dup2(null, 2) == 2 &&
                     close_range(3, ~0U, 0) == 0 && chdir("/") == 0 && Limit(RLIMIT_CORE, 0) &&
                     Limit(RLIMIT_FSIZE, 0) && Limit(RLIMIT_CPU, static_cast<rlim_t>(limits.cpu_seconds)) &&
                     Limit(RLIMIT_AS, limits.memory_bytes);
  char* const environment[] = {nullptr};
  if (ready) execve(argv[0], argv, environment);
  _exit(kCannotStart);
}

// Feeds a child and listens to it until it closes its output or a limit is reached.
class Conversation {
 public:
  Conversation(int socket, int output, int timer, std::string_view input, size_t most)
      : socket_(socket), output_(output), timer_(timer), input_(input), most_(most) {}

  // kExited where the child has said all.
  ChildResult::End Run(std::string* said) {
    bool writing = true;
    for (;;) {
      pollfd waits[] = {{output_, POLLIN, 0}, {timer_, POLLIN, 0}, {writing ? socket_ : -1, POLLOUT, 0}};
      if (poll(waits, 3, -1) < 0 && errno != EINTR) return ChildResult::End::kKilled;
      if (waits[1].revents != 0) return ChildResult::End::kTimedOut;
      if (waits[2].revents != 0) writing = Write();
      if (waits[0].revents == 0) continue;
      char buffer[65536];
      const ssize_t got = read(output_, buffer, sizeof buffer);
      if (got == 0) return ChildResult::End::kExited;
      if (got < 0 && errno != EINTR && errno != EAGAIN) return ChildResult::End::kKilled;
      if (got > 0) said->append(buffer, static_cast<size_t>(got));
      if (said->size() > most_) return ChildResult::End::kTooMuchOutput;
    }
  }

 private:
  // False where nothing is left to say, or nobody listens.
  bool Write() {
    const ssize_t sent = send(socket_, input_.data(), input_.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent > 0) input_.remove_prefix(static_cast<size_t>(sent));
    const bool goes_on = sent >= 0 || errno == EINTR || errno == EAGAIN;
    if (goes_on && !input_.empty()) return true;
    shutdown(socket_, SHUT_WR);
    return false;
  }

  const int socket_;
  const int output_;
  const int timer_;
  std::string_view input_;
  const size_t most_;
};

// Waits for the child, killing it first where `kill_first`; says how it ended.
void Reap(pid_t child, bool kill_first, ChildResult* result) {
  if (kill_first) kill(child, SIGKILL);
  int status = 0;
  while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  if (kill_first) return;
  if (!WIFEXITED(status)) {
    result->end = ChildResult::End::kKilled;
  } else if (result->exit_code = WEXITSTATUS(status); result->exit_code == kCannotStart) {
    result->end = ChildResult::End::kNotStarted;
  }
}

}  // namespace

ChildResult RunChild(const std::vector<std::string>& command, std::string_view input, const ChildLimits& limits) {
  ChildResult result;
  std::vector<char*> argv;
  for (const std::string& word : command) argv.push_back(const_cast<char*>(word.c_str()));
  argv.push_back(nullptr);
  int sockets[2], pipes[2];
  if (access(argv[0], X_OK) != 0) return result;
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sockets) != 0) return result;
  Descriptor ours(sockets[0]), theirs(sockets[1]);
  if (pipe2(pipes, O_CLOEXEC) != 0) return result;
  Descriptor output(pipes[0]), said(pipes[1]);
  const Descriptor timer(timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC));
  const itimerspec at{{0, 0}, {limits.wall_seconds, 0}};
  if (timer.get() < 0 || timerfd_settime(timer.get(), 0, &at, nullptr) != 0) return result;
  const pid_t child = fork();
  if (child < 0) return result;
  if (child == 0) BecomeChild(argv.data(), theirs.get(), said.get(), limits);
  theirs.Close();
  said.Close();
  result.end = Conversation(ours.get(), output.get(), timer.get(), input, limits.output_bytes).Run(&result.output);
  // Who has closed its output has nothing left to do; a child that lingers is not waited for.
  const bool done = result.end == ChildResult::End::kExited;
  Descriptor ended(done ? pidfd_open(child, 0) : -1);
  pollfd waits[] = {{ended.get(), POLLIN, 0}, {timer.get(), POLLIN, 0}};
  while (done && poll(waits, 2, -1) < 0 && errno == EINTR) {
  }
  const bool lingers = done && waits[0].revents == 0;
  if (lingers) result.end = ChildResult::End::kTimedOut;
  Reap(child, !done || lingers, &result);
  return result;
}

}  // namespace duban
