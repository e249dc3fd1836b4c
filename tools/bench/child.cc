#include "tools/bench/child.h"

#include <fcntl.h>
#include <spawn.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <iostream>
#include <utility>

#include "common/base/strings.h"

namespace duban {
namespace {

[[noreturn]] void Die(const std::string& what) {
  std::fprintf(stderr, "duban-bench: %s\n", what.c_str());
  std::exit(1);
}

double CpuSeconds() {
  rusage usage = {};
  getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + 1e-6 * static_cast<double>(time.tv_usec);
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

}  // namespace

Child::Child(std::string name, const std::vector<std::string>& arguments) : name_(std::move(name)) {
  int in[2], out[2];
  if (pipe2(in, O_CLOEXEC) != 0 || pipe2(out, O_CLOEXEC) != 0) Die("no pipe");
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, in[0], 0);
  posix_spawn_file_actions_adddup2(&actions, out[1], 1);
  std::vector<std::string> words = {"duban-bench"};
  words.insert(words.end(), arguments.begin(), arguments.end());
  std::vector<char*> argv;
  for (std::string& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  const int failed = posix_spawn(&pid_, "/proc/self/exe", &actions, nullptr, argv.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  close(in[0]);
  close(out[1]);
  if (failed != 0) Die(StrCat("cannot start the process of ", name_));
  to_ = in[1];
  from_ = fdopen(out[0], "r");
  port_ = static_cast<int>(Numbers("ready").at(0));
}

Child::~Child() {
  close(to_);
  std::fclose(from_);
  waitpid(pid_, nullptr, 0);
}

std::vector<double> Child::Ask(const std::string& line, const std::string& word) {
  const std::string whole = line + "\n";
  if (write(to_, whole.data(), whole.size()) != static_cast<ssize_t>(whole.size())) Die(StrCat(name_, " has ended"));
  return Numbers(word);
}

std::vector<double> Child::Numbers(const std::string& first) {
  char line[256];
  if (std::fgets(line, sizeof line, from_) == nullptr) Die(StrCat(name_, " has ended"));
  std::vector<double> numbers(3);
  char word[16];
  const int read = std::sscanf(line, "%15s %lf %lf %lf", word, &numbers[0], &numbers[1], &numbers[2]);
  if (read < 2 || word != first) Die(StrCat(name_, " said: ", line));
  return numbers;
}

int Converse(int port, const std::function<std::string(const std::string& line)>& answer) {
  std::printf("ready %d\n", port);
  std::fflush(stdout);
  for (std::string line; std::getline(std::cin, line);) {
    if (line == "cpu") {
      std::printf("cpu %.6f\n", CpuSeconds());
    } else {
      std::printf("%s\n", answer(line).c_str());
    }
    std::fflush(stdout);
  }
  return 0;
}

}  // namespace duban
