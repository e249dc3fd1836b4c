#include "tests/fuzz/fuzz_node.h"

#include <cstdio>
#include <cstdlib>
#include <map>
#include <utility>

#include "absl/strings/escaping.h"
#include "common/base/digest.h"
#include "common/base/errors.h"
#include "common/base/log.h"
#include "common/base/strings.h"
#include "common/rpc/validate.h"
#include "duban/v1/evidence_service.pb.h"
#include "duban/v1/node_service.pb.h"
#include "google/protobuf/descriptor.h"
#include "services/assignment/assignment_logic.h"
#include "services/assignment/restand.h"
#include "services/notification/notification_logic.h"
#include "services/plan/audience_chore.h"
#include "services/plan/plan_hops.h"
#include "services/plan/plan_logic.h"

namespace duban::fuzz {
namespace {

using google::protobuf::Message;

constexpr char kDirectory[] =
    "编号,名称,类别,别名,上级,节点,按类别\n"
    "gov,青禾县政府,政府,,,,\n"
    "office,县政府办公室,部门,县政府办,青禾县政府,,\n"
    "health,县卫生健康局,部门,县卫健局,青禾县政府,district,\n"
    "school,县教育局,部门,,青禾县政府,,\n"
    "north,城北街道,街道,,青禾县政府,district,\n"
    "south,城南街道,街道,,青禾县政府,,\n"
    "streets,各街道,集合,,,,青禾县政府:街道\n";

constexpr char kPlan[] =
    "青禾县2024年便民服务工作要点\n\n一、优化服务\n\n"
    "1．编制便民服务事项清单。（牵头单位：县政府办公室；责任单位：县卫生健康局；完成时限：2024年5月8日前）\n"
    "2．公布全县公共场馆开放时间。（责任单位：各街道；完成时限：2024年12月底前）\n"
    "3．常态化开展政策咨询服务。（责任单位：县教育局；完成时限：常态化开展）\n";

constexpr char kDraft[] =
    "青禾县2024年工作要点\n\n一、优化服务\n\n1．编制清单。（牵头单位：某某局；完成时限：适时）\n2．公布时间。\n";

// A method of one core.
template <typename Core, typename Request, typename Response, typename Call>
Method MethodOf(std::string name, std::unique_ptr<Core> FuzzNode::*core, Call call) {
  return {std::move(name), &Request::default_instance(), &Response::default_instance(),
          [core, call](FuzzNode& node, const Message& request, Message* response) {
            return ((*(node.*core)).*call)(Anybody(), static_cast<const Request&>(request),
                                           static_cast<Response*>(response));
          }};
}
template <typename Core, typename Request, typename Response>
Method MethodOf(std::string name, std::unique_ptr<Core> FuzzNode::*core,
                absl::Status (Core::*call)(const Caller&, const Request&, Response*)) {
  return MethodOf<Core, Request, Response, decltype(call)>(std::move(name), core, call);
}
template <typename Core, typename Request, typename Response>
Method MethodOf(std::string name, std::unique_ptr<Core> FuzzNode::*core,
                absl::Status (Core::*call)(const Caller&, const Request&, Response*) const) {
  return MethodOf<Core, Request, Response, decltype(call)>(std::move(name), core, call);
}

absl::Status NoFeed(std::string_view feed) {
  return Error(v1::RESOURCE_NOT_FOUND, StrCat("no feed ", feed), "没有这个数据流");
}

Method FetchMethod() {
  return {"duban.v1.FeedService/Fetch", &v1::FetchRequest::default_instance(), &v1::FetchResponse::default_instance(),
          [](FuzzNode& node, const Message& request, Message* response) -> absl::Status {
            const auto& fetch = static_cast<const v1::FetchRequest&>(request);
            FeedServer* feed = node.FeedOf(fetch.feed());
            if (feed == nullptr) return NoFeed(fetch.feed());
            DUBAN_ASSIGN_OR_RETURN(*static_cast<v1::FetchResponse*>(response), feed->TryFetch(fetch));
            return absl::OkStatus();
          }};
}

Method OfferMethod() {
  return {"duban.v1.FeedService/Offer", &v1::OfferRequest::default_instance(), &v1::OfferResponse::default_instance(),
          [](FuzzNode& node, const Message& request, Message* response) -> absl::Status {
            const auto& offer = static_cast<const v1::OfferRequest&>(request);
            FeedServer* feed = node.FeedOf(offer.feed());
            if (feed == nullptr) return NoFeed(offer.feed());
            return feed->Offer(offer, static_cast<v1::OfferResponse*>(response));
          }};
}

Method GiveBackMethod() {
  return {"duban.v1.FeedService/GiveBack", &v1::GiveBackRequest::default_instance(),
          &v1::GiveBackResponse::default_instance(),
          [](FuzzNode& node, const Message& request, Message* response) -> absl::Status {
            const auto& give_back = static_cast<const v1::GiveBackRequest&>(request);
            FeedServer* feed = node.FeedOf(give_back.feed());
            if (feed == nullptr) return NoFeed(give_back.feed());
            return feed->GiveBack(give_back, static_cast<v1::GiveBackResponse*>(response));
          }};
}

// What concerns the process and its disk, of which there are none here: only its request is looked at.
template <typename Request, typename Response>
Method ProcessMethod(const std::string& name) {
  return {StrCat("duban.v1.NodeService/", name), &Request::default_instance(), &Response::default_instance(),
          [](FuzzNode&, const Message&, Message*) { return absl::OkStatus(); }};
}

#define DUBAN_FUZZ_METHOD(service, core, Core, name) \
  MethodOf("duban.v1." service "/" #name, &FuzzNode::core, &Core::name)

std::vector<Method> PlanMethods() {
#define PLAN(name) DUBAN_FUZZ_METHOD("PlanService", plans, PlanCore, name)
#define DIRECTORY(name) DUBAN_FUZZ_METHOD("DirectoryService", directory, DirectoryCore, name)
  return {PLAN(ParsePlan),
          PLAN(ImportPlan),
          PLAN(ReimportPlan),
          PLAN(CreatePlan),
          PLAN(GetPlan),
          PLAN(ListPlans),
          PLAN(UpdatePlan),
          PLAN(UpdateTask),
          PLAN(EditPlan),
          PLAN(DeletePlan),
          PLAN(SettleFindings),
          PLAN(ReopenFindings),
          PLAN(ProposeAlignments),
          PLAN(AlignTasks),
          PLAN(PreviewPublication),
          PLAN(PublishPlan),
          PLAN(RevisePlan),
          PLAN(ListPlanRevisions),
          PLAN(ComparePlanRevisions),
          PLAN(WithdrawPlan),
          PLAN(ListKeptHints),
          PLAN(DeleteKeptHints),
          DUBAN_FUZZ_METHOD("PlanSearchService", plans, PlanCore, SearchPlans),
          DUBAN_FUZZ_METHOD("PlanSourceService", plans, PlanCore, GetPlanSource),
          DIRECTORY(GetUnit),
          DIRECTORY(ListUnits),
          DIRECTORY(CreateUnit),
          DIRECTORY(UpdateUnit),
          DIRECTORY(DeleteUnit),
          DIRECTORY(GetUnitGroup),
          DIRECTORY(ListUnitGroups),
          DIRECTORY(CreateUnitGroup),
          DIRECTORY(UpdateUnitGroup),
          DIRECTORY(DeleteUnitGroup),
          DIRECTORY(ExpandUnitGroup),
          DIRECTORY(ImportDirectory),
          DIRECTORY(ListAliases),
          DIRECTORY(RemoveAlias),
          DIRECTORY(ResolveUnit),
          DIRECTORY(ListCalendars),
          DIRECTORY(UpdateCalendar)};
#undef PLAN
#undef DIRECTORY
}

std::vector<Method> OtherMethods() {
#define ASSIGNMENT(name) DUBAN_FUZZ_METHOD("AssignmentService", assignments, AssignmentCore, name)
#define EVIDENCE(name) DUBAN_FUZZ_METHOD("EvidenceService", evidence, EvidenceCore, name)
#define DELIVERY(name) DUBAN_FUZZ_METHOD("NotificationService", deliveries, DeliveryCore, name)
#define NOTIFICATION(name) DUBAN_FUZZ_METHOD("NotificationService", notifications, NotificationCore, name)
  return {ASSIGNMENT(PullAssignments),
          ASSIGNMENT(ReceiveAssignment),
          ASSIGNMENT(ReceiveAssignments),
          ASSIGNMENT(ReportProgress),
          ASSIGNMENT(SubmitResult),
          ASSIGNMENT(SubmitResults),
          ASSIGNMENT(ReviewSubmission),
          ASSIGNMENT(ReviewSubmissions),
          ASSIGNMENT(DeclineAssignment),
          ASSIGNMENT(RequestExtension),
          ASSIGNMENT(RetractReport),
          ASSIGNMENT(ReaddressAssignment),
          ASSIGNMENT(BindAssignment),
          ASSIGNMENT(AnswerExtension),
          ASSIGNMENT(MarkReportsRead),
          ASSIGNMENT(AddRemark),
          ASSIGNMENT(UrgeAssignments),
          ASSIGNMENT(GetAssignment),
          ASSIGNMENT(ListAssignments),
          ASSIGNMENT(GetIssuance),
          ASSIGNMENT(GetTimeline),
          ASSIGNMENT(GetBoard),
          DUBAN_FUZZ_METHOD("AssignmentSearchService", assignments, AssignmentCore, SearchAssignments),
          DUBAN_FUZZ_METHOD("IssuerService", assignments, AssignmentCore, ListIssuerItems),
          EVIDENCE(UploadEvidence),
          EVIDENCE(GetEvidenceFile),
          EVIDENCE(ReadEvidence),
          EVIDENCE(HandUpEvidence),
          NOTIFICATION(LeaseReminders),
          NOTIFICATION(ConfirmReminder),
          NOTIFICATION(ConfirmReminders),
          NOTIFICATION(RedriveReminder),
          NOTIFICATION(GetReminder),
          NOTIFICATION(ListReminders),
          NOTIFICATION(GetReminderPolicy),
          NOTIFICATION(UpdateReminderPolicy),
          DELIVERY(GetContact),
          DELIVERY(ListContacts),
          DELIVERY(UpdateContact),
          DELIVERY(ListChannels),
          DELIVERY(GetDigest),
          DELIVERY(ListDigests),
          DELIVERY(ListDeliveries),
          DELIVERY(RedriveDelivery),
          FetchMethod(),
          OfferMethod(),
          GiveBackMethod(),
          ProcessMethod<v1::GetNodeStatusRequest, v1::NodeStatus>("GetNodeStatus"),
          ProcessMethod<v1::StartBackupRequest, v1::Job>("StartBackup"),
          ProcessMethod<v1::StartVerificationRequest, v1::Job>("StartVerification"),
          ProcessMethod<v1::GetJobRequest, v1::Job>("GetJob"),
          ProcessMethod<v1::ListJobsRequest, v1::ListJobsResponse>("ListJobs"),
          ProcessMethod<v1::CancelJobRequest, v1::Job>("CancelJob"),
          ProcessMethod<v1::ListBackupsRequest, v1::ListBackupsResponse>("ListBackups"),
          ProcessMethod<v1::SetLogLevelRequest, v1::SetLogLevelResponse>("SetLogLevel")};
#undef ASSIGNMENT
#undef EVIDENCE
#undef DELIVERY
#undef NOTIFICATION
}
#undef DUBAN_FUZZ_METHOD

// All methods there are, as the contracts say, but the stream that watches. Inputs that are kept know methods by their
// place: what is new comes last.
std::vector<std::string> MethodsOfTheContracts() {
  // One file of each service, so that its descriptors are there.
  static const google::protobuf::FileDescriptor* const files[] = {
      v1::PullAssignmentsRequest::descriptor()->file(), v1::GetUnitRequest::descriptor()->file(),
      v1::FetchRequest::descriptor()->file(),           v1::GetNodeStatusRequest::descriptor()->file(),
      v1::GetReminderRequest::descriptor()->file(),     v1::GetPlanRequest::descriptor()->file(),
      v1::SearchPlansRequest::descriptor()->file(),     v1::SearchAssignmentsRequest::descriptor()->file(),
      v1::GetPlanSourceRequest::descriptor()->file(),   v1::ListIssuerItemsRequest::descriptor()->file(),
      v1::GetEvidenceFileRequest::descriptor()->file()};
  std::vector<std::string> names;
  for (const auto* file : files) {
    Require(file->service_count() > 0, StrCat("a service in ", file->name()));
    for (int s = 0; s < file->service_count(); ++s) {
      for (int m = 0; m < file->service(s)->method_count(); ++m) {
        names.push_back(StrCat(file->service(s)->full_name(), "/", file->service(s)->method(m)->name()));
      }
    }
  }
  return names;
}

std::vector<Method> AllMethods() {
  std::map<std::string, Method> by_name;
  for (Method& method : PlanMethods()) by_name.emplace(method.name, method);
  for (Method& method : OtherMethods()) by_name.emplace(method.name, method);
  std::vector<Method> methods;
  for (const std::string& name : MethodsOfTheContracts()) {
    Require(by_name.contains(name), StrCat("tests/fuzz/fuzz_node.cc knows the method ", name));
    methods.push_back(by_name.at(name));
  }
  Require(methods.size() == by_name.size(), "tests/fuzz/fuzz_node.cc knows only methods of the contracts");
  return methods;
}

}  // namespace

void Require(bool holds, const std::string& promise) {
  if (holds) return;
  std::fprintf(stderr, "broken promise: %s\n", promise.c_str());
  std::abort();
}

void RequireOk(const absl::Status& status, const std::string& what) {
  Require(status.ok(), StrCat(what, ": ", status.ToString()));
}

FuzzNode::FuzzNode(const std::string& id, FakeClock* its_clock, std::vector<std::string> upstreams)
    : node(id),
      clock(its_clock),
      plan_store("plan", id, its_clock),
      assignment_store("assignment", id, its_clock),
      notification_store("notification", id, its_clock),
      channels_(its_clock),
      upstreams_(std::move(upstreams)),
      records_(id) {
  SetLogLevel(LogLevel::kError);
  Build();
}

void FuzzNode::Build() {
  const auto ports = [this](testing::TestStore& store) { return Ports{store.get(), clock, store.ids(), node}; };
  plans = std::make_unique<PlanCore>(ports(plan_store), &names);
  directory = std::make_unique<DirectoryCore>(ports(plan_store), &names);
  assignments = std::make_unique<AssignmentCore>(ports(assignment_store));
  Ports with_files = ports(assignment_store);
  with_files.files_dir = files_.path();
  evidence = std::make_unique<EvidenceCore>(with_files);
  notifications = std::make_unique<NotificationCore>(ports(notification_store));
  deliveries = std::make_unique<DeliveryCore>(&notifications->runner(), &channels_);
  AddHops(PlanHops(plan_store.get(), node), plan_store.get());
  AddHops(AssignmentHops(ports(assignment_store)), assignment_store.get());
  AddHops(notifications->hops(), notification_store.get());
}

void FuzzNode::AddHops(const HopSpecs& specs, Store* store) {
  for (const FeedSpec& feed : specs.feeds) feeds_.push_back(std::make_unique<FeedServer>(feed, clock));
  for (const FollowSpec& spec : specs.follows) {
    for (const std::string& source : spec.from_upstream ? upstreams_ : std::vector<std::string>{node}) {
      follows_.push_back({source, std::make_unique<FollowHop>(StrCat(source, "_", spec.feed, "_to_", spec.follower),
                                                              source, spec, store, clock)});
    }
  }
  for (const OfferSpec& spec : specs.offers) {
    for (const std::string& upstream : upstreams_) {
      offers_.push_back({upstream, std::make_unique<OfferHop>(spec.feed, node, upstream, store)});
    }
  }
}

void FuzzNode::Restart() {
  offers_.clear();
  follows_.clear();
  feeds_.clear();
  deliveries.reset();
  notifications.reset();
  evidence.reset();
  assignments.reset();
  directory.reset();
  plans.reset();
  for (testing::TestStore* store : {&plan_store, &assignment_store, &notification_store}) store->Restart();
  Build();
}

FeedServer* FuzzNode::FeedOf(std::string_view feed) {
  for (const auto& server : feeds_) {
    if (server->feed() == feed) return server.get();
  }
  return nullptr;
}

absl::StatusOr<bool> FuzzNode::Step(Follow& follow, FuzzNode& source, int page_bytes) {
  DUBAN_ASSIGN_OR_RETURN(v1::FetchRequest request, follow.hop->Prepare(absl::ZeroDuration()));
  request.set_max_bytes(page_bytes);
  RequireOk(ValidateRequest(request), "a hop's own request keeps the rules");
  return follow.hop->Deliver(source.FeedOf(follow.hop->spec().feed)->TryFetch(request));
}

absl::StatusOr<bool> FuzzNode::Step(Offering& offering, FuzzNode& upstream) {
  DUBAN_ASSIGN_OR_RETURN(auto request, offering.hop->Prepare());
  if (!request.has_value()) return false;
  RequireOk(ValidateRequest(*request), "a hop's own offer keeps the rules");
  v1::OfferResponse response;
  const absl::Status status = upstream.FeedOf(request->feed())->Offer(*request, &response);
  DUBAN_RETURN_IF_ERROR(offering.hop->Deliver(status.ok() ? absl::StatusOr<v1::OfferResponse>(response) : status));
  return true;
}

void FuzzNode::Settle() {
  bool more = true;
  for (int round = 0; more; ++round) {
    Require(round < 1000, "local hops come to rest");
    more = false;
    for (Follow& follow : follows_) {
      if (follow.source != node) continue;
      const absl::StatusOr<bool> stepped = Step(follow, *this);
      RequireOk(stepped.status(), follow.hop->name());
      more |= *stepped || !follow.hop->at_head();
    }
    const absl::StatusOr<bool> tended = Tend();
    RequireOk(tended.status(), "what a node does of itself");
    more |= *tended;
    const absl::StatusOr<bool> moved = FollowMovedEntries(plan_store.get(), node);
    RequireOk(moved.status(), "FollowMovedEntries");
    more |= *moved;
  }
}

absl::StatusOr<bool> FuzzNode::Tend() {
  DUBAN_ASSIGN_OR_RETURN(const bool restanding, IsRestanding(*assignment_store->TakeSnapshot()));
  if (restanding) {
    DUBAN_RETURN_IF_ERROR(assignment_store->Run({"restand", ""}, [&](Transaction& transaction) {
      return ContinueRestanding(transaction, records_, clock->Now());
    }));
  }
  DUBAN_ASSIGN_OR_RETURN(const bool more, notifications->Tend());
  return restanding || more;
}

void FuzzNode::Furnish() {
  v1::ImportDirectoryRequest import;
  import.set_request_id("furnish-1");
  import.set_content(kDirectory);
  v1::ImportDirectoryResponse imported;
  RequireOk(directory->ImportDirectory(Anybody(), import, &imported), "the directory is taken");
  v1::Plan plan;
  for (const auto& [id, text] : {std::pair("p1", kPlan), std::pair("p2", kDraft)}) {
    v1::ImportPlanRequest request;
    request.set_request_id(StrCat("furnish-", id));
    request.set_plan_id(id);
    request.set_content(text);
    request.set_source_name("plan.txt");
    RequireOk(plans->ImportPlan(Anybody(), request, &plan), "the plan is taken");
  }
  v1::PublishPlanRequest publish;
  publish.set_request_id("furnish-3");
  publish.set_name("plans/p1");
  publish.set_issuer("units/gov");
  RequireOk(plans->PublishPlan(Anybody(), publish, &plan), "the plan is published");
  Settle();
}

void FuzzNode::FurnishFile() {
  constexpr char kOffice[] = "units/office";
  v1::UploadEvidenceRequest upload;
  upload.set_unit(kOffice);
  v1::EvidencePiece& piece = *upload.mutable_piece();
  piece.set_sha256(absl::BytesToHexString(Sha256(kFurnishedFile)));
  piece.set_size_bytes(sizeof(kFurnishedFile) - 1);
  piece.set_content(kFurnishedFile);
  v1::UploadEvidenceResponse uploaded;
  RequireOk(evidence->UploadEvidence(Anybody(), upload, &uploaded), "a file is put in");
  v1::PullAssignmentsRequest pull;
  pull.set_request_id("furnish-4");
  pull.set_unit(kOffice);
  v1::PullAssignmentsResponse pulled;
  RequireOk(assignments->PullAssignments(Anybody(), pull, &pulled), "what waits is leased");
  Require(pulled.assignments_size() > 0, "something waits for units/office");
  v1::ReceiveAssignmentRequest receive;
  receive.set_request_id("furnish-5");
  receive.set_name(pulled.assignments(0).name());
  receive.set_lease_token(pulled.lease_token());
  receive.set_signer("张立");
  v1::Assignment assignment;
  RequireOk(assignments->ReceiveAssignment(Anybody(), receive, &assignment), "it is signed for");
  v1::ReportProgressRequest report;
  report.set_request_id("furnish-6");
  report.set_name(receive.name());
  report.mutable_report()->set_text("已完成统计");
  report.mutable_report()->set_reporter("张立");
  report.mutable_report()->add_evidence()->set_title("统计表");
  report.mutable_report()->mutable_evidence(0)->set_sha256(piece.sha256());
  RequireOk(assignments->ReportProgress(Anybody(), report, &assignment), "a report names the file");
  v1::ReadEvidenceRequest read;
  read.set_name(receive.name());
  read.set_sha256(piece.sha256());
  v1::ReadEvidenceResponse bytes;
  RequireOk(evidence->ReadEvidence(Anybody(), read, &bytes), "it is read through the report");
  Require(bytes.content() == kFurnishedFile, "what is read is what was put in");
}

void FuzzNode::CheckStores() {
  for (Store* store : stores()) {
    RequireOk(store->VerifyChain(), StrCat("the chain of ", node, "'s ", store->options().service));
    RequireOk(store->VerifyFeed(), StrCat("the feed of ", node, "'s ", store->options().service));
  }
  const auto verify = [this](Store* store, IndexRows rows) {
    const auto verified = VerifyIndexes(*store->TakeSnapshot(), node, rows);
    RequireOk(verified.status(), StrCat("the indexes of ", node, "'s ", store->options().service));
  };
  verify(plan_store.get(), PlanIndexRows);
  verify(assignment_store.get(), AssignmentIndexRows);
  verify(notification_store.get(), ReminderIndexRows);
}

void FuzzNode::ReadEverything() {
  for (const Method& method : Methods()) {
    const size_t slash = method.name.find('/');
    if (method.name.compare(slash + 1, 4, "List") != 0 && !method.name.ends_with("/GetBoard")) continue;
    // This one is a list of something, not of everything.
    if (method.name.ends_with("/ListPlanRevisions")) continue;
    std::unique_ptr<Message> request(method.request->New()), response(method.response->New());
    if (const auto* group_by = method.request->GetDescriptor()->FindFieldByName("group_by"); group_by != nullptr) {
      request->GetReflection()->SetEnumValue(request.get(), group_by, 1);
    }
    if (method.name.ends_with("/ListIssuerItems")) {
      const auto* issuer = method.request->GetDescriptor()->FindFieldByName("issuer");
      request->GetReflection()->SetString(request.get(), issuer, "units/gov");
    }
    // Lists of what one plan has; not every node has it.
    const auto* plan = method.request->GetDescriptor()->FindFieldByName("name");
    if (plan != nullptr) request->GetReflection()->SetString(request.get(), plan, "plans/p1");
    const absl::Status read = CallChecked(*this, method, *request, response.get());
    if (plan != nullptr && absl::IsNotFound(read)) continue;
    RequireOk(read, method.name);
  }
  v1::ListPlansResponse listed;
  RequireOk(plans->ListPlans(Anybody(), {}, &listed), "ListPlans");
  for (const v1::Plan& plan : listed.plans()) {
    if (plan.state() == v1::Plan::DRAFT) continue;
    v1::ListPlanRevisionsRequest request;
    v1::ListPlanRevisionsResponse revisions;
    request.set_name(plan.name());
    RequireOk(plans->ListPlanRevisions(Anybody(), request, &revisions), "ListPlanRevisions");
  }
}

const std::vector<std::string>& NamesOfAFurnishedNode() {
  static const auto* names = [] {
    FakeClock clock;
    FuzzNode node("city", &clock);
    node.Furnish();
    auto* all = new std::vector<std::string>{
        "r1",   "r2",     "city",   "district",         "plan",           "assignment", "notification", "f-1", "f-2",
        "lead", "body-1", "body-2", "policies/default", "calendars/2024", "furnish-1",  "张立"};
    all->push_back(absl::BytesToHexString(Sha256(kFurnishedFile)));
    for (Store* store : node.stores()) {
      all->push_back(store->epoch());
      for (const std::string& prefix : {EntityKey(""), LocalKey("")}) {
        RequireOk(store->TakeSnapshot()->ScanRows(prefix, PrefixEnd(prefix),
                                                  [&](std::string_view key, std::string_view) {
                                                    all->emplace_back(key.substr(1));
                                                    return true;
                                                  }),
                  "entities and local rows can be listed");
      }
    }
    // Assignments are views: no row has their names.
    v1::ListAssignmentsResponse assignments;
    RequireOk(node.assignments->ListAssignments(Anybody(), {}, &assignments), "ListAssignments");
    for (const v1::Assignment& assignment : assignments.assignments()) all->push_back(assignment.name());
    return all;
  }();
  return *names;
}

const std::vector<Method>& Methods() {
  static const auto* methods = new std::vector<Method>(AllMethods());
  return *methods;
}

absl::Status CallChecked(FuzzNode& node, const Method& method, const Message& request, Message* response) {
  absl::Status status = ValidateRequest(request);
  if (status.ok()) status = method.call(node, request, response);
  if (status.ok()) return status;
  const v1::ErrorReason reason = ReasonOf(status);
  Require(reason != v1::ERROR_REASON_UNSPECIFIED, StrCat(method.name, " gives a reason: ", status.ToString()));
  Require(reason != v1::INVARIANT_BROKEN, StrCat(method.name, " breaks no promise inside: ", status.ToString()));
  Require(!status.message().empty() && !ChineseMessage(status).empty(), StrCat(method.name, " says what is wrong"));
  if (reason == v1::INVALID_FIELD) {
    Require(!MetadataOf(status)["field"].empty(), StrCat(method.name, " names the field: ", status.ToString()));
  }
  return status;
}

}  // namespace duban::fuzz
