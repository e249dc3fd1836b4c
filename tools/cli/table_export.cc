#include "tools/cli/table_export.h"

#include <xlsxwriter.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <fstream>
#include <string_view>
#include <vector>

#include "absl/strings/str_replace.h"
#include "common/base/strings.h"
#include "common/base/text.h"

namespace duban::cli {
namespace {

using Line = std::vector<std::string>;

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
// What Excel takes at most: characters of a cell, and of a sheet's name.
constexpr size_t kMostOfCell = 32767;
constexpr size_t kMostOfSheetName = 31;
// Columns that a column of a sheet is wide at most.
constexpr size_t kWidest = 60;

// Digits, with a sign or a point where numbers have them.
bool IsPlainNumber(std::string_view text) {
  if (!text.empty() && (text[0] == '-' || text[0] == '+')) text.remove_prefix(1);
  const bool digits = std::all_of(text.begin(), text.end(), [](char c) { return ('0' <= c && c <= '9') || c == '.'; });
  return digits && !text.empty() && text[0] != '.' && text.back() != '.' &&
         std::count(text.begin(), text.end(), '.') <= 1;
}

// A cell that no spreadsheet takes for a formula.
std::string Harmless(const std::string& text) {
  constexpr std::string_view kBeginsFormula = "=+-@\t\r\n";
  const bool formula = !text.empty() && kBeginsFormula.find(text[0]) != std::string_view::npos && !IsPlainNumber(text);
  return formula ? StrCat("'", text) : text;
}

std::string CsvCell(const std::string& text) {
  const std::string harmless = Harmless(text);
  if (harmless.find_first_of("\",\r\n") == std::string::npos) return harmless;
  return StrCat("\"", absl::StrReplaceAll(harmless, {{"\"", "\"\""}}), "\"");
}

std::string MarkdownCell(const std::string& text) {
  return absl::StrReplaceAll(text, {{"\\", "\\\\"}, {"|", "\\|"}, {"<", "&lt;"}, {"\n", "<br>"}});
}

std::string HtmlText(const std::string& text) {
  return absl::StrReplaceAll(text, {{"&", "&amp;"}, {"<", "&lt;"}, {">", "&gt;"}, {"\"", "&quot;"}, {"\n", "<br>"}});
}

std::string MarkdownLine(const Line& cells) {
  std::string line = "|";
  for (const std::string& cell : cells) StrAppend(&line, " ", MarkdownCell(cell), " |");
  return line + "\n";
}

std::string HtmlLine(const Line& cells, const std::vector<bool>& right, std::string_view tag) {
  std::string line = "<tr>";
  for (size_t i = 0; i < cells.size(); ++i) {
    StrAppend(&line, "<", tag, right[i] ? " class=\"number\">" : ">", HtmlText(cells[i]), "</", tag, ">");
  }
  return line + "</tr>\n";
}

// A name that Excel takes for a sheet.
std::string SheetName(const std::string& title) {
  std::string name = title;
  std::erase_if(name, [](char c) { return std::string_view("[]:*?/\\'").find(c) != std::string_view::npos; });
  size_t end = 0;
  for (size_t characters = 0; end < name.size() && characters < kMostOfSheetName; ++characters) {
    end += CharacterBytes(name, end);
  }
  return name.substr(0, end);
}

std::string CutToCell(const std::string& text) {
  if (text.size() <= kMostOfCell) return text;
  size_t end = 0;
  for (size_t characters = 0; end < text.size() && characters < kMostOfCell; ++characters) {
    end += CharacterBytes(text, end);
  }
  return text.substr(0, end);
}

// The formats of a sheet; they belong to the workbook.
struct Formats {
  lxw_format* header = nullptr;
  lxw_format* text = nullptr;
};

Formats AddFormats(lxw_workbook* workbook) {
  Formats formats{workbook_add_format(workbook), workbook_add_format(workbook)};
  format_set_bold(formats.header);
  format_set_border(formats.header, LXW_BORDER_THIN);
  format_set_text_wrap(formats.text);
  format_set_border(formats.text, LXW_BORDER_THIN);
  format_set_align(formats.text, LXW_ALIGN_VERTICAL_TOP);
  return formats;
}

void WriteCell(lxw_worksheet* sheet, size_t row, size_t column, const std::string& text, bool number,
               lxw_format* format) {
  const auto at_row = static_cast<lxw_row_t>(row);
  const auto at_column = static_cast<lxw_col_t>(column);
  if (number && IsPlainNumber(text)) {
    worksheet_write_number(sheet, at_row, at_column, std::strtod(text.c_str(), nullptr), format);
  } else {
    // Text stays text, whatever it begins with.
    worksheet_write_string(sheet, at_row, at_column, CutToCell(text).c_str(), format);
  }
}

void FillSheet(const TableContent& content, const Formats& formats, lxw_worksheet* sheet) {
  for (size_t column = 0; column < content.headers.size(); ++column) {
    size_t width = DisplayWidth(content.headers[column]);
    WriteCell(sheet, 0, column, content.headers[column], false, formats.header);
    for (size_t row = 0; row < content.rows.size(); ++row) {
      const std::string& text = content.rows[row][column];
      WriteCell(sheet, row + 1, column, text, content.right[column], formats.text);
      width = std::max(width, DisplayWidth(text));
    }
    const auto at = static_cast<lxw_col_t>(column);
    worksheet_set_column(sheet, at, at, static_cast<double>(std::min(width, kWidest) + 2), nullptr);
  }
  worksheet_freeze_panes(sheet, 1, 0);
  worksheet_repeat_rows(sheet, 0, 0);
  worksheet_set_landscape(sheet);
  worksheet_set_paper(sheet, 9);  // A4.
  worksheet_fit_to_pages(sheet, 1, 0);
}

absl::Status CannotWrite(const std::string& path) {
  return UsageError({StrCat("无法写入文件 ", path, "，请检查路径、权限和磁盘空间"),
                     StrCat("cannot write ", path, "; check the path, the permissions and the disk")});
}

absl::Status WriteFile(const std::string& path, const std::string& text) {
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  file << text;
  file.close();
  return file ? absl::OkStatus() : CannotWrite(path);
}

}  // namespace

std::string ToCsv(const TableContent& content) {
  std::string text(kByteOrderMark);
  const auto add = [&](const Line& cells) {
    for (size_t i = 0; i < cells.size(); ++i) StrAppend(&text, i == 0 ? "" : ",", CsvCell(cells[i]));
    StrAppend(&text, "\r\n");
  };
  add(content.headers);
  for (const Line& row : content.rows) add(row);
  return text;
}

std::string ToMarkdown(const TableContent& content) {
  std::string text = MarkdownLine(content.headers);
  text += "|";
  for (const bool right : content.right) text += right ? " ---: |" : " --- |";
  text += "\n";
  for (const Line& row : content.rows) text += MarkdownLine(row);
  return text;
}

std::string ToPage(const TableContent& content, const std::string& title, const std::string& foot) {
  std::string page = StrCat(
      "<!DOCTYPE html>\n<html><head><meta charset=\"utf-8\"><title>", HtmlText(title),
      "</title>\n<style>\n@page { size: A4 landscape; margin: 15mm; }\n"
      "body { font-family: \"Noto Sans CJK SC\", \"Microsoft YaHei\", sans-serif; font-size: 10.5pt; }\n"
      "h1 { font-size: 16pt; text-align: center; }\n"
      "table { border-collapse: collapse; width: 100%; }\nthead { display: table-header-group; }\n"
      "tr { page-break-inside: avoid; }\n"
      "th, td { border: 1px solid #000; padding: 4px 6px; text-align: left; vertical-align: top; }\n"
      ".number { text-align: right; }\n</style></head>\n<body><h1>",
      HtmlText(title), "</h1>\n<table><thead>\n", HtmlLine(content.headers, content.right, "th"), "</thead><tbody>\n");
  for (const Line& row : content.rows) page += HtmlLine(row, content.right, "td");
  return StrCat(page, "</tbody></table>\n<p>", HtmlText(foot), "</p></body></html>\n");
}

absl::Status WriteXlsx(const TableContent& content, const std::string& title, const std::string& path) {
  lxw_workbook* workbook = workbook_new(path.c_str());
  if (workbook == nullptr) return CannotWrite(path);
  const std::string name = SheetName(title);
  lxw_worksheet* sheet = workbook_add_worksheet(workbook, name.empty() ? nullptr : name.c_str());
  if (sheet != nullptr) FillSheet(content, AddFormats(workbook), sheet);
  const bool written = workbook_close(workbook) == LXW_NO_ERROR && sheet != nullptr;
  return written ? absl::OkStatus() : CannotWrite(path);
}

void AddExports(Command& command, ExportFlags* flags) {
  command.Flag("--csv", &flags->csv, {"输出 CSV（Excel 可直接打开）", "as CSV, which Excel opens"})
      .Flag("--markdown", &flags->markdown, {"输出 Markdown 表格", "as a Markdown table"})
      .Text("--xlsx=FILE", &flags->xlsx, {"写成 Excel 文件", "as an Excel file"})
      .Text("--page=FILE", &flags->page, {"写成可打印的网页（A4）", "as a page to be printed (HTML, A4)"});
}

absl::Status CheckExports(const ExportFlags& flags, const Printer& printer) {
  const int forms = (flags.csv ? 1 : 0) + (flags.markdown ? 1 : 0) + (flags.xlsx.empty() ? 0 : 1) +
                    (flags.page.empty() ? 0 : 1) + (printer.json() ? 1 : 0);
  const bool only_json = printer.json() && !flags.any();
  if (forms <= 1 || only_json) return absl::OkStatus();
  return UsageError({"--csv、--markdown、--xlsx、--page 和 JSON 只能选一种",
                     "choose one of --csv, --markdown, --xlsx, --page and JSON"});
}

absl::Status Export(const Table& table, const ExportFlags& flags, const Phrase& title, const Phrase& foot,
                    Printer* printer) {
  const TableContent content = table.Content();
  const std::string heading = printer->Say(title);
  if (flags.csv) {
    printer->Raw(ToCsv(content));
    return absl::OkStatus();
  }
  if (flags.markdown) {
    printer->Raw(ToMarkdown(content));
    return absl::OkStatus();
  }
  const std::string& path = flags.xlsx.empty() ? flags.page : flags.xlsx;
  DUBAN_RETURN_IF_ERROR(flags.xlsx.empty() ? WriteFile(path, ToPage(content, heading, printer->Say(foot)))
                                           : WriteXlsx(content, heading, path));
  printer->Line({StrCat("已写入 ", path, "（", content.rows.size(), " 行）"),
                 StrCat("wrote ", path, " (", content.rows.size(), " rows)")});
  return absl::OkStatus();
}

}  // namespace duban::cli
