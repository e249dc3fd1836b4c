// Documents of our own writing in tests/samples, one for each layout and noise, held against the tables beside them.
//
// An `.expected` file has properties (`title X`), then `[body]` or `[附件1]` with a line for every task (plan_lines.h)
// and below it `= ` and its text in full, then `[findings]` with code and task.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unicode/ucnv.h>
#include <unicode/unistr.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "services/plan/reader/document_to_plan.h"
#include "services/plan/reader/findings.h"
#include "services/plan/source/read_source.h"
#include "tests/support/plan_lines.h"
#include "tests/support/tree.h"

namespace duban {
namespace {

std::string Slurp(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  EXPECT_TRUE(file.is_open()) << path;
  std::stringstream bytes;
  bytes << file.rdbuf();
  return bytes.str();
}

std::filesystem::path SampleFolder() {
  return std::filesystem::path(SourceFolder()) / "tests" / "samples";
}

std::string Describe(const v1::Plan& plan) {
  std::string out;
  const auto property = [&](const char* name, const std::string& value) {
    if (!value.empty()) out += std::string(name) + " " + value + "\n";
  };
  property("title", plan.title());
  property("issuer", plan.issuing_unit());
  property("number", plan.document_number());
  property("year", plan.year() == 0 ? "" : std::to_string(plan.year()));
  property("issued", plan.issue_date());
  property("posted", plan.post_date());
  if (plan.stage() != v1::Plan::FINAL) property("stage", v1::Plan::Stage_Name(plan.stage()));
  property("implements", plan.implements());
  std::string table;
  for (const v1::Task& task : plan.tasks()) {
    if (task.table() != table) out += "[" + task.table() + "]\n";
    table = task.table();
    out += TaskLine(task) + "\n= " + task.text() + "\n";
  }
  if (!plan.findings().empty()) out += "[findings]\n";
  for (const std::string& line : FindingLines(plan)) out += line + "\n";
  return out;
}

std::vector<std::string> SampleNames() {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(SampleFolder())) {
    if (entry.path().extension() == ".expected") names.push_back(entry.path().stem().string());
  }
  std::sort(names.begin(), names.end());
  return names;
}

// The sample `name`, in whichever format it is kept.
std::filesystem::path SampleFile(const std::string& name) {
  for (const char* ending : {".txt", ".html", ".docx"}) {
    const std::filesystem::path path = SampleFolder() / (name + ending);
    if (std::filesystem::exists(path)) return path;
  }
  return {};
}

absl::StatusOr<v1::Plan> ReadBytes(const std::string& bytes, const std::string& name) {
  const absl::StatusOr<SourceDocument> source = ReadSource(bytes, name);
  if (!source.ok()) return source.status();
  return DocumentToPlan(*source, ReadContext());
}

class DocumentSample : public ::testing::TestWithParam<std::string> {};

TEST_P(DocumentSample, ReadsAsTheTableBesideIt) {
  const std::filesystem::path file = SampleFile(GetParam());
  const absl::StatusOr<v1::Plan> plan = ReadBytes(Slurp(file), file.filename().string());
  ASSERT_TRUE(plan.ok()) << plan.status();
  EXPECT_EQ(Describe(*plan), Slurp(SampleFolder() / (GetParam() + ".expected")));
}

TEST_P(DocumentSample, EveryFindingHasARuleALineAndAMessage) {
  const std::filesystem::path file = SampleFile(GetParam());
  const absl::StatusOr<v1::Plan> plan = ReadBytes(Slurp(file), file.filename().string());
  ASSERT_TRUE(plan.ok()) << plan.status();
  for (const v1::Finding& finding : plan->findings()) {
    const FindingRule* rule = FindFindingRule(finding.code());
    ASSERT_NE(rule, nullptr) << finding.code();
    EXPECT_EQ(finding.blocking(), rule->blocking) << finding.code();
    EXPECT_FALSE(finding.message().empty());
    EXPECT_GT(finding.line(), 0) << finding.message();
  }
}

INSTANTIATE_TEST_SUITE_P(All, DocumentSample, ::testing::ValuesIn(SampleNames()),
                         [](const auto& info) { return info.param; });

std::string Encode(const std::string& utf8, const char* charset) {
  UErrorCode error = U_ZERO_ERROR;
  const icu::UnicodeString text = icu::UnicodeString::fromUTF8(utf8);
  std::string out(static_cast<size_t>(text.length()) * 4 + 8, '\0');
  UConverter* converter = ucnv_open(charset, &error);
  const int32_t size =
      ucnv_fromUChars(converter, out.data(), static_cast<int32_t>(out.size()), text.getBuffer(), text.length(), &error);
  ucnv_close(converter);
  EXPECT_TRUE(U_SUCCESS(error)) << u_errorName(error);
  out.resize(static_cast<size_t>(size));
  return out;
}

TEST(DocumentEncoding, EverySampleIsTheSamePlanInEveryEncoding) {
  for (const std::string& name : SampleNames()) {
    const std::filesystem::path file = SampleFile(name);
    if (file.extension() != ".txt") continue;
    const std::string utf8 = Slurp(file);
    const absl::StatusOr<v1::Plan> expected = ReadBytes(utf8, "a.txt");
    ASSERT_TRUE(expected.ok());
    const std::vector<std::pair<const char*, std::string>> encodings = {
        {"gb18030", Encode(utf8, "gb18030")},
        {"utf-8 with mark", "\xEF\xBB\xBF" + utf8},
        {"utf-16le", Encode(utf8, "utf-16le")},
        {"utf-16be", Encode(utf8, "utf-16be")},
        {"utf-16le with mark", "\xFF\xFE" + Encode(utf8, "utf-16le")},
        {"utf-16be with mark", "\xFE\xFF" + Encode(utf8, "utf-16be")}};
    for (const auto& [charset, bytes] : encodings) {
      const absl::StatusOr<v1::Plan> plan = ReadBytes(bytes, "a.txt");
      ASSERT_TRUE(plan.ok()) << name << " in " << charset << ": " << plan.status();
      EXPECT_EQ(Describe(*plan), Describe(*expected)) << name << " in " << charset;
    }
  }
}

}  // namespace
}  // namespace duban
