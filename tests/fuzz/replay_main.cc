// Runs a fuzz target over files: what libFuzzer's own main does with -runs=0, for builds without libFuzzer.
//
//   NAME_fuzz FILE-OR-FOLDER...
//   NAME_fuzz --seconds 60 --seed 1 FILE-OR-FOLDER...
//
// The second form goes on with changed inputs after them: blindly, with the target's own mutator where it has one. What
// it runs is written to `last-NAME_fuzz` first, so that an input that crashes is there. Exits with 2 where nothing is
// there: a corpus that got lost must not pass.

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <string>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);
extern "C" __attribute__((weak)) size_t LLVMFuzzerCustomMutator(uint8_t* data, size_t size, size_t max_size,
                                                                unsigned seed);

namespace {

constexpr size_t kMaxBytes = 4096;

void RunOne(const std::string& bytes) {
  LLVMFuzzerTestOneInput(reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size());
}

// Changes some bytes, or where the target knows better, some fields.
std::string Changed(std::string bytes, std::mt19937_64& dice) {
  for (int i = static_cast<int>(dice() % 4); i >= 0; --i) {
    if (LLVMFuzzerCustomMutator != nullptr) {
      const size_t size = bytes.size();
      bytes.resize(std::max(size, kMaxBytes));
      bytes.resize(LLVMFuzzerCustomMutator(reinterpret_cast<uint8_t*>(bytes.data()), size, bytes.size(),
                                           static_cast<unsigned>(dice())));
      continue;
    }
    const size_t at = dice() % (bytes.size() + 1);
    if (dice() % 3 == 0) bytes.insert(at, 1 + dice() % 8, static_cast<char>(dice()));
    if (dice() % 3 == 0) bytes.erase(at, 1 + dice() % 8);
    if (at < bytes.size()) bytes[at] = static_cast<char>(dice());
  }
  bytes.resize(std::min(bytes.size(), kMaxBytes));
  return bytes;
}

void GoOn(const std::string& program, const std::vector<std::string>& inputs, int seconds, uint64_t seed) {
  std::mt19937_64 dice(seed);
  const std::string last = "last-" + program.substr(program.rfind('/') + 1);
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(seconds);
  int64_t runs = 0;
  for (; std::chrono::steady_clock::now() < end; ++runs) {
    const std::string bytes = Changed(inputs[dice() % inputs.size()], dice);
    std::ofstream(last, std::ios::binary) << bytes;
    RunOne(bytes);
  }
  std::filesystem::remove(last);
  std::printf("%lld changed inputs, seed %llu\n", static_cast<long long>(runs), static_cast<unsigned long long>(seed));
}

}  // namespace

int main(int argc, char** argv) {
  int seconds = 0;
  uint64_t seed = 1;
  std::vector<std::filesystem::path> paths;
  for (int i = 1; i < argc; ++i) {
    const std::string argument = argv[i];
    if (i + 1 < argc && argument == "--seconds") {
      seconds = std::stoi(argv[++i]);
    } else if (i + 1 < argc && argument == "--seed") {
      seed = std::stoull(argv[++i]);
    } else if (!std::filesystem::is_directory(argument)) {
      paths.emplace_back(argument);
    } else {
      for (const auto& entry : std::filesystem::directory_iterator(argument)) paths.push_back(entry.path());
    }
  }
  std::sort(paths.begin(), paths.end());
  std::vector<std::string> inputs;
  for (const std::filesystem::path& path : paths) {
    std::ifstream file(path, std::ios::binary);
    if (!file) {
      std::fprintf(stderr, "cannot read %s\n", path.c_str());
      return 2;
    }
    inputs.emplace_back((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
    // Said before it runs: where it crashes, this is the line to look for.
    std::printf("%s\n", path.c_str());
    std::fflush(stdout);
    RunOne(inputs.back());
  }
  std::printf("%zu inputs\n", inputs.size());
  if (inputs.empty()) return 2;
  if (seconds > 0) GoOn(argv[0], inputs, seconds, seed);
  return 0;
}
