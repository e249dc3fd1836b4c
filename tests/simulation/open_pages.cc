#include "tests/simulation/open_pages.h"

#include <algorithm>
#include <set>
#include <string_view>
#include <utility>

#include "common/base/civil.h"
#include "common/base/errors.h"
#include "common/base/strings.h"
#include "common/store/keys.h"
#include "tests/simulation/duty_work.h"
#include "tests/simulation/page_sight.h"

namespace duban::simulation {
namespace {

constexpr const char* kServices[] = {"plan", "assignment", "notification"};
// Of no history that there is.
constexpr int64_t kNowhere = -1;
// Within which somebody who is ready is told; the contract says a second, and a round may leave some to the next.
constexpr absl::Duration kTold = absl::Seconds(2);
// How much later than its time may be what a clock that runs slow, and a rest of the service, put off.
constexpr absl::Duration kSlack = absl::Seconds(5);
constexpr absl::Duration kCheckEvery = absl::Seconds(1);
constexpr absl::Duration kFirst = absl::Minutes(2), kLongestStay = absl::Minutes(5), kLongestAbsence = absl::Minutes(3),
                         kSoon = absl::Seconds(10), kLongestRead = absl::Seconds(40);
constexpr int kMostRounds = 50;

Caller Person(const std::string& name, const std::string& unit, RoleSet roles) {
  Caller caller;
  caller.kind = CallerKind::kPerson;
  caller.person = StrCat("people/", name);
  caller.posts = {{unit, roles}};
  return caller;
}

}  // namespace

WatchLimits DrawWatchLimits(Dice& dice) {
  WatchLimits limits;
  if (dice.Below(2) == 0) return limits;
  static constexpr size_t kNames[] = {1, 4, 30}, kKept[] = {3, 40, 400}, kLookedAt[] = {2, 20, 5'000},
                          kRound[] = {1, 10, 20'000};
  limits.names = kNames[dice.Below(3)];
  limits.changes_kept = kKept[dice.Below(3)];
  limits.names_looked_at = kLookedAt[dice.Below(3)];
  limits.round = kRound[dice.Below(3)];
  limits.life = absl::Minutes(1 + dice.Below(10));
  return limits;
}

// One call of a page, as the table knows it.
class OpenPages::Ear final : public WatchListener {
 public:
  Ear(OpenPages* pages, Page* page) : pages_(*pages), page_(*page), call_(page->call) {}
  void Tell(const v1::WatchResponse& response) override {
    if (IsOpen()) pages_.Heard(page_, response);
  }
  void End(const absl::Status& why) override {
    if (!IsOpen()) return;
    // What was told before comes before.
    pages_.Read(page_);
    pages_.Ended(page_, why);
  }
  void Abort(const absl::Status& why) override {
    if (!IsOpen()) return;
    pages_.world_.Check("W5", !page_.ready, [&] { return StrCat(page_.label, " reads, and is cut off for it"); });
    pages_.Ended(page_, why);
  }
  absl::Status StillCounts() const override { return absl::OkStatus(); }

 private:
  // Who has gone hears nothing more.
  bool IsOpen() const {
    const bool open = page_.open && page_.call == call_;
    pages_.world_.Check("W5", open, [&] { return StrCat(page_.label, " is told of, though it is gone"); });
    return open;
  }

  OpenPages& pages_;
  Page& page_;
  const int64_t call_;
};

OpenPages::OpenPages(World* world, SimNode* node, const WatchLimits& limits, const std::vector<std::string>& units)
    : world_(*world), node_(*node), limits_(limits), dice_(world_.dice(StrCat("pages/", node->id()))) {
  Draw(units);
  node_.OnTelling([this] { Before(); }, [this] { Behind(); });
}

OpenPages::~OpenPages() {
  node_.OnTelling(nullptr, nullptr);
}

// Somebody who may read everything, two who hold the same at a unit, and one who plans what is issued here or has a
// role at some unit.
void OpenPages::Draw(const std::vector<std::string>& units) {
  static constexpr RoleSet kRoles[] = {{v1::CLERK}, {v1::LEADER}, {v1::CLERK, v1::REVIEWER}, {v1::REGISTRAR}};
  const std::string unit = dice_.Pick(units), other = dice_.Pick(units);
  const Caller clerk = Person("clerk", unit, {v1::CLERK});
  const Caller fourth = dice_.Below(3) == 0 ? Person("planner", UnitOf(node_.id()), {v1::PLANNER, v1::REVIEWER})
                                            : Person("other", other, kRoles[dice_.Below(4)]);
  const Caller callers[] = {Anybody(), clerk, clerk, fourth};
  for (const Caller& caller : callers) {
    auto page = std::make_unique<Page>();
    page->caller = caller;
    page->label = StrCat("page ", pages_.size(), " of ", node_.id(), " (", caller.label(), ")");
    page->slow = dice_.Chance(0.4);
    pages_.push_back(std::move(page));
  }
}

// Not where the call that is open then is another one, or none.
void OpenPages::Later(Page& page, absl::Duration delay, void (OpenPages::*act)(Page&)) {
  world_.After(delay, [this, &page, act, call = page.call] {
    if (page.call == call) (this->*act)(page);
  });
}

void OpenPages::Begin() {
  for (const auto& page : pages_) Later(*page, dice_.Between(absl::ZeroDuration(), kFirst), &OpenPages::Open);
}

void OpenPages::Started() {
  ++process_;
  for (const char* service : kServices) {
    Look(service);
    histories_[service].began_at = histories_[service].head;
  }
}

void OpenPages::Look(const std::string& service) {
  const std::unique_ptr<Snapshot> snapshot = node_.store(service)->TakeSnapshot();
  History& history = histories_[service];
  const v1::FeedPosition head = snapshot->head();
  if (history.epoch != head.epoch()) history = {head.epoch(), head.sequence(), head.sequence(), {}};
  const auto see = [&](std::string_view, std::string_view value) {
    storage::v1::CommitRecord commit;
    if (!commit.ParseFromArray(value.data(), static_cast<int>(value.size()))) return false;
    int64_t before = commit.first_sequence() - 1;
    for (const auto& audit : commit.audits()) {
      // What it changed stands last.
      const int changed = static_cast<int>(audit.sequence() - before);
      const int first = std::max(0, audit.entities_size() - changed);
      for (int i = first; audit.refused() == v1::ERROR_REASON_UNSPECIFIED && i < audit.entities_size(); ++i) {
        std::string name = KnownAs(audit.entities(i));
        if (!name.empty()) history.changes.push_back({before + 1 + i - first, std::move(name), world_.now()});
      }
      before = audit.sequence();
    }
    return true;
  };
  const absl::Status scanned =
      snapshot->ScanRows(CommitKey(history.head + 1), PrefixEnd(CommitKey(0).substr(0, 1)), see);
  if (!scanned.ok()) world_.Broken("F1", StrCat(node_.id(), " cannot be read: ", ToStd(scanned.message())));
  history.head = head.sequence();
}

void OpenPages::Open(Page& page) {
  ++page.call;
  if (!node_.up()) return ComeAgain(page, kSoon);
  page.open = page.ready = true;
  page.answered = false;
  page.process = process_;
  page.opened = page.heard = page.ready_since = world_.now();
  page.places.clear();
  page.unread.clear();
  v1::WatchRequest request;
  for (const char* service : kServices) {
    const History& history = histories_[service];
    Place& place = page.places[service];
    // At least there: a commit that changes nothing moves nobody.
    place.from = history.changes.empty() ? 0 : history.changes.back().sequence;
    place.seen = history.head;
    const auto read = page.read.find(service);
    if (read == page.read.end()) continue;
    *request.add_positions() = read->second;
    const bool known = read->second.epoch() == history.epoch && read->second.sequence() <= history.head;
    place.from = known ? read->second.sequence() : kNowhere;
    if (known) place.seen = place.from;
  }
  if (!request.positions().empty()) world_.Count("work.page_came_back");
  const int64_t number = node_.watch()->Submit(page.caller, request, std::make_shared<Ear>(this, &page));
  page.number = number;
  const absl::Duration stay = dice_.Between(absl::Seconds(5), kLongestStay);
  if (page.open && !calm_) Later(page, stay, &OpenPages::Leave);
}

void OpenPages::Leave(Page& page) {
  if (!page.open || calm_) return;
  if (node_.up() && page.process == process_) node_.watch()->Cancel(page.number);
  // Another page takes its place, which knows of nothing.
  if (dice_.Below(4) == 0) page.read.clear();
  ComeAgain(page, kLongestAbsence);
}

void OpenPages::ComeAgain(Page& page, absl::Duration most) {
  page.open = page.ready = false;
  ++page.call;
  Later(page, dice_.Between(absl::Milliseconds(10), calm_ ? kSoon : most), &OpenPages::Open);
}

void OpenPages::Read(Page& page) {
  for (auto& [service, position] : page.unread) page.read[service] = std::move(position);
  page.unread.clear();
}

void OpenPages::MakeReady(Page& page) {
  if (!page.open || page.ready || page.process != process_ || !node_.up()) return;
  Read(page);
  page.ready = true;
  page.ready_since = world_.now();
  node_.watch()->Ready(page.number);
}

void OpenPages::Ended(Page& page, const absl::Status& why) {
  const absl::Duration lived = world_.now() - page.opened;
  const bool over = lived > limits_.life - kSlack;
  const bool known = why.ok() || absl::IsCancelled(why) ? over : ReasonOf(why) == v1::NOT_SERVING;
  world_.Check("W5", known, [&] {
    return StrCat("the call of ", page.label, " ends after ", absl::FormatDuration(lived), ": ", why.ToString());
  });
  if (over) world_.Count("work.page_lived");
  ComeAgain(page, kSoon);
}

void OpenPages::Heard(Page& page, const v1::WatchResponse& response) {
  world_.Check("W5", page.ready, [&] { return StrCat(page.label, " is told more before it has read"); });
  page.answered = true;
  page.ready = false;
  page.heard = world_.now();
  world_.Count("work.page_told");
  CheckPositions(page, response);
  CheckStartOver(page, response);
  CheckNames(page, response);
  for (const v1::WatchPosition& position : response.positions()) {
    page.places[position.feed()].from = position.sequence();
    page.unread[position.feed()] = position;
  }
  told_.push_back(&page);
}

std::string OpenPages::ToldNow(const Page& page, const std::string& service, const std::string& name) const {
  return ToldOf(page.caller, name, node_.node().part(service)->logic->facts(), DayOf(node_.clock().Now()));
}

void OpenPages::Owe(Page& page, absl::Time until) {
  for (auto& [service, place] : page.places) {
    const std::vector<Change>& changes = histories_[service].changes;
    auto change = std::upper_bound(changes.begin(), changes.end(), place.seen,
                                   [](int64_t seen, const Change& one) { return seen < one.sequence; });
    std::map<std::string_view, std::string> known;
    for (; change != changes.end() && change->time <= until; ++change) {
      place.seen = change->sequence;
      const auto [told, fresh] = known.try_emplace(change->name);
      if (fresh) told->second = ToldNow(page, service, change->name);
      if (told->second.empty()) {
        world_.Count("work.page_blind");
        continue;
      }
      Debt& debt =
          place.owed.try_emplace(told->second, Debt{change->name, change->time, change->sequence, 0}).first->second;
      debt.last = change->sequence;
    }
  }
}

bool OpenPages::HasChangedFor(const Page& page, const std::string& told) const {
  for (const auto& [service, place] : page.places) {
    if (place.owed.contains(told)) return true;
  }
  for (const auto& [service, place] : page.places) {
    for (const Change& change : histories_.at(service).changes) {
      if (change.sequence > place.from && ToldNow(page, service, change.name) == told) return true;
    }
  }
  return false;
}

void OpenPages::CheckPositions(const Page& page, const v1::WatchResponse& response) {
  std::set<std::string> feeds;
  for (const v1::WatchPosition& position : response.positions()) {
    const auto place = page.places.find(position.feed());
    const bool once = feeds.insert(position.feed()).second && place != page.places.end();
    world_.Check("W3", once, [&] { return StrCat(page.label, " is told twice where it stands in ", position.feed()); });
    if (!once) continue;
    const History& history = histories_.at(position.feed());
    const bool there = position.epoch() == history.epoch && position.sequence() <= history.head;
    world_.Check("W3", there && position.sequence() >= place->second.from, [&] {
      return StrCat(page.label, " stood at ", place->second.from, " of the ", position.feed(), " feed, is told of ",
                    position.sequence(), " and there are ", history.head);
    });
  }
  world_.Check("W3", feeds.size() == page.places.size(),
               [&] { return StrCat(page.label, " is told of ", feeds.size(), " places where it stands"); });
}

// Nobody knows what was behind a place of before the process began, and only so much is kept, looked at and told.
bool OpenPages::MayStartOver(const Page& page, const std::string& service) const {
  const Place& place = page.places.at(service);
  if (place.from == kNowhere || place.from < histories_.at(service).began_at) return true;
  size_t behind = 0;
  for (const auto& [other, at] : page.places) {
    const std::vector<Change>& changes = histories_.at(other).changes;
    behind += static_cast<size_t>(
        std::count_if(changes.begin(), changes.end(), [&](const Change& one) { return one.sequence > at.from; }));
  }
  return behind > std::min({limits_.names, limits_.names_looked_at, limits_.changes_kept});
}

void OpenPages::CheckStartOver(const Page& page, const v1::WatchResponse& response) {
  const std::set<std::string> over(response.start_over().begin(), response.start_over().end());
  for (const std::string& service : over) {
    world_.Count("work.page_starts_over");
    world_.Check("W4", page.places.contains(service) && MayStartOver(page, service),
                 [&] { return StrCat(page.label, " is told to start over with the ", service, " feed"); });
  }
  for (const auto& [service, place] : page.places) {
    world_.Check("W1", place.from != kNowhere || over.contains(service), [&, &service = service] {
      return StrCat(page.label, " goes on with the ", service, " feed from a place of another history");
    });
  }
}

void OpenPages::CheckNames(Page& page, const v1::WatchResponse& response) {
  const std::set<std::string> names(response.names().begin(), response.names().end());
  const std::set<std::string> over(response.start_over().begin(), response.start_over().end());
  world_.Check("W3", names.size() == static_cast<size_t>(response.names_size()) && names.size() <= limits_.names,
               [&] { return StrCat(page.label, " is told of ", response.names_size(), " names, some twice"); });
  for (const std::string& name : names) {
    world_.Check("W2", HasChangedFor(page, name), [&] {
      return StrCat(page.label, " is told of ", name, ", which it may not read, or which has not changed");
    });
  }
  for (const v1::WatchPosition& position : response.positions()) {
    const auto place = page.places.find(position.feed());
    if (place == page.places.end()) continue;
    std::erase_if(place->second.owed, [&](const auto& owed) {
      const auto& [told, debt] = owed;
      if (debt.first > position.sequence()) return false;
      const bool heard = names.contains(told) || over.contains(position.feed());
      world_.Check("W1", heard || !IsOwed(page, position.feed(), told, debt), [&, &told = told, &debt = debt] {
        return StrCat(page.label, " is told of the ", position.feed(), " feed up to ", position.sequence(),
                      " and not of ", told, " of ", debt.first);
      });
      return debt.last <= position.sequence();
    });
  }
}

void OpenPages::Before() {
  for (const auto& page : pages_) {
    if (page->open && page->ready && page->process == process_) Owe(*page, world_.now());
  }
}

// Who reads at once is ready for more; who is slow is so later, or never.
void OpenPages::Behind() {
  for (Page* page : std::exchange(told_, {})) {
    if (!page->open) continue;
    if (!page->slow || calm_) {
      MakeReady(*page);
    } else if (!dice_.Chance(0.03)) {
      Later(*page, dice_.Between(absl::ZeroDuration(), kLongestRead), &OpenPages::MakeReady);
    }
  }
}

void OpenPages::CheckInTime(Page& page) {
  const absl::Time now = world_.now();
  world_.Check("W5", now - page.opened < limits_.life + kSlack,
               [&] { return StrCat(page.label, " is told for longer than its time"); });
  if (!page.ready || now - page.ready_since < kTold) return;
  world_.Check("W5", page.answered, [&] { return StrCat(page.label, " comes and is not answered"); });
  world_.Check("W5", now - std::max(page.heard, page.ready_since) < limits_.heartbeat + kSlack,
               [&] { return StrCat(page.label, " has heard nothing since ", absl::FormatDuration(now - page.heard)); });
  Owe(page, now - kTold);
  for (auto& [service, place] : page.places) {
    std::erase_if(place.owed, [&, &service = service](const auto& owed) {
      const auto& [told, debt] = owed;
      if (debt.since > now - kTold) return false;
      const bool late = IsOwed(page, service, told, debt);
      world_.Check("W1", !late, [&, &told = told, &debt = debt] {
        return StrCat(page.label, " is not told of ", told, " of ", debt.first, " of the ", service, " feed for ",
                      absl::FormatDuration(now - std::max(debt.since, page.ready_since)));
      });
      return late;
    });
  }
}

void OpenPages::AfterEvent() {
  if (world_.now() < next_check_) return;
  next_check_ = world_.now() + kCheckEvery;
  for (const auto& page : pages_) {
    if (!page->open) continue;
    if (!node_.up() || page->process != process_) {
      ComeAgain(*page, kSoon);
    } else {
      CheckInTime(*page);
    }
  }
}

void OpenPages::CheckAtRest() {
  calm_ = true;
  for (int round = 0; round < kMostRounds; ++round) {
    for (const auto& page : pages_) page->open ? MakeReady(*page) : Open(*page);
    node_.TellWatchers();
  }
  for (const auto& page : pages_) {
    bool owed = !page->open || !page->answered;
    for (const auto& [service, place] : page->places) {
      for (const auto& [told, debt] : place.owed) owed = owed || IsOwed(*page, service, told, debt);
    }
    world_.Check("W1", !owed, [&, &page = page] { return StrCat(page->label, " is owed something for good"); });
  }
}

}  // namespace duban::simulation
