// Makes DOCX files for tests: an archive of the parts that a test names, and the few parts Word cannot do without.

#ifndef DUBAN_TESTS_SUPPORT_DOCX_BUILDER_H_
#define DUBAN_TESTS_SUPPORT_DOCX_BUILDER_H_

#include <string>
#include <utility>
#include <vector>

namespace duban {

// Name and content of an archive entry.
using ArchiveEntry = std::pair<std::string, std::string>;

// A ZIP archive with the entries in order.
std::string BuildArchive(const std::vector<ArchiveEntry>& entries);

// A DOCX whose body holds `body_xml` (elements in the `w:` namespace), with further parts.
std::string BuildDocx(const std::string& body_xml, const std::vector<ArchiveEntry>& parts = {});

// `<w:p>` with one run of text. `properties` goes into `<w:pPr>`.
std::string Paragraph(const std::string& text, const std::string& properties = "");

// The `w:` namespace as an attribute.
inline constexpr char kWordNamespace[] = "xmlns:w=\"http://schemas.openxmlformats.org/wordprocessingml/2006/main\"";

}  // namespace duban

#endif  // DUBAN_TESTS_SUPPORT_DOCX_BUILDER_H_
