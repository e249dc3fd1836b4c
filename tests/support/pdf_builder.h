// Makes PDF files for tests: pages of text at given places, in a font that says which characters it shows.

#ifndef DUBAN_TESTS_SUPPORT_PDF_BUILDER_H_
#define DUBAN_TESTS_SUPPORT_PDF_BUILDER_H_

#include <string>
#include <vector>

namespace duban {

// Text whose first character stands `x` points from the left edge and `y` from the lower one; a page is 842 by 595, a
// character 12 high.
struct PdfText {
  int x = 0;
  int y = 0;
  std::string text;
};

std::string BuildPdf(const std::vector<std::vector<PdfText>>& pages);

}  // namespace duban

#endif  // DUBAN_TESTS_SUPPORT_PDF_BUILDER_H_
