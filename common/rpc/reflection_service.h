// Server reflection. New tools ask for version 1 first, older ones for v1alpha, whose messages are the same on the
// wire: one stream of bytes serves both. (gRPC's own plugin knows only what is registered with gRPC, which our methods
// are not.)
//
// Answers from the descriptors linked into the program. No thread is held by an open stream, and drain ends it.
// Thread-safe; outlives the server it is registered with.

#ifndef DUBAN_COMMON_RPC_REFLECTION_SERVICE_H_
#define DUBAN_COMMON_RPC_REFLECTION_SERVICE_H_

#include <memory>
#include <set>
#include <string>
#include <vector>

#include "common/base/mutex.h"
#include "common/rpc/front.h"
#include "grpc/reflection/v1/reflection.pb.h"

namespace duban {

class ReflectionService final {
 public:
  ReflectionService();
  ~ReflectionService();

  // Full names of the services that are listed. Set before the server starts.
  void SetServices(std::vector<std::string> names) { names_ = std::move(names); }
  // Ends the streams that are open.
  void Drain();

  // Where streams of both versions begin.
  static const std::vector<std::string>& paths();
  void Serve(std::unique_ptr<Wire> wire);

  // The answer to one request.
  grpc::reflection::v1::ServerReflectionResponse Answer(
      const grpc::reflection::v1::ServerReflectionRequest& request) const;

 private:
  class Stream;
  void Remove(Stream* stream);

  std::vector<std::string> names_;
  Mutex mu_;
  bool draining_ ABSL_GUARDED_BY(mu_) = false;
  // Keeps each stream until gRPC is done with it.
  std::set<std::shared_ptr<Stream>> streams_ ABSL_GUARDED_BY(mu_);
};

}  // namespace duban

#endif  // DUBAN_COMMON_RPC_REFLECTION_SERVICE_H_
