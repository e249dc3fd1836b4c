#include "common/store/feed_rows.h"

#include <algorithm>
#include <map>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "common/store/keys.h"

namespace duban {
namespace {

void AppendVarint(std::string& bytes, uint64_t number) {
  for (; number >= 0x80; number >>= 7) bytes.push_back(static_cast<char>(number | 0x80));
  bytes.push_back(static_cast<char>(number));
}

// Takes a number off the front of `bytes`; false where there is none.
bool TakeVarint(std::string_view& bytes, uint64_t& number) {
  number = 0;
  for (int shift = 0; shift < 64 && !bytes.empty(); shift += 7) {
    const auto byte = static_cast<unsigned char>(bytes.front());
    bytes.remove_prefix(1);
    number |= static_cast<uint64_t>(byte & 0x7F) << shift;
    if (byte < 0x80) return true;
  }
  return false;
}

size_t SharedPrefix(std::string_view a, std::string_view b) {
  const auto [end, ignored] = std::mismatch(a.begin(), a.end(), b.begin(), b.end());
  return static_cast<size_t>(end - a.begin());
}

}  // namespace

void FeedRowPacker::Add(const FeedPlace& place, Sink sink) {
  if (places_.empty()) first_ = last_ = place.sequence;
  AppendVarint(places_, 2 * static_cast<uint64_t>(place.sequence - last_) + (place.withdrawn ? 1 : 0));
  const size_t shared = SharedPrefix(name_, place.name);
  AppendVarint(places_, shared);
  AppendVarint(places_, place.name.size() - shared);
  places_.append(place.name.substr(shared));
  name_.assign(place.name);
  last_ = place.sequence;
  if (places_.size() >= kFeedRowBytes) Finish(sink);
}

void FeedRowPacker::Finish(Sink sink) {
  if (places_.empty()) return;
  std::string value;
  AppendVarint(value, static_cast<uint64_t>(last_ - first_));
  sink(FeedKey(audience_, last_), value.append(places_));
  places_.clear();
  name_.clear();
}

bool ReadFeedRow(std::string_view key, std::string_view value, absl::FunctionRef<bool(const FeedPlace& place)> visit) {
  const int64_t last = SequenceOfKey(key);
  uint64_t distance = 0;
  if (!TakeVarint(value, distance) || value.empty() || distance >= static_cast<uint64_t>(last)) return false;
  std::string name;
  FeedPlace place;
  place.sequence = last - static_cast<int64_t>(distance);
  for (bool first = true; !value.empty(); first = false) {
    uint64_t step = 0, shared = 0, rest = 0;
    if (!TakeVarint(value, step) || !TakeVarint(value, shared) || !TakeVarint(value, rest)) return false;
    const bool fits = shared <= name.size() && rest <= value.size() && shared + rest > 0 &&
                      step / 2 <= static_cast<uint64_t>(last - place.sequence) && (step / 2 == 0) == first;
    if (!fits) return false;
    name.resize(shared);
    name.append(value.substr(0, rest));
    value.remove_prefix(rest);
    place.sequence += static_cast<int64_t>(step / 2);
    place.withdrawn = step % 2 == 1;
    place.name = name;
    if (!visit(place)) return true;
  }
  return place.sequence == last;
}

std::string_view AudienceOfKey(std::string_view key) {
  return key.substr(1, key.size() - 10);
}

namespace {

// A place that a change gives its entity in some feed.
struct Given {
  const EntityChange* change;
  bool withdrawn;
  bool operator==(const Given&) const = default;
};

// The places of each audience, by audience. Changes of one command mostly name the same audiences, and share the list:
// such a list is gone through once, not once a change.
std::map<std::string_view, std::vector<Given>> PlacesByAudience(const std::vector<EntityChange>& changes) {
  absl::flat_hash_map<std::string_view, int64_t> last;
  for (const EntityChange& change : changes) last[change.name] = change.sequence;
  std::vector<std::pair<const AudienceList*, std::vector<Given>>> by_list;
  std::map<std::string_view, std::vector<Given>> places;
  for (const EntityChange& change : changes) {
    // Whoever sees an entity gets a place from its next change too.
    const bool latest = last[change.name] == change.sequence;
    const AudienceList* const list = change.audiences.get();
    if (latest && (by_list.empty() || by_list.back().first != list)) by_list.push_back({list, {}});
    if (latest) by_list.back().second.push_back({&change, false});
    for (const std::string& audience : change.withdrawn_from) places[audience].push_back({&change, true});
  }
  for (const auto& [list, given] : by_list) {
    for (const std::string& audience : *list) {
      std::vector<Given>& all = places[audience];
      all.insert(all.end(), given.begin(), given.end());
    }
  }
  for (auto& [audience, given] : places) {
    std::sort(given.begin(), given.end(),
              [](const Given& a, const Given& b) { return a.change->sequence < b.change->sequence; });
  }
  return places;
}

}  // namespace

void AddFeedRows(const std::vector<EntityChange>& changes, WriteSet& rows, Audiences& touched) {
  const auto places = PlacesByAudience(changes);
  for (const auto& [audience, given] : places) {
    touched.emplace_hint(touched.end(), audience);
    FeedRowPacker packer(audience);
    const auto sink = [&](std::string key, std::string value) {
      rows.insert_or_assign(std::move(key), std::move(value));
    };
    for (const Given& place : given) packer.Add({place.change->sequence, place.withdrawn, place.change->name}, sink);
    packer.Finish(sink);
  }
}

}  // namespace duban
