// What a query finds in a text, and how that is shown.

#include "common/search/search_text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "common/base/errors.h"
#include "common/base/strings.h"
#include "common/base/text.h"

namespace duban {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using Place = v1::SearchMatch;

SearchQuery Query(std::string_view words) {
  absl::StatusOr<SearchQuery> query = SearchQuery::Of(words);
  EXPECT_TRUE(query.ok()) << words << query.status();
  return query.ok() ? *query : SearchQuery();
}

bool Finds(std::string_view words, std::string_view text) {
  return Query(words).Find({{Place::TEXT, text}}).has_value();
}

std::set<uint32_t> GramsOf(std::string_view text) {
  std::set<uint32_t> grams;
  VisitGrams(text, [&](uint32_t gram) { grams.insert(gram); });
  return grams;
}

// Whether an index by grams would lead to the text.
bool LeadsTo(std::string_view words, std::string_view text) {
  const std::set<uint32_t> grams = GramsOf(text);
  const SearchQuery query = Query(words);
  return std::all_of(query.grams().begin(), query.grams().end(), [&](uint32_t gram) { return grams.contains(gram); });
}

// The parts of a snippet that are marked.
std::vector<std::string> Marked(const v1::SearchMatch& match) {
  const std::u32string text = DecodeUtf8(match.snippet());
  std::vector<std::string> marked;
  for (const v1::SearchMatch::Span& span : match.spans()) {
    marked.push_back(EncodeUtf8(std::u32string_view(text).substr(static_cast<size_t>(span.begin()),
                                                                 static_cast<size_t>(span.end() - span.begin()))));
  }
  return marked;
}

TEST(SearchTextTest, ChineseIsFoundAsItStandsAndOtherWordsWhole) {
  struct {
    const char* words;
    const char* text;
    bool found;
  } const cases[] = {
      {"营商环境", "持续优化营商环境，提升服务", true},
      {"营商", "持续优化营商环境", true},
      {"商", "营商", true},
      {"环境营商", "营商环境", false},
      {"营商环境", "营商的环境", false},
      {"营商环境", "营商，环境", false},
      {"环境 营商", "营商的环境", true},
      {"环境、教育", "营商的环境", false},
      {"2026", "到2026年底", true},
      {"2026年底", "到2026年底", true},
      {"26年底", "到2026年底", false},
      {"5", "50项", false},
      {"50", "50项", true},
      {"５Ｇ", "推进5g网络", true},
      {"5G网络", "推进５Ｇ网络", true},
      {"gdp", "GDP增长", true},
      {"GD", "GDP增长", false},
      {"㎡", "100 m2", true},
      {"m2", "100㎡", false},
      {"Straße", "STRASSE 5", true},
      {"café", "Cafe\xCC\x81 中心", true},
      {"cafe", "café", false},
      {"ｶﾞｽ", "ガス管网", true},
      {"①", "第1项", true},
      {"㍿", "株式会社", true},
      {"\xF0\xA0\xAE\xB7", "\xF0\xA0\xAE\xB7野家", true},
  };
  for (const auto& one : cases) {
    EXPECT_EQ(Finds(one.words, one.text), one.found) << one.words << " in " << one.text;
    // What is found can be found by the index, too.
    EXPECT_TRUE(LeadsTo(one.words, one.text) || !one.found) << one.words << " in " << one.text;
  }
}

TEST(SearchTextTest, AQueryHasOneToTenWords) {
  EXPECT_TRUE(SearchQuery::Of("一 二 三 四 五 六 七 八 九 十").ok());
  for (const char* refused : {"", "  ", "，。、", "一 二 三 四 五 六 七 八 九 十 百"}) {
    const absl::Status status = SearchQuery::Of(refused).status();
    EXPECT_EQ(ReasonOf(status), v1::INVALID_FIELD) << refused;
    EXPECT_EQ(MetadataOf(status)["field"], "query") << refused;
  }
}

TEST(SearchTextTest, ThePlaceIsTheFirstThatCompletesTheWords) {
  const std::vector<SearchField> fields = {{Place::TITLE, "教育工作要点"},
                                           {Place::HEADING, "一、校园安全"},
                                           {Place::TEXT, "教育部门牵头"},
                                           {Place::TEXT, "校园安全排查"}};
  const auto place = [&](std::string_view words) {
    const auto match = Query(words).Find(fields);
    return match.has_value() ? match->place() : Place::PLACE_UNSPECIFIED;
  };
  EXPECT_EQ(place("教育"), Place::TITLE);
  EXPECT_EQ(place("教育 要点"), Place::TITLE);
  EXPECT_EQ(place("安全 教育"), Place::HEADING);
  EXPECT_EQ(place("排查 部门 要点"), Place::TEXT);
  EXPECT_EQ(place("排查 要点 没有"), Place::PLACE_UNSPECIFIED);
  // What is shown is of that place.
  EXPECT_EQ(Query("安全 教育").Find(fields)->snippet(), "一、校园安全");
}

TEST(SearchTextTest, EveryWordOfTheSnippetIsMarkedOnce) {
  const auto match = Query("环境 营商环境 Ai").Find({{Place::TEXT, "营商环境与ＡＩ，环境"}});
  ASSERT_TRUE(match.has_value());
  EXPECT_EQ(match->snippet(), "营商环境与ＡＩ，环境");
  EXPECT_THAT(Marked(*match), ElementsAre("营商环境", "ＡＩ", "环境"));
}

TEST(SearchTextTest, ASnippetIsCutAroundTheFirstWord) {
  std::string text;
  for (int i = 0; i < 100; ++i) text += "前";
  text += "水利\n设施";
  for (int i = 0; i < 100; ++i) text += "后";
  const auto match = Query("水利 设施").Find({{Place::TEXT, text}});
  ASSERT_TRUE(match.has_value());
  EXPECT_EQ(CodePoints(match->snippet()), kSnippetLength + 2);
  EXPECT_TRUE(match->snippet().starts_with("…前")) << match->snippet();
  EXPECT_TRUE(match->snippet().ends_with("后…")) << match->snippet();
  EXPECT_EQ(match->snippet().find('\n'), std::string::npos) << "on one line";
  EXPECT_THAT(Marked(*match), ElementsAre("水利", "设施"));
  // At the end of a text as much of it as there is room for is shown.
  const auto last = Query("设施").Find({{Place::TEXT, text.substr(0, text.find("后"))}});
  EXPECT_EQ(CodePoints(last->snippet()), kSnippetLength + 1);
  EXPECT_TRUE(last->snippet().ends_with("设施"));
}

TEST(SearchTextTest, AnyBytesAreATextWithoutWords) {
  EXPECT_THAT(GramsOf("\xFF\xFE\xC3"), IsEmpty());
  EXPECT_THAT(GramsOf(""), IsEmpty());
  EXPECT_TRUE(Finds("水", "\xFF水\xE6"));
}

}  // namespace
}  // namespace duban
