#include "services/plan/source_document.h"

namespace duban {

absl::StatusOr<SourceDocument> ReadHtml(std::string_view bytes) {
  return UnreadableDocument("还不能直接读取网页，请另存为 .txt（UTF-8）再导入",
                            "cannot read html yet; save it as .txt in UTF-8, then import again");
}

}  // namespace duban
