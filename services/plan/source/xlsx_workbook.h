// What the sheets of an XLSX file share: their names and parts, texts, formats of numbers, and where days begin.
// Not thread-safe. Errors: UNREADABLE_DOCUMENT.
#ifndef DUBAN_SERVICES_PLAN_SOURCE_XLSX_WORKBOOK_H_
#define DUBAN_SERVICES_PLAN_SOURCE_XLSX_WORKBOOK_H_

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "services/plan/source/office_archive.h"
#include "services/plan/source/shown_numbers.h"

namespace duban {

class XlsxWorkbook {
 public:
  // A sheet of cells that is shown.
  struct SheetPart {
    std::string name;
    std::string part;  // Such as `xl/worksheets/sheet1.xml`.
  };

  absl::Status Read(OfficeArchive& archive);

  const std::vector<SheetPart>& sheets() const { return sheets_; }
  bool from_1904() const { return from_1904_; }
  // A text of all sheets; empty where there is none of that number. It stays where it is.
  std::string_view Text(size_t index) const;
  // The format of cells of a style; plain where there is none of that number.
  NumberFormat Format(size_t style) const;

 private:
  absl::Status ReadSheets(OfficeArchive& archive);
  absl::Status ReadTexts(OfficeArchive& archive);
  absl::Status ReadFormats(OfficeArchive& archive);

  std::vector<SheetPart> sheets_;
  std::vector<std::string> texts_;
  std::vector<NumberFormat> formats_;
  bool from_1904_ = false;
};

}  // namespace duban

#endif  // DUBAN_SERVICES_PLAN_SOURCE_XLSX_WORKBOOK_H_
