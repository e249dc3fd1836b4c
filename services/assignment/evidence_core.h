// What the assignment service does with files, without gRPC: one method per RPC of EvidenceService, on ports only. The
// errors of each are listed in proto/duban/v1/evidence_service.proto.
//
// Threads: every method may be called from any thread, but for the chores, which their driver calls one at a time.
// Ownership: the ports outlive the core. Where the ports name no folder, no files are kept: what is put in is refused.

#ifndef DUBAN_SERVICES_ASSIGNMENT_EVIDENCE_CORE_H_
#define DUBAN_SERVICES_ASSIGNMENT_EVIDENCE_CORE_H_

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/node/service_logic.h"
#include "common/store/kept_files.h"
#include "duban/v1/evidence_service.pb.h"
#include "services/assignment/asked_files.h"
#include "services/assignment/records.h"

namespace duban {

class EvidenceCore {
 public:
  explicit EvidenceCore(Ports ports);

  absl::Status UploadEvidence(const Caller& caller, const v1::UploadEvidenceRequest& request,
                              v1::UploadEvidenceResponse* response);
  absl::Status GetEvidenceFile(const Caller& caller, const v1::GetEvidenceFileRequest& request,
                               v1::EvidenceFile* response);
  absl::Status ReadEvidence(const Caller& caller, const v1::ReadEvidenceRequest& request,
                            v1::ReadEvidenceResponse* response);
  absl::Status HandUpEvidence(const Caller& caller, const v1::HandUpEvidenceRequest& request,
                              v1::HandUpEvidenceResponse* response);

  // What there is here, for whoever watches the node. A call reads a row for each unit that has files here, and what
  // AskedFiles::Count reads.
  struct Counts {
    storage::v1::HeldFiles held;
    AskedFiles::Counts asked;
  };
  absl::StatusOr<Counts> Count();

  // Steps of chores; each returns whether there is more to do.
  // Removes a file that nothing names a week after it was put in.
  bool RemoveUnnamed();
  // Removes what was left unfinished, and files without a row.
  bool Sweep();
  // Hands up what the nodes above ask for.
  bool HandUp();
  // Makes a HandUp under way return soon.
  void CancelHandUp();

 private:
  // A file that an assignment names, and what there is of it here.
  struct Found {
    Duty duty;
    std::string holder;
    std::string sha256;
    std::optional<storage::v1::KeptFile> row;
  };
  absl::Status CheckKeepsFiles() const;
  absl::Status CheckWorksHere(const ReadView& view, const std::string& unit) const;
  absl::StatusOr<Found> Find(const ReadView& view, const std::string& assignment, std::string_view sha256) const;
  absl::StatusOr<v1::EvidenceFile> Describe(const ReadView& view, const Found& found) const;
  // The nodes that this one, as the issuer's, can ask for a file: the one that holds what the unit did, and behind it
  // those where the unit worked before, the latest first. Empty where it is not the issuer's, or the unit never worked
  // anywhere else.
  std::vector<std::string> Holders(const Duty& duty) const;
  // The same for a command that writes what it asks of them: a unit can go to another node behind any view of before.
  // Errors: RESOURCE_NOT_FOUND where the assignment names no such file any more, or nobody can be asked.
  absl::StatusOr<std::vector<std::string>> NeedHolders(const ReadView& view, const std::string& assignment,
                                                       const std::string& sha256) const;
  // Where a file is that is not here: the node whose work names it. Empty where that is this one.
  std::string WhereItIs(const Found& found) const;
  // The error for a file that cannot be read here, after it was asked for where that helps.
  absl::Status NotHere(const Caller& caller, const Found& found);
  // A file of these bytes is here and whole, put in by this holder.
  absl::StatusOr<std::optional<storage::v1::KeptFile>> Intact(const ReadView& view, std::string_view sha256,
                                                              std::string_view holder) const;
  // Takes in a piece. Returns how many bytes have come; once that is all, the file is kept and `note` has run in the
  // command that writes its row.
  absl::StatusOr<int64_t> TakePiece(const CommandInfo& info, const std::string& from, const std::string& holder,
                                    const v1::EvidencePiece& piece, absl::FunctionRef<absl::Status(Transaction&)> note);
  // Whether the node above `request` comes from has a right to a file of it that it asks for.
  absl::StatusOr<bool> MayHandUp(const ReadView& view, const v1::EvidenceRequest& request,
                                 std::string_view sha256) const;
  // Whether this node is asked for it, and has not answered yet.
  bool IsOpen(const v1::EvidenceRequest::Item& item) const;
  // A page of what the nodes above ask for, behind the request of that name.
  absl::StatusOr<std::vector<v1::EvidenceRequest>> AskedFromAbove(const std::string& behind) const;
  absl::Status HandUpAsked(EvidencePeer& above, const v1::EvidenceRequest& request);
  absl::Status HandUpFile(EvidencePeer& above, const v1::EvidenceRequest& request, const std::string& sha256);
  // What the next piece of it is; without bytes here that the node above may have, that it is missing.
  absl::StatusOr<v1::HandUpEvidenceRequest> NextPiece(const v1::EvidenceRequest& request, const std::string& sha256,
                                                      int64_t offset) const;

  const Ports ports_;
  const AssignmentRecords records_;
  std::optional<KeptFiles> files_;
  AskedFiles asked_;
};

}  // namespace duban

#endif  // DUBAN_SERVICES_ASSIGNMENT_EVIDENCE_CORE_H_
