#include "common/feed/feed_server.h"

#include <algorithm>

#include "common/base/failpoint.h"
#include "common/base/planted_bug.h"
#include "common/base/strings.h"
#include "common/feed/feed_page.h"

namespace duban {

absl::StatusOr<v1::FetchResponse> FeedServer::TryFetch(const v1::FetchRequest& request) const {
  const int64_t max_bytes = request.max_bytes() == 0 ? kMaxPageBytes : request.max_bytes();
  v1::FetchResponse response;
  DUBAN_ASSIGN_OR_RETURN(*response.mutable_page(),
                         ReadFeedPage(*spec_.store->TakeSnapshot(), audiences(request), request.position(), max_bytes));
  return response;
}

absl::Status FeedServer::Offer(const v1::OfferRequest& request, v1::OfferResponse* response) {
  if (!spec_.apply_offer) {
    return Error(v1::NOT_OWNER, StrCat("feed `", spec_.feed, "` takes nothing in from below"),
                 StrCat("“", spec_.feed, "”不接收下级报送"), {{"feed", spec_.feed}});
  }
  const v1::FeedPage& page = request.page();
  if (request.node() == spec_.store->options().node) {
    return Error(v1::NOT_OWNER,
                 StrCat("node `", request.node(), "` is this node itself; it takes nothing in from below"),
                 StrCat("“", request.node(), "”就是本节点，不能作为下级上报"), {{"node", request.node()}});
  }
  if (!page.from().epoch().empty() && page.from().epoch() != page.to().epoch()) {
    return InvalidField("page.to.epoch", "must be the epoch of `page.from`: a page lies in one history",
                        "必须与起点相同：一页只能属于同一段历史");
  }
  const std::string hop = OfferedBy(request.node());
  const EntrySource source{request.node(), hop, clock_->Now()};
  DUBAN_FAILPOINT("take_in.before_commit");
  DUBAN_RETURN_IF_ERROR(spec_.store->Run({StrCat("take_in/", hop), ""}, [&](Transaction& transaction) -> absl::Status {
    DUBAN_ASSIGN_OR_RETURN(v1::FeedPosition stored, transaction.GetPosition(hop));
    *response->mutable_position() = stored;
    // A store that was restored begins its new history at 0; everything else has to continue where we are.
    const bool starts_over = page.from().sequence() == 0 && page.to().epoch() != stored.epoch();
    const bool fits = starts_over || SamePosition(page.from(), stored) || DUBAN_BUG("feed.any_page_taken");
    if (!fits) return absl::OkStatus();
    DUBAN_RETURN_IF_ERROR(CheckPage(page, page.from()));
    for (const v1::FeedEntry& entry : page.entries()) {
      const absl::Status applied = spec_.apply_offer(transaction, entry, source);
      if (!DUBAN_BUG("feed.failed_entry_skipped")) DUBAN_RETURN_IF_ERROR(applied);
    }
    transaction.SetPosition(hop, page.to());
    *response->mutable_position() = page.to();
    return absl::OkStatus();
  }));
  DUBAN_FAILPOINT("take_in.after_commit");
  return absl::OkStatus();
}

}  // namespace duban
