// `duban-bench document`: how fast a squashed text is read, and whether twice the document takes twice the time.
#include <algorithm>
#include <cstdio>
#include <ctime>
#include <string>
#include <string_view>
#include <vector>

#include "services/plan/reader/document_to_plan.h"
#include "services/plan/source/read_source.h"
#include "tools/bench/bench.h"

namespace duban {
namespace {

constexpr double kTargetMegabytesPerSecond = 20;
// Twice the bytes may take this many times as long, measuring noise included.
constexpr double kMostGrowth = 2.4;
constexpr int kRounds = 7;

// A plan of one office with rows run together, of about `bytes` bytes.
std::string SquashedPlan(size_t bytes) {
  static constexpr std::string_view kSections[] = {"办公室,法规科", "许可科,各县(市、区)局",
                                                   "监督科、投诉中心,局机关各科室"};
  static constexpr std::string_view kDeadlines[] = {"常态化开展", "2026年底前", "9月底前"};
  std::string text =
      "某市某局2026年便民服务任务分工方案\n工作要求具体任务具体要求责任科室完成时限其他\n一、改进窗口服务(一)"
      "减少跑动次数。";
  std::string body;
  while (body.size() < 480) body += "把办事指南写得清楚明白,让来办事的人一次看懂、一次备齐材料;";
  for (int number = 1; text.size() < bytes && number < kMaxTasks; ++number) {
    text += std::to_string(number) + ".";
    text += body + "每季度检查一次,2026年11月底前完成。";
    text += kSections[number % 3];
    text += kDeadlines[number % 3];
    text += "\n";
  }
  return text;
}

// The best of several rounds, in seconds; negative where the document was refused.
double Measure(const std::string& text, int* tasks) {
  double best = 1e9;
  for (int round = 0; round < kRounds; ++round) {
    const std::clock_t start = std::clock();
    const absl::StatusOr<SourceDocument> source = ReadSource(text, "bench.txt");
    if (!source.ok()) return -1;
    const absl::StatusOr<v1::Plan> plan = DocumentToPlan(*source, ReadContext());
    if (!plan.ok()) return -1;
    // Processor time: what other programs take of the machine is not counted.
    best = std::min(best, static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC);
    *tasks = plan->tasks_size();
  }
  return best;
}

}  // namespace

int RunDocumentBench(int argc, char** argv) {
  bool check = false;
  for (int i = 1; i < argc; ++i) {
    if (std::string_view(argv[i]) == "--check") {
      check = true;
    } else {
      std::printf(
          "usage: duban-bench document [--check]\n\n"
          "Reads squashed plans of 256 KiB, 512 KiB and 1 MiB into drafts on one core.\n"
          "  --check  exit 1 below %.0f MB/s at 1 MiB, or where twice the document takes more than %.1f times as "
          "long\n",
          kTargetMegabytesPerSecond, kMostGrowth);
      return std::string_view(argv[i]) == "--help" ? 0 : 2;
    }
  }
  std::printf("%10s %8s %10s %10s %8s\n", "bytes", "tasks", "ms", "MB/s", "growth");
  double before = 0;
  bool good = true;
  for (const size_t bytes : {size_t{256} << 10, size_t{512} << 10, size_t{1} << 20}) {
    const std::string text = SquashedPlan(bytes);
    int tasks = 0;
    const double seconds = Measure(text, &tasks);
    if (seconds <= 0) {
      std::fprintf(stderr, "duban-bench document: the document was refused\n");
      return 1;
    }
    const double speed = static_cast<double>(text.size()) / 1e6 / seconds;
    const double growth = before > 0 ? seconds / before : 0;
    std::printf("%10zu %8d %10.2f %10.1f %8.2f\n", text.size(), tasks, seconds * 1e3, speed, growth);
    good = good && growth <= kMostGrowth && (bytes < size_t{1} << 20 || speed >= kTargetMegabytesPerSecond);
    before = seconds;
  }
  return check && !good ? 1 : 0;
}

}  // namespace duban
