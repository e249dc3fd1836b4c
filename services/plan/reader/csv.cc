#include "services/plan/reader/csv.h"

#include "common/base/errors.h"
#include "common/base/text.h"
#include "services/plan/reader/text_encoding.h"

namespace duban {

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

absl::StatusOr<std::vector<CsvRecord>> ReadCsv(std::string_view bytes) {
  if (bytes.empty()) return std::vector<CsvRecord>();
  const absl::StatusOr<std::u32string> decoded = DecodeText(bytes);
  if (!decoded.ok()) {
    return InvalidField("content", "is no text in UTF-8, UTF-16 or GB18030; save the sheet as CSV",
                        "不是 UTF-8、UTF-16 或 GB18030 编码的文本，请把表格另存为 CSV");
  }
  return ParseCsv(EncodeUtf8(*decoded));
}

}  // namespace duban
