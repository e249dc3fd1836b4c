// Decodes an XLSX workbook (ISO/IEC 29500): its sheets as they are shown, streamed, never as a tree. Values are those
// that stood there when the file was saved: no formula is worked out, and no macro is looked at.

#include <algorithm>
#include <deque>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>

#include "common/base/errors.h"
#include "common/base/strings.h"
#include "common/base/text.h"
#include "services/plan/source/office_archive.h"
#include "services/plan/source/sheet.h"
#include "services/plan/source/source_document.h"
#include "services/plan/source/table_builder.h"
#include "services/plan/source/xlsx_workbook.h"
#include "services/plan/source/xml_stream.h"

namespace duban {
namespace {

// The places a sheet has.
constexpr int kMostRows = 1048576;
constexpr int kMostColumns = 16384;
constexpr size_t kMostMerges = 100000;

struct Place {
  int row = 0;
  int column = 0;
};

// Reads `AB12`, counting from 0; false where it is none.
bool ReadPlace(std::string_view text, Place* place) {
  int column = 0;
  size_t i = 0;
  for (; i < text.size() && text[i] >= 'A' && text[i] <= 'Z' && column <= kMostColumns; ++i) {
    column = column * 26 + (text[i] - 'A' + 1);
  }
  int row = 0;
  if (i == 0 || !ParseNumber(text.substr(i), &row) || row < 1 || row > kMostRows || column > kMostColumns) return false;
  *place = {row - 1, column - 1};
  return true;
}

bool IsOn(std::string_view value) {
  return value == "1" || value == "true";
}

absl::Status TooLarge(std::string_view sheet) {
  return UnreadableDocument(
      StrCat("工作表“", sheet, "”的单元格或合并单元格过多，不像分工方案，请只保留方案所在的区域另存再导入"),
      StrCat("the sheet `", sheet, "` has too many cells or merged cells; keep only the plan, save and import again"));
}

// Reads the cells of one sheet.
class SheetWalk {
 public:
  SheetWalk(XmlStream& xml, const XlsxWorkbook& workbook, std::string_view name)
      : xml_(xml), workbook_(workbook), name_(name) {}

  absl::Status Run() {
    while (status_.ok() && xml_.Next()) {
      if (xml_.kind() == XmlStream::Kind::kStart) Start();
    }
    DUBAN_RETURN_IF_ERROR(status_);
    return xml_.status();
  }

  // Its texts are those of the walk and the workbook.
  const Sheet& sheet() const { return sheet_; }

 private:
  void Start() {
    const std::string_view name = xml_.name();
    if (name == "col") {
      HideColumns();
    } else if (name == "row") {
      BeginRow();
    } else if (name == "c") {
      ReadCell();
    } else if (name == "mergeCell") {
      ReadMerge();
    }
  }

  void HideColumns() {
    int first = 0, last = 0;
    if (!IsOn(xml_.Attribute("hidden"))) return;
    if (!ParseNumber(xml_.Attribute("min"), &first) || !ParseNumber(xml_.Attribute("max"), &last)) return;
    for (int column = std::max(first, 1); column <= std::min(last, kMostColumns); ++column) {
      hidden_columns_.insert(column - 1);
    }
  }

  void BeginRow() {
    int number = 0;
    next_.row = ParseNumber(xml_.Attribute("r"), &number) && number >= 1 && number <= kMostRows ? number - 1 : row_ + 1;
    next_.column = 0;
    row_ = next_.row;
    row_hidden_ = IsOn(xml_.Attribute("hidden"));
  }

  void ReadCell() {
    Place place = next_;
    ReadPlace(xml_.Attribute("r"), &place);
    next_ = {place.row, place.column + 1};
    const std::string type = xml_.Attribute("t");
    size_t style = 0;
    if (!ParseNumber(xml_.Attribute("s"), &style)) style = 0;
    std::string value = ReadValue();
    if (row_hidden_ || hidden_columns_.contains(place.column)) return;
    const std::string_view shown = Shown(type, style, std::move(value));
    if (TrimSpaces(shown).empty()) return;
    if (sheet_.cells.size() >= static_cast<size_t>(kMaxTableCells)) {
      status_ = TooLarge(name_);
      return;
    }
    sheet_.cells.push_back({place.row, place.column, shown});
  }

  // `<v>` of a cell, or the text of `<is>`; what stands beside them (a formula) is passed over.
  std::string ReadValue() {
    std::string value;
    bool in_value = false;
    for (int open = 1; open > 0 && xml_.Next();) {
      if (xml_.kind() == XmlStream::Kind::kStart) {
        if (xml_.name() == "f" || xml_.name() == "rPh") {
          xml_.Skip();
          continue;
        }
        ++open;
        in_value = xml_.name() == "v" || xml_.name() == "t";
      } else if (xml_.kind() == XmlStream::Kind::kEnd) {
        --open;
        in_value = false;
      } else if (in_value) {
        value += xml_.text();
      }
    }
    return value;
  }

  std::string_view Shown(std::string_view type, size_t style, std::string value) {
    if (type == "s") {
      size_t index = 0;
      return ParseNumber(value, &index) ? workbook_.Text(index) : std::string_view();
    }
    if (type == "b") {
      value = value == "1" ? "是" : "否";
    } else if ((type.empty() || type == "n") && !value.empty()) {
      value = ShowNumber(value, workbook_.Format(style), workbook_.from_1904());
    }
    return own_texts_.emplace_back(std::move(value));
  }

  void ReadMerge() {
    const std::string range = xml_.Attribute("ref");
    const size_t colon = range.find(':');
    Place first, last;
    if (colon == std::string::npos || !ReadPlace(std::string_view(range).substr(0, colon), &first) ||
        !ReadPlace(std::string_view(range).substr(colon + 1), &last) || last.row < first.row ||
        last.column < first.column) {
      return;
    }
    if (sheet_.merges.size() >= kMostMerges) {
      status_ = TooLarge(name_);
      return;
    }
    sheet_.merges.push_back({first.row, first.column, last.row, last.column});
  }

  XmlStream& xml_;
  const XlsxWorkbook& workbook_;
  const std::string_view name_;
  Sheet sheet_;
  std::deque<std::string> own_texts_;
  std::set<int> hidden_columns_;
  Place next_;
  int row_ = -1;
  bool row_hidden_ = false;
  absl::Status status_;
};

// `Sheet1`, `工作表1`: nobody named it.
bool IsDefaultName(std::string_view name) {
  for (std::string_view word : {"Sheet", "sheet", "工作表", "表"}) {
    if (!name.starts_with(word)) continue;
    const std::string_view rest = name.substr(word.size());
    return rest.find_first_not_of("0123456789 ()") == std::string_view::npos;
  }
  return false;
}

}  // namespace

absl::StatusOr<SourceDocument> ReadXlsx(std::string_view bytes) {
  if (bytes.size() > kMaxDocumentBytes) {
    return UnreadableDocument("XLSX 文件超过 3 MB，请删去图片和无关的工作表后另存再导入",
                              "the XLSX file is larger than 3 MB; remove pictures and other sheets and save it again");
  }
  DUBAN_ASSIGN_OR_RETURN(const std::unique_ptr<OfficeArchive> archive, OfficeArchive::Open(bytes));
  if (archive->kind() != OfficeKind::kXlsx) {
    return UnreadableDocument("这是 DOCX 文档，不是 XLSX 表格", "this is a DOCX document, no spreadsheet");
  }
  XlsxWorkbook workbook;
  DUBAN_RETURN_IF_ERROR(workbook.Read(*archive));
  SourceDocument document;
  document.format = SourceFormat::kXlsx;
  BlockBuilder builder;
  for (const XlsxWorkbook::SheetPart& part : workbook.sheets()) {
    DUBAN_ASSIGN_OR_RETURN(const std::optional<std::string> content, archive->Part(part.part));
    if (!content.has_value()) continue;
    XmlStream xml(*content, part.part);
    SheetWalk walk(xml, workbook, part.name);
    DUBAN_RETURN_IF_ERROR(walk.Run());
    if (walk.sheet().cells.empty()) continue;
    // The first sheet's name may be the plan's; those behind it head what stands in them.
    if (!IsDefaultName(part.name)) {
      const std::u32string name = DecodeUtf8(part.name);
      builder.has_content() ? builder.AddLine(name) : void(document.format_title = MakeSourceLine(name, 1).printed);
    }
    DUBAN_RETURN_IF_ERROR(AddSheet(walk.sheet(), builder));
  }
  if (!builder.has_content()) {
    return UnreadableDocument("表格里没有内容（隐藏的工作表、行和列不读），请检查后重新导入",
                              "the workbook shows nothing (hidden sheets, rows and columns are not read); check it");
  }
  document.blocks = builder.Take();
  return document;
}

}  // namespace duban
