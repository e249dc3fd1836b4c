// Decodes a page as saved from a site. libxml2 builds the tree, with network and entities off; what a reader of the
// page does not see is dropped.

#include <libxml/HTMLparser.h>
#include <libxml/HTMLtree.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <memory>
#include <set>
#include <string>
#include <string_view>

#include "absl/strings/ascii.h"
#include "common/base/strings.h"
#include "common/base/text.h"
#include "services/plan/source/source_document.h"
#include "services/plan/source/table_builder.h"
#include "services/plan/source/text_encoding.h"

namespace duban {
namespace {

// libxml2 stops at 256 levels by itself; the walk keeps its own limit so that it never depends on that.
constexpr int kMaxHtmlDepth = 300;
// Where a page declares its charset.
constexpr size_t kMetaBytes = 4096;

std::string_view NameOf(const xmlNode* node) {
  return node->name == nullptr ? std::string_view() : reinterpret_cast<const char*>(node->name);
}

std::string AttributeOf(const xmlNode* node, const char* name) {
  xmlChar* value = xmlGetProp(const_cast<xmlNode*>(node), reinterpret_cast<const xmlChar*>(name));
  if (value == nullptr) return {};
  std::string text(reinterpret_cast<const char*>(value));
  xmlFree(value);
  return text;
}

bool IsOneOf(std::string_view name, const std::set<std::string_view>& names) {
  return names.contains(name);
}

// Never shown, or no part of what was published.
bool IsInvisible(const xmlNode* node) {
  static const std::set<std::string_view> kDropped = {"script", "style",  "noscript", "template", "iframe", "object",
                                                      "embed",  "select", "textarea", "button",   "svg",    "canvas",
                                                      "video",  "audio",  "map",      "applet",   "head",   "datalist"};
  if (IsOneOf(NameOf(node), kDropped)) return true;
  if (xmlHasProp(const_cast<xmlNode*>(node), reinterpret_cast<const xmlChar*>("hidden")) != nullptr) return true;
  std::string style = AttributeOf(node, "style");
  std::erase_if(style, [](char c) { return absl::ascii_isspace(static_cast<unsigned char>(c)); });
  style = absl::AsciiStrToLower(style);
  return style.find("display:none") != std::string::npos || style.find("visibility:hidden") != std::string::npos;
}

bool IsBlockElement(std::string_view name) {
  static const std::set<std::string_view> kBlocks = {
      "address", "article", "aside", "blockquote", "body",     "caption", "center",  "dd",        "details",
      "dialog",  "div",     "dl",    "dt",         "fieldset", "form",    "figure",  "footer",    "h1",
      "h2",      "h3",      "h4",    "h5",         "h6",       "header",  "hr",      "html",      "legend",
      "li",      "main",    "nav",   "ol",         "p",        "pre",     "section", "table",     "tbody",
      "td",      "tfoot",   "th",    "thead",      "title",    "tr",      "ul",      "figcaption"};
  return IsOneOf(name, kBlocks);
}

// The label in front of item `index` of a list that the browser numbers.
std::u32string ListLabel(const std::string& type, int index) {
  if (type == "a" || type == "A") {
    const char32_t first = type == "a" ? U'a' : U'A';
    return std::u32string(1, first + static_cast<char32_t>((index - 1) % 26)) + U".";
  }
  return DecodeUtf8(StrCat(index, "."));
}

class HtmlWalk {
 public:
  explicit HtmlWalk(BlockBuilder* builder) : builder_(*builder) {}

  void Walk(const xmlNode* node, int depth) {
    for (; node != nullptr && builder_.status().ok(); node = node->next) {
      if (depth > kMaxHtmlDepth) return;
      if (node->type == XML_TEXT_NODE || node->type == XML_CDATA_SECTION_NODE) {
        AddText(node);
      } else if (node->type == XML_ELEMENT_NODE && !IsInvisible(node)) {
        Element(node, depth);
      }
    }
  }

  // Ends the line that is being written. A paragraph of spaces only is a blank line, as the page shows it.
  void Flush(bool keep_blank) {
    const bool blank = std::all_of(line_.begin(), line_.end(), [](char32_t c) { return c == U' '; });
    if (!blank || keep_blank) builder_.AddLine(blank ? std::u32string_view() : std::u32string_view(line_));
    line_.clear();
  }

 private:
  void AddText(const xmlNode* node) {
    const std::u32string text =
        DecodeUtf8(node->content == nullptr ? "" : reinterpret_cast<const char*>(node->content));
    for (char32_t c : text) {
      const bool newline = c == U'\n' || c == U'\r';
      if (preformatted_ && newline) {
        if (c == U'\n') Flush(true);
      } else if (c == U' ' || c == U'\t' || c == U'\f' || newline) {
        // A line break in the source between two Chinese characters is none on the page; a browser shows a space.
        if (!line_.empty() && line_.back() != U' ') line_.push_back(U' ');
      } else {
        line_.push_back(c);
      }
    }
  }

  void Element(const xmlNode* node, int depth) {
    const std::string_view name = NameOf(node);
    if (name == "br") {
      Flush(true);
    } else if (name == "table") {
      Flush(false);
      Table(node, depth);
    } else if (name == "ol" || name == "ul") {
      Flush(false);
      List(node, depth);
    } else if (name == "sup" || name == "a" || !IsBlockElement(name)) {
      Walk(node->children, depth + 1);
    } else {
      const bool was_preformatted = preformatted_;
      preformatted_ |= name == "pre";
      Flush(false);
      Walk(node->children, depth + 1);
      // `<p>&nbsp;</p>` is how editors write a blank line.
      Flush(name == "p" && !line_.empty());
      preformatted_ = was_preformatted;
    }
  }

  void List(const xmlNode* list, int depth) {
    const bool numbered =
        NameOf(list) == "ol" && absl::AsciiStrToLower(AttributeOf(list, "style")).find("none") == std::string::npos;
    int index = 1;
    if (std::string start = AttributeOf(list, "start"); !start.empty()) ParseNumber(start, &index);
    for (const xmlNode* item = list->children; item != nullptr; item = item->next) {
      if (item->type != XML_ELEMENT_NODE) continue;
      if (NameOf(item) != "li") {
        Element(item, depth + 1);
        continue;
      }
      Flush(false);
      if (numbered) line_ = ListLabel(AttributeOf(list, "type"), index++);
      Walk(item->children, depth + 1);
      Flush(false);
    }
  }

  static int Span(const xmlNode* cell, const char* name) {
    int span = 1;
    const std::string text = AttributeOf(cell, name);
    if (text.empty() || !ParseNumber(text, &span) || span < 0) return 1;
    return span;
  }

  void Rows(const xmlNode* parent, int depth) {
    for (const xmlNode* node = parent->children; node != nullptr; node = node->next) {
      if (node->type != XML_ELEMENT_NODE || IsInvisible(node)) continue;
      const std::string_view name = NameOf(node);
      if (name == "tr") {
        builder_.BeginRow();
        Cells(node, depth + 1);
        builder_.EndRow();
      } else if (name == "caption") {
        continue;
      } else if (depth <= kMaxHtmlDepth) {
        Rows(node, depth + 1);
      }
    }
  }

  void Cells(const xmlNode* row, int depth) {
    for (const xmlNode* node = row->children; node != nullptr; node = node->next) {
      const std::string_view name = NameOf(node);
      if (node->type != XML_ELEMENT_NODE || (name != "td" && name != "th") || IsInvisible(node)) continue;
      builder_.BeginCell(Span(node, "rowspan"), std::max(Span(node, "colspan"), 1));
      Walk(node->children, depth + 1);
      Flush(false);
      builder_.EndCell();
    }
  }

  void Table(const xmlNode* table, int depth) {
    for (const xmlNode* node = table->children; node != nullptr; node = node->next) {
      if (node->type == XML_ELEMENT_NODE && NameOf(node) == "caption") Element(node, depth + 1);
    }
    Flush(false);
    builder_.BeginTable();
    Rows(table, depth + 1);
    builder_.EndTable();
  }

  BlockBuilder& builder_;
  std::u32string line_;
  bool preformatted_ = false;
};

// The charset that `<meta>` declares; empty where there is none.
std::string DeclaredCharset(std::string_view bytes) {
  std::string head = absl::AsciiStrToLower(std::string(bytes.substr(0, kMetaBytes)));
  const size_t at = head.find("charset=");
  if (at == std::string::npos) return {};
  size_t begin = at + std::strlen("charset=");
  while (begin < head.size() && (head[begin] == '"' || head[begin] == '\'' || head[begin] == ' ')) ++begin;
  size_t end = begin;
  while (end < head.size() &&
         (absl::ascii_isalnum(static_cast<unsigned char>(head[end])) || head[end] == '-' || head[end] == '_')) {
    ++end;
  }
  return head.substr(begin, end - begin);
}

const xmlNode* FindElement(const xmlNode* node, std::string_view name, int depth = 0) {
  for (; node != nullptr && depth < 8; node = node->next) {
    if (node->type != XML_ELEMENT_NODE) continue;
    if (NameOf(node) == name) return node;
    if (const xmlNode* found = FindElement(node->children, name, depth + 1)) return found;
  }
  return nullptr;
}

struct FreeDocument {
  void operator()(xmlDoc* document) const { xmlFreeDoc(document); }
};

}  // namespace

absl::StatusOr<SourceDocument> ReadHtml(std::string_view bytes) {
  if (bytes.size() > kMaxDocumentBytes) {
    return UnreadableDocument("网页超过 3 MB，请只保存正文后导入", "the page is larger than 3 MB; save its text only");
  }
  auto text = DecodeText(bytes, DeclaredCharset(bytes));
  if (!text.ok()) return text.status();
  const std::string utf8 = EncodeUtf8(*text);
  const int options =
      HTML_PARSE_RECOVER | HTML_PARSE_NOERROR | HTML_PARSE_NOWARNING | HTML_PARSE_NONET | HTML_PARSE_COMPACT;
  const std::unique_ptr<xmlDoc, FreeDocument> page(
      htmlReadMemory(utf8.data(), static_cast<int>(utf8.size()), nullptr, "UTF-8", options));
  if (page == nullptr || page->children == nullptr) {
    return UnreadableDocument("网页无法解析，请在浏览器中另存为“网页，仅 HTML”后导入",
                              "the page cannot be parsed; save it in the browser as HTML only");
  }
  SourceDocument document;
  document.format = SourceFormat::kHtml;
  if (const xmlNode* title = FindElement(page->children, "title"); title != nullptr && title->children != nullptr) {
    document.format_title =
        MakeSourceLine(DecodeUtf8(reinterpret_cast<const char*>(
                           title->children->content == nullptr ? BAD_CAST "" : title->children->content)),
                       1)
            .printed;
  }
  BlockBuilder builder;
  HtmlWalk walk(&builder);
  walk.Walk(page->children, 0);
  walk.Flush(false);
  if (!builder.status().ok()) return builder.status();
  document.blocks = builder.Take();
  return document;
}

}  // namespace duban
