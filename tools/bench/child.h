// A benchmark's role in a process of its own, so that its processor time and memory can be told apart: this program
// again, told by `--role`. Parent and role talk in lines: a word and at most three numbers. Not thread-safe.

#ifndef DUBAN_TOOLS_BENCH_CHILD_H_
#define DUBAN_TOOLS_BENCH_CHILD_H_

#include <sys/types.h>

#include <cstdio>
#include <functional>
#include <string>
#include <vector>

namespace duban {

// Starts with the object, ends with it. A process that ended or says something else than was asked ends the benchmark.
class Child {
 public:
  // `arguments` of duban-bench, the benchmark's name first; `name` is for messages.
  Child(std::string name, const std::vector<std::string>& arguments);
  ~Child();
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  // Says a line, waits for the answer to it, which begins with `word`, and returns its numbers.
  std::vector<double> Ask(const std::string& line, const std::string& word);
  // Seconds of processor time so far.
  double Cpu() { return Ask("cpu", "cpu").at(0); }
  // Where it serves; 0 where it does not.
  int port() const { return port_; }

 private:
  std::vector<double> Numbers(const std::string& first);

  const std::string name_;
  pid_t pid_ = 0;
  int to_ = -1;
  std::FILE* from_ = nullptr;
  int port_ = 0;
};

// The other end: says `ready PORT`, then answers lines until there are no more; `cpu` by itself, anything else with
// what `answer` returns for it. Returns the exit code.
int Converse(int port, const std::function<std::string(const std::string& line)>& answer);

}  // namespace duban

#endif  // DUBAN_TOOLS_BENCH_CHILD_H_
