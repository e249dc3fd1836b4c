// Any bytes, read as XLSX: as a whole archive, and, so that the inside is reached too, as one of its parts. Refused or
// understood, never worse.

#include <cstddef>
#include <cstdint>
#include <string>

#include "services/plan/source/source_document.h"
#include "tests/fuzz/document_checks.h"
#include "tests/support/xlsx_builder.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  // The first byte says which.
  const std::string bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  const std::string cells = "<sheetData><row><c t=\"s\"><v>0</v></c><c s=\"1\"><v>45473</v></c></row></sheetData>";
  switch (data[0]) {
    case 'P':
      duban::CheckDocument(duban::ReadXlsx("P" + bytes));
      break;
    case 'S':
      duban::CheckDocument(duban::ReadXlsx(duban::BuildXlsx(cells, {{"xl/sharedStrings.xml", bytes}})));
      break;
    case 'F':
      duban::CheckDocument(duban::ReadXlsx(duban::BuildXlsx(cells, {{"xl/styles.xml", bytes}})));
      break;
    case 'W':
      duban::CheckDocument(duban::ReadXlsx(duban::BuildXlsx(cells, {{"xl/workbook.xml", bytes}})));
      break;
    default:
      duban::CheckDocument(duban::ReadXlsx(duban::BuildXlsx(bytes)));
  }
  return 0;
}
