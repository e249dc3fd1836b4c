// The index of words in a store: which things hold which grams (search_text.h), packed so that few keys are written.
//
// Up to 32 things that are written together share a shelf, and a shelf has kSlots rows: a row has the grams of its
// slot, each with the things of the shelf that hold it. The first slot is of titles, the second of titles and headings,
// the others together of all that is said, each gram in the slot that its hash names. So what 50 tasks say takes 20
// rows, and looking for words reads one row a shelf, and more of those only that could hold them all.
//
//   key    INDEX [slot: `a`...] [place in time: 16 hex digits] [group] [shelf: 4 hex digits]
//   value  [whose, for the service to say] 0x00 { gram:be32 things:be32 }..., by gram
//
// A group, such as a plan, has shelves from 0 on without a gap; all rows of a shelf are there, however few grams they
// hold. Places in time are turned round: the newest first.
//
// Threads: values and pure functions. Errors: those of the view; INVARIANT_BROKEN for a row that is none.

#ifndef DUBAN_COMMON_SEARCH_WORD_SHELVES_H_
#define DUBAN_COMMON_SEARCH_WORD_SHELVES_H_

#include <array>
#include <compare>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/search/search_text.h"
#include "common/store/indexes.h"
#include "common/store/transaction.h"

namespace duban {

inline constexpr int kShelfSize = 32;
inline constexpr int kSlots = 10;

// Where a group stands among the others: the later, the smaller, as text.
std::string PlaceInTime(absl::Time time);

// Which shelf of an index.
struct ShelfKey {
  std::string time;
  std::string group;
  int shelf = 0;
};

// What the things on one shelf say. Not thread-safe.
class WordShelf {
 public:
  // Notes what a thing says, in place of what it said before. Place RECORDS is left out: it is not indexed. REQUIRES:
  // 0 <= thing < kShelfSize.
  void Put(int thing, const std::vector<SearchField>& fields);
  // The values of its rows, by slot, without whose they are.
  std::array<std::string, kSlots> Rows() const;
  // Takes in a row. Errors: INVARIANT_BROKEN.
  absl::Status Take(int slot, std::string_view row);

 private:
  // A gram and a thing that holds it.
  struct Held {
    uint32_t gram;
    uint32_t thing;
    friend auto operator<=>(const Held& a, const Held& b) = default;
  };

  // In titles; in titles and headings; anywhere. In no order, and the same more than once.
  std::array<std::vector<Held>, 3> held_;
  // The things that hold anything.
  uint32_t things_ = 0;
};

// Reads a shelf; an empty one where it is not there.
absl::StatusOr<WordShelf> ReadShelf(const ReadView& view, Index index, const ShelfKey& key);
// Gives the rows of a shelf. `owner` holds no zero byte.
void GiveShelf(Index index, const ShelfKey& key, std::string_view owner, const WordShelf& shelf, IndexRowSink sink);
// Writes those rows that are not as they should be.
absl::Status WriteShelf(Transaction& transaction, Index index, const ShelfKey& key, std::string_view owner,
                        const WordShelf& shelf);
// Deletes the shelves of a group from `key.shelf` on.
absl::Status DropShelves(Transaction& transaction, Index index, ShelfKey key);

// A shelf that was looked at.
struct ShelfSeen {
  ShelfKey key;
  std::string_view owner;
  // Which of its things could hold all the words; where no words were asked for, all that there may be.
  uint32_t things = 0;
};

// Which shelves are looked at.
struct ShelfWalk {
  Index index;
  // The first slot that matters: 0 for titles, 1 with headings, 2 for everything.
  int level = 0;
  // Null: shelves are visited, whatever they hold.
  const SearchQuery* query = nullptr;
  // Begins with this one where its time is not empty.
  ShelfKey first;
  // Only this group, with its time; empty: all.
  std::string only_group;
  std::string only_time;
};

// Visits shelves, the newest first, until `visit` returns false. Rows beyond the first of each are read only where
// `wanted` says so of its group and owner, and the first could hold the words.
absl::Status VisitShelves(const ReadView& view, const ShelfWalk& walk,
                          absl::FunctionRef<bool(const ShelfKey& key, std::string_view owner)> wanted,
                          absl::FunctionRef<bool(const ShelfSeen& seen)> visit);

}  // namespace duban

#endif  // DUBAN_COMMON_SEARCH_WORD_SHELVES_H_
