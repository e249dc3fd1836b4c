// The program `duban`: gives the CLI the real world.

#include <fcntl.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <iostream>
#include <string>
#include <vector>

#include "common/base/clock.h"
#include "common/base/ids.h"
#include "tools/cli/cli.h"
#include "tools/cli/grpc_connection.h"
#include "tools/cli/printer.h"

namespace {

volatile std::sig_atomic_t interrupted = 0;

// The first Ctrl-C is noted; the second ends the program.
bool Interrupted() {
  static const bool watching = [] {
    struct sigaction action = {};
    action.sa_handler = [](int) { interrupted = 1; };
    action.sa_flags = static_cast<int>(SA_RESETHAND);
    return sigaction(SIGINT, &action, nullptr) == 0;
  }();
  return watching && interrupted != 0;
}

// Reads a line from the terminal itself, whatever input and output are, and shows nothing of it.
absl::StatusOr<std::string> AskSecret(const std::string& prompt) {
  const int terminal = open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY);
  termios shown = {};
  if (terminal < 0 || tcgetattr(terminal, &shown) != 0) {
    if (terminal >= 0) close(terminal);
    return duban::cli::UsageError({"没有终端可以输入密码，请用 --password-file",
                                   "there is no terminal to ask for the password; use --password-file"});
  }
  termios hidden = shown;
  hidden.c_lflag &= ~static_cast<tcflag_t>(ECHO);
  hidden.c_lflag |= ECHONL;
  std::string line;
  bool whole = tcsetattr(terminal, TCSAFLUSH, &hidden) == 0 &&
               write(terminal, prompt.data(), prompt.size()) == static_cast<ssize_t>(prompt.size());
  for (char c = 0; whole && read(terminal, &c, 1) == 1 && c != '\n';) line += c;
  whole = tcsetattr(terminal, TCSAFLUSH, &shown) == 0 && whole;
  close(terminal);
  if (whole) return line;
  return duban::cli::UsageError({"读取密码失败", "the password could not be read"});
}

}  // namespace

int main(int argc, char** argv) {
  duban::cli::Environment environment;
  environment.out = &std::cout;
  environment.err = &std::cerr;
  environment.in = &std::cin;
  environment.in_is_terminal = isatty(STDIN_FILENO) != 0;
  environment.out_is_terminal = isatty(STDOUT_FILENO) != 0;
  environment.err_is_terminal = isatty(STDERR_FILENO) != 0;
  environment.interrupted = Interrupted;
  environment.ask_secret = AskSecret;
  winsize size = {};
  if (environment.out_is_terminal && ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0) environment.width = size.ws_col;
  environment.variable = [](const std::string& name) {
    const char* value = std::getenv(name.c_str());
    return std::string(value == nullptr ? "" : value);
  };
  environment.clock = &duban::RealClock();
  environment.ids = &duban::SystemIds();
  environment.connect = [&](const duban::cli::Addresses& addresses, const duban::cli::Transport& transport) {
    return duban::cli::MakeGrpcConnection(addresses, transport, environment.clock, environment.ids);
  };
  environment.feed_peer = duban::cli::MakeFeedPeer;
  return duban::cli::RunCli(std::vector<std::string>(argv + 1, argv + argc), environment);
}
