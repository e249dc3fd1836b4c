#include "common/search/word_shelves.h"

#include <algorithm>
#include <charconv>
#include <limits>
#include <optional>
#include <utility>

#include "absl/strings/str_format.h"
#include "common/base/strings.h"

namespace duban {
namespace {

constexpr size_t kEntryBytes = 8;
// Slots before those among which the grams of everything are divided, and how many bits of a gram name one of these.
constexpr int kFirstOfAll = 2;
constexpr int kSlotBits = 3;
static_assert(kSlots == kFirstOfAll + (1 << kSlotBits));

// The slot of a gram where grams up to a level are looked for.
int SlotOf(int level, uint32_t gram) {
  return level < kFirstOfAll ? level : kFirstOfAll + static_cast<int>(gram >> (32 - kSlotBits));
}

std::string SlotName(int slot) {
  return std::string(1, static_cast<char>('a' + slot));
}

std::string ShelfName(int shelf) {
  return absl::StrFormat("%04x", shelf);
}

std::string KeyOf(Index index, int slot, const ShelfKey& key) {
  return IndexKey(index, {SlotName(slot), key.time, key.group, ShelfName(key.shelf)});
}

uint32_t Load(const char* at) {
  uint32_t value = 0;
  for (int i = 0; i < 4; ++i) value = value << 8 | static_cast<uint8_t>(at[i]);
  return value;
}

void Append(uint32_t value, std::string* out) {
  for (int shift = 24; shift >= 0; shift -= 8) out->push_back(static_cast<char>(value >> shift & 0xff));
}

// A row taken apart. False for what is none.
bool Split(std::string_view row, std::string_view* owner, std::string_view* entries) {
  const size_t end = row.find('\0');
  if (end == std::string_view::npos || (row.size() - end - 1) % kEntryBytes != 0) return false;
  *owner = row.substr(0, end);
  *entries = row.substr(end + 1);
  return true;
}

// The things that hold a gram.
uint32_t ThingsWith(uint32_t gram, std::string_view entries) {
  size_t low = 0;
  size_t high = entries.size() / kEntryBytes;
  while (low < high) {
    const size_t middle = (low + high) / 2;
    const uint32_t there = Load(entries.data() + middle * kEntryBytes);
    if (there == gram) return Load(entries.data() + middle * kEntryBytes + 4);
    (there < gram ? low : high) = there < gram ? middle + 1 : middle;
  }
  return 0;
}

// The grams of a query by the slots they lie in, the slot with most of them first: it tells most.
std::vector<std::pair<int, std::vector<uint32_t>>> BySlot(const ShelfWalk& walk) {
  std::vector<std::vector<uint32_t>> slots(kSlots);
  if (walk.query != nullptr) {
    for (const uint32_t gram : walk.query->grams()) {
      slots[static_cast<size_t>(SlotOf(walk.level, gram))].push_back(gram);
    }
  }
  std::vector<std::pair<int, std::vector<uint32_t>>> sorted;
  for (int slot = 0; slot < kSlots; ++slot) {
    std::vector<uint32_t>& grams = slots[static_cast<size_t>(slot)];
    if (!grams.empty()) sorted.emplace_back(slot, std::move(grams));
  }
  std::stable_sort(sorted.begin(), sorted.end(),
                   [](const auto& a, const auto& b) { return a.second.size() > b.second.size(); });
  if (sorted.empty()) sorted.emplace_back(0, std::vector<uint32_t>());
  return sorted;
}

}  // namespace

std::string PlaceInTime(absl::Time time) {
  const int64_t micros = absl::ToUnixMicros(time);
  return absl::StrFormat("%016x", static_cast<uint64_t>(std::numeric_limits<int64_t>::max() - micros));
}

void WordShelf::Put(int thing, const std::vector<SearchField>& fields) {
  const auto number = static_cast<uint32_t>(thing);
  if ((things_ >> number & 1) != 0) {
    for (std::vector<Held>& level : held_) {
      level.erase(std::remove_if(level.begin(), level.end(), [&](const Held& held) { return held.thing == number; }),
                  level.end());
    }
  }
  things_ |= uint32_t{1} << number;
  for (const SearchField& field : fields) {
    if (field.place == v1::SearchMatch::RECORDS) continue;
    const size_t first = field.place == v1::SearchMatch::TITLE ? 0 : field.place == v1::SearchMatch::HEADING ? 1 : 2;
    VisitGrams(field.text, [&](uint32_t gram) {
      for (size_t level = first; level < held_.size(); ++level) held_[level].push_back({gram, number});
    });
  }
}

std::array<std::string, kSlots> WordShelf::Rows() const {
  std::array<std::string, kSlots> rows;
  for (int level = 0; level <= kFirstOfAll; ++level) {
    std::vector<Held> held = held_[static_cast<size_t>(level)];
    std::sort(held.begin(), held.end());
    for (size_t at = 0; at < held.size();) {
      const uint32_t gram = held[at].gram;
      uint32_t things = 0;
      for (; at < held.size() && held[at].gram == gram; ++at) things |= uint32_t{1} << held[at].thing;
      std::string& row = rows[static_cast<size_t>(SlotOf(level, gram))];
      Append(gram, &row);
      Append(things, &row);
    }
  }
  return rows;
}

absl::Status WordShelf::Take(int slot, std::string_view row) {
  std::string_view owner, entries;
  if (!Split(row, &owner, &entries)) return BrokenRecord("a row of words");
  std::vector<Held>& level = held_[static_cast<size_t>(std::min(slot, kFirstOfAll))];
  for (size_t at = 0; at < entries.size(); at += kEntryBytes) {
    const uint32_t gram = Load(entries.data() + at);
    const uint32_t things = Load(entries.data() + at + 4);
    things_ |= things;
    for (uint32_t thing = 0; thing < kShelfSize; ++thing) {
      if ((things >> thing & 1) != 0) level.push_back({gram, thing});
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<WordShelf> ReadShelf(const ReadView& view, Index index, const ShelfKey& key) {
  WordShelf shelf;
  for (int slot = 0; slot < kSlots; ++slot) {
    DUBAN_ASSIGN_OR_RETURN(const std::optional<std::string> row, view.GetRow(KeyOf(index, slot, key)));
    if (row.has_value()) DUBAN_RETURN_IF_ERROR(shelf.Take(slot, *row));
  }
  return shelf;
}

void GiveShelf(Index index, const ShelfKey& key, std::string_view owner, const WordShelf& shelf, IndexRowSink sink) {
  const std::array<std::string, kSlots> rows = shelf.Rows();
  for (int slot = 0; slot < kSlots; ++slot) {
    std::string row(owner);
    row.push_back('\0');
    row += rows[static_cast<size_t>(slot)];
    sink(KeyOf(index, slot, key), std::move(row));
  }
}

absl::Status WriteShelf(Transaction& transaction, Index index, const ShelfKey& key, std::string_view owner,
                        const WordShelf& shelf) {
  absl::Status status;
  GiveShelf(index, key, owner, shelf, [&](std::string row_key, std::optional<std::string> row) {
    if (!status.ok()) return;
    const absl::StatusOr<std::optional<std::string>> before = transaction.GetRow(row_key);
    status = before.status();
    if (before.ok() && *before != row) transaction.PutRow(std::move(row_key), *std::move(row));
  });
  return status;
}

absl::Status DropShelves(Transaction& transaction, Index index, ShelfKey key) {
  for (;; ++key.shelf) {
    DUBAN_ASSIGN_OR_RETURN(const std::optional<std::string> row, transaction.GetRow(KeyOf(index, 0, key)));
    if (!row.has_value()) return absl::OkStatus();
    for (int slot = 0; slot < kSlots; ++slot) transaction.DeleteRow(KeyOf(index, slot, key));
  }
}

absl::Status VisitShelves(const ReadView& view, const ShelfWalk& walk,
                          absl::FunctionRef<bool(const ShelfKey& key, std::string_view owner)> wanted,
                          absl::FunctionRef<bool(const ShelfSeen& seen)> visit) {
  const auto slots = BySlot(walk);
  absl::Status status;
  const auto see = [&](const std::vector<std::string_view>& rest, std::string_view row) {
    ShelfSeen seen;
    std::string_view entries;
    // Of one group the key has less in it.
    const size_t skipped = walk.only_group.empty() ? 0 : 2;
    const bool whole = rest.size() + skipped == 3 && Split(row, &seen.owner, &entries);
    const std::string_view number = rest.empty() ? "" : rest.back();
    if (!whole || std::from_chars(number.begin(), number.end(), seen.key.shelf, 16).ptr != number.end()) {
      status = BrokenRecord("a row of words");
      return false;
    }
    seen.key.time = skipped == 0 ? std::string(rest[0]) : walk.only_time;
    seen.key.group = skipped == 0 ? std::string(rest[1]) : walk.only_group;
    seen.things = wanted(seen.key, seen.owner) ? ~uint32_t{0} : 0;
    for (const uint32_t gram : slots.front().second) seen.things &= ThingsWith(gram, entries);
    for (size_t i = 1; i < slots.size() && seen.things != 0; ++i) {
      const absl::StatusOr<std::optional<std::string>> other = view.GetRow(KeyOf(walk.index, slots[i].first, seen.key));
      std::string_view owner;
      if (!other.ok() || !other->has_value() || !Split(**other, &owner, &entries)) {
        status = other.ok() ? BrokenRecord("a row of words") : other.status();
        return false;
      }
      for (const uint32_t gram : slots[i].second) seen.things &= ThingsWith(gram, entries);
    }
    return visit(seen);
  };
  const std::string slot = SlotName(slots.front().first);
  std::string after = walk.first.time.empty() ? "" : KeyOf(walk.index, slots.front().first, walk.first);
  // Keys end with a zero byte; without it the key stands right before the shelf to begin with.
  if (!after.empty()) after.pop_back();
  if (walk.only_group.empty()) {
    DUBAN_RETURN_IF_ERROR(view.ScanIndex(walk.index, {slot}, see, after));
  } else {
    DUBAN_RETURN_IF_ERROR(view.ScanIndex(walk.index, {slot, walk.only_time, walk.only_group}, see, after));
  }
  return status;
}

}  // namespace duban
