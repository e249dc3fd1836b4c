// The numbers Word prints in front of paragraphs, which stand nowhere in the text: `word/numbering.xml` says how, the
// styles say which paragraphs, and counting says what. Source of the rules: ECMA-376 part 1, sections 17.9
// and 17.18.59.
//
// Not thread-safe. Errors: UNREADABLE_DOCUMENT for parts that do not parse.
#ifndef DUBAN_SERVICES_PLAN_SOURCE_DOCX_NUMBERING_H_
#define DUBAN_SERVICES_PLAN_SOURCE_DOCX_NUMBERING_H_

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"

namespace duban {

// A number in one of Word's formats (`decimal`, `chineseCounting`, `upperRoman`, ...); decimal where the format is not
// known; empty for `none` and `bullet`.
std::u32string FormatWordNumber(std::string_view format, int number);

class DocxNumbering {
 public:
  // Which list a paragraph belongs to; num 0 is none (and switches a style's list off).
  struct Reference {
    std::optional<int> num;
    std::optional<int> level;
  };

  absl::Status ReadNumbering(std::string_view xml);
  absl::Status ReadStyles(std::string_view xml);

  // The label of the next paragraph with this style and reference, with the space that follows it; empty where it has
  // none. Counts, so call it once for each paragraph in order.
  std::u32string NextLabel(const std::string& style, const Reference& own);

 private:
  struct Level {
    int start = 1;
    std::string format = "decimal";
    std::string text;
    std::string suffix = "tab";
    // The paragraph style linked to this level.
    std::string style;
    bool legal = false;
  };
  struct Abstract {
    std::map<int, Level> levels;
  };
  struct Instance {
    int abstract = -1;
    std::map<int, int> start_overrides;
    bool begun = false;
  };
  struct Style {
    std::string based_on;
    Reference reference;
  };

  Reference Resolve(const std::string& style, const Reference& own) const;
  std::u32string Label(const Abstract& abstract, const std::vector<int>& counters, int level) const;

  std::map<int, Abstract> abstracts_;
  std::map<int, Instance> instances_;
  std::map<std::string, Style> styles_;
  std::string default_style_;
  // Counters by abstract list: instances of one list go on counting together.
  std::map<int, std::vector<int>> counters_;
};

}  // namespace duban

#endif  // DUBAN_SERVICES_PLAN_SOURCE_DOCX_NUMBERING_H_
