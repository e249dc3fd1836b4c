// UTF-8 text and CSV, as every service reads and prints them.

#include "common/base/text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/base/csv.h"
#include "common/base/errors.h"

namespace duban {
namespace {

using ::testing::ElementsAre;
using ::testing::SizeIs;

TEST(TextTest, DecodesWhatIsUtf8AndShowsWhatIsNot) {
  EXPECT_EQ(DecodeUtf8("a督\U00020000"), U"a督\U00020000");
  EXPECT_EQ(DecodeUtf8("督\xE5\xAF"), U"督\uFFFD");
  EXPECT_EQ(DecodeUtf8("\xFF督"), U"\uFFFD督");
  EXPECT_EQ(EncodeUtf8(U"a督\U00020000"), "a督\U00020000");
  EXPECT_EQ(EncodeUtf8(std::u32string(1, static_cast<char32_t>(0xD800))), "\uFFFD");
  EXPECT_EQ(CodePoints("a督办"), 3U);
  EXPECT_EQ(CodePoints("\xED\xA0\x80"), std::nullopt) << "half of a pair";
  EXPECT_EQ(CodePoints("\xC0\xAF"), std::nullopt) << "longer than needed";
}

TEST(TextTest, CutsBetweenCharacters) {
  EXPECT_EQ(CutUtf8("督办", 6), "督办");
  EXPECT_EQ(CutUtf8("督办", 5), "督");
  EXPECT_EQ(CutUtf8("督办", 3), "督");
  EXPECT_EQ(CutUtf8("督办", 2), "");
  EXPECT_EQ(CharacterBytes("a督", 0), 1U);
  EXPECT_EQ(CharacterBytes("a督", 1), 3U);
  EXPECT_EQ(CharacterBytes("\xFF督", 0), 1U);
  EXPECT_EQ(TrimSpaces("\t 督 办\u3000\r\n"), "督 办");
}

TEST(TextTest, WideCharactersTakeTwoColumnsAndCombiningOnesNone) {
  EXPECT_EQ(DisplayWidth("ab"), 2U);
  EXPECT_EQ(DisplayWidth("督办（１）、"), 12U);
  EXPECT_EQ(DisplayWidth("“…”"), 3U) << "as wide as the font has them, and terminals take them for narrow";
  EXPECT_EQ(DisplayWidth("e\u0301"), 1U);
  EXPECT_EQ(DisplayWidth("\u200B\u2028"), 1U) << "a line separator is no format character";
  EXPECT_EQ(DisplayWidth("\U0001F4C5"), 2U);
  EXPECT_EQ(Ellipsize("督办事项", 8), "督办事项");
  EXPECT_EQ(Ellipsize("督办事项", 7), "督办事…");
  EXPECT_EQ(Ellipsize("督办事项", 6), "督办…");
}

TEST(CsvParseTest, AMarkIsNoPartOfTheFirstCellAndLinesKeepTheirNumbers) {
  const auto records = ParseCsv("\xEF\xBB\xBF甲,乙\r\n\n\"一,\n二\",\u3000三 \n");
  ASSERT_TRUE(records.ok()) << records.status();
  ASSERT_THAT(*records, SizeIs(2));
  EXPECT_THAT((*records)[0].cells, ElementsAre("甲", "乙"));
  EXPECT_EQ((*records)[1].line, 3);
  EXPECT_THAT((*records)[1].cells, ElementsAre("一,\n二", "三"));
  EXPECT_EQ(ReasonOf(ParseCsv("\"甲").status()), v1::INVALID_FIELD);
}

}  // namespace
}  // namespace duban
