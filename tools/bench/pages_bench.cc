// Many open pages at the console: what a thousand of them cost while nothing happens, and how soon a change reaches the
// last. Each page is a connection of its own with one stream that waits (health of the node, for any server has it).
// The change is the node that begins to drain.

#include <arpa/inet.h>
#include <fcntl.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "common/base/strings.h"
#include "tools/bench/bench.h"
#include "tools/bench/bench_node.h"

namespace duban {
namespace {

constexpr char kDate[] = "2024-03-01";
// What the console is held to with --check: for a thousand pages.
constexpr double kMostMib = 200, kMostCpu = 0.30, kMostSeconds = 2;
constexpr int kPatienceMillis = 60'000;

struct Options {
  std::string folder;
  int pages = 1000;
  int idle_seconds = 10;
  bool tls = false;
  bool check = false;
};

double Seconds() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

// `duban-console` in a process of its own, beside this program.
class ConsoleProcess {
 public:
  ConsoleProcess(const Options& options, const std::string& server) {
    const std::string port_file = options.folder + "/console-port";
    const std::filesystem::path self = std::filesystem::read_symlink("/proc/self/exe");
    std::vector<std::string> words = {"/usr/bin/setpriv",
                                      "--pdeathsig",
                                      "TERM",
                                      self.parent_path() / "duban-console",
                                      "--insecure",
                                      "--server=" + server,
                                      "--listen=127.0.0.1:0",
                                      "--admin-listen=none",
                                      "--log-level=warning",
                                      "--connections-per-address=100000",
                                      "--max-connections=100000",
                                      "--port-file=" + port_file};
    if (options.tls) {
      words.push_back(StrCat("--tls-certificate=", options.folder, "/certificate.pem"));
      words.push_back(StrCat("--tls-key=", options.folder, "/key.pem"));
    }
    std::vector<char*> argv;
    for (std::string& word : words) argv.push_back(word.data());
    argv.push_back(nullptr);
    if (posix_spawn(&pid_, argv[0], nullptr, nullptr, argv.data(), environ) != 0) BenchDie("cannot start the console");
    const double end = Seconds() + 60;
    while (port_ == 0) {
      if (Seconds() > end || waitpid(pid_, nullptr, WNOHANG) == pid_) BenchDie("the console did not start");
      std::this_thread::yield();
      std::ifstream(port_file) >> port_;
    }
  }
  ~ConsoleProcess() {
    kill(pid_, SIGTERM);
    waitpid(pid_, nullptr, 0);
  }
  ConsoleProcess(const ConsoleProcess&) = delete;
  ConsoleProcess& operator=(const ConsoleProcess&) = delete;

  int port() const { return port_; }
  ProcessUse Use() const { return UseOf(pid_); }

 private:
  pid_t pid_ = -1;
  int port_ = 0;
};

// One open page.
class Page {
 public:
  Page(int port, SSL_CTX* tls) : socket_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<uint16_t>(port));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (connect(socket_, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) BenchDie("a page cannot connect");
    if (tls != nullptr) {
      tls_ = SSL_new(tls);
      SSL_set_fd(tls_, socket_);
      if (SSL_connect(tls_) != 1) BenchDie("a page cannot speak TLS");
    }
    const std::string request =
        StrCat("POST /grpc.health.v1.Health/Watch HTTP/1.1\r\nHost: 127.0.0.1:", port,
               "\r\nContent-Type: application/connect+json\r\nConnect-Protocol-Version: 1\r\nContent-Length: 7\r\n\r\n",
               std::string("\0\0\0\0\2{}", 7));
    const auto size = static_cast<int>(request.size());
    const bool sent = tls_ != nullptr ? SSL_write(tls_, request.data(), size) == size
                                      : send(socket_, request.data(), request.size(), MSG_NOSIGNAL) == size;
    if (!sent) BenchDie("a page cannot ask");
    fcntl(socket_, F_SETFL, O_NONBLOCK);
  }
  ~Page() {
    SSL_free(tls_);
    close(socket_);
  }
  Page(const Page&) = delete;
  Page& operator=(const Page&) = delete;

  int socket_of() const { return socket_; }
  // Takes in what has come; whether `word` has been said so far.
  bool Hears(std::string_view word) {
    char bytes[8192];
    for (;;) {
      const int got = tls_ != nullptr ? SSL_read(tls_, bytes, sizeof bytes)
                                      : static_cast<int>(recv(socket_, bytes, sizeof bytes, 0));
      if (got <= 0) break;
      heard_.append(bytes, static_cast<size_t>(got));
    }
    return heard_.find(word) != std::string::npos;
  }

 private:
  int socket_;
  SSL* tls_ = nullptr;
  std::string heard_;
};

using Pages = std::vector<std::unique_ptr<Page>>;

// Waits until every page has heard `word`; when the last did.
double AwaitAll(const Pages& pages, std::string_view word) {
  std::vector<Page*> waiting;
  for (const auto& page : pages) waiting.push_back(page.get());
  while (true) {
    std::erase_if(waiting, [&](Page* page) { return page->Hears(word); });
    if (waiting.empty()) return Seconds();
    std::vector<pollfd> ready;
    for (const Page* page : waiting) ready.push_back({page->socket_of(), POLLIN, 0});
    if (poll(ready.data(), ready.size(), kPatienceMillis) <= 0) BenchDie("a page hears nothing");
  }
}

void MakeCertificate(const std::string& folder) {
  const std::string command =
      StrCat("openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=bench -keyout ",
             folder, "/key.pem -out ", folder, "/certificate.pem 2>/dev/null");
  if (std::system(command.c_str()) != 0) BenchDie("openssl cannot make a certificate");
}

int Measure(const Options& options) {
  BenchNode node(options.folder + "/node", kDate);
  ConsoleProcess console(options, node.address());
  SSL_CTX* const tls = options.tls ? SSL_CTX_new(TLS_client_method()) : nullptr;
  const double base = static_cast<double>(console.Use().resident_bytes) / (1 << 20);
  Pages pages;
  for (int i = 0; i < options.pages; ++i) pages.push_back(std::make_unique<Page>(console.port(), tls));
  AwaitAll(pages, "\"SERVING\"");
  const ProcessUse before = console.Use();
  std::this_thread::sleep_for(std::chrono::seconds(options.idle_seconds));
  const ProcessUse after = console.Use();
  const double cpu = absl::ToDoubleSeconds(after.processor_time - before.processor_time) / options.idle_seconds;
  const double mib = static_cast<double>(after.resident_bytes) / (1 << 20);
  const double begin = Seconds();
  std::thread drain([&] { node.Stop(); });
  const double reached = AwaitAll(pages, "\"NOT_SERVING\"") - begin;
  const double cost = absl::ToDoubleSeconds(console.Use().processor_time - after.processor_time);
  drain.join();
  std::printf(
      "%d pages%s: %.0f MiB in all (%.0f before the first, %.1f KiB a page), idle %.2f %% of a core over %d s\n",
      options.pages, options.tls ? " over TLS" : "", mib, base, (mib - base) * 1024 / options.pages, 100 * cpu,
      options.idle_seconds);
  std::printf("a change reaches the last in %.0f ms, for %.0f ms of the console's processor time\n", 1e3 * reached,
              1e3 * cost);
  pages.clear();
  SSL_CTX_free(tls);
  const bool good = mib < kMostMib && cpu < kMostCpu && reached < kMostSeconds;
  if (options.check && !good)
    std::printf("MISSED: under %.0f MiB, %.0f %% and %.0f s\n", kMostMib, 100 * kMostCpu, kMostSeconds);
  return options.check && !good ? 1 : 0;
}

}  // namespace

int RunPagesBench(int argc, char** argv) {
  Options options;
  options.folder = std::filesystem::temp_directory_path();
  CLI::App app("What many open pages cost at the console, and how soon a change reaches the last of them",
               "duban-bench pages");
  app.add_option("--dir", options.folder, "Folder for what the processes need")->capture_default_str();
  app.add_option("--pages", options.pages, "Open pages")->check(CLI::Range(1, 20'000))->capture_default_str();
  app.add_option("--idle", options.idle_seconds, "Seconds to look at them while nothing happens")
      ->check(CLI::Range(1, 600))
      ->capture_default_str();
  app.add_flag("--tls", options.tls, "Over TLS of the console's own");
  app.add_flag("--check", options.check, "End with 1 where a target is missed");
  CLI11_PARSE(app, argc, argv);
  std::signal(SIGPIPE, SIG_IGN);
  rlimit files{};
  getrlimit(RLIMIT_NOFILE, &files);
  files.rlim_cur = files.rlim_max;
  setrlimit(RLIMIT_NOFILE, &files);
  options.folder += StrCat("/duban-bench-", getpid());
  std::filesystem::create_directories(options.folder);
  if (options.tls) MakeCertificate(options.folder);
  const int result = Measure(options);
  std::filesystem::remove_all(options.folder);
  return result;
}

}  // namespace duban
