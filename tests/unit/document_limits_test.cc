// Input that is no plan: refused with a reason a person can act on, without much work or memory.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <string>
#include <string_view>

#include "common/base/errors.h"
#include "services/plan/reader/document_to_plan.h"
#include "services/plan/source/read_source.h"
#include "services/plan/source/text_encoding.h"
#include "tests/support/work_ratio.h"

namespace duban {
namespace {

using ::testing::HasSubstr;
using testing::kLinearGrowth;
using testing::WorkRatio;

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define DUBAN_ADDRESS_SANITIZER 1
#endif
#endif

// The figure is for programs as they are delivered: the address sanitizer keeps what was freed for a while.
#ifdef DUBAN_ADDRESS_SANITIZER
constexpr long kMostKilobytes = 2 * 1024 * 1024;
#else
constexpr long kMostKilobytes = 256 * 1024;
#endif

absl::StatusOr<v1::Plan> Read(std::string_view bytes, std::string_view name = "plan.txt") {
  const absl::StatusOr<SourceDocument> source = ReadSource(bytes, name);
  absl::StatusOr<v1::Plan> plan = source.ok() ? DocumentToPlan(*source, ReadContext()) : source.status();
  rusage usage;
  getrusage(RUSAGE_SELF, &usage);
  EXPECT_LT(usage.ru_maxrss, kMostKilobytes) << name;
  return plan;
}

void ExpectRefused(std::string_view bytes, std::string_view name, const std::string& reason) {
  const absl::StatusOr<v1::Plan> plan = Read(bytes, name);
  ASSERT_FALSE(plan.ok()) << name;
  EXPECT_EQ(ReasonOf(plan.status()), v1::UNREADABLE_DOCUMENT) << plan.status();
  EXPECT_THAT(ChineseMessage(plan.status()), HasSubstr(reason)) << name;
}

TEST(DocumentLimits, EmptyAndBlankAreRefused) {
  ExpectRefused("", "a.txt", "空的");
  ExpectRefused(" \n\t\n\xE3\x80\x80\n", "a.txt", "没有文字");
}

TEST(DocumentLimits, ForeignFormatsAreToldWhatToBeSavedAs) {
  ExpectRefused("%PDF-1.7\n...", "a.pdf", "另存为 .docx");
  ExpectRefused("\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1....", "a.doc", "旧版 Word");
  ExpectRefused("\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1....", "a.wps", "WPS");
  ExpectRefused("PK\x03\x04....OFD.xml....", "a.ofd", "OFD");
  ExpectRefused("\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1....", "a.xls", "另存为 .xlsx");
  ExpectRefused("PK\x03\x04....xl/workbook.bin", "a.xlsb", "另存为 .xlsx");
  ExpectRefused("PK\x03\x04....", "a.zip", "先解压");
  ExpectRefused("PK\x03\x04....xl/workbook.xml", "a.xlsx", "已损坏");
  ExpectRefused("\x89PNG\r\n\x1A\n....", "a.png", "图片");
  ExpectRefused("{\\rtf1 ...}", "a.rtf", "RTF");
}

TEST(DocumentLimits, BinaryIsRefused) {
  std::string bytes;
  uint32_t state = 12345;
  for (int i = 0; i < 100000; ++i) {
    state = state * 1664525 + 1013904223;
    bytes.push_back(static_cast<char>(state >> 24));
  }
  ExpectRefused(bytes, "a.txt", "不是文本文件");
}

TEST(DocumentLimits, TheSizeIsBoundedAtTheByte) {
  const std::string at_limit(kMaxDocumentBytes, 'a');
  EXPECT_TRUE(Read(at_limit).ok());
  ExpectRefused(at_limit + "a", "a.txt", "上限");
  ExpectRefused(std::string(50 << 20, 'a'), "a.txt", "50 MB");
  ExpectRefused(std::string(10 << 20, '1'), "a.txt", "上限");
}

TEST(DocumentLimits, OneLineOfAnythingTakesTwiceTheWorkWhereItIsTwiceAsLong) {
  for (const std::string piece :
       {"a",   "(",      "（一）",  "1.",    "、",      "牵头单位：", "2022年",   "每年", "|",      "\t",  "一、",
        "市",  "“",      "各",      "(责任", "。(市",   "局、",       "《",       "12月", "。",     "\n(", "\n市局",
        "\n1", "\n一、", "\n（1）", "和",    "附件1\n", "\n附件",     "局牵头，", " 局",  "\n局、", "1个"}) {
    const auto text_of = [&](size_t bytes) {
      std::string text = "某区2024年工作要点\n一、总则\n1.做好工作。（责任单位：区财政局）\n2.";
      while (text.size() + piece.size() <= bytes) text += piece;
      return text;
    };
    const auto read = [&](const std::string& text) {
      const absl::StatusOr<v1::Plan> plan = Read(text);
      EXPECT_TRUE(plan.ok() || ReasonOf(plan.status()) == v1::UNREADABLE_DOCUMENT) << piece;
    };
    const std::string text = text_of(kMaxDocumentBytes / 8);
    const std::string half = text_of(kMaxDocumentBytes / 16);
    EXPECT_LE(WorkRatio([&] { read(half); }, [&] { read(text); }, kLinearGrowth), kLinearGrowth) << piece;
  }
}

TEST(DocumentLimits, CutOffAndBrokenUtf8NameTheLine) {
  const std::string text = "第一行文字内容\n第二行文字内容很长很长很长很长很长很长很长";
  ExpectRefused(text.substr(0, text.size() - 1), "a.txt", "第2行末尾被截断");
  std::string broken = text + text + text + text;
  broken[broken.size() - 4] = '\xFF';
  ExpectRefused(broken, "a.txt", "损坏");
}

TEST(DocumentLimits, ATableOfTenThousandColumnsIsRefused) {
  std::string row = "|";
  for (int i = 0; i < 10000; ++i) row += "列|";
  ExpectRefused(row + "\n" + row + "\n", "a.txt", "超过 100 列");
}

TEST(DocumentLimits, TasksAreBounded) {
  const auto plan_of = [](int tasks) {
    std::string text = "某区2024年工作要点\n";
    for (int i = 1; i <= tasks; ++i) text += "（责任单位：区财政局）做好第" + std::to_string(i) + "件事情的落实。\n";
    return text;
  };
  const absl::StatusOr<v1::Plan> plan = Read(plan_of(kMaxTasks - 1));
  ASSERT_TRUE(plan.ok()) << plan.status();
  ExpectRefused(plan_of(kMaxTasks * 3), "a.txt", "任务超过 2000 项");
}

TEST(DocumentLimits, TextWithoutTasksSaysSo) {
  const absl::StatusOr<v1::Plan> plan = Read("今天天气很好。\n我们去散步。\n");
  ASSERT_TRUE(plan.ok());
  EXPECT_EQ(plan->tasks_size(), 0);
  ASSERT_GE(plan->findings_size(), 1);
  EXPECT_EQ(plan->findings(0).code(), "NO_TASKS");
}

}  // namespace
}  // namespace duban
