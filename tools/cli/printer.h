// What the CLI writes: tables and sentences for people, one JSON object for programs, errors for both.
//
// Results go to standard output. Errors and hints go to standard error, so that output can be piped. Not thread-safe.

#ifndef DUBAN_TOOLS_CLI_PRINTER_H_
#define DUBAN_TOOLS_CLI_PRINTER_H_

#include <ostream>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "common/words/words.h"
#include "google/protobuf/message.h"
#include "tools/cli/table.h"

namespace duban::cli {

// How a run of the CLI ends. Stable: scripts rely on the numbers. The number says what to do next.
enum class ExitCode {
  // Done.
  kOk = 0,
  // Refused: the request or the document is wrong, or not for this caller. Change it.
  kRefused = 1,
  // The command line is wrong, or a file named on it cannot be read.
  kUsage = 2,
  // Not reached, not serving, busy, or no answer in time. Repeat the command with the same --request-id.
  kUnreachable = 3,
  // Not before something else changes: open findings, another state, a lease that is not held, something that is full.
  kNotNow = 4,
  // There is no such thing.
  kNotFound = 5,
  // It changed since it was read. Read again, then decide again.
  kChanged = 6,
  // The server broke a promise of its own. Tell the operator.
  kInternal = 7,
};

// Columns of a table that goes to a file or another program.
inline constexpr size_t kPipedWidth = 120;

// The exit code of an error; kOk for OK.
ExitCode ExitCodeOf(const absl::Status& status);

// An error about the command line; ends with kUsage.
absl::Status UsageError(const Phrase& message);

// An error about something that is not there, found out by the CLI itself; ends with kNotFound.
absl::Status NotFoundError(const Phrase& message);

// An error about something that has to happen first, found out by the CLI itself; ends with kNotNow.
absl::Status NotNowError(const Phrase& message);

// An error with other words: its code, reason and details stay.
absl::Status WithWords(const absl::Status& status, const Phrase& message);

// What an error says to a person.
Phrase ErrorWords(const absl::Status& status);

// An error about something that goes on without the CLI, or was cut off; ends with kUnreachable.
absl::Status LeftError(const Phrase& message);

// A failed call to a server, with what the CLI knows beside what the server said: the address, and the request id to
// repeat it with (empty where nothing would have changed).
absl::Status WithCallDetails(absl::Status status, std::string_view address, std::string_view request_id);

// A message as one JSON object: original field names, unset fields present with their default.
std::string ToJson(const google::protobuf::Message& message, bool pretty);

class Printer {
 public:
  // `live`: a person watches standard error, and lines of it may be written over.
  Printer(std::ostream* out, std::ostream* err, Words words, Look look, bool json, bool pretty_json, bool live)
      : out_(out), err_(err), words_(words), look_(look), json_(json), pretty_json_(pretty_json), live_(live) {}

  bool json() const { return json_; }
  const Look& look() const { return look_; }
  // How tables look: where there is no terminal they are cut to kPipedWidth all the same, since a table that is as wide
  // as its longest text cannot be read anywhere.
  Look TableLook() const;
  const Words& words() const { return words_; }
  std::string Say(const Phrase& phrase) const { return words_(phrase); }

  // A sentence of the result. Dropped in JSON format.
  void Line(const Phrase& phrase, Style style = Style::kPlain);
  // Text that has its lines already. Dropped in JSON format.
  void Block(std::string_view text);
  // Text for another program, as it is. Dropped in JSON format.
  void Raw(std::string_view text);
  // A blank line.
  void Gap();
  // A table, or `nothing` where it has no rows. Dropped in JSON format.
  void Show(const Table& table, const Phrase& nothing);
  // What to do next, on standard error. Dropped in JSON format.
  void Hint(const Phrase& phrase);
  // How far something has come, on standard error, over what was said so before; and the end of that. Dropped where
  // nobody watches.
  void Progress(const Phrase& phrase);
  void EndProgress();
  // The result for programs. Dropped in table format.
  void Json(const google::protobuf::Message& message);
  // A JSON object that is text already.
  void RawJson(std::string_view json);
  // An error on standard error: what happened, the fields that are wrong, what to do next.
  void Error(const absl::Status& status);

 private:
  void ErrorForPeople(const absl::Status& status);
  void ErrorForPrograms(const absl::Status& status);

  std::ostream* const out_;
  std::ostream* const err_;
  const Words words_;
  const Look look_;
  const bool json_;
  const bool pretty_json_;
  const bool live_;
};

}  // namespace duban::cli

#endif  // DUBAN_TOOLS_CLI_PRINTER_H_
