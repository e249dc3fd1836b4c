// Decodes a DOCX document (ISO/IEC 29500): the text of `word/document.xml` as Word shows it, streamed, never as a tree.

#include <algorithm>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>

#include "common/base/strings.h"
#include "common/base/text.h"
#include "services/plan/source/docx_numbering.h"
#include "services/plan/source/office_archive.h"
#include "services/plan/source/source_document.h"
#include "services/plan/source/table_builder.h"
#include "services/plan/source/xml_stream.h"

namespace duban {
namespace {

// What Word does not show, or shows beside the text: deleted text, field codes, text boxes (their older form stands in
// `Fallback` again), pictures, notes.
bool IsDropped(std::string_view name) {
  static const std::set<std::string_view> kDropped = {
      "del",      "moveFrom", "delText",   "instrText", "pict",       "txbxContent", "drawing",
      "Fallback", "object",   "sectPr",    "rubyPr",    "rt",         "comment",     "sdtPr",
      "tblPr",    "tblGrid",  "pPrChange", "rPrChange", "tcPrChange", "trPrChange"};
  return kDropped.contains(name);
}

int SpanOf(const XmlStream& xml) {
  int span = 1;
  return ParseNumber(xml.Attribute("val"), &span) && span > 0 ? span : 1;
}

bool IsOn(const XmlStream& xml) {
  const std::string value = xml.Attribute("val");
  return value != "0" && value != "false" && value != "off";
}

class DocxWalk {
 public:
  DocxWalk(XmlStream* xml, DocxNumbering* numbering, BlockBuilder* builder)
      : xml_(*xml), numbering_(*numbering), builder_(*builder) {}

  // Walks the whole part.
  void Run() {
    while (builder_.status().ok() && xml_.Next()) {
      switch (xml_.kind()) {
        case XmlStream::Kind::kStart:
          Start();
          break;
        case XmlStream::Kind::kEnd:
          End();
          break;
        case XmlStream::Kind::kText:
          if (in_text_ && !hidden_) paragraph_ += DecodeUtf8(xml_.text());
          break;
      }
    }
  }

 private:
  void Start() {
    const std::string_view name = xml_.name();
    if (IsDropped(name)) {
      xml_.Skip();
    } else if (name == "p") {
      BeginParagraph();
    } else if (name == "pPr") {
      ParagraphProperties();
    } else if (name == "rPr") {
      RunProperties();
    } else if (name == "r") {
      hidden_ = false;
    } else if (name == "t") {
      in_text_ = true;
    } else if (name == "tab" && in_paragraph_) {
      AddCharacter(U'\t');
    } else if ((name == "br" || name == "cr") && in_paragraph_) {
      AddCharacter(U'\n');
    } else if (name == "noBreakHyphen") {
      AddCharacter(U'-');
    } else {
      StartTable(name);
    }
  }

  void StartTable(std::string_view name) {
    if (name == "tbl") {
      builder_.BeginTable();
    } else if (name == "tr") {
      builder_.BeginRow();
    } else if (name == "trPr") {
      RowProperties();
    } else if (name == "tc") {
      cell_pending_ = true;
      span_ = 1;
      continues_ = false;
    } else if (name == "tcPr") {
      CellProperties();
    }
  }

  void End() {
    const std::string_view name = xml_.name();
    if (name == "t") {
      in_text_ = false;
    } else if (name == "p") {
      EndParagraph();
    } else if (name == "tc") {
      OpenCell();
      builder_.EndCell();
    } else if (name == "tr") {
      builder_.EndRow();
    } else if (name == "tbl") {
      builder_.EndTable();
    }
  }

  // A cell begins with its properties; it is made when something stands in it, or when it ends.
  void OpenCell() {
    if (!cell_pending_) return;
    cell_pending_ = false;
    continues_ ? builder_.ContinueCell(span_) : builder_.BeginCell(1, span_);
  }

  void BeginParagraph() {
    OpenCell();
    in_paragraph_ = true;
    paragraph_.clear();
    style_.clear();
    reference_ = {};
  }

  void ParagraphProperties() {
    for (int open = 1; open > 0 && xml_.Next();) {
      if (xml_.kind() == XmlStream::Kind::kEnd) --open;
      if (xml_.kind() != XmlStream::Kind::kStart) continue;
      ++open;
      int number = 0;
      if (xml_.name() == "pStyle") style_ = xml_.Attribute("val");
      if (xml_.name() == "numId" && ParseNumber(xml_.Attribute("val"), &number)) reference_.num = number;
      if (xml_.name() == "ilvl" && ParseNumber(xml_.Attribute("val"), &number)) reference_.level = number;
    }
  }

  void RunProperties() {
    for (int open = 1; open > 0 && xml_.Next();) {
      if (xml_.kind() == XmlStream::Kind::kEnd) --open;
      if (xml_.kind() != XmlStream::Kind::kStart) continue;
      ++open;
      if (xml_.name() == "vanish") hidden_ = IsOn(xml_);
    }
  }

  void RowProperties() {
    for (int open = 1; open > 0 && xml_.Next();) {
      if (xml_.kind() == XmlStream::Kind::kEnd) --open;
      if (xml_.kind() != XmlStream::Kind::kStart) continue;
      ++open;
      if (xml_.name() == "gridBefore") builder_.SkipColumns(SpanOf(xml_));
    }
  }

  void CellProperties() {
    for (int open = 1; open > 0 && xml_.Next();) {
      if (xml_.kind() == XmlStream::Kind::kEnd) --open;
      if (xml_.kind() != XmlStream::Kind::kStart) continue;
      ++open;
      if (xml_.name() == "gridSpan") span_ = SpanOf(xml_);
      if (xml_.name() == "vMerge") continues_ = xml_.Attribute("val") != "restart";
    }
  }

  void AddCharacter(char32_t c) {
    if (!hidden_) paragraph_.push_back(c);
  }

  void EndParagraph() {
    in_paragraph_ = false;
    hidden_ = false;
    // A blank paragraph prints no number but Word counts it only where it has text or a list mark of its own.
    std::u32string text;
    if (!paragraph_.empty()) text = numbering_.NextLabel(style_, reference_);
    text += paragraph_;
    size_t begin = 0;
    while (true) {
      const size_t end = text.find(U'\n', begin);
      builder_.AddLine(std::u32string_view(text).substr(begin, end == text.npos ? text.npos : end - begin));
      if (end == text.npos) break;
      begin = end + 1;
    }
    paragraph_.clear();
  }

  XmlStream& xml_;
  DocxNumbering& numbering_;
  BlockBuilder& builder_;
  std::u32string paragraph_;
  std::string style_;
  DocxNumbering::Reference reference_;
  bool in_paragraph_ = false;
  bool in_text_ = false;
  bool hidden_ = false;
  bool cell_pending_ = false;
  bool continues_ = false;
  int span_ = 1;
};

// `dc:title` of the core properties; empty where there is none.
absl::StatusOr<std::u32string> ReadTitle(OfficeArchive& archive) {
  auto part = archive.Part("docProps/core.xml");
  if (!part.ok()) return part.status();
  std::u32string title;
  if (!part->has_value()) return title;
  XmlStream xml(**part, "docProps/core.xml");
  bool in_title = false;
  while (xml.Next()) {
    if (xml.kind() != XmlStream::Kind::kText) in_title = xml.kind() == XmlStream::Kind::kStart && xml.name() == "title";
    if (xml.kind() == XmlStream::Kind::kText && in_title) title = MakeSourceLine(DecodeUtf8(xml.text()), 1).printed;
  }
  if (!xml.status().ok()) return xml.status();
  return title;
}

}  // namespace

absl::StatusOr<SourceDocument> ReadDocx(std::string_view bytes) {
  if (bytes.size() > kMaxDocumentBytes) {
    return UnreadableDocument("DOCX 文件超过 3 MB，请删去图片后另存再导入",
                              "the DOCX file is larger than 3 MB; remove its pictures and save it again");
  }
  auto archive = OfficeArchive::Open(bytes);
  if (!archive.ok()) return archive.status();
  if ((*archive)->kind() != OfficeKind::kDocx) {
    return UnreadableDocument("这是 XLSX 表格，不是 DOCX 文件", "this is a spreadsheet (XLSX), no DOCX");
  }
  DocxNumbering numbering;
  if (auto part = (*archive)->Part("word/numbering.xml"); !part.ok()) {
    return part.status();
  } else if (part->has_value()) {
    if (absl::Status read = numbering.ReadNumbering(**part); !read.ok()) return read;
  }
  if (auto part = (*archive)->Part("word/styles.xml"); !part.ok()) {
    return part.status();
  } else if (part->has_value()) {
    if (absl::Status read = numbering.ReadStyles(**part); !read.ok()) return read;
  }
  auto body = (*archive)->Part("word/document.xml");
  if (!body.ok()) return body.status();
  SourceDocument document;
  document.format = SourceFormat::kDocx;
  auto title = ReadTitle(**archive);
  if (!title.ok()) return title.status();
  document.format_title = *std::move(title);
  XmlStream xml(**body, "word/document.xml");
  BlockBuilder builder;
  DocxWalk(&xml, &numbering, &builder).Run();
  if (!builder.status().ok()) return builder.status();
  if (!xml.status().ok()) return xml.status();
  document.blocks = builder.Take();
  return document;
}

}  // namespace duban
