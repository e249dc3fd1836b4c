#include "common/feed/node_card.h"

#include "common/base/civil.h"
#include "common/base/errors.h"
#include "common/base/planted_bug.h"
#include "common/base/strings.h"

namespace duban {
namespace {

absl::Status WrongNode(std::string_view caller, std::string_view expected, std::string_view node) {
  return Error(
      v1::WRONG_NODE,
      StrCat("`", caller, "` takes `", node, "` for `", expected,
             "`; correct the address, or the name in --upstream at `", caller, "`"),
      StrCat("“", caller, "”把“", node, "”当作“", expected, "”，请在“", caller, "”的 --upstream 中改正地址或名称"),
      {{"node", std::string(node)}, {"expected", std::string(expected)}});
}

bool HaveNothingInCommon(const v1::NodeCard& card) {
  if (card.exchange() == 0) return false;
  return card.exchange() < kOldestExchange || card.oldest_exchange() > kExchange;
}

absl::Status VersionTooFar(std::string_view here, std::string_view other, const v1::NodeCard& card) {
  const bool other_is_newer = card.oldest_exchange() > kExchange;
  const std::string_view older = other_is_newer ? here : other;
  return Error(v1::VERSION_TOO_FAR,
               StrCat("`", other, "` has version ", card.version(), " and `", here, "` ", DUBAN_VERSION,
                      ", which understand nothing of each other; update `", older, "`"),
               StrCat("“", other, "”的版本是 ", card.version(), "，“", here, "”的版本是 ", DUBAN_VERSION,
                      "，两者不能互通，请升级“", older, "”"),
               {{"caller", StrCat(other, " ", card.version())}, {"server", StrCat(here, " ", DUBAN_VERSION)}});
}

// `2天3小时`, `6分钟`: two units at most, for people.
std::string LengthZh(absl::Duration length) {
  const int64_t minutes = absl::ToInt64Minutes(length);
  const int64_t days = minutes / 1440, hours = minutes / 60 % 24;
  if (days > 0) return hours > 0 ? StrCat(days, "天", hours, "小时") : StrCat(days, "天");
  if (hours > 0) return minutes % 60 > 0 ? StrCat(hours, "小时", minutes % 60, "分钟") : StrCat(hours, "小时");
  return StrCat(minutes, "分钟");
}

}  // namespace

v1::NodeCard CardOf(std::string_view node, absl::Time now) {
  v1::NodeCard card;
  card.set_node(std::string(node));
  card.set_version(DUBAN_VERSION);
  *card.mutable_time() = ToProto(now);
  card.set_exchange(kExchange);
  card.set_oldest_exchange(kOldestExchange);
  return card;
}

std::optional<absl::Duration> ClockAhead(const v1::NodeCard& card, absl::Time now) {
  if (!card.has_time()) return std::nullopt;
  return FromProto(card.time()) - now;
}

absl::Status CheckCall(std::string_view here, std::string_view caller, const v1::NodeCard& card,
                       std::string_view to_node) {
  if (!to_node.empty() && to_node != here && !DUBAN_BUG("feed.wrong_node_served")) {
    return WrongNode(caller, to_node, here);
  }
  return HaveNothingInCommon(card) ? VersionTooFar(here, caller, card) : absl::OkStatus();
}

absl::Status CheckAnswer(std::string_view here, std::string_view expected, const v1::NodeCard& card) {
  if (!card.node().empty() && card.node() != expected) return WrongNode(here, expected, card.node());
  return HaveNothingInCommon(card) ? VersionTooFar(here, expected, card) : absl::OkStatus();
}

std::optional<v1::NodeStatus::Notice> ClockNotice(std::string_view here, std::string_view other, absl::Duration ahead,
                                                  absl::Time now) {
  if (absl::AbsDuration(ahead) <= kClockTolerance) return std::nullopt;
  const bool fast = ahead > absl::ZeroDuration();
  const absl::Duration length = absl::AbsDuration(ahead);
  v1::NodeStatus::Notice notice;
  notice.set_reason(kClockOff);
  notice.set_message(StrCat("the clock of `", other, "` is ",
                            absl::FormatDuration(absl::Trunc(length, absl::Minutes(1))), fast ? " ahead of" : " behind",
                            " that of `", here,
                            "`: times in records are not true; set the wrong one right (timedatectl)"));
  notice.set_message_zh(StrCat("“", other, "”的时钟比“", here, fast ? "”快" : "”慢", LengthZh(length),
                               "，签收、报送时间因此不实，请校准有误的一方（timedatectl）"));
  *notice.mutable_time() = ToProto(now);
  return notice;
}

v1::NodeStatus::Notice NoticeOf(const absl::Status& refused, absl::Time now) {
  v1::NodeStatus::Notice notice;
  notice.set_reason(v1::ErrorReason_Name(ReasonOf(refused)));
  notice.set_message(std::string(ToStd(refused.message())));
  notice.set_message_zh(ChineseMessage(refused));
  *notice.mutable_time() = ToProto(now);
  return notice;
}

}  // namespace duban
