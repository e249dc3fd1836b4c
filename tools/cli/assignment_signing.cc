// `duban assignment pull|receive`: a unit takes what is addressed to it, and signs.

#include <algorithm>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "common/base/civil.h"
#include "common/base/errors.h"
#include "common/base/strings.h"
#include "common/contract/names.h"
#include "duban/v1/assignment_service.pb.h"
#include "tools/cli/assignment_calls.h"
#include "tools/cli/assignment_view.h"
#include "tools/cli/commands.h"

namespace duban::cli {
namespace {

// Most assignments of one pull.
constexpr int kMaxPull = 500;
// How long `receive` keeps what it pulls: until it has signed, and not much longer where it is stopped half-way.
constexpr int kSigningSeconds = 60;

struct PullFlags {
  std::string unit;
  std::optional<int> max;
  std::optional<absl::Duration> lease;
  Mutation mutation;
};

absl::Status Pull(Session& session, const PullFlags& flags) {
  v1::PullAssignmentsRequest request;
  DUBAN_ASSIGN_OR_RETURN(*request.mutable_unit(), session.UnitName(flags.unit));
  request.set_max_assignments(flags.max.value_or(0));
  if (flags.lease.has_value()) request.mutable_lease()->set_seconds(absl::ToInt64Seconds(*flags.lease));
  request.set_request_id(flags.mutation.request_id);
  DUBAN_ASSIGN_OR_RETURN(const auto pulled,
                         session.Call<v1::PullAssignmentsResponse>("AssignmentService/PullAssignments", request));
  Printer& printer = session.printer();
  printer.Json(pulled);
  PrintAssignments(pulled.assignments(), {"没有可领取的交办事项", "nothing is there to be pulled"}, ListOrder::kByPlan,
                   &printer);
  for (const auto& held : pulled.held()) {
    const std::string id = ShortAssignmentName(held.name());
    const std::string until = TimeWords(held.lease_expire_time());
    printer.Line(
        {StrCat("已被另一次领取占用，至 ", until, "：", id), StrCat("held by another pull until ", until, ": ", id)});
  }
  if (pulled.lease_token().empty()) return absl::OkStatus();
  printer.Gap();
  const std::string until = TimeWords(pulled.lease_expire_time());
  printer.Line({StrCat("领取编号：", pulled.lease_token(), "  有效至 ", until),
                StrCat("pull: ", pulled.lease_token(), "  until ", until)});
  printer.Hint(
      {StrCat("下一步：签收  duban assignment receive 编号… --lease-token=", pulled.lease_token(), " --by=姓名"),
       StrCat("next: sign for them  duban assignment receive ID... --lease-token=", pulled.lease_token(),
              " --by=NAME")});
  return absl::OkStatus();
}

struct ReceiveFlags {
  std::vector<std::string> names;
  bool all = false;
  std::string unit, lease_token, by;
  Mutation mutation;
};

// Signs for assignments, and pulls them first where they are not pulled yet. What came of each is in `results`, also
// where a later call fails.
class Signing {
 public:
  Signing(Session& session, std::string command_id, std::string person)
      : session_(session), command_id_(std::move(command_id)), person_(std::move(person)) {}

  // All that waits for a unit: pulls and signs until nothing is left that is not held by others.
  absl::Status All(const std::string& unit);
  // Those named, of any units.
  absl::Status Named(const std::vector<std::string>& names);
  // Those named, with the token of an earlier pull.
  absl::Status WithToken(const std::vector<std::string>& names, const std::string& token);

  const v1::ReceiveAssignmentsResponse& results() const { return results_; }
  // What was pulled, as it was then.
  const std::vector<v1::Assignment>& pulled() const { return pulled_; }

 private:
  absl::StatusOr<v1::PullAssignmentsResponse> PullAndSign(const std::string& unit,
                                                          const std::vector<std::string>& names);
  absl::Status NamedOf(const std::string& unit, std::vector<std::string> names);
  void TellHeld(const v1::PullAssignmentsResponse::Held& held);
  absl::Status TellWhy(const std::string& name);
  absl::Status RefuseAll(const std::vector<std::string>& names, const absl::Status& why);

  Session& session_;
  const std::string command_id_;
  const std::string person_;
  int pulls_ = 0;
  v1::ReceiveAssignmentsResponse results_;
  std::vector<v1::Assignment> pulled_;
};

absl::Status Signing::WithToken(const std::vector<std::string>& names, const std::string& token) {
  v1::ReceiveAssignmentsRequest request;
  request.set_lease_token(token);
  request.set_signer(person_);
  const std::string part = StrCat(command_id_, "-", pulls_);
  return CallInBulk(
      session_, "AssignmentService/ReceiveAssignments", part, request, names,
      [](const std::string& name, v1::ReceiveAssignmentsRequest* into) { into->add_names(name); }, &results_);
}

// One pull, whose lease is signed at once.
absl::StatusOr<v1::PullAssignmentsResponse> Signing::PullAndSign(const std::string& unit,
                                                                 const std::vector<std::string>& names) {
  v1::PullAssignmentsRequest request;
  request.set_unit(unit);
  request.set_max_assignments(kMaxPull);
  request.mutable_lease()->set_seconds(kSigningSeconds);
  for (const std::string& name : names) request.add_names(name);
  request.set_request_id(session_.RequestIdFor(command_id_, StrCat("pull-", ++pulls_)));
  DUBAN_ASSIGN_OR_RETURN(auto pulled,
                         session_.Call<v1::PullAssignmentsResponse>("AssignmentService/PullAssignments", request));
  std::vector<std::string> leased;
  for (const v1::Assignment& assignment : pulled.assignments()) {
    leased.push_back(assignment.name());
    pulled_.push_back(assignment);
  }
  DUBAN_RETURN_IF_ERROR(WithToken(leased, pulled.lease_token()));
  return pulled;
}

void Signing::TellHeld(const v1::PullAssignmentsResponse::Held& held) {
  const std::string until = TimeWords(held.lease_expire_time());
  *results_.add_results() =
      RefusedAct(held.name(), Error(v1::LEASE_NOT_HELD,
                                    StrCat("`", held.name(), "` is held by another pull until ", until,
                                           "; sign for it with that pull's token, or wait"),
                                    StrCat("已被另一次领取占用，至 ", until, "；请用那次的领取编号签收，或等它到期"),
                                    {{"name", held.name()}, {"until", until}}));
}

// Says why an assignment that was asked for is neither leased nor held.
absl::Status Signing::TellWhy(const std::string& name) {
  v1::GetAssignmentRequest request;
  request.set_name(name);
  const auto found = session_.Call<v1::Assignment>("AssignmentService/GetAssignment", request);
  if (!found.ok()) return RefuseAll({name}, found.status());
  const v1::Receipt& receipt = found->execution().receipt();
  const std::string when = TimeWords(receipt.receive_time());
  Phrase by;
  if (found->execution().has_receipt()) {
    by = {StrCat("，", receipt.signer(), " 已于 ", when, " 签收"),
          StrCat("; ", receipt.signer(), " signed for it on ", when)};
  }
  const Phrase state = WordOf(found->state());
  return RefuseAll({name}, Error(v1::WRONG_STATE, StrCat("it does not wait to be signed for: it is ", state.en, by.en),
                                 StrCat("无需签收，当前状态：", state.zh, by.zh),
                                 {{"state", v1::Assignment::State_Name(found->state())}}));
}

// What a server says about a unit is said of each of its assignments; where it says nothing, the command ends.
absl::Status Signing::RefuseAll(const std::vector<std::string>& names, const absl::Status& why) {
  const ExitCode code = ExitCodeOf(why);
  if (code == ExitCode::kUnreachable || code == ExitCode::kInternal) return why;
  for (const std::string& name : names) *results_.add_results() = RefusedAct(name, why);
  return absl::OkStatus();
}

absl::Status Signing::All(const std::string& unit) {
  while (true) {
    DUBAN_ASSIGN_OR_RETURN(const v1::PullAssignmentsResponse pulled, PullAndSign(unit, {}));
    if (!pulled.assignments().empty()) continue;
    for (const auto& held : pulled.held()) TellHeld(held);
    return absl::OkStatus();
  }
}

absl::Status Signing::NamedOf(const std::string& unit, std::vector<std::string> names) {
  v1::PullAssignmentsResponse pulled;
  // One pull can bring less than it was asked for; what it brings comes no more.
  do {
    absl::StatusOr<v1::PullAssignmentsResponse> next = PullAndSign(unit, names);
    if (!next.ok()) return RefuseAll(names, next.status());
    pulled = *std::move(next);
    for (const v1::Assignment& assignment : pulled.assignments()) std::erase(names, assignment.name());
  } while (!names.empty() && !pulled.assignments().empty());
  for (const auto& held : pulled.held()) {
    if (std::erase(names, held.name()) > 0) TellHeld(held);
  }
  for (const std::string& name : names) DUBAN_RETURN_IF_ERROR(TellWhy(name));
  return absl::OkStatus();
}

absl::Status Signing::Named(const std::vector<std::string>& names) {
  std::map<std::string, std::vector<std::string>> by_unit;
  for (const std::string& name : names) by_unit[ParseName(name).unit()].push_back(name);
  for (const auto& [unit, all] : by_unit) {
    for (auto next = all.begin(); next != all.end();) {
      const auto end = next + std::min<std::ptrdiff_t>(all.end() - next, kMaxPull);
      DUBAN_RETURN_IF_ERROR(NamedOf(unit, {next, end}));
      next = end;
    }
  }
  return absl::OkStatus();
}

// The assignments of a unit that nobody has signed for.
absl::StatusOr<std::vector<std::string>> Unsigned(Session& session, const std::string& unit) {
  v1::ListAssignmentsRequest request;
  request.mutable_filter()->set_unit(unit);
  request.mutable_filter()->set_state(v1::Assignment::ISSUED);
  DUBAN_ASSIGN_OR_RETURN(const v1::ListAssignmentsResponse all, ListAssignments(session, request, std::nullopt));
  std::vector<std::string> names;
  for (const v1::Assignment& assignment : all.assignments()) names.push_back(assignment.name());
  return names;
}

absl::Status Check(const ReceiveFlags& flags) {
  if (flags.all == !flags.names.empty()) {
    return UsageError(
        {"请写出要签收的编号，或者写 --all --unit=单位", "name what to sign for, or give --all --unit=UNIT"});
  }
  if (flags.all && flags.unit.empty()) {
    return UsageError({"--all 需要 --unit=单位", "--all needs --unit=UNIT"});
  }
  return absl::OkStatus();
}

absl::Status Sign(Session& session, const ReceiveFlags& flags, Signing* signing) {
  DUBAN_ASSIGN_OR_RETURN(std::vector<std::string> names, ResolveAssignments(session, flags.names));
  if (!flags.all)
    return flags.lease_token.empty() ? signing->Named(names) : signing->WithToken(names, flags.lease_token);
  DUBAN_ASSIGN_OR_RETURN(const std::string unit, session.UnitName(flags.unit));
  if (flags.lease_token.empty()) return signing->All(unit);
  DUBAN_ASSIGN_OR_RETURN(names, Unsigned(session, unit));
  return signing->WithToken(names, flags.lease_token);
}

absl::Status Receive(Session& session, const ReceiveFlags& flags) {
  DUBAN_RETURN_IF_ERROR(Check(flags));
  DUBAN_ASSIGN_OR_RETURN(std::string person, session.Person(flags.by));
  Signing signing(session, session.BeginCommand(flags.mutation.request_id), std::move(person));
  const absl::Status called = Sign(session, flags, &signing);
  session.printer().Json(signing.results());
  Outcome outcome(&session.printer());
  TellActs({"已签收", "received"}, signing.results().results(), signing.pulled(), &outcome);
  const absl::Status refused = outcome.Finish();
  if (called.ok() && signing.results().results().empty()) {
    session.printer().Line({"没有待签收的交办事项", "nothing waits to be signed for"});
  }
  session.printer().Line({StrCat("共签收 ", outcome.done(), " 项"), StrCat("received ", outcome.done(), " in all")});
  return called.ok() ? refused : called;
}

}  // namespace

void AddAssignmentSigning(Command assignment) {
  auto pull = std::make_shared<PullFlags>();
  assignment
      .Leaf("pull", {"领取待签收的交办事项，得到领取编号", "lease what waits to be signed for"},
            [pull](Session& session) { return Pull(session, *pull); })
      .Text("--unit=UNIT", &pull->unit, {"单位：名称或 units/编号", "the unit: name or units/ID"}, kRequired)
      .Number("--max=N", &pull->max, 1, kMaxPull, {"最多几项，默认 50", "at most so many; 50 if left out"})
      .Duration("--lease=TIME", &pull->lease, {"保留多久，如 10m、2h；默认 10m", "kept for so long, such as 10m or 2h"})
      .Changes(&pull->mutation, /*with_etag=*/false);

  AddSigningCommand(assignment, "receive");
}

void AddSigningCommand(Command group, const std::string& name) {
  auto receive = std::make_shared<ReceiveFlags>();
  group
      .Leaf(name, {"签收：写明编号，或 --all --unit=单位", "sign for assignments: by id, or --all --unit=UNIT"},
            [receive](Session& session) { return Receive(session, *receive); })
      .Texts("ASSIGNMENT", &receive->names, AssignmentArgument())
      .Flag("--all", &receive->all, {"该单位所有待签收的", "all that the unit has not signed for"})
      .Text("--unit=UNIT", &receive->unit, {"单位，配合 --all", "the unit, with --all"})
      .Text("--lease-token=TOKEN", &receive->lease_token,
            {"先前 pull 给出的领取编号；不写则当场领取", "what an earlier pull gave; pulled on the spot if left out"})
      .Text("--by=PERSON", &receive->by, {"签收人；默认取 DUBAN_PERSON", "who signs; DUBAN_PERSON if left out"})
      .Changes(&receive->mutation, /*with_etag=*/false);
}

}  // namespace duban::cli
