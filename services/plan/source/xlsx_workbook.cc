#include "services/plan/source/xlsx_workbook.h"

#include <map>
#include <optional>
#include <utility>

#include "common/base/errors.h"
#include "common/base/strings.h"
#include "services/plan/source/source_document.h"
#include "services/plan/source/xml_stream.h"

namespace duban {
namespace {

// More texts, formats or sheets than this are no plan.
constexpr size_t kMostTexts = 1000000;
constexpr size_t kMostFormats = 65536;
constexpr size_t kMostSheets = 200;

bool IsOn(std::string_view value) {
  return value == "1" || value == "true" || value == "on";
}

absl::Status TooMuch() {
  return UnreadableDocument("XLSX 文件里的文字、格式或工作表过多，不像分工方案，请只保留方案所在的工作表另存再导入",
                            "the XLSX file holds too many texts, formats or sheets; keep only the plan's sheets");
}

// Where a relation of `xl/workbook.xml` leads to.
std::string PartOf(std::string_view target) {
  if (target.starts_with("/")) return std::string(target.substr(1));
  return StrCat("xl/", target);
}

// By id, the parts that are sheets of cells.
absl::StatusOr<std::map<std::string, std::string>> ReadRelations(OfficeArchive& archive) {
  constexpr char kPart[] = "xl/_rels/workbook.xml.rels";
  DUBAN_ASSIGN_OR_RETURN(const std::optional<std::string> part, archive.Part(kPart));
  std::map<std::string, std::string> parts;
  if (!part.has_value()) return parts;
  XmlStream xml(*part, kPart);
  while (xml.Next()) {
    if (xml.kind() != XmlStream::Kind::kStart || xml.name() != "Relationship") continue;
    if (!xml.Attribute("Type").ends_with("/worksheet")) continue;
    parts[xml.Attribute("Id")] = PartOf(xml.Attribute("Target"));
  }
  DUBAN_RETURN_IF_ERROR(xml.status());
  return parts;
}

}  // namespace

absl::Status XlsxWorkbook::Read(OfficeArchive& archive) {
  DUBAN_RETURN_IF_ERROR(ReadSheets(archive));
  DUBAN_RETURN_IF_ERROR(ReadFormats(archive));
  return ReadTexts(archive);
}

absl::Status XlsxWorkbook::ReadSheets(OfficeArchive& archive) {
  DUBAN_ASSIGN_OR_RETURN(const auto relations, ReadRelations(archive));
  DUBAN_ASSIGN_OR_RETURN(const std::optional<std::string> part, archive.Part("xl/workbook.xml"));
  if (!part.has_value()) return absl::OkStatus();
  XmlStream xml(*part, "xl/workbook.xml");
  while (xml.Next()) {
    if (xml.kind() != XmlStream::Kind::kStart) continue;
    if (xml.name() == "workbookPr") from_1904_ = IsOn(xml.Attribute("date1904"));
    if (xml.name() != "sheet") continue;
    const std::string state = xml.Attribute("state");
    const auto it = relations.find(xml.Attribute("id"));
    if (it == relations.end() || (!state.empty() && state != "visible")) continue;
    if (sheets_.size() == kMostSheets) return TooMuch();
    sheets_.push_back({xml.Attribute("name"), it->second});
  }
  return xml.status();
}

absl::Status XlsxWorkbook::ReadTexts(OfficeArchive& archive) {
  constexpr char kPart[] = "xl/sharedStrings.xml";
  DUBAN_ASSIGN_OR_RETURN(const std::optional<std::string> part, archive.Part(kPart));
  if (!part.has_value()) return absl::OkStatus();
  XmlStream xml(*part, kPart);
  size_t bytes = 0;
  bool in_text = false;
  while (xml.Next()) {
    if (xml.kind() == XmlStream::Kind::kStart) {
      // How a name is spoken, printed above it.
      if (xml.name() == "rPh") {
        xml.Skip();
        continue;
      }
      if (xml.name() == "si" && texts_.size() == kMostTexts) return TooMuch();
      if (xml.name() == "si") texts_.emplace_back();
      in_text = xml.name() == "t";
    } else if (xml.kind() == XmlStream::Kind::kEnd) {
      in_text = false;
    } else if (in_text && !texts_.empty()) {
      bytes += xml.text().size();
      // Three bytes a character.
      if (bytes > 3 * kMaxDocumentChars) return TooMuch();
      texts_.back() += xml.text();
    }
  }
  return xml.status();
}

absl::Status XlsxWorkbook::ReadFormats(OfficeArchive& archive) {
  constexpr char kPart[] = "xl/styles.xml";
  DUBAN_ASSIGN_OR_RETURN(const std::optional<std::string> part, archive.Part(kPart));
  if (!part.has_value()) return absl::OkStatus();
  XmlStream xml(*part, kPart);
  std::map<int, NumberFormat> named;
  bool in_cells = false;
  while (xml.Next()) {
    if (xml.kind() == XmlStream::Kind::kEnd && xml.name() == "cellXfs") in_cells = false;
    if (xml.kind() != XmlStream::Kind::kStart) continue;
    int id = 0;
    if (xml.name() == "cellXfs") in_cells = true;
    if (xml.name() == "numFmt" && ParseNumber(xml.Attribute("numFmtId"), &id)) {
      if (named.size() == kMostFormats) return TooMuch();
      named[id] = FormatOfCode(xml.Attribute("formatCode"));
    }
    if (xml.name() != "xf" || !in_cells) continue;
    if (formats_.size() == kMostFormats) return TooMuch();
    if (!ParseNumber(xml.Attribute("numFmtId"), &id)) id = 0;
    const auto it = named.find(id);
    formats_.push_back(it == named.end() ? BuiltInFormat(id) : it->second);
  }
  return xml.status();
}

std::string_view XlsxWorkbook::Text(size_t index) const {
  return index < texts_.size() ? std::string_view(texts_[index]) : std::string_view();
}

NumberFormat XlsxWorkbook::Format(size_t style) const {
  return style < formats_.size() ? formats_[style] : NumberFormat();
}

}  // namespace duban
