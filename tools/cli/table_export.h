// Tables for other programs: CSV, XLSX and Markdown files, and a page to be printed.
//
// What is written is what the table holds; no cell of it becomes a formula, whatever program opens it. Pure functions,
// but for those that write a file. Thread-safe.

#ifndef DUBAN_TOOLS_CLI_TABLE_EXPORT_H_
#define DUBAN_TOOLS_CLI_TABLE_EXPORT_H_

#include <string>

#include "absl/status/status.h"
#include "tools/cli/command.h"
#include "tools/cli/printer.h"
#include "tools/cli/table.h"

namespace duban::cli {

// UTF-8 with a byte order mark, without which Excel takes Chinese for another encoding; lines end with CR LF, as RFC
// 4180 has it. A cell that a spreadsheet would take for a formula (it begins with `=`, `+`, `-`, `@`, a tab or a line
// end, and is no plain number) gets a `'` in front.
std::string ToCsv(const TableContent& content);

// A table as GitHub and most editors take it.
std::string ToMarkdown(const TableContent& content);

// A page in HTML, A4, with the table's head on every sheet. `title` stands above, `foot` below.
std::string ToPage(const TableContent& content, const std::string& title, const std::string& foot);

// Writes a workbook with one sheet; a file that is there is replaced. Error: a usage error that names the file.
absl::Status WriteXlsx(const TableContent& content, const std::string& title, const std::string& path);

// How a command that shows a table is asked to give it to another program.
struct ExportFlags {
  bool csv = false;
  bool markdown = false;
  std::string xlsx;
  std::string page;

  bool any() const { return csv || markdown || !xlsx.empty() || !page.empty(); }
};

// Adds `--csv`, `--markdown`, `--xlsx` and `--page`.
void AddExports(Command& command, ExportFlags* flags);

// Checks that at most one form is asked for, and not JSON beside it. Call it before anything is called.
absl::Status CheckExports(const ExportFlags& flags, const Printer& printer);

// Gives a table in the form that is asked for: on standard output, or in the file that is named, which it tells.
// REQUIRES: flags.any().
absl::Status Export(const Table& table, const ExportFlags& flags, const Phrase& title, const Phrase& foot,
                    Printer* printer);

}  // namespace duban::cli

#endif  // DUBAN_TOOLS_CLI_TABLE_EXPORT_H_
