#include "services/plan/source/xml_stream.h"

#include <libxml/xmlreader.h>

#include <utility>

#include "common/base/strings.h"
#include "services/plan/source/source_document.h"

namespace duban {
namespace {

std::string_view ToView(const xmlChar* text) {
  return text == nullptr ? std::string_view() : std::string_view(reinterpret_cast<const char*>(text));
}

}  // namespace

void XmlStream::Free::operator()(_xmlTextReader* reader) const {
  xmlFreeTextReader(reader);
}

XmlStream::XmlStream(std::string_view bytes, std::string part) : part_(std::move(part)) {
  // No NOENT, no DTDLOAD, no DTDATTR: nothing outside the bytes is read and nothing is expanded.
  const int options = XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING | XML_PARSE_COMPACT;
  reader_.reset(xmlReaderForMemory(bytes.data(), static_cast<int>(bytes.size()), nullptr, nullptr, options));
  if (reader_ == nullptr) Fail("无法解析", "cannot be parsed");
}

XmlStream::~XmlStream() = default;

bool XmlStream::Fail(std::string_view zh, std::string_view en) {
  status_ = UnreadableDocument(
      StrCat("文档中的“", part_, "”", zh, "，请用 Office 或 WPS 打开后重新另存再导入"),
      StrCat("`", part_, "` in the document ", en, "; open it in Office or WPS, save it again and import that"));
  return false;
}

bool XmlStream::Next() {
  if (!status_.ok()) return false;
  if (pending_end_) {
    pending_end_ = false;
    kind_ = Kind::kEnd;
    return true;
  }
  while (true) {
    const int result = xmlTextReaderRead(reader_.get());
    if (result < 0) return Fail("不是完整的 XML", "is not well-formed XML");
    if (result == 0) return false;
    depth_ = xmlTextReaderDepth(reader_.get());
    if (depth_ > kMaxDepth) return Fail("嵌套过深", "is nested too deeply");
    switch (xmlTextReaderNodeType(reader_.get())) {
      case XML_READER_TYPE_DOCUMENT_TYPE:
      case XML_READER_TYPE_ENTITY_REFERENCE:
      case XML_READER_TYPE_ENTITY:
        return Fail("带有 DTD 或实体定义", "declares a DTD or entities");
      case XML_READER_TYPE_ELEMENT:
        kind_ = Kind::kStart;
        name_ = ToView(xmlTextReaderConstLocalName(reader_.get()));
        pending_end_ = xmlTextReaderIsEmptyElement(reader_.get()) == 1;
        return true;
      case XML_READER_TYPE_END_ELEMENT:
        kind_ = Kind::kEnd;
        name_ = ToView(xmlTextReaderConstLocalName(reader_.get()));
        return true;
      case XML_READER_TYPE_TEXT:
      case XML_READER_TYPE_CDATA:
      case XML_READER_TYPE_WHITESPACE:
      case XML_READER_TYPE_SIGNIFICANT_WHITESPACE:
        kind_ = Kind::kText;
        text_ = ToView(xmlTextReaderConstValue(reader_.get()));
        return true;
      default:
        break;
    }
  }
}

bool XmlStream::Skip() {
  int open = 1;
  while (open > 0) {
    if (!Next()) return false;
    if (kind_ == Kind::kStart) ++open;
    if (kind_ == Kind::kEnd) --open;
  }
  return true;
}

std::string XmlStream::Attribute(std::string_view local_name) const {
  std::string value;
  if (xmlTextReaderMoveToFirstAttribute(reader_.get()) != 1) return value;
  do {
    if (ToView(xmlTextReaderConstLocalName(reader_.get())) == local_name) {
      value = ToView(xmlTextReaderConstValue(reader_.get()));
      break;
    }
  } while (xmlTextReaderMoveToNextAttribute(reader_.get()) == 1);
  xmlTextReaderMoveToElement(reader_.get());
  return value;
}

bool XmlStream::HasAttribute(std::string_view local_name) const {
  bool found = false;
  if (xmlTextReaderMoveToFirstAttribute(reader_.get()) != 1) return false;
  do {
    found = ToView(xmlTextReaderConstLocalName(reader_.get())) == local_name;
  } while (!found && xmlTextReaderMoveToNextAttribute(reader_.get()) == 1);
  xmlTextReaderMoveToElement(reader_.get());
  return found;
}

}  // namespace duban
