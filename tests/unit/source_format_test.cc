// HTML and DOCX decode to what a person sees on the page, and what is made to hurt is refused.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <string>
#include <vector>

#include "common/base/errors.h"
#include "common/base/text.h"
#include "services/plan/source/docx_numbering.h"
#include "services/plan/source/pdf_layout.h"
#include "services/plan/source/read_source.h"
#include "services/plan/source/shown_numbers.h"
#include "tests/support/docx_builder.h"
#include "tests/support/pdf_builder.h"
#include "tests/support/xlsx_builder.h"

namespace duban {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::string CellText(const SourceCell& cell) {
  std::string text;
  for (const SourceLine& line : cell.lines) text += (text.empty() ? "" : "|") + EncodeUtf8(line.printed);
  if (cell.row_span > 1) text += "↓" + std::to_string(cell.row_span);
  if (cell.column_span > 1) text += "→" + std::to_string(cell.column_span);
  return text;
}

// One string a block: a line as it is, a table as `[a,b][c,d]`.
std::vector<std::string> Shape(const absl::StatusOr<SourceDocument>& document) {
  EXPECT_TRUE(document.ok()) << document.status();
  std::vector<std::string> shape;
  if (!document.ok()) return shape;
  for (const SourceBlock& block : document->blocks) {
    if (block.kind == SourceBlock::Kind::kLine) {
      shape.push_back(EncodeUtf8(block.line.printed));
      continue;
    }
    std::string table;
    for (const auto& row : block.table.rows) {
      table += "[";
      for (size_t i = 0; i < row.size(); ++i) table += (i == 0 ? "" : ",") + CellText(row[i]);
      table += "]";
    }
    shape.push_back(table);
  }
  return shape;
}

TEST(ReadHtmlTest, KeepsWhatAPersonSeesAndDropsTheRest) {
  EXPECT_THAT(Shape(ReadHtml("<html><head><title>网页</title><style>p{}</style></head><body><script>x()</script>"
                             "<p>第一段<b>粗</b>字</p><div>第二<br>行</div><!-- 注 --><p style='display: none'>藏</p>"
                             "<span hidden>藏</span>尾</body></html>")),
              ElementsAre("第一段粗字", "第二", "行", "尾"));
}

TEST(ReadHtmlTest, MergedCellsAndBreaksInCellsAreKept) {
  EXPECT_THAT(Shape(ReadHtml("<table><thead><tr><th>序号</th><th colspan=2>任务</th></tr></thead><tbody>"
                             "<tr><td rowspan='2'>1</td><td>甲<br>乙</td><td>单位一</td></tr>"
                             "<tr><td>丙</td><td>&nbsp;</td></tr></tbody></table>")),
              ElementsAre("[序号,任务→2][1↓2,甲|乙,单位一][丙,]"));
}

TEST(ReadHtmlTest, ATableThatLaysOutThePageIsOpenedUp) {
  EXPECT_THAT(Shape(ReadHtml("<table><tr><td>导航</td><td><p>正文</p><table><tr><td>1</td><td>甲</td></tr></table></td>"
                             "</tr></table>")),
              ElementsAre("导航", "正文", "[1,甲]"));
}

TEST(ReadHtmlTest, NumbersThatTheBrowserPrintsStandInFront) {
  EXPECT_THAT(Shape(ReadHtml("<ol start=3><li>甲<li>乙</ol><ul><li>丙</ul>")), ElementsAre("3.甲", "4.乙", "丙"));
}

TEST(ReadHtmlTest, TheDeclaredCharsetIsReadRight) {
  // 任务 in GB2312.
  const std::string gb = "<html><head><meta charset=\"gb2312\"></head><body><p>\xC8\xCE\xCE\xF1</p></body></html>";
  EXPECT_THAT(Shape(ReadHtml(gb)), ElementsAre("任务"));
}

TEST(ReadHtmlTest, LinesAreNumberedInReadingOrder) {
  const auto document = ReadHtml("<p>甲</p><table><tr><td>乙</td><td>丙</td></tr></table><p>丁</p>");
  ASSERT_TRUE(document.ok());
  EXPECT_EQ(document->blocks[0].line.line, 1);
  EXPECT_EQ(document->blocks[1].table.rows[0][1].lines[0].line, 3);
  EXPECT_EQ(document->blocks[2].line.line, 4);
}

TEST(ReadHtmlTest, ATableOfTenThousandColumnsIsRefused) {
  std::string page = "<table><tr>";
  for (int i = 0; i < 10000; ++i) page += "<td>1</td>";
  EXPECT_EQ(ReasonOf(ReadHtml(page + "</tr></table>").status()), v1::UNREADABLE_DOCUMENT);
  EXPECT_EQ(ReasonOf(ReadHtml("<table><tr><td colspan=100000>1</td></tr></table>").status()), v1::UNREADABLE_DOCUMENT);
}

TEST(ReadHtmlTest, MoreLinesOrTablesThanAnyPlanHasAreRefused) {
  std::string lines, tables;
  for (size_t i = 0; i <= kMaxDocumentLines; ++i) lines += "<p>行";
  EXPECT_EQ(ReasonOf(ReadHtml(lines).status()), v1::UNREADABLE_DOCUMENT);
  for (int i = 0; i < 501; ++i) tables += "<table><tr><td>1</td></tr></table>";
  EXPECT_EQ(ReasonOf(ReadHtml(tables).status()), v1::UNREADABLE_DOCUMENT);
}

TEST(ReadHtmlTest, EndlessNestingEndsWell) {
  std::string page;
  for (int i = 0; i < 100000; ++i) page += "<div>";
  EXPECT_TRUE(ReadHtml(page + "底").ok());
  page.clear();
  for (int i = 0; i < 1000; ++i) page += "<table><tr><td>";
  const auto nested = ReadHtml(page + "底");
  EXPECT_TRUE(nested.ok() || ReasonOf(nested.status()) == v1::UNREADABLE_DOCUMENT);
}

TEST(ReadDocxTest, ParagraphsBreaksAndTabs) {
  EXPECT_THAT(
      Shape(ReadDocx(BuildDocx(Paragraph("标题") + "<w:p/>" +
                               "<w:p><w:r><w:t>甲</w:t><w:br/><w:t>乙</w:t><w:tab/><w:t>丙</w:t></w:r></w:p>"))),
      ElementsAre("标题", "", "甲", "乙\t丙"));
}

TEST(ReadDocxTest, DeletedHiddenAndBoxedTextIsDropped) {
  const std::string body =
      "<w:p><w:r><w:t>留</w:t></w:r><w:del><w:r><w:delText>删</w:delText></w:r></w:del>"
      "<w:r><w:rPr><w:vanish/></w:rPr><w:t>藏</w:t></w:r><w:ins><w:r><w:t>增</w:t></w:r></w:ins>"
      "<w:r><w:pict><w:txbxContent><w:p><w:r><w:t>框</w:t></w:r></w:p></w:txbxContent></w:pict></w:r></w:p>";
  EXPECT_THAT(Shape(ReadDocx(BuildDocx(body))), ElementsAre("留增"));
}

std::string Cell(const std::string& text, const std::string& properties = "") {
  return "<w:tc><w:tcPr>" + properties + "</w:tcPr>" + Paragraph(text) + "</w:tc>";
}

TEST(ReadDocxTest, MergedCellsAreOneCellWithASpan) {
  const std::string table = "<w:tbl><w:tr>" + Cell("序号") + Cell("任务", "<w:gridSpan w:val=\"2\"/>") +
                            "</w:tr><w:tr>" + Cell("1", "<w:vMerge w:val=\"restart\"/>") + Cell("甲") + Cell("单位一") +
                            "</w:tr><w:tr>" + Cell("", "<w:vMerge/>") + Cell("乙") + Cell("单位二") + "</w:tr></w:tbl>";
  EXPECT_THAT(Shape(ReadDocx(BuildDocx(table))), ElementsAre("[序号,任务→2][1↓2,甲,单位一][乙,单位二]"));
}

constexpr char kNumbering[] =
    "<w:numbering xmlns:w=\"http://schemas.openxmlformats.org/wordprocessingml/2006/main\">"
    "<w:abstractNum w:abstractNumId=\"0\">"
    "<w:lvl w:ilvl=\"0\"><w:start w:val=\"1\"/><w:numFmt w:val=\"chineseCounting\"/><w:lvlText w:val=\"%1、\"/></w:lvl>"
    "<w:lvl w:ilvl=\"1\"><w:start w:val=\"1\"/><w:numFmt w:val=\"chineseCounting\"/><w:lvlText "
    "w:val=\"（%2）\"/></w:lvl>"
    "<w:lvl w:ilvl=\"2\"><w:start w:val=\"1\"/><w:numFmt w:val=\"decimal\"/><w:lvlText w:val=\"%3.\"/></w:lvl>"
    "</w:abstractNum>"
    "<w:num w:numId=\"1\"><w:abstractNumId w:val=\"0\"/></w:num>"
    "<w:num w:numId=\"2\"><w:abstractNumId w:val=\"0\"/><w:lvlOverride w:ilvl=\"2\"><w:startOverride w:val=\"7\"/>"
    "</w:lvlOverride></w:num></w:numbering>";

std::string Item(int num, int level, const std::string& text) {
  return Paragraph(text, "<w:numPr><w:ilvl w:val=\"" + std::to_string(level) + "\"/><w:numId w:val=\"" +
                             std::to_string(num) + "\"/></w:numPr>");
}

TEST(ReadDocxTest, NumbersOfListStylesStandInFrontAsWordPrintsThem) {
  const std::string body = Item(1, 0, "甲") + Item(1, 1, "乙") + Item(1, 2, "丙") + Item(1, 2, "丁") +
                           Item(1, 1, "戊") + Item(1, 2, "己") + Item(1, 0, "庚") + Item(2, 2, "辛") + Item(0, 0, "壬");
  EXPECT_THAT(Shape(ReadDocx(BuildDocx(body, {{"word/numbering.xml", kNumbering}}))),
              ElementsAre("一、甲", "（一）乙", "1. 丙", "2. 丁", "（二）戊", "1. 己", "二、庚", "7. 辛", "壬"));
}

TEST(ReadDocxTest, AStyleGivesItsNumberToItsParagraphs) {
  const std::string styles =
      std::string("<w:styles ") + kWordNamespace +
      "><w:style w:type=\"paragraph\" w:styleId=\"H1\"><w:pPr><w:numPr><w:numId "
      "w:val=\"1\"/></w:numPr></w:pPr></w:style>"
      "<w:style w:type=\"paragraph\" w:styleId=\"H1a\"><w:basedOn w:val=\"H1\"/></w:style></w:styles>";
  const std::string body = Paragraph("甲", "<w:pStyle w:val=\"H1\"/>") + Paragraph("乙", "<w:pStyle w:val=\"H1a\"/>") +
                           Paragraph("丙", "<w:pStyle w:val=\"H1\"/><w:numPr><w:numId w:val=\"0\"/></w:numPr>");
  EXPECT_THAT(Shape(ReadDocx(BuildDocx(body, {{"word/numbering.xml", kNumbering}, {"word/styles.xml", styles}}))),
              ElementsAre("一、甲", "二、乙", "丙"));
}

TEST(ReadDocxTest, EveryFormatOfANumberIsWrittenAsWordWritesIt) {
  const auto format = [](std::string_view name, int number) { return EncodeUtf8(FormatWordNumber(name, number)); };
  EXPECT_EQ(format("chineseCounting", 10), "十");
  EXPECT_EQ(format("chineseCounting", 11), "十一");
  EXPECT_EQ(format("chineseCountingThousand", 102), "一百零二");
  EXPECT_EQ(format("chineseCounting", 20), "二十");
  EXPECT_EQ(format("upperRoman", 14), "XIV");
  EXPECT_EQ(format("lowerLetter", 28), "bb");
  EXPECT_EQ(format("decimalEnclosedCircle", 3), "③");
  EXPECT_EQ(format("decimalZero", 5), "05");
  EXPECT_EQ(format("bullet", 5), "");
}

std::string RefusalOf(const std::string& bytes) {
  const auto document = ReadDocx(bytes);
  EXPECT_EQ(ReasonOf(document.status()), v1::UNREADABLE_DOCUMENT);
  return ChineseMessage(document.status());
}

TEST(ReadDocxTest, ArchivesMadeToHurtAreRefused) {
  EXPECT_THAT(RefusalOf(BuildDocx("", {{"../evil.xml", "x"}})), HasSubstr("不安全"));
  EXPECT_THAT(RefusalOf(BuildDocx("", {{"/etc/passwd", "x"}})), HasSubstr("不安全"));
  EXPECT_THAT(RefusalOf(BuildArchive({{"xl/workbook.xml", "x"}})), HasSubstr("XLSX"));
  EXPECT_THAT(RefusalOf(BuildArchive({{"readme.txt", "x"}})), HasSubstr("不是 DOCX"));
  EXPECT_THAT(RefusalOf(BuildDocx(Paragraph("甲")).substr(0, 300)), HasSubstr("不完整"));
  std::vector<ArchiveEntry> many;
  for (int i = 0; i < 1100; ++i) many.push_back({"word/p" + std::to_string(i), ""});
  EXPECT_THAT(RefusalOf(BuildDocx("", many)), HasSubstr("过多"));
  // 80 MB of spaces in a few KB.
  EXPECT_THAT(RefusalOf(BuildDocx("", {{"word/bomb.xml", std::string(80 << 20, ' ')}})), HasSubstr("过大"));
}

TEST(ReadDocxTest, EntitiesAndDtdsAreRefused) {
  const auto with_document = [](const std::string& xml) { return BuildArchive({{"word/document.xml", xml}}); };
  const std::string root = std::string("<w:document ") + kWordNamespace +
                           "><w:body><w:p><w:r><w:t>&x;</w:t></w:r></w:p></w:body></w:document>";
  EXPECT_THAT(RefusalOf(with_document("<!DOCTYPE d [<!ENTITY x SYSTEM \"file:///etc/passwd\">]>" + root)),
              HasSubstr("DTD"));
  std::string laughs = "<!DOCTYPE d [<!ENTITY a \"ha\">";
  for (char c = 'b'; c < 'z'; ++c) {
    const std::string before = std::string("&") + static_cast<char>(c - 1) + ";";
    laughs += std::string("<!ENTITY ") + c + " \"" + before + before + before + before + before + before + before +
              before + before + before + "\">";
  }
  EXPECT_THAT(RefusalOf(with_document(laughs + "<!ENTITY x \"&y;\">]>" + root)), HasSubstr("word/document.xml"));
  EXPECT_EQ(ReasonOf(ReadDocx(with_document("<w:document")).status()), v1::UNREADABLE_DOCUMENT);
  std::string deep = std::string("<w:document ") + kWordNamespace + ">";
  for (int i = 0; i < 100000; ++i) deep += "<w:x>";
  EXPECT_EQ(ReasonOf(ReadDocx(with_document(deep)).status()), v1::UNREADABLE_DOCUMENT);
}

TEST(ReadSourceTest, DataForProgramsIsRefusedHoweverDeepBeforeItIsRead) {
  std::string deep;
  while (deep.size() < kMaxDocumentBytes - 8) deep += "{\"a\":";
  for (const std::string& json :
       {deep, std::string(kMaxDocumentBytes, '['), std::string("\xEF\xBB\xBF [ {\"a\":1}]"), std::string("[\"a\"]")}) {
    const absl::Status refused = ReadSource(json, "plan.json").status();
    EXPECT_EQ(ReasonOf(refused), v1::UNREADABLE_DOCUMENT) << refused;
    EXPECT_NE(std::string(refused.message()).find("JSON"), std::string::npos);
  }
  for (const char* text : {"[2024] 1号文件", "{附件}", "[", "［一］任务"}) {
    EXPECT_TRUE(ReadSource(text, "plan.txt").ok()) << text;
  }
}

TEST(ReadXlsxTest, ATitleIsALineAndTheRestATable) {
  const std::string rows =
      SheetRows({{"2024年任务清单"}, {"序号", "任务", "单位"}, {"1", "甲\n乙", "市教育局"}, {"注：不变"}});
  EXPECT_THAT(Shape(ReadXlsx(BuildXlsx(rows))),
              ElementsAre("2024年任务清单", "[序号,任务,单位][1,甲|乙,市教育局]", "注：不变"));
}

TEST(ReadXlsxTest, MergedCellsAreOneCellWithASpanAlsoOverRowsThatHoldNothingElse) {
  const std::string rows =
      SheetRows({{"类别", "序号", "任务"}, {"一类", "1", "甲"}, {"", "2", "乙"}, {}, {"", "3", "丙"}});
  EXPECT_THAT(Shape(ReadXlsx(BuildXlsx(rows + "<mergeCells><mergeCell ref=\"A2:A5\"/><mergeCell ref=\"C3:C4\"/>"
                                              "</mergeCells>"))),
              ElementsAre("[类别,序号,任务][一类↓3,1,甲][2,乙][3,丙]"));
}

TEST(ReadXlsxTest, BlankRowsPartTablesOfTheSameColumns) {
  const std::string rows = SheetRows({{"1", "甲", "乙"}, {}, {"二、章"}, {"2", "丙"}});
  EXPECT_THAT(Shape(ReadXlsx(BuildXlsx(rows))), ElementsAre("[1,甲,乙]", "二、章", "[2,丙,]"));
}

TEST(ReadXlsxTest, TextsAreSharedRichAndWithoutHowTheyAreSpoken) {
  const std::string strings =
      "<sst><si><t>甲</t></si><si><r><t>乙</t></r><r><t xml:space=\"preserve\"> 丙</t></r><rPh "
      "sb=\"0\"><t>yi</t></rPh></si>"
      "</sst>";
  EXPECT_THAT(Shape(ReadXlsx(BuildXlsx("<sheetData><row><c t=\"s\"><v>1</v></c><c t=\"s\"><v>0</v></c><c t=\"s\">"
                                       "<v>9</v></c></row></sheetData>",
                                       {{"xl/sharedStrings.xml", strings}}))),
              ElementsAre("[乙 丙,甲]"));
}

TEST(ReadXlsxTest, ValuesAreThoseThatFormulasGave) {
  EXPECT_THAT(
      Shape(ReadXlsx(BuildXlsx("<sheetData><row r=\"1\"><c r=\"A1\"><f>1+1</f><v>2</v></c><c r=\"B1\" t=\"str\">"
                               "<f>A1&amp;\"x\"</f><v>甲</v></c><c r=\"C1\" t=\"b\"><v>1</v></c></row></sheetData>"))),
      ElementsAre("[2,甲,是]"));
}

constexpr char kStyles[] =
    "<styleSheet><numFmts><numFmt numFmtId=\"164\" formatCode=\"yyyy&quot;年&quot;m&quot;月&quot;;@\"/></numFmts>"
    "<cellStyleXfs><xf numFmtId=\"14\"/></cellStyleXfs>"
    "<cellXfs><xf numFmtId=\"0\"/><xf numFmtId=\"14\"/><xf numFmtId=\"164\"/><xf "
    "numFmtId=\"9\"/></cellXfs></styleSheet>";
constexpr char kDated[] =
    "<sheetData><row r=\"1\"><c r=\"A1\"><v>45473</v></c><c r=\"B1\" s=\"1\"><v>45473</v></c>"
    "<c r=\"C1\" s=\"2\"><v>45473.75</v></c><c r=\"D1\" s=\"3\"><v>0.8</v></c></row></sheetData>";

TEST(ReadXlsxTest, NumbersAreDatesWhereTheirFormatSaysSo) {
  EXPECT_THAT(Shape(ReadXlsx(BuildXlsx(kDated, {{"xl/styles.xml", kStyles}}))),
              ElementsAre("[45473,2024年6月30日,2024年6月,80%]"));
}

TEST(ReadXlsxTest, DaysMayCountFrom1904) {
  const std::string workbook =
      "<workbook xmlns:r=\"r\"><workbookPr date1904=\"1\"/><sheets><sheet name=\"Sheet1\" r:id=\"rId1\"/></sheets>"
      "</workbook>";
  EXPECT_THAT(Shape(ReadXlsx(BuildXlsx(kDated, {{"xl/styles.xml", kStyles}, {"xl/workbook.xml", workbook}}))),
              ElementsAre("[45473,2028年7月1日,2028年7月,80%]"));
}

TEST(ShownNumbersTest, TheDaysBeforeMarch1900AreOneOff) {
  const NumberFormat date = BuiltInFormat(14);
  EXPECT_EQ(ShowNumber("1", date, false), "1900年1月1日");
  EXPECT_EQ(ShowNumber("59", date, false), "1900年2月28日");
  EXPECT_EQ(ShowNumber("61", date, false), "1900年3月1日");
  EXPECT_EQ(ShowNumber("0", date, true), "1904年1月1日");
  EXPECT_EQ(ShowNumber("1e300", date, false), "1e+300");
  EXPECT_EQ(ShowNumber("三", date, false), "三");
}

TEST(ShownNumbersTest, AFormatSaysWhatOfADateIsShown) {
  const std::string day = "45473";
  EXPECT_EQ(ShowNumber(day, BuiltInFormat(58), false), "6月30日");
  EXPECT_EQ(ShowNumber(day, BuiltInFormat(57), false), "2024年6月");
  EXPECT_EQ(ShowNumber(day, FormatOfCode("[$-804]m\"月\"d\"日\""), false), "6月30日");
  EXPECT_EQ(ShowNumber(day, FormatOfCode("yyyy/m/d h:mm"), false), "2024年6月30日");
  EXPECT_EQ(ShowNumber("0.5", FormatOfCode("h:mm:ss"), false), "0.5");
  EXPECT_EQ(ShowNumber("12.50", FormatOfCode("0.00_);[Red]\\(0.00\\d\\)"), false), "12.5");
  EXPECT_EQ(ShowNumber("3.0000000000000004", NumberFormat(), false), "3");
}

TEST(ReadXlsxTest, WhatIsHiddenIsDroppedAndNamedSheetsAreHeaded) {
  const std::string workbook =
      "<workbook xmlns:r=\"r\"><sheets><sheet name=\"任务清单\" r:id=\"a\"/><sheet name=\"底稿\" state=\"hidden\" "
      "r:id=\"b\"/><sheet name=\"附件2\" r:id=\"c\"/></sheets></workbook>";
  std::string relations = "<Relationships>";
  for (const std::string id : {"a", "b", "c"}) {
    relations += "<Relationship Id=\"" + id + "\" Type=\"x/worksheet\" Target=\"/xl/" + id + ".xml\"/>";
  }
  const std::string first =
      "<cols><col min=\"2\" max=\"2\" hidden=\"1\"/></cols><sheetData><row r=\"1\"><c t=\"str\"><v>一</v></c><c "
      "t=\"str\"><v>藏</v></c><c t=\"str\"><v>二</v></c></row><row r=\"2\" "
      "hidden=\"1\"><c><v>3</v></c><c><v>4</v></c></row>"
      "</sheetData>";
  const auto document = ReadXlsx(BuildXlsx("", {{"xl/workbook.xml", workbook},
                                                {"xl/_rels/workbook.xml.rels", relations + "</Relationships>"},
                                                {"xl/a.xml", SheetPart(first)},
                                                {"xl/b.xml", SheetPart(SheetRows({{"5", "6"}}))},
                                                {"xl/c.xml", SheetPart(SheetRows({{"7", "8"}}))}}));
  EXPECT_THAT(Shape(document), ElementsAre("[一,,二]", "附件2", "[7,8]"));
  EXPECT_EQ(EncodeUtf8(document->format_title), "任务清单");
}

TEST(ReadXlsxTest, SheetsMadeToHurtAreRefused) {
  const auto refused = [](const std::string& sheet, const std::vector<ArchiveEntry>& parts = {}) {
    return ReasonOf(ReadXlsx(BuildXlsx(sheet, parts)).status()) == v1::UNREADABLE_DOCUMENT;
  };
  EXPECT_TRUE(refused("<sheetData><row r=\"1\"><c r=\"A1\"><v>1</v></c><c r=\"XFD1\"><v>1</v></c></row></sheetData>"));
  EXPECT_TRUE(refused("<sheetData/>"));
  std::string cells = "<sheetData>";
  for (int i = 0; i <= kMaxTableCells; ++i) cells += "<row><c><v>1</v></c></row>";
  EXPECT_TRUE(refused(cells + "</sheetData>"));
  std::string merges = SheetRows({{"1", "2"}}) + "<mergeCells>";
  for (int i = 0; i <= 100000; ++i) merges += "<mergeCell ref=\"A1:B1048576\"/>";
  EXPECT_TRUE(refused(merges + "</mergeCells>"));
  // One text of a megabyte, shown in 200 cells.
  std::string row = "<sheetData><row>";
  for (int i = 0; i < 90; ++i) row += "<c t=\"s\"><v>0</v></c>";
  EXPECT_TRUE(refused(row + "</row></sheetData>",
                      {{"xl/sharedStrings.xml", "<sst><si><t>" + std::string(1 << 20, 'a') + "</t></si></sst>"}}));
  EXPECT_TRUE(refused("<sheetData/>", {{"xl/sharedStrings.xml", std::string(65 << 20, ' ')}}));
}

TEST(ReadCsvTest, TheSeparatorIsFoundAndQuotesMayHoldIt) {
  EXPECT_THAT(Shape(ReadCsvDocument("清单,,\r\n序号,任务,单位\r\n1,\"甲，\"\"乙\"\",丙\n丁\",市教育局\r\n")),
              ElementsAre("清单", "[序号,任务,单位][1,甲，\"乙\",丙|丁,市教育局]"));
  EXPECT_THAT(Shape(ReadCsvDocument("序号;任务\n1;甲,乙\n2;丙\n")), ElementsAre("[序号,任务][1,甲,乙][2,丙]"));
  EXPECT_THAT(Shape(ReadCsvDocument("序号\t任务\n1\t甲,乙\n2\t丙\n")), ElementsAre("[序号,任务][1,甲,乙][2,丙]"));
  // 任务 in GB18030.
  EXPECT_THAT(Shape(ReadCsvDocument("1,\xC8\xCE\xCE\xF1\n2,\xC8\xCE\xCE\xF1\n")), ElementsAre("[1,任务][2,任务]"));
}

TEST(ReadCsvTest, WhatIsBrokenNamesTheLine) {
  const absl::Status refused = ReadCsvDocument("a,b\n1,\"甲\n").status();
  EXPECT_EQ(ReasonOf(refused), v1::UNREADABLE_DOCUMENT);
  EXPECT_THAT(ChineseMessage(refused), HasSubstr("第 2 行"));
}

TEST(PdfLayoutTest, ParagraphsAreTakenTogether) {
  EXPECT_THAT(
      Shape(ReadPdfLayout("            某市工作方案\n\n  一、总体要求\n"
                          "  为做好便民服务工作，完善办事指南，公布收费清单，\n开设综合窗口。\n\n"
                          "  （一）培训窗口人员，梳理常见问题，推行预约办理，\n\n统一受理标准，公开办理进\n"
                          "                     — 1 —\n\f度。（责任单位：市财政局）\n")),
      ElementsAre("某市工作方案", "一、总体要求", "为做好便民服务工作，完善办事指南，公布收费清单，开设综合窗口。",
                  "（一）培训窗口人员，梳理常见问题，推行预约办理，统一受理标准，公开办理进",
                  "度。（责任单位：市财政局）"));
}

// A table whose cells are centred, as they mostly are, and go on on the next page.
constexpr char kPdfTable[] =
    "        某市任务分工\n"
    "序号        工作任务          责任单位       完成时限\n"
    "      完善办事指南，公布      市财政局牵\n"
    "1                                         9月底前\n"
    "      收费清单。              头\n"
    "一、一个横贯几列的章节标题写在这里\n"
    "2     培训人员。              市教育局       长期\n"
    "      合并重复的环节，缩\n"
    "3     短排队时间，把结果      市民政局       6月底前\n"
    "      寄到申请人手中。\n"
    "                   — 1 —\n"
    "\f"
    "4     公开进度。              市司法局       年底前\n"
    "注：以上各项任务由各单位分别落实并按时报送进展情况，逾期通报\n";

TEST(PdfLayoutTest, TablesAreSeenByWhatStandsAboveEachOther) {
  EXPECT_THAT(
      Shape(ReadPdfLayout(kPdfTable)),
      ElementsAre("某市任务分工",
                  "[序号,工作任务,责任单位,完成时限][1,完善办事指南，公布收费清单。,市财政局牵头,9月底前]"
                  "[一、一个横贯几列的章节标题写在这里→4][2,培训人员。,市教育局,长期]"
                  "[3,合并重复的环节，缩短排队时间，把结果寄到申请人手中。,市民政局,6月底前]",
                  "[4,公开进度。,市司法局,年底前]", "注：以上各项任务由各单位分别落实并按时报送进展情况，逾期通报"));
}

TEST(PdfLayoutTest, OneLineOfAMillionPiecesIsNoTable) {
  std::string text;
  for (int i = 0; i < 1000000; ++i) text += "a  ";
  const auto document = ReadPdfLayout(text + "\n" + text);
  EXPECT_EQ(ReasonOf(document.status()), v1::UNREADABLE_DOCUMENT);
  EXPECT_EQ(ReasonOf(ReadPdfLayout("\n\f \n").status()), v1::UNREADABLE_DOCUMENT);
}

TEST(ReadPdfTest, WhereNothingReadsItThePackageIsNamed) {
  EXPECT_THAT(ChineseMessage(ReadPdf("%PDF-1.7", "/usr/bin/no-such-program").status()), HasSubstr("poppler-utils"));
}

TEST(ReadPdfTest, TextIsTakenOut) {
  if (access(kPdfToText, X_OK) != 0) GTEST_SKIP() << "NOTICE: poppler-utils is not installed, so no PDF was read";
  EXPECT_THAT(
      Shape(ReadPdf(BuildPdf({{{300, 550, "某市任务分工"},
                               {60, 520, "序号"},
                               {150, 520, "工作任务"},
                               {420, 520, "责任单位"},
                               {70, 490, "1"},
                               {120, 500, "完善办事指南，公布收费清单，开设综合窗"},
                               {120, 484, "口，培训窗口人员。"},
                               {420, 490, "市财政局"}}}))),
      ElementsAre("某市任务分工",
                  "[序号,工作任务,责任单位][1,完善办事指南，公布收费清单，开设综合窗口，培训窗口人员。,市财政局]"));
  EXPECT_THAT(ChineseMessage(ReadPdf("%PDF-1.7\n...").status()), HasSubstr("损坏"));
  EXPECT_THAT(ChineseMessage(ReadPdf(BuildPdf({{}})).status()), HasSubstr("扫描"));
}

}  // namespace
}  // namespace duban
