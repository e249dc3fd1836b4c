#include "tests/support/xlsx_builder.h"

#include <algorithm>

namespace duban {
namespace {

constexpr char kMain[] = "http://schemas.openxmlformats.org/spreadsheetml/2006/main";
constexpr char kRelations[] = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
constexpr char kHead[] = "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>";

std::string Escape(const std::string& text) {
  std::string out;
  for (const char c : text) {
    if (c == '&') {
      out += "&amp;";
    } else if (c == '<') {
      out += "&lt;";
    } else {
      out.push_back(c);
    }
  }
  return out;
}

}  // namespace

std::string SheetRows(const std::vector<std::vector<std::string>>& rows) {
  std::string xml = "<sheetData>";
  for (size_t r = 0; r < rows.size(); ++r) {
    const std::string number = std::to_string(r + 1);
    xml += "<row r=\"" + number + "\">";
    for (size_t c = 0; c < rows[r].size(); ++c) {
      if (rows[r][c].empty()) continue;
      const std::string place = std::string(1, static_cast<char>('A' + c)) + number;
      xml += "<c r=\"" + place + "\" t=\"inlineStr\"><is><t>" + Escape(rows[r][c]) + "</t></is></c>";
    }
    xml += "</row>";
  }
  return xml + "</sheetData>";
}

std::string SheetPart(const std::string& sheet_xml) {
  return std::string(kHead) + "<worksheet xmlns=\"" + kMain + "\">" + sheet_xml + "</worksheet>";
}

std::string BuildXlsx(const std::string& sheet_xml, const std::vector<ArchiveEntry>& parts) {
  const std::string head = kHead;
  std::vector<ArchiveEntry> entries = {
      {"[Content_Types].xml", head + "<Types xmlns=\"http://schemas.openxmlformats.org/package/2006/content-types\"/>"},
      {"xl/workbook.xml", head + "<workbook xmlns=\"" + kMain + "\" xmlns:r=\"" + kRelations +
                              "\"><sheets><sheet name=\"Sheet1\" sheetId=\"1\" r:id=\"rId1\"/></sheets></workbook>"},
      {"xl/_rels/workbook.xml.rels",
       head +
           "<Relationships xmlns=\"http://schemas.openxmlformats.org/package/2006/relationships\"><Relationship "
           "Id=\"rId1\" Type=\"" +
           kRelations + "/worksheet\" Target=\"worksheets/sheet1.xml\"/></Relationships>"},
      {"xl/worksheets/sheet1.xml", SheetPart(sheet_xml)}};
  std::erase_if(entries, [&](const ArchiveEntry& entry) {
    return std::any_of(parts.begin(), parts.end(), [&](const ArchiveEntry& part) { return part.first == entry.first; });
  });
  entries.insert(entries.end(), parts.begin(), parts.end());
  return BuildArchive(entries);
}

}  // namespace duban
