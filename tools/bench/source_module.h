// A module that has a feed and no calls of its own: what followers are measured on.

#ifndef DUBAN_TOOLS_BENCH_SOURCE_MODULE_H_
#define DUBAN_TOOLS_BENCH_SOURCE_MODULE_H_

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "common/rpc/module.h"
#include "common/rpc/server.h"

namespace duban {

// Not thread-safe; what it returns is.
class SourceModule final : public Module {
 public:
  explicit SourceModule(Ports ports) : ports_(std::move(ports)) {}
  std::string name() const override { return "assignment"; }
  std::vector<Method> methods() override { return {}; }
  HopSpecs hops() override {
    FeedSpec feed;
    feed.feed = "assignment";
    feed.store = ports_.store;
    feed.audiences_of = DefaultAudiences;
    HopSpecs specs;
    specs.feeds.push_back(std::move(feed));
    return specs;
  }

  static ModuleFactory Factory() {
    return {"assignment",
            [](Ports ports) -> std::unique_ptr<Module> { return std::make_unique<SourceModule>(std::move(ports)); }};
  }

 private:
  const Ports ports_;
};

}  // namespace duban

#endif  // DUBAN_TOOLS_BENCH_SOURCE_MODULE_H_
