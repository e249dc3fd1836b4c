#include "services/plan/source_document.h"

namespace duban {

absl::StatusOr<SourceDocument> ReadDocx(std::string_view bytes) {
  return UnreadableDocument("还不能直接读取 .docx，请另存为 .txt（UTF-8）再导入",
                            "cannot read docx yet; save it as .txt in UTF-8, then import again");
}

}  // namespace duban
