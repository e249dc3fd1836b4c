#include "services/plan/source/csv_file.h"

#include "common/base/errors.h"
#include "common/base/text.h"
#include "services/plan/source/text_encoding.h"

namespace duban {

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
