#include "services/notification/reminder_rows.h"

#include <xxhash.h>

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "common/base/ids.h"
#include "common/base/strings.h"
#include "common/contract/names.h"

namespace duban {
namespace {

constexpr std::string_view kReminders = "reminders/m-";
constexpr size_t kOrderDigits = 20;
constexpr size_t kUnitDigits = 16;
// Tasks whose acts share a row.
constexpr int kTasksTogether = 64;

// The number that a task's id ends with, counted in rows. Ids are minted in a row, so neighbours lie together.
int RowOfTask(std::string_view task) {
  int number = 0;
  int unit = 1;
  for (size_t i = task.size(); i > 0 && absl::ascii_isdigit(static_cast<unsigned char>(task[i - 1])); --i) {
    if (unit > 100000) break;
    number += (task[i - 1] - '0') * unit;
    unit *= 10;
  }
  return number / kTasksTogether;
}

}  // namespace

uint64_t UnitKey(std::string_view unit) {
  const std::string_view id = LastSegment(unit);
  return XXH3_64bits(id.data(), id.size());
}

std::string OrderKey(std::string_view task) {
  return ComputedId("", {task});
}

std::string HexKey(uint64_t key) {
  return absl::StrCat(absl::Hex(key, absl::kZeroPad16));
}

std::optional<uint64_t> ParseHexKey(std::string_view text) {
  if (text.size() != kUnitDigits) return std::nullopt;
  uint64_t key = 0;
  for (const char c : text) {
    // One spelling: names are compared as bytes.
    if (!absl::ascii_isdigit(static_cast<unsigned char>(c)) && (c < 'a' || c > 'f')) return std::nullopt;
    key = key << 4 | static_cast<uint64_t>(c <= '9' ? c - '0' : c - 'a' + 10);
  }
  return key;
}

std::string TimePart(absl::Time time) {
  return HexKey(static_cast<uint64_t>(std::max<int64_t>(0, absl::ToUnixMicros(time))));
}

std::optional<absl::Time> ParseTimePart(std::string_view text) {
  const std::optional<uint64_t> micros = ParseHexKey(text);
  if (!micros.has_value()) return std::nullopt;
  return absl::FromUnixMicros(static_cast<int64_t>(*micros));
}

std::string OrderRow(std::string_view order) {
  return StrCat(kOrderRows, order);
}

std::string ListRow(std::string_view list) {
  return StrCat(kListRows, LastSegment(ParseName(list).plan), "/", LastSegment(list));
}

std::string ListPageRow(std::string_view list, size_t page) {
  return StrCat(ListRow(list), "/", absl::Hex(page, absl::kZeroPad4));
}

std::string AwaitedRow(std::string_view list) {
  return StrCat("awaited/", LastSegment(ParseName(list).plan), "/", LastSegment(list));
}

std::string ActRows(std::string_view task) {
  const ParsedName name = ParseName(task);
  return StrCat(kActRows, LastSegment(name.plan), "/", absl::Hex(RowOfTask(LastSegment(name.task)), absl::kZeroPad4),
                "/");
}

std::string ActRow(std::string_view task, uint64_t unit) {
  return ActRows(task) + HexKey(unit);
}

std::string LeaseRowName(absl::Time until, std::string_view token) {
  return StrCat(kLeaseRows, TimePart(until), "/", token);
}

std::string BatchRowsOf(std::string_view order, std::string_view schedule) {
  return StrCat(kBatchRows, order, "/", schedule, "/");
}

std::string BatchRow(const BatchId& id) {
  return BatchRowsOf(id.order, id.schedule) + HexKey(id.end);
}

std::optional<BatchId> ParseBatchRow(std::string_view row) {
  if (!row.starts_with(kBatchRows)) return std::nullopt;
  row.remove_prefix(kBatchRows.size());
  const size_t first = row.find('/');
  const size_t last = row.rfind('/');
  if (first == std::string_view::npos || first == last) return std::nullopt;
  const std::optional<uint64_t> end = ParseHexKey(row.substr(last + 1));
  if (!end.has_value()) return std::nullopt;
  return BatchId{std::string(row.substr(0, first)), std::string(row.substr(first + 1, last - first - 1)), *end};
}

std::string ReminderName(std::string_view order, std::string_view schedule, uint64_t unit) {
  return StrCat(kReminders, order, "-", schedule, "-", HexKey(unit));
}

std::optional<ReminderId> ParseReminderName(std::string_view name) {
  if (!name.starts_with(kReminders)) return std::nullopt;
  name.remove_prefix(kReminders.size());
  if (name.size() < kOrderDigits + kUnitDigits + 3) return std::nullopt;
  const size_t unit_at = name.size() - kUnitDigits;
  const std::optional<uint64_t> unit = ParseHexKey(name.substr(unit_at));
  if (!unit.has_value() || name[kOrderDigits] != '-' || name[unit_at - 1] != '-') return std::nullopt;
  return ReminderId{std::string(name.substr(0, kOrderDigits)),
                    std::string(name.substr(kOrderDigits + 1, unit_at - kOrderDigits - 2)), *unit};
}

}  // namespace duban
