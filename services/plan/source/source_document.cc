#include "services/plan/source/source_document.h"

#include <unicode/normalizer2.h>
#include <unicode/uchar.h>
#include <unicode/unistr.h>

#include <algorithm>
#include <array>
#include <memory>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "common/base/errors.h"
#include "common/base/strings.h"
#include "services/plan/source/office_archive.h"

namespace duban {
namespace {

constexpr size_t kBmpSize = 0x10000;

bool IsCompatibilityBlock(char32_t c) {
  return (c >= 0x2E80 && c <= 0x2FDF) || (c >= 0xF900 && c <= 0xFAFF) || (c >= 0xFE10 && c <= 0xFE6F) ||
         (c >= 0xFF01 && c <= 0xFFEF);
}

// The fold of every code point of the basic plane.
std::array<char16_t, kBmpSize> MakeFolds() {
  std::array<char16_t, kBmpSize> folds;
  UErrorCode error = U_ZERO_ERROR;
  const icu::Normalizer2* nfkc = icu::Normalizer2::getNFKCInstance(error);
  for (size_t c = 0; c < kBmpSize; ++c) {
    folds[c] = static_cast<char16_t>(c);
    if (u_isUWhiteSpace(static_cast<UChar32>(c))) folds[c] = ' ';
    if (U_FAILURE(error) || !IsCompatibilityBlock(static_cast<char32_t>(c))) continue;
    const icu::UnicodeString folded = nfkc->normalize(icu::UnicodeString(static_cast<UChar32>(c)), error);
    if (U_SUCCESS(error) && folded.length() == 1) folds[c] = folded.charAt(0);
  }
  return folds;
}

bool ShowsNothing(char32_t c) {
  if (c == '\t' || c == 0x3000) return false;
  if (c < 0x20 || (c >= 0x7F && c < 0xA0)) return true;
  return c == 0xAD || (c >= 0x200B && c <= 0x200F) || (c >= 0x202A && c <= 0x202E) || (c >= 0x2060 && c <= 0x206F) ||
         c == 0xFEFF || (c >= 0xFE00 && c <= 0xFE0F);
}

bool IsCombining(char32_t c) {
  return (c >= 0x300 && c <= 0x36F) || c == 0x3099 || c == 0x309A;
}

void Compose(std::u32string& text) {
  UErrorCode error = U_ZERO_ERROR;
  const icu::Normalizer2* nfc = icu::Normalizer2::getNFCInstance(error);
  const auto source =
      icu::UnicodeString::fromUTF32(reinterpret_cast<const UChar32*>(text.data()), static_cast<int32_t>(text.size()));
  const icu::UnicodeString composed = nfc->normalize(source, error);
  if (U_FAILURE(error)) return;
  std::u32string out;
  for (int32_t i = 0; i < composed.length(); i = composed.moveIndex32(i, 1)) out.push_back(composed.char32At(i));
  text = std::move(out);
}

bool EndsWith(std::string_view name, std::string_view ending) {
  return absl::EndsWithIgnoreCase(ToAbsl(name), ToAbsl(ending));
}

bool StartsWith(std::string_view bytes, std::string_view magic) {
  return bytes.substr(0, magic.size()) == magic;
}

bool Contains(std::string_view bytes, std::string_view what) {
  return bytes.find(what) != std::string_view::npos;
}

absl::Status Unsupported(std::string_view what) {
  return UnreadableDocument(StrCat("不能直接读取", what, "，请用原来的软件打开后另存为 .docx 或 .txt 再导入"),
                            StrCat("cannot read ", what, "; open it and save it as .docx or .txt, then import again"));
}

absl::Status UnsupportedSheet(std::string_view what) {
  return UnreadableDocument(StrCat("不能直接读取", what, "，请在 Excel 或 WPS 里另存为 .xlsx 再导入"),
                            StrCat("cannot read ", what, "; save it as .xlsx in Excel or WPS, then import again"));
}

absl::Status UnsupportedArchive() {
  return UnreadableDocument("这是压缩包，请先解压，再导入里面的文件",
                            "this is an archive; unpack it and import the file inside");
}

// Whether this is data for programs, not a document: an object, or a list of objects, lists or strings. A heading may
// begin with a bracket, but not with two.
bool LooksLikeJson(std::string_view bytes) {
  constexpr std::string_view kBlank = " \t\r\n\xEF\xBB\xBF";
  const size_t first = bytes.find_first_not_of(kBlank);
  if (first == std::string_view::npos || (bytes[first] != '{' && bytes[first] != '[')) return false;
  const size_t second = bytes.find_first_not_of(kBlank, first + 1);
  if (second == std::string_view::npos) return false;
  return bytes[second] == '"' || (bytes[first] == '[' && (bytes[second] == '{' || bytes[second] == '['));
}

// The refusal for bytes that show by their first characters that they are of no format that is read; OK else.
absl::Status RefuseForeignFormats(std::string_view bytes, std::string_view name) {
  if (StartsWith(bytes, "%PDF")) return Unsupported("PDF (.pdf)");
  if (StartsWith(bytes, "\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1")) {
    if (EndsWith(name, ".wps")) return Unsupported("WPS (.wps)");
    if (EndsWith(name, ".xls") || EndsWith(name, ".et")) return UnsupportedSheet("旧版 Excel (.xls)");
    return Unsupported("旧版 Word (.doc)");
  }
  if (StartsWith(bytes, "{\\rtf")) return Unsupported("RTF (.rtf)");
  const bool office = Contains(bytes, "word/document.xml") || Contains(bytes, "xl/workbook.xml");
  if (StartsWith(bytes, "PK\x03\x04") && !office) {
    if (Contains(bytes, "OFD.xml") || EndsWith(name, ".ofd")) return Unsupported("OFD (.ofd)");
    if (Contains(bytes, "xl/workbook.bin")) return UnsupportedSheet("Excel 二进制工作簿 (.xlsb)");
    return UnsupportedArchive();
  }
  if (StartsWith(bytes, "PK\x05\x06")) return UnsupportedArchive();
  if (StartsWith(bytes, "\x89PNG") || StartsWith(bytes, "\xFF\xD8\xFF") || StartsWith(bytes, "GIF8")) {
    return Unsupported("图片");
  }
  if (LooksLikeJson(bytes)) {
    return UnreadableDocument("这是程序用的 JSON 数据，不是方案文件，请导入方案原文（.docx、.txt 或 .htm）",
                              "this is JSON, data for programs; import the document itself, as .docx, .txt or .htm");
  }
  if (StartsWith(bytes, "Rar!") || StartsWith(bytes, "7z\xBC\xAF")) return UnsupportedArchive();
  if (StartsWith(bytes, "MIME-Version:") || StartsWith(bytes, "From: <")) return Unsupported("单个文件网页 (.mht)");
  return absl::OkStatus();
}

// Whether the text is a page: markup at its start, or a document type.
bool LooksLikeHtml(std::string_view bytes, std::string_view name) {
  std::string head;
  for (char c : bytes.substr(0, 4096)) {
    if (c != '\0') head.push_back(static_cast<char>(absl::ascii_tolower(static_cast<unsigned char>(c))));
  }
  if (Contains(head, "<html") || Contains(head, "<!doctype html")) return true;
  const bool markup = Contains(head, "<table") || Contains(head, "<body") || Contains(head, "<div") ||
                      Contains(head, "<p>") || Contains(head, "<p ") || Contains(head, "<meta");
  return markup && (EndsWith(name, ".html") || EndsWith(name, ".htm") ||
                    head.find_first_not_of(" \t\r\n\xEF\xBB\xBF") == head.find('<'));
}

}  // namespace

absl::Status UnreadableDocument(std::string_view message_zh, std::string_view message_en) {
  return Error(v1::UNREADABLE_DOCUMENT, message_en, message_zh);
}

std::u32string FoldWidths(std::u32string_view printed) {
  static const std::array<char16_t, kBmpSize>& folds = *new std::array<char16_t, kBmpSize>(MakeFolds());
  std::u32string out(printed);
  for (char32_t& c : out) {
    if (c < kBmpSize) c = folds[c];
  }
  return out;
}

SourceLine MakeSourceLine(std::u32string_view printed, int32_t line, int32_t column) {
  SourceLine out;
  out.line = line;
  out.column = column;
  out.printed.assign(printed);
  std::erase_if(out.printed, ShowsNothing);
  if (std::any_of(out.printed.begin(), out.printed.end(), IsCombining)) Compose(out.printed);
  out.text = FoldWidths(out.printed);
  return out;
}

SourceBlock MakeLineBlock(SourceLine line) {
  SourceBlock block;
  block.line = std::move(line);
  return block;
}

absl::StatusOr<SourceDocument> ReadSource(std::string_view bytes, std::string_view source_name) {
  if (bytes.empty())
    return UnreadableDocument("文件是空的，请检查后重新导入", "the file is empty; check it and import again");
  if (bytes.size() > kMaxDocumentBytes) {
    return UnreadableDocument(
        StrCat("文件有 ", bytes.size() / 1024 / 1024, " MB，超过 3 MB 的上限，请只保存方案正文和附件后再导入"),
        StrCat("the file has ", bytes.size(), " bytes, more than ", kMaxDocumentBytes,
               "; save only the plan and its annexes, then import again"));
  }
  DUBAN_RETURN_IF_ERROR(RefuseForeignFormats(bytes, source_name));
  if (StartsWith(bytes, "PK\x03\x04")) {
    DUBAN_ASSIGN_OR_RETURN(const std::unique_ptr<OfficeArchive> archive, OfficeArchive::Open(bytes));
    return archive->kind() == OfficeKind::kDocx ? ReadDocx(bytes) : ReadXlsx(bytes);
  }
  if (LooksLikeHtml(bytes, source_name)) return ReadHtml(bytes);
  if (EndsWith(source_name, ".csv") || EndsWith(source_name, ".tsv")) return ReadCsvDocument(bytes);
  return ReadText(bytes);
}

}  // namespace duban
