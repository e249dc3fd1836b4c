#include "services/plan/source/read_source.h"

#include <unistd.h>

#include <memory>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "common/base/child_process.h"
#include "common/base/errors.h"
#include "common/base/strings.h"
#include "services/plan/source/office_archive.h"
#include "services/plan/source/pdf_layout.h"

namespace duban {
namespace {

// What taking the text out of a PDF may cost.
constexpr ChildLimits kPdfLimits = {
    .cpu_seconds = 5, .wall_seconds = 10, .memory_bytes = 256 << 20, .output_bytes = 4 * kMaxDocumentBytes};

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

absl::StatusOr<SourceDocument> ReadPdf(std::string_view bytes, const std::string& program) {
  if (access(program.c_str(), X_OK) != 0) {
    return UnreadableDocument(
        "这台机器没有安装读 PDF 的程序，请安装软件包 poppler-utils（和 poppler-data），或把 PDF 另存为 .docx 再导入",
        "no program that reads PDF is installed; install the packages poppler-utils and poppler-data, or save the PDF "
        "as "
        ".docx");
  }
  const ChildResult child = RunChild({program, "-layout", "-enc", "UTF-8", "-", "-"}, bytes, kPdfLimits);
  switch (child.end) {
    case ChildResult::End::kExited:
      break;
    case ChildResult::End::kNotStarted:
      return UnreadableDocument("读 PDF 的程序 pdftotext 无法启动，请系统管理员检查，或把 PDF 另存为 .docx 再导入",
                                "`pdftotext` cannot be started; ask the operator, or save the PDF as .docx");
    default:
      return UnreadableDocument("PDF 太大或太复杂，在规定的时间和内存里读不完，请另存为 .docx 再导入",
                                "the PDF takes too much time or memory to read; save it as .docx and import that");
  }
  if (child.exit_code != 0) {
    return UnreadableDocument("PDF 已损坏，或设了密码、不许复制，请去掉保护或另存为 .docx 再导入",
                              "the PDF is damaged, or has a password, or may not be copied; save it as .docx");
  }
  return ReadPdfLayout(child.output);
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
  if (StartsWith(bytes, "%PDF")) return ReadPdf(bytes);
  if (StartsWith(bytes, "PK\x03\x04")) {
    DUBAN_ASSIGN_OR_RETURN(const std::unique_ptr<OfficeArchive> archive, OfficeArchive::Open(bytes));
    return archive->kind() == OfficeKind::kDocx ? ReadDocx(bytes) : ReadXlsx(bytes);
  }
  if (LooksLikeHtml(bytes, source_name)) return ReadHtml(bytes);
  if (EndsWith(source_name, ".csv") || EndsWith(source_name, ".tsv")) return ReadCsvDocument(bytes);
  return ReadText(bytes);
}

}  // namespace duban
