#include "tools/cli/bulk.h"

#include <algorithm>

#include "google/protobuf/any.pb.h"
#include "google/protobuf/descriptor.h"

namespace duban::cli {

void Outcome::Done(const Phrase& line) {
  ++done_;
  printer_.Line(line);
}

void Outcome::Refused(const std::string& what, const absl::Status& why) {
  refusals_.emplace_back(what, why);
}

absl::Status Outcome::Finish() {
  if (refusals_.empty()) return absl::OkStatus();
  const absl::Status& first = refusals_.front().second;
  if (done_ == 0 && refusals_.size() == 1) return first;
  for (const auto& [what, why] : refusals_) {
    const Phrase words = ErrorWords(why);
    printer_.Line({StrCat("未办成 ", what, "：", words.zh), StrCat("refused ", what, ": ", words.en)});
  }
  const size_t all = refusals_.size() + static_cast<size_t>(done_);
  return WithWords(first, {StrCat("共 ", all, " 项，", refusals_.size(), " 项未办成，原因见各行"),
                           StrCat(refusals_.size(), " of ", all, " were refused; each line says why")});
}

void DropUnknownDetails(google::rpc::Status* error) {
  const auto* known = google::protobuf::DescriptorPool::generated_pool();
  auto& details = *error->mutable_details();
  details.erase(std::remove_if(details.begin(), details.end(),
                               [&](const google::protobuf::Any& detail) {
                                 const std::string& url = detail.type_url();
                                 return known->FindMessageTypeByName(url.substr(url.rfind('/') + 1)) == nullptr;
                               }),
                details.end());
}

}  // namespace duban::cli
