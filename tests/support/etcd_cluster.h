// Real etcd members on loopback, in a folder of their own, which end with this object or with the test's process.
//
// Used by one thread.

#ifndef DUBAN_TESTS_SUPPORT_ETCD_CLUSTER_H_
#define DUBAN_TESTS_SUPPORT_ETCD_CLUSTER_H_

#include <sys/types.h>

#include <string>
#include <vector>

#include "tests/support/temp_folder.h"

namespace duban::testing {

class EtcdCluster {
 public:
  // Whether etcd is installed on this machine.
  static bool Installed();

  // Starts `members` members; they answer a moment later. `flags` go to each one; with `tls`, a folder with ca.pem,
  // server.pem and server.key, clients have to bring certificates.
  explicit EtcdCluster(int members, const std::vector<std::string>& flags = {}, const std::string& tls = "");
  ~EtcdCluster();
  EtcdCluster(const EtcdCluster&) = delete;
  EtcdCluster& operator=(const EtcdCluster&) = delete;

  // HOST:PORT of each member.
  std::vector<std::string> endpoints() const;

  // Ends a member with SIGKILL.
  void Kill(int member);
  // Starts it again with what it has on disk.
  void Start(int member);
  // Stops it where it is, and lets it go on.
  void Pause(int member) const;
  void Resume(int member) const;

 private:
  struct Member {
    int client_port = 0, peer_port = 0;
    pid_t pid = -1;
  };
  std::vector<std::string> CommandLine(size_t member) const;

  const TempFolder folder_;
  const std::vector<std::string> flags_;
  const std::string tls_;
  std::vector<Member> members_;
};

}  // namespace duban::testing

#endif  // DUBAN_TESTS_SUPPORT_ETCD_CLUSTER_H_
