// Decodes separated values (CSV, TSV) as a sheet of cells.

#include <algorithm>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/csv.h"
#include "common/base/errors.h"
#include "common/base/strings.h"
#include "common/base/text.h"
#include "services/plan/source/sheet.h"
#include "services/plan/source/source_document.h"
#include "services/plan/source/table_builder.h"
#include "services/plan/source/text_encoding.h"

namespace duban {
namespace {

// Of the beginning of a file, so much is looked at to find what separates its cells.
constexpr size_t kLookedAt = 65536;

// What separates the cells: the character that most lines have equally often, outside quotes; 0 where none does.
char FindSeparator(std::string_view text) {
  text = text.substr(0, kLookedAt);
  char best = 0;
  int best_lines = 0;
  for (const char separator : {',', '\t', ';'}) {
    std::map<int, int> lines;
    int count = 0;
    bool quoted = false;
    for (const char c : text) {
      if (c == '"') quoted = !quoted;
      if (!quoted && c == separator) ++count;
      if (!quoted && c == '\n') ++lines[count], count = 0;
    }
    ++lines[count];
    lines.erase(0);
    for (const auto& [cells, times] : lines) {
      if (times > best_lines) best_lines = times, best = separator;
    }
  }
  return best;
}

}  // namespace

absl::StatusOr<SourceDocument> ReadCsvDocument(std::string_view bytes) {
  if (bytes.size() > kMaxDocumentBytes) {
    return UnreadableDocument("CSV 文件超过 3 MB 的上限，请只保留方案后再导入",
                              "the CSV file is above the limit of 3 MB; keep only the plan");
  }
  DUBAN_ASSIGN_OR_RETURN(const std::u32string decoded, DecodeText(bytes));
  const std::string text = EncodeUtf8(decoded);
  const char separator = FindSeparator(text);
  if (separator == 0) return ReadText(bytes);
  const absl::StatusOr<std::vector<CsvRecord>> records = ParseCsv(text, separator);
  if (!records.ok()) {
    return UnreadableDocument(StrCat("CSV 文件读不了：", ChineseMessage(records.status())),
                              StrCat("the CSV file cannot be read: ", ToStd(records.status().message())));
  }
  if (records->empty()) {
    return UnreadableDocument("文件里没有文字，请检查后重新导入", "the file holds no text; check it and import again");
  }
  Sheet sheet;
  for (size_t row = 0; row < records->size(); ++row) {
    const std::vector<std::string>& cells = (*records)[row].cells;
    for (size_t column = 0; column < cells.size(); ++column) {
      if (cells[column].empty()) continue;
      sheet.cells.push_back({static_cast<int>(row), static_cast<int>(column), cells[column]});
    }
  }
  BlockBuilder builder;
  DUBAN_RETURN_IF_ERROR(AddSheet(sheet, builder));
  SourceDocument document;
  document.format = SourceFormat::kCsv;
  document.blocks = builder.Take();
  return document;
}

}  // namespace duban
