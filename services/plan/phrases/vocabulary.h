// The words that phrases are known by, each table a text file in vocabulary/ that is compiled in.
//
// A file holds words separated by spaces; a line `tag: word word` gives its words a tag; `#` begins a comment. Words
// are folded (FoldWidths). Tables are built once and never change; any thread.
#ifndef DUBAN_SERVICES_PLAN_PHRASES_VOCABULARY_H_
#define DUBAN_SERVICES_PLAN_PHRASES_VOCABULARY_H_

#include <bitset>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "services/plan/phrases/chinese_text.h"

namespace duban {

class WordTable {
 public:
  struct Match {
    size_t length = 0;  // 0: no word stands there.
    std::string_view tag;
    TextView word;  // As the table has it, which lasts.
  };

  // The table of `vocabulary/<file>.txt`. REQUIRES: there is one.
  static const WordTable& Of(std::string_view file);

  // The longest word at `at`, of those with `tag` where one is given.
  Match At(TextView text, size_t at, std::string_view tag = "") const;
  // The longest word that ends at `end`.
  Match Before(TextView text, size_t end, std::string_view tag = "") const;
  size_t LengthAt(TextView text, size_t at, std::string_view tag = "") const { return At(text, at, tag).length; }
  bool MayBegin(char32_t c) const { return c < first_.size() && first_.test(c); }
  bool Starts(TextView text, std::string_view tag = "") const { return At(text, 0, tag).length > 0; }
  bool Ends(TextView text, std::string_view tag = "") const { return Before(text, text.size(), tag).length > 0; }
  // Where the first word of the table stands in the text; npos where none does.
  size_t Find(TextView text, std::string_view tag = "") const;
  bool In(TextView text, std::string_view tag = "") const { return Find(text, tag) != TextView::npos; }

 private:
  struct Word {
    std::u32string text;
    std::string_view tag;
  };
  using Buckets = absl::flat_hash_map<char32_t, std::vector<Word>>;  // Longest first.

  explicit WordTable(std::string_view file_text);

  Buckets by_first_;
  Buckets by_last_;
  // First and last characters, asked before the buckets are.
  std::bitset<0x10000> first_;
  std::bitset<0x10000> last_;
};

// That of document_signs, which every part of the reader asks.
const WordTable& DocumentSigns();

// The non-empty pieces of `text` between `separator`s.
std::vector<std::string_view> SplitAt(std::string_view text, char separator);

// A table that was compiled in.
struct WordFile {
  std::string_view name;
  std::string_view text;
};
// Those of `vocabulary/`.
const std::vector<WordFile>& WordFiles();

}  // namespace duban

#endif  // DUBAN_SERVICES_PLAN_PHRASES_VOCABULARY_H_
