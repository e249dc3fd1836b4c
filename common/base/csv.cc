#include "common/base/csv.h"

#include <algorithm>
#include <utility>

#include "common/base/errors.h"
#include "common/base/strings.h"
#include "common/base/text.h"

namespace duban {
namespace {

absl::Status BadLine(int line, std::string_view english, std::string_view chinese) {
  return InvalidField("content", StrCat("line ", line, ": ", english), StrCat("第 ", line, " 行：", chinese));
}

// Reads one file; a value used once.
class CsvReader {
 public:
  CsvReader(std::string_view text, char separator) : text_(text), ends_{separator, '\r', '\n'} {}

  absl::StatusOr<std::vector<CsvRecord>> Read() {
    std::vector<CsvRecord> records;
    while (at_ < text_.size()) {
      CsvRecord record;
      record.line = line_;
      DUBAN_RETURN_IF_ERROR(ReadRecord(&record));
      const auto blank = [](const std::string& cell) { return cell.empty(); };
      if (!std::all_of(record.cells.begin(), record.cells.end(), blank)) records.push_back(std::move(record));
    }
    return records;
  }

 private:
  absl::Status ReadRecord(CsvRecord* record) {
    for (;;) {
      if (record->cells.size() == kMaxCsvColumns) return BadLine(record->line, "has too many cells", "单元格过多");
      std::string cell;
      if (at_ < text_.size() && text_[at_] == '"') {
        DUBAN_RETURN_IF_ERROR(ReadQuoted(&cell));
      } else {
        const size_t end = std::min(text_.find_first_of(ends_, at_), text_.size());
        cell = text_.substr(at_, end - at_);
        at_ = end;
      }
      record->cells.emplace_back(TrimSpaces(cell));
      if (at_ >= text_.size()) return absl::OkStatus();
      if (text_[at_] == ends_[0]) {
        ++at_;
        continue;
      }
      if (text_[at_] == '\r') ++at_;
      if (at_ < text_.size() && text_[at_] == '\n') ++at_;
      ++line_;
      return absl::OkStatus();
    }
  }

  absl::Status ReadQuoted(std::string* cell) {
    const int begin = line_;
    for (++at_; at_ < text_.size(); ++at_) {
      if (text_[at_] == '\n') ++line_;
      if (text_[at_] != '"') {
        cell->push_back(text_[at_]);
        continue;
      }
      if (at_ + 1 < text_.size() && text_[at_ + 1] == '"') {
        cell->push_back(text_[++at_]);
        continue;
      }
      ++at_;
      if (at_ < text_.size() && ends_.find(text_[at_]) == std::string_view::npos) {
        return BadLine(line_, "text follows a closing quote; put the whole cell in quotes and double those inside",
                       "引号结束后还有内容，请把整个单元格放进引号，里面的引号写两个");
      }
      return absl::OkStatus();
    }
    return BadLine(begin, "a quote is not closed", "引号没有结束");
  }

  const std::string_view text_;
  const std::string ends_;  // What ends a cell; the separator first.
  size_t at_ = 0;
  int line_ = 1;
};

}  // namespace

absl::StatusOr<std::vector<CsvRecord>> ParseCsv(std::string_view utf8, char separator) {
  constexpr std::string_view kMark = "\xEF\xBB\xBF";
  if (utf8.starts_with(kMark)) utf8.remove_prefix(kMark.size());
  return CsvReader(utf8, separator).Read();
}

std::vector<std::string> SplitList(std::string_view cell) {
  constexpr std::string_view kSeparators[] = {"、", "；", ";", "\n"};
  std::vector<std::string> items;
  while (!cell.empty()) {
    size_t end = cell.size(), next = cell.size();
    for (const std::string_view separator : kSeparators) {
      const size_t found = cell.find(separator);
      if (found < end) {
        end = found;
        next = found + separator.size();
      }
    }
    const std::string_view item = TrimSpaces(cell.substr(0, end));
    if (!item.empty()) items.emplace_back(item);
    cell.remove_prefix(next);
  }
  return items;
}

}  // namespace duban
