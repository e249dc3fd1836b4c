#include "tests/support/pdf_builder.h"

#include <cstdio>
#include <string_view>

#include "common/base/text.h"

namespace duban {
namespace {

std::string Stream(const std::string& content) {
  return "<< /Length " + std::to_string(content.size()) + " >> stream\n" + content + "\nendstream";
}

// The text as the four-digit numbers of its characters.
std::string Hex(const std::string& utf8) {
  std::string hex;
  for (const char32_t c : DecodeUtf8(utf8)) {
    char digits[8];
    std::snprintf(digits, sizeof digits, "%04X", static_cast<unsigned>(c));
    hex += digits;
  }
  return hex;
}

// The objects in order, each with its place in a table at the end.
std::string File(const std::vector<std::string>& objects) {
  std::string file = "%PDF-1.7\n", table;
  for (size_t i = 0; i < objects.size(); ++i) {
    char place[32];
    std::snprintf(place, sizeof place, "%010zu 00000 n \n", file.size());
    table += place;
    file += std::to_string(i + 1) + " 0 obj\n" + objects[i] + "\nendobj\n";
  }
  const std::string size = std::to_string(objects.size() + 1);
  const std::string begin = std::to_string(file.size());
  return file + "xref\n0 " + size + "\n0000000000 65535 f \n" + table + "trailer << /Size " + size +
         " /Root 1 0 R >>\nstartxref\n" + begin + "\n%%EOF";
}

}  // namespace

std::string BuildPdf(const std::vector<std::vector<PdfText>>& pages) {
  std::vector<std::string> objects = {
      "<< /Type /Catalog /Pages 2 0 R >>",
      "",
      "<< /Type /Font /Subtype /Type0 /BaseFont /Song /Encoding /Identity-H /DescendantFonts [4 0 R] /ToUnicode 5 0 R "
      ">>",
      "<< /Type /Font /Subtype /CIDFontType2 /BaseFont /Song /CIDSystemInfo << /Registry (Adobe) /Ordering (Identity) "
      "/Supplement 0 >> /FontDescriptor 6 0 R /DW 1000 /W [32 126 500] >>",
      Stream(
          "/CIDInit /ProcSet findresource begin 12 dict begin begincmap /CMapName /U def 1 begincodespacerange <0000> "
          "<FFFF> endcodespacerange 1 beginbfrange <0000> <FFFF> <0000> endbfrange endcmap end end"),
      "<< /Type /FontDescriptor /FontName /Song /Flags 4 /FontBBox [0 -200 1000 900] /ItalicAngle 0 /Ascent 880 "
      "/Descent "
      "-120 /CapHeight 880 /StemV 80 >>"};
  std::string kids;
  for (const std::vector<PdfText>& page : pages) {
    std::string content = "BT /F1 12 Tf\n";
    for (const PdfText& text : page) {
      content +=
          "1 0 0 1 " + std::to_string(text.x) + " " + std::to_string(text.y) + " Tm <" + Hex(text.text) + "> Tj\n";
    }
    objects.push_back(Stream(content + "ET"));
    objects.push_back(
        "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 842 595] /Resources << /Font << /F1 3 0 R >> >> "
        "/Contents " +
        std::to_string(objects.size()) + " 0 R >>");
    kids += std::to_string(objects.size()) + " 0 R ";
  }
  objects[1] = "<< /Type /Pages /Kids [" + kids + "] /Count " + std::to_string(pages.size()) + " >>";
  return File(objects);
}

}  // namespace duban
