#include "tests/support/docx_builder.h"

#include <zip.h>

#include <cstdlib>

namespace duban {

std::string BuildArchive(const std::vector<ArchiveEntry>& entries) {
  zip_error_t error;
  zip_error_init(&error);
  zip_source_t* memory = zip_source_buffer_create(nullptr, 0, 0, &error);
  zip_source_keep(memory);
  zip_t* archive = zip_open_from_source(memory, ZIP_TRUNCATE, &error);
  if (archive == nullptr) std::abort();
  for (const auto& [name, content] : entries) {
    zip_source_t* source = zip_source_buffer(archive, content.data(), content.size(), 0);
    if (zip_file_add(archive, name.c_str(), source, ZIP_FL_ENC_UTF_8) < 0) std::abort();
  }
  if (zip_close(archive) != 0) std::abort();
  zip_stat_t stat;
  zip_source_open(memory);
  zip_source_stat(memory, &stat);
  std::string bytes(stat.size, '\0');
  zip_source_read(memory, bytes.data(), stat.size);
  zip_source_close(memory);
  zip_source_free(memory);
  return bytes;
}

std::string BuildDocx(const std::string& body_xml, const std::vector<ArchiveEntry>& parts) {
  const std::string head = "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>";
  std::vector<ArchiveEntry> entries = {
      {"[Content_Types].xml", head + "<Types xmlns=\"http://schemas.openxmlformats.org/package/2006/content-types\"/>"},
      {"word/document.xml",
       head + "<w:document " + kWordNamespace + "><w:body>" + body_xml + "</w:body></w:document>"}};
  entries.insert(entries.end(), parts.begin(), parts.end());
  return BuildArchive(entries);
}

std::string Paragraph(const std::string& text, const std::string& properties) {
  return "<w:p><w:pPr>" + properties + "</w:pPr><w:r><w:t>" + text + "</w:t></w:r></w:p>";
}

}  // namespace duban
