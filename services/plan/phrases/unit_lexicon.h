// The names of units a document is read against: those of the directory, and those the document itself prints clearly.
//
// Names are compared by a key that ignores brackets, widths and spaces, so that `市委改革办（市政务办）`, with other
// brackets, or with its brackets lost, is one name. Not thread-safe: a lexicon belongs to one reading.
#ifndef DUBAN_SERVICES_PLAN_PHRASES_UNIT_LEXICON_H_
#define DUBAN_SERVICES_PLAN_PHRASES_UNIT_LEXICON_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "services/plan/phrases/chinese_text.h"
#include "services/plan/phrases/nearest_names.h"
#include "services/plan/phrases/unit_names.h"

namespace duban {

class UnitLexicon {
 public:
  struct Entry {
    std::u32string name;   // As printed most often, or as the directory has it.
    std::string resolved;  // `units/{unit}` or `groups/{group}`; empty for learned names.
    bool group = false;
    bool from_directory = false;
    int count = 0;  // How often the document prints it.
  };

  // A name of the directory, and its other spellings, which lead to the same entry.
  void AddKnown(TextView name, const std::vector<std::u32string>& aliases, const std::string& resolved, bool group);
  // A name the document prints where it cannot be anything else.
  void Learn(TextView folded_name, TextView printed_name);

  // The entry of a name; null where there is none.
  const Entry* Find(TextView name) const;
  // Whether the directory has been given: only then a name can be unknown.
  bool has_directory() const { return has_directory_; }
  // Where the longest entry begins that ends at `end`; nothing where none does.
  std::optional<size_t> BeginOfEntryEndingAt(TextView text, size_t end) const;
  // Where the longest entry ends that begins at `begin`; nothing where none does.
  std::optional<size_t> EndOfEntryStartingAt(TextView text, size_t begin) const;
  // The entries most like `name`, best first, at most `limit`; none where nothing is alike.
  std::vector<const Entry*> Nearest(TextView name, size_t limit) const;
  // The one entry that `name` is with one or two characters lost, if exactly one fits: at `gap` (an offset in `name`)
  // where given, else one character anywhere.
  const Entry* WithLostCharacters(TextView name, std::optional<size_t> gap) const;

 private:
  size_t IndexOf(const std::u32string& key);
  void NoteEnds(TextView key);

  std::vector<Entry> entries_;
  absl::flat_hash_map<std::u32string, size_t> index_;   // Key of a name or alias to its entry.
  absl::flat_hash_map<std::u32string, int> spellings_;  // Printed spelling to how often.
  bool has_directory_ = false;
  // The first and last two characters of all names, asked before anything longer is.
  absl::flat_hash_set<uint64_t> heads_;
  absl::flat_hash_set<uint64_t> tails_;
  // The keys of the first entries, as far as they were asked for.
  mutable NearestNames nearest_;
};

}  // namespace duban

#endif  // DUBAN_SERVICES_PLAN_PHRASES_UNIT_LEXICON_H_
