// Makes XLSX files for tests: an archive of the parts that a test names, and the few parts Excel cannot do without.

#ifndef DUBAN_TESTS_SUPPORT_XLSX_BUILDER_H_
#define DUBAN_TESTS_SUPPORT_XLSX_BUILDER_H_

#include <string>
#include <vector>

#include "tests/support/docx_builder.h"

namespace duban {

// A workbook with one sheet, `Sheet1`, whose `<worksheet>` holds `sheet_xml`. `parts`: further parts, or others in
// place of `xl/workbook.xml` and `xl/_rels/workbook.xml.rels`.
std::string BuildXlsx(const std::string& sheet_xml, const std::vector<ArchiveEntry>& parts = {});

// `<sheetData>` of rows of texts; empty texts are left out.
std::string SheetRows(const std::vector<std::vector<std::string>>& rows);

// The part of a sheet.
std::string SheetPart(const std::string& sheet_xml);

}  // namespace duban

#endif  // DUBAN_TESTS_SUPPORT_XLSX_BUILDER_H_
