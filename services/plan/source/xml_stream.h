// A bounded, forward-only walk over an XML document: no DTD, no entities of its own, no network, a depth limit.
//
// Not thread-safe; the bytes outlive it. Errors: UNREADABLE_DOCUMENT.
#ifndef DUBAN_SERVICES_PLAN_SOURCE_XML_STREAM_H_
#define DUBAN_SERVICES_PLAN_SOURCE_XML_STREAM_H_

#include <memory>
#include <string>
#include <string_view>

#include "absl/status/status.h"

struct _xmlTextReader;

namespace duban {

// Usage: `while (stream.Next()) switch (stream.kind()) ...; return stream.status();`
class XmlStream {
 public:
  enum class Kind { kStart, kEnd, kText };

  // `part` names the document in messages, such as `word/document.xml`.
  XmlStream(std::string_view bytes, std::string part);
  ~XmlStream();

  // Moves to the next start, end or text; false at the end or after an error. An empty element gives start and end.
  bool Next();
  // Moves behind the end of the element that has just started.
  bool Skip();

  Kind kind() const { return kind_; }
  // Local name without prefix, of a start or an end.
  std::string_view name() const { return name_; }
  // UTF-8 text.
  std::string_view text() const { return text_; }
  // Value of the attribute with this local name, of a start; empty where there is none.
  std::string Attribute(std::string_view local_name) const;
  bool HasAttribute(std::string_view local_name) const;
  int depth() const { return depth_; }
  const absl::Status& status() const { return status_; }

  static constexpr int kMaxDepth = 256;

 private:
  struct Free {
    void operator()(_xmlTextReader* reader) const;
  };

  bool Fail(std::string_view zh, std::string_view en);

  std::string part_;
  std::unique_ptr<_xmlTextReader, Free> reader_;
  absl::Status status_;
  Kind kind_ = Kind::kText;
  std::string_view name_;
  std::string_view text_;
  int depth_ = 0;
  bool pending_end_ = false;
};

}  // namespace duban

#endif  // DUBAN_SERVICES_PLAN_SOURCE_XML_STREAM_H_
