// Tables given to other programs: what a spreadsheet, an editor and a printer get, whatever a cell holds. Workbooks are
// read back by the reader of documents, which knows nothing of the writer.

#include "tools/cli/table_export.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "common/base/strings.h"
#include "common/base/text.h"
#include "services/plan/source/source_document.h"
#include "tests/support/temp_folder.h"

namespace duban::cli {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

TableContent OneColumn(const std::vector<std::string>& cells) {
  TableContent content{{"内容"}, {false}, {}};
  for (const std::string& cell : cells) content.rows.push_back({cell});
  return content;
}

// The cells of a workbook, row by row.
std::vector<std::vector<std::string>> CellsOf(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  const std::string bytes((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  const auto document = ReadXlsx(bytes);
  EXPECT_TRUE(document.ok()) << document.status();
  std::vector<std::vector<std::string>> rows;
  if (!document.ok()) return rows;
  for (const SourceBlock& block : document->blocks) {
    for (const auto& row : block.table.rows) {
      std::vector<std::string>& cells = rows.emplace_back();
      for (const SourceCell& cell : row) {
        std::string& text = cells.emplace_back();
        for (const SourceLine& line : cell.lines) StrAppend(&text, text.empty() ? "" : "\n", EncodeUtf8(line.printed));
      }
    }
  }
  return rows;
}

TEST(TableExportTest, CsvIsWhatExcelReadsAndRunsNothing) {
  EXPECT_EQ(ToCsv(OneColumn({"=1+1", "+cmd", "-cmd", "@sum", "\tx", "-5", "+3.5", "-", "1-2", "甲，乙", "甲,乙",
                             "说\"好\"", "两\n行", ""})),
            "\xEF\xBB\xBF内容\r\n'=1+1\r\n'+cmd\r\n'-cmd\r\n'@sum\r\n'\tx\r\n-5\r\n+3.5\r\n'-\r\n1-2\r\n甲，乙\r\n"
            "\"甲,乙\"\r\n\"说\"\"好\"\"\"\r\n\"两\n行\"\r\n\r\n");
  EXPECT_EQ(ToCsv(OneColumn({"=\"x\""})), "\xEF\xBB\xBF内容\r\n\"'=\"\"x\"\"\"\r\n") << "guarded, then quoted";
}

TEST(TableExportTest, MarkdownKeepsItsColumns) {
  const TableContent content{{"单位", "数"}, {false, true}, {{"甲|乙\n丙", "3"}, {"<b>\\", ""}}};
  EXPECT_EQ(ToMarkdown(content), "| 单位 | 数 |\n| --- | ---: |\n| 甲\\|乙<br>丙 | 3 |\n| &lt;b>\\\\ |  |\n");
}

TEST(TableExportTest, APageShowsTextAsText) {
  const std::string page = ToPage(OneColumn({"<script>alert(1)</script>"}), "未签收 & 待办", "截至 2024-03-13");
  EXPECT_THAT(page, HasSubstr("<title>未签收 &amp; 待办</title>"));
  EXPECT_THAT(page, HasSubstr("<td>&lt;script&gt;alert(1)&lt;/script&gt;</td>"));
  EXPECT_THAT(page, HasSubstr("<p>截至 2024-03-13</p>"));
}

TEST(TableExportTest, AWorkbookHoldsNumbersAsNumbersAndTextAsText) {
  const testing::TempFolder folder;
  const std::string path = folder.path() + "/board.xlsx";
  const TableContent content{
      {"单位", "合计"}, {false, true}, {{"=HYPERLINK(\"http://x\")", "12"}, {"县教育局", "-"}, {"+1", "3.5"}}};
  ASSERT_EQ(WriteXlsx(content, "看板[1]/*?:\\'一个长得超过三十一个字的表名一个长得超过三十一个字的表名", path),
            absl::OkStatus());
  EXPECT_THAT(CellsOf(path), ElementsAre(ElementsAre("单位", "合计"), ElementsAre("=HYPERLINK(\"http://x\")", "12"),
                                         ElementsAre("县教育局", "-"), ElementsAre("+1", "3.5")));
}

TEST(TableExportTest, ACellOfAWorkbookTakesWhatExcelTakesAndNoMore) {
  const testing::TempFolder folder;
  const std::string path = folder.path() + "/long.xlsx";
  const std::string most(32767, 'x');
  ASSERT_EQ(WriteXlsx({{"a", "b"}, {false, false}, {{most, "1"}, {most + "y", "2"}}}, "", path), absl::OkStatus());
  EXPECT_THAT(CellsOf(path), ElementsAre(ElementsAre("a", "b"), ElementsAre(most, "1"), ElementsAre(most, "2")));
}

TEST(TableExportTest, SectionsAreAColumnWhereTheyHaveAName) {
  Table table({{"单位", false, false}, {"数", true, false}});
  table.Section("《甲》");
  table.Row({"一", "1"});
  table.Note("下一级");
  const TableContent plain = table.Content();
  EXPECT_THAT(plain.headers, ElementsAre("单位", "数"));
  EXPECT_THAT(plain.rows, ElementsAre(ElementsAre("《甲》", ""), ElementsAre("一", "1"), ElementsAre("下一级", "")));
  table.NameSections("计划");
  EXPECT_THAT(table.Content().headers, ElementsAre("计划", "单位", "数"));
  EXPECT_THAT(table.Content().rows, ElementsAre(ElementsAre("《甲》", "一", "1"), ElementsAre("《甲》", "下一级", "")));
}

}  // namespace
}  // namespace duban::cli
