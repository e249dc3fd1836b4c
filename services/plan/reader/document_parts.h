// The parts of a document: its head with the properties, its main part, its annexes; what a page prints around them is
// dropped. Pure; any thread.
#ifndef DUBAN_SERVICES_PLAN_READER_DOCUMENT_PARTS_H_
#define DUBAN_SERVICES_PLAN_READER_DOCUMENT_PARTS_H_

#include <string>
#include <variant>
#include <vector>

#include "duban/v1/plan.pb.h"
#include "services/plan/reader/plan_rows.h"
#include "services/plan/source/source_document.h"

namespace duban {

// A line, or a table of the source document.
using PartBlock = std::variant<TextLine, const SourceTable*>;

// The main part or an annex.
struct DocumentPart {
  std::string name;  // `body`, or as printed: `附件1`.
  FlowText title;    // Of an annex.
  std::vector<PartBlock> blocks;
};

// A document taken apart. It refers to the SourceDocument, which has to outlive it.
struct DocumentParts {
  // Title, numbers and dates; no tasks.
  v1::Plan properties;
  std::vector<DocumentPart> parts;
};

DocumentParts SplitDocument(const SourceDocument& document);

// Page furniture: navigation, page numbers, `打印`, `抄送：`, `公开方式：`.
bool IsFurniture(TextView folded);

}  // namespace duban

#endif  // DUBAN_SERVICES_PLAN_READER_DOCUMENT_PARTS_H_
