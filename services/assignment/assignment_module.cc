#include "services/assignment/assignment_module.h"

#include "services/assignment/assignment_logic.h"

namespace duban {
namespace {

class AssignmentModule final : public ModuleOf<AssignmentLogic> {
 public:
  using ModuleOf::ModuleOf;

  std::vector<Method> methods() override {
    AssignmentCore* const core = &logic().core();
    EvidenceCore* const evidence = &logic().evidence();
    return {
        Rpc("duban.v1.AssignmentService/PullAssignments", core, &AssignmentCore::PullAssignments),
        Rpc("duban.v1.AssignmentService/ReceiveAssignment", core, &AssignmentCore::ReceiveAssignment),
        Rpc("duban.v1.AssignmentService/ReceiveAssignments", core, &AssignmentCore::ReceiveAssignments),
        Rpc("duban.v1.AssignmentService/ReportProgress", core, &AssignmentCore::ReportProgress),
        Rpc("duban.v1.AssignmentService/SubmitResult", core, &AssignmentCore::SubmitResult),
        Rpc("duban.v1.AssignmentService/SubmitResults", core, &AssignmentCore::SubmitResults),
        Rpc("duban.v1.AssignmentService/ReviewSubmission", core, &AssignmentCore::ReviewSubmission),
        Rpc("duban.v1.AssignmentService/ReviewSubmissions", core, &AssignmentCore::ReviewSubmissions),
        Rpc("duban.v1.AssignmentService/DeclineAssignment", core, &AssignmentCore::DeclineAssignment),
        Rpc("duban.v1.AssignmentService/RequestExtension", core, &AssignmentCore::RequestExtension),
        Rpc("duban.v1.AssignmentService/RetractReport", core, &AssignmentCore::RetractReport),
        Rpc("duban.v1.AssignmentService/ReaddressAssignment", core, &AssignmentCore::ReaddressAssignment),
        Rpc("duban.v1.AssignmentService/BindAssignment", core, &AssignmentCore::BindAssignment),
        Rpc("duban.v1.AssignmentService/AnswerExtension", core, &AssignmentCore::AnswerExtension),
        Rpc("duban.v1.AssignmentService/MarkReportsRead", core, &AssignmentCore::MarkReportsRead),
        Rpc("duban.v1.AssignmentService/AddRemark", core, &AssignmentCore::AddRemark),
        Rpc("duban.v1.AssignmentService/UrgeAssignments", core, &AssignmentCore::UrgeAssignments),
        Rpc("duban.v1.AssignmentService/GetAssignment", core, &AssignmentCore::GetAssignment, Lane::kFront),
        Rpc("duban.v1.AssignmentService/ListAssignments", core, &AssignmentCore::ListAssignments),
        Rpc("duban.v1.IssuerService/ListIssuerItems", core, &AssignmentCore::ListIssuerItems),
        Rpc("duban.v1.AssignmentService/GetIssuance", core, &AssignmentCore::GetIssuance, Lane::kFront),
        Rpc("duban.v1.AssignmentService/GetTimeline", core, &AssignmentCore::GetTimeline),
        Rpc("duban.v1.AssignmentService/GetBoard", core, &AssignmentCore::GetBoard),
        Rpc("duban.v1.EvidenceService/UploadEvidence", evidence, &EvidenceCore::UploadEvidence),
        Rpc("duban.v1.EvidenceService/GetEvidenceFile", evidence, &EvidenceCore::GetEvidenceFile),
        Rpc("duban.v1.EvidenceService/ReadEvidence", evidence, &EvidenceCore::ReadEvidence),
        Rpc("duban.v1.EvidenceService/HandUpEvidence", evidence, &EvidenceCore::HandUpEvidence, Lane::kNeighbour),
        Rpc("duban.v1.AssignmentSearchService/SearchAssignments", core, &AssignmentCore::SearchAssignments),
    };
  }
};

}  // namespace

std::unique_ptr<Module> MakeAssignmentModule(const Ports& ports) {
  return std::make_unique<AssignmentModule>(ports);
}

}  // namespace duban
