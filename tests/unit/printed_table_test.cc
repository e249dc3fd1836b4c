#include "services/plan/printed_table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "services/plan/plan_json.h"

namespace duban {
namespace {

v1::Task& AddTask(v1::Plan& plan, const char* table, int number, const char* printed, const char* text,
                  const char* units) {
  v1::Task& task = *plan.add_tasks();
  task.set_table(table);
  task.set_number(number);
  task.set_printed_number(printed);
  task.set_text(text);
  task.set_printed_units(units);
  return task;
}

TEST(PrintedTable, ColumnsAlignForCharactersOfDoubleWidth) {
  v1::Plan plan;
  plan.set_title("某区2024年工作要点");
  plan.set_document_number("某府办〔2024〕1号");
  AddTask(plan, "body", 1, "1．", "修补道路", "区交通局").add_headings("一、道路");
  v1::Task& second = AddTask(plan, "body", 33, "333.", "公布结果abc", "各街道");
  second.add_headings("一、道路");
  second.mutable_deadline()->set_printed("9月底前");
  EXPECT_EQ(PrintedTable(plan, 40),
            "某区2024年工作要点\n"
            "某府办〔2024〕1号\n"
            "\n"
            "一、道路\n"
            "1．   修补道路              区交通局\n"
            "333.  公布结果abc           各街道    9月底前\n");
}

TEST(PrintedTable, LongCellsWrapAndAnnexesAreNamed) {
  v1::Plan plan;
  AddTask(plan, "body", 1, "1.", "一二三四五六七八九十一二三四五六七八九十", "");
  AddTask(plan, "附件1", 1, "1", "清单", "区财政局");
  EXPECT_EQ(PrintedTable(plan, 40),
            "\n"
            "1.  一二三四五六七八九十一二三四五六七八\n"
            "    九十\n"
            "\n"
            "附件1\n"
            "1  清单                         区财政局\n");
}

TEST(PlanJson, PrintsEveryPlainFieldByItsOriginalName) {
  v1::Plan plan;
  AddTask(plan, "body", 1, "1.", "修补道路", "区交通局").add_responsibilities()->set_unit("区交通局");
  const std::string json = PlanToJson(plan);
  for (const char* field : {"\"issuing_unit\": \"\"", "\"document_number\": \"\"", "\"year\": 0",
                            "\"implements\": \"\"", "\"table\": \"body\"", "\"collective\": false", "\"findings\": []",
                            "\"unit\": \"区交通局\"", "\"text_deadlines\": []", "\"headings\": []"}) {
    EXPECT_THAT(json, ::testing::HasSubstr(field));
  }
  EXPECT_EQ(json.back(), '\n');
}

}  // namespace
}  // namespace duban
