// How a request that comes again is answered: what the memo of its first answer keeps, and how the rest is read.

#ifndef DUBAN_COMMON_STORE_REPEAT_H_
#define DUBAN_COMMON_STORE_REPEAT_H_

#include <cstddef>
#include <functional>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "common/store/view.h"
#include "google/protobuf/message.h"

namespace duban {

// Most bytes of a memo as it lies in the store.
inline constexpr size_t kMaxMemoBytes = 1024;

// A memo keeps what cannot be read again: new names, tokens, times. Where both functions are empty, it keeps the whole
// response, which then has to be small.
struct Repeat {
  // Puts into `kept`, an empty message of the same type, what of the response cannot be read again.
  std::function<void(const google::protobuf::Message& response, google::protobuf::Message* kept)> trim;
  // Adds to `response`, which holds what was kept, the rest as it is now. Runs on the caller's thread. Errors go to the
  // caller: RESOURCE_NOT_FOUND where what the request made is gone.
  std::function<absl::Status(const ReadView& view, google::protobuf::Message* response)> fill;
};

// The same for responses of one type.
template <typename Response>
Repeat RepeatOf(std::function<void(const Response& response, Response* kept)> trim,
                std::function<absl::Status(const ReadView& view, Response* response)> fill) {
  return {[trim = std::move(trim)](const google::protobuf::Message& response, google::protobuf::Message* kept) {
            trim(static_cast<const Response&>(response), static_cast<Response*>(kept));
          },
          [fill = std::move(fill)](const ReadView& view, google::protobuf::Message* response) {
            return fill(view, static_cast<Response*>(response));
          }};
}

// For a response that is an entity: the memo keeps its name, and `read` reads it as it is shown to callers.
template <typename Entity>
Repeat RepeatByName(std::function<absl::StatusOr<Entity>(const ReadView& view, const std::string& name)> read) {
  return RepeatOf<Entity>([](const Entity& response, Entity* kept) { kept->set_name(response.name()); },
                          [read = std::move(read)](const ReadView& view, Entity* response) -> absl::Status {
                            DUBAN_ASSIGN_OR_RETURN(*response, read(view, response->name()));
                            return absl::OkStatus();
                          });
}

}  // namespace duban

#endif  // DUBAN_COMMON_STORE_REPEAT_H_
