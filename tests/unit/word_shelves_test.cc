// The index of words: how it lies on disk, and that it is written as far as it changes and given for all that is there.

#include "common/search/word_shelves.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <string>
#include <vector>

#include "common/base/strings.h"
#include "common/search/search_cursor.h"
#include "common/search/words_state.h"
#include "tests/support/test_store.h"

namespace duban {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using testing::TestStore;
using Place = v1::SearchMatch;

constexpr Index kWords{201};
constexpr Index kPlans{202};

class WordShelvesTest : public ::testing::Test {
 protected:
  void Run(absl::FunctionRef<absl::Status(Transaction&)> body) {
    const absl::Status done = store_->Run({"test", ""}, body);
    ASSERT_TRUE(done.ok()) << done;
  }
  void Write(const ShelfKey& key, const WordShelf& shelf, std::string_view owner = "") {
    Run([&](Transaction& transaction) { return WriteShelf(transaction, kWords, key, owner, shelf); });
  }
  static WordShelf ShelfWith(const std::vector<std::string>& texts) {
    WordShelf shelf;
    for (size_t i = 0; i < texts.size(); ++i) shelf.Put(static_cast<int>(i), {{Place::TEXT, texts[i]}});
    return shelf;
  }
  std::map<std::string, std::string> Rows() {
    std::map<std::string, std::string> rows;
    const std::string begin = IndexKey(kWords, {});
    EXPECT_TRUE(store_->TakeSnapshot()
                    ->ScanRows(begin, PrefixEnd(begin),
                               [&](std::string_view key, std::string_view value) {
                                 rows.emplace(key, value);
                                 return true;
                               })
                    .ok());
    return rows;
  }
  // `group/shelf:things` of what could hold the words, newest first.
  std::vector<std::string> Seen(std::string_view words, int level, const ShelfKey& first = {}) {
    const SearchQuery query = *SearchQuery::Of(words);
    std::vector<std::string> seen;
    const ShelfWalk walk = {kWords, level, &query, first, "", ""};
    const absl::Status status = VisitShelves(
        *store_->TakeSnapshot(), walk, [](const ShelfKey&, std::string_view owner) { return owner != "hidden"; },
        [&](const ShelfSeen& one) {
          if (one.things != 0) seen.push_back(StrCat(one.key.group, "/", one.key.shelf, ":", one.things));
          return true;
        });
    EXPECT_TRUE(status.ok()) << status;
    return seen;
  }

  TestStore store_{"plan"};
};

// Numbers and layout are part of the format on disk.
TEST_F(WordShelvesTest, LiteralBytes) {
  WordShelf shelf;
  shelf.Put(5, {{Place::TITLE, "水"}});
  Write({PlaceInTime(absl::FromUnixMicros(1)), "plans/p", 0x1f}, shelf, "units/a");
  const auto rows = Rows();
  ASSERT_EQ(rows.size(), static_cast<size_t>(kSlots));
  EXPECT_EQ(rows.begin()->first, std::string("\x07\xC9"
                                             "a\0"
                                             "7ffffffffffffffe\0"
                                             "plans/p\0"
                                             "001f\0",
                                             2 + 2 + 17 + 8 + 5));
  EXPECT_EQ(rows.begin()->second, std::string("units/a\0\xB2\x3D\x71\xB5\0\0\0\x20", 16));
  int holding = 0;
  for (const auto& [key, value] : rows) holding += value.size() == 16 ? 1 : 0;
  EXPECT_EQ(holding, 3) << "with titles, with headings, and once with everything";
}

TEST_F(WordShelvesTest, NewestFirstAndOnlyWhatHoldsAllWords) {
  const std::string old = PlaceInTime(absl::FromUnixSeconds(1));
  const std::string young = PlaceInTime(absl::FromUnixSeconds(2));
  Write({old, "plans/a", 0}, ShelfWith({"防汛排涝", "校园安全"}));
  Write({old, "plans/a", 1}, ShelfWith({"防汛物资"}));
  Write({young, "plans/b", 0}, ShelfWith({"校园", "安全", "校园防汛安全"}));
  Write({young, "plans/c", 0}, ShelfWith({"防汛"}), "hidden");
  EXPECT_THAT(Seen("防汛", 2), ElementsAre("plans/b/0:4", "plans/a/0:1", "plans/a/1:1"));
  EXPECT_THAT(Seen("校园 安全", 2), ElementsAre("plans/b/0:4", "plans/a/0:2"));
  EXPECT_THAT(Seen("防汛", 2, {old, "plans/a", 1}), ElementsAre("plans/a/1:1")) << "begins with that one";
  EXPECT_THAT(Seen("防汛", 0), IsEmpty()) << "in no title";
}

TEST_F(WordShelvesTest, WhatIsSaidNoMoreIsNotFound) {
  const ShelfKey key = {PlaceInTime(absl::FromUnixSeconds(1)), "plans/a", 0};
  Write(key, ShelfWith({"防汛排涝", "防汛物资"}));
  absl::StatusOr<WordShelf> shelf = ReadShelf(*store_->TakeSnapshot(), kWords, key);
  ASSERT_TRUE(shelf.ok());
  shelf->Put(0, {{Place::HEADING, "校园安全"}});
  Write(key, *shelf);
  EXPECT_THAT(Seen("防汛", 2), ElementsAre("plans/a/0:2"));
  EXPECT_THAT(Seen("校园", 1), ElementsAre("plans/a/0:1"));
  Run([&](Transaction& transaction) { return DropShelves(transaction, kWords, key); });
  EXPECT_THAT(Rows(), IsEmpty());
}

TEST_F(WordShelvesTest, NothingIsWrittenWhereNothingChanged) {
  const ShelfKey key = {PlaceInTime(absl::FromUnixSeconds(1)), "plans/a", 0};
  Write(key, ShelfWith({"防汛排涝"}));
  const int64_t head = store_->head().sequence();
  Write(key, ShelfWith({"防汛排涝"}));
  EXPECT_EQ(store_->head().sequence(), head);
}

// A store from before the index: gone through plan by plan, over restarts, with what is written meanwhile.
TEST_F(WordShelvesTest, AnOldStoreIsIndexedStepByStep) {
  const auto put = [](const std::string& plan) {
    return [plan](Transaction& transaction) {
      DUBAN_ASSIGN_OR_RETURN(const bool keeps, KeepsWords(transaction, kPlans, plan));
      if (keeps) transaction.PutIndex(kWords, {plan}, "again");
      transaction.PutIndex(kPlans, {plan});
      return absl::OkStatus();
    };
  };
  for (const char* plan : {"a", "b", "c"}) {
    Run([&](Transaction& transaction) {
      transaction.PutIndex(kPlans, {plan});
      return absl::OkStatus();
    });
  }
  const auto next = [](const ReadView& view, std::string_view after) -> absl::StatusOr<std::optional<std::string>> {
    std::optional<std::string> plan;
    const auto visit = [&](const std::vector<std::string_view>& rest, std::string_view) {
      plan = std::string(rest[0]);
      return false;
    };
    DUBAN_RETURN_IF_ERROR(view.ScanIndex(kPlans, {}, visit, after.empty() ? "" : IndexKey(kPlans, {after})));
    return plan;
  };
  const auto index = [](Transaction& transaction, const std::string& plan) {
    transaction.PutIndex(kWords, {plan}, "found");
    return absl::OkStatus();
  };
  const auto step = [&] {
    const absl::StatusOr<bool> more = IndexMoreWords(store_.get(), {next, index});
    EXPECT_TRUE(more.ok()) << more.status();
    return more.value_or(false);
  };
  EXPECT_TRUE(*IsIndexing(*store_->TakeSnapshot(), kPlans));
  Run(put("b"));
  EXPECT_THAT(Rows(), IsEmpty()) << "the step that comes to it does it";
  EXPECT_TRUE(step());
  store_.Restart();
  EXPECT_TRUE(step());
  Run(put("a"));
  Run(put("d"));
  EXPECT_TRUE(*IsIndexing(*store_->TakeSnapshot(), kPlans));
  while (step()) {
  }
  EXPECT_FALSE(*IsIndexing(*store_->TakeSnapshot(), kPlans));
  Run(put("e"));
  std::vector<std::string> rows;
  for (const auto& [key, value] : Rows()) rows.push_back(StrCat(key.substr(2, 1), " ", value));
  EXPECT_THAT(rows, ElementsAre("a again", "b found", "c found", "d found", "e again"));
}

TEST_F(WordShelvesTest, ANewStoreHasNothingToCatchUpWith) {
  EXPECT_FALSE(*IsIndexing(*store_->TakeSnapshot(), kPlans));
  Run([](Transaction& transaction) {
    const absl::StatusOr<bool> keeps = KeepsWords(transaction, kPlans, "a");
    EXPECT_TRUE(keeps.ok() && *keeps);
    transaction.PutIndex(kPlans, {"a"});
    return absl::OkStatus();
  });
  EXPECT_FALSE(*IsIndexing(*store_->TakeSnapshot(), kPlans));
}

TEST(SearchCursorTest, ComesBackAsItWas) {
  const SearchCursor cursor = {4, {"7fff", "plans/p", 3}, 17, "units/a"};
  const absl::StatusOr<SearchCursor> back = SearchCursor::Decode(cursor.Encode());
  ASSERT_TRUE(back.ok());
  EXPECT_EQ(back->Encode(), cursor.Encode());
  EXPECT_EQ(SearchCursor::Decode("")->thing, -1);
  for (const char* none : {"x", "1\n\n\n\n", "1\na\nb\nc\n1\n", "1\na\nb\n1\n1\n\n"}) {
    EXPECT_FALSE(SearchCursor::Decode(none).ok()) << none;
  }
}

}  // namespace
}  // namespace duban
