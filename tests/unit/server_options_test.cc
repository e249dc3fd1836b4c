#include "common/rpc/server_options.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>

#include <fstream>
#include <string>
#include <vector>

#include "common/rpc/process.h"
#include "tests/support/temp_folder.h"
#include "tests/support/tree.h"

namespace duban {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

ParsedOptions Parse(std::vector<std::string> arguments, const std::vector<std::string>& services = {"plan"}) {
  std::vector<const char*> argv = {"duban-plan"};
  for (const std::string& argument : arguments) argv.push_back(argument.c_str());
  return ParseServerOptions("duban-plan", services, static_cast<int>(argv.size()), argv.data());
}

// With what is always needed.
ParsedOptions ParseMore(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), {"--node=city", "--data-dir=/data", "--keys=/keys"});
  return Parse(std::move(arguments));
}

std::string Refusal(std::vector<std::string> arguments) {
  const ParsedOptions parsed = ParseMore(std::move(arguments));
  EXPECT_FALSE(parsed.options.has_value());
  EXPECT_EQ(parsed.exit_code, 2);
  return parsed.message;
}

TEST(ServerOptions, HaveLoopbackDefaultsByService) {
  const std::vector<std::string> needed = {"--node=city", "--data-dir=/data", "--keys=/keys"};
  EXPECT_EQ(Parse(needed, {"plan"}).options->listen, "127.0.0.1:7101");
  EXPECT_EQ(Parse(needed, {"assignment"}).options->listen, "127.0.0.1:7102");
  EXPECT_EQ(Parse(needed, {"notification"}).options->listen, "127.0.0.1:7103");
  const ParsedOptions node = Parse(needed, {"plan", "assignment", "notification"});
  EXPECT_EQ(node.options->listen, "127.0.0.1:7100");
  EXPECT_EQ(node.options->admin_listen, "127.0.0.1:7190");
  EXPECT_EQ(node.options->threads, 64);
  EXPECT_FALSE(node.options->admin_remote);
  EXPECT_FALSE(node.options->insecure);
}

TEST(ServerOptions, TheAdminPageFollowsThePortUnlessTold) {
  EXPECT_EQ(ParseMore({"--listen=127.0.0.1:8000"}).options->admin_listen, "127.0.0.1:8090");
  EXPECT_EQ(ParseMore({"--listen=127.0.0.1:0"}).options->admin_listen, "127.0.0.1:0");
  EXPECT_EQ(ParseMore({"--listen=127.0.0.1:65500"}).options->admin_listen, "127.0.0.1:0");
  EXPECT_EQ(ParseMore({"--admin-listen=127.0.0.1:9"}).options->admin_listen, "127.0.0.1:9");
  EXPECT_EQ(ParseMore({"--admin-listen=none"}).options->admin_listen, "");
}

TEST(ServerOptions, BackupsLieElsewhereThanWhatTheyAreOf) {
  EXPECT_EQ(ParseMore({}).options->backup_dir, "");
  EXPECT_EQ(ParseMore({}).options->keep_backups, 7);
  EXPECT_EQ(ParseMore({"--backup-dir=/data2", "--keep-backups=1000"}).options->keep_backups, 1000);
  for (const char* within : {"--backup-dir=/data", "--backup-dir=/data/", "--backup-dir=/x/../data/b"}) {
    EXPECT_THAT(Refusal({within}), HasSubstr("lies within --data-dir")) << within;
  }
  Refusal({"--keep-backups=0"});
  Refusal({"--keep-backups=1001"});
}

TEST(ServerOptions, ReplicasAreOfAWholeNode) {
  const auto parse = [](std::vector<std::string> more) {
    more.insert(more.begin(), {"--node=city", "--data-dir=/data", "--keys=/keys"});
    return Parse(std::move(more), {"plan", "assignment", "notification"});
  };
  EXPECT_TRUE(parse({}).options->replication.endpoints.empty());
  const std::string etcd = "--replicated-by=etcd://127.0.0.1:2379,127.0.0.1:22379";
  const std::string id = "--replica-id=a", address = "--advertise=10.0.0.1:7100";
  const ParsedOptions replica = parse({etcd, id, address});
  ASSERT_TRUE(replica.options.has_value()) << replica.message;
  EXPECT_THAT(replica.options->replication.endpoints, ElementsAre("127.0.0.1:2379", "127.0.0.1:22379"));
  EXPECT_EQ(replica.options->replication.replica, "a");
  EXPECT_EQ(replica.options->replication.advertise, "10.0.0.1:7100");
  EXPECT_THAT(parse({id, address}).message, HasSubstr("add --replicated-by"));
  EXPECT_THAT(parse({etcd, address}).message, HasSubstr("--replica-id= is no id"));
  EXPECT_THAT(parse({etcd, id}).message, HasSubstr("--advertise= is no address to call"));
  EXPECT_THAT(parse({"--replicated-by=127.0.0.1:2379", id, address}).message, HasSubstr("write etcd://HOST:PORT"));
  EXPECT_THAT(parse({"--replicated-by=etcd://", id, address}).message, HasSubstr("write etcd://HOST:PORT"));
  const std::string elsewhere = "--replicated-by=etcd://10.0.0.9:2379";
  EXPECT_THAT(parse({elsewhere, id, address}).message, HasSubstr("without --etcd-ca there is no TLS"));
  EXPECT_TRUE(parse({elsewhere, id, address, "--etcd-ca=/ca.pem"}).options.has_value());
  EXPECT_THAT(parse({etcd, id, address, "--etcd-user=duban"}).message, HasSubstr("needs --etcd-password-file"));
  // A process of one service would lead for all others.
  EXPECT_EQ(Parse({"--node=city", "--data-dir=/data", "--keys=/keys", etcd, id, address}).exit_code, 2);
}

TEST(ServerOptions, NodeAndFolderAreRequired) {
  EXPECT_THAT(Parse({"--node=city"}).message, HasSubstr("--data-dir is required"));
  EXPECT_THAT(Parse({"--data-dir=/data"}).message, HasSubstr("--node is required"));
  EXPECT_EQ(Parse({}).exit_code, 2);
}

TEST(ServerOptions, NumbersOutOfRangeAreRefusedAndNotMoved) {
  struct Row {
    std::string flag;
    int min, max;
  };
  for (const Row& row :
       {Row{"max-message-bytes", 65536, 67108864}, Row{"threads", 4, 1024}, Row{"expensive-threads", 1, 64},
        Row{"backup-interval-minutes", 0, 10080}, Row{"max-connections", 64, 100000}, Row{"memory-mib", 16, 65536},
        Row{"max-waiting-fetches", 1, 100000}, Row{"fetch-threads", 1, 64}, Row{"max-call-seconds", 1, 3600},
        Row{"max-connection-age-seconds", 60, 86400}, Row{"history-days", 180, 3650},
        Row{"block-cache-mib", 1, 65536}}) {
    const std::string flag = "--" + row.flag + "=";
    EXPECT_TRUE(ParseMore({flag + std::to_string(row.min)}).options.has_value()) << row.flag;
    EXPECT_TRUE(ParseMore({flag + std::to_string(row.max)}).options.has_value()) << row.flag;
    EXPECT_THAT(Refusal({flag + std::to_string(row.min - 1)}), HasSubstr(row.flag));
    EXPECT_THAT(Refusal({flag + std::to_string(row.max + 1)}), HasSubstr(row.flag));
    EXPECT_THAT(Refusal({flag + "many"}), HasSubstr(row.flag));
  }
}

TEST(ServerOptions, WithoutKeysOnlyThisMachineIsServedAndOnlyWhereThatIsSaid) {
  const std::vector<std::string> needed = {"--node=city", "--data-dir=/data"};
  const auto plaintext = [&](const std::string& address) {
    return Parse({needed[0], needed[1], "--insecure", "--listen=" + address});
  };
  for (const char* address : {"0.0.0.0:7101", "192.168.1.4:7101", "[::]:7101", "office.example:7101"}) {
    EXPECT_THAT(plaintext(address).message, HasSubstr("--insecure is for this machine alone")) << address;
    EXPECT_TRUE(ParseMore({std::string("--listen=") + address}).options.has_value()) << address;
    EXPECT_THAT(Refusal({std::string("--admin-listen=") + address}), HasSubstr("--admin-remote")) << address;
    EXPECT_TRUE(ParseMore({std::string("--admin-listen=") + address, "--admin-remote"}).options.has_value()) << address;
  }
  for (const char* address : {"127.0.0.1:1", "127.9.9.9:1", "[::1]:1", "localhost:1"}) {
    EXPECT_TRUE(plaintext(address).options.has_value()) << address;
  }
  EXPECT_THAT(Parse(needed).message, HasSubstr("--keys is missing"));
  EXPECT_EQ(Parse(needed).exit_code, 2);
  EXPECT_THAT(Refusal({"--insecure"}), HasSubstr("contradict"));
}

TEST(ServerOptions, AddressesThatAreNoneAreRefused) {
  for (const char* address : {"", "7101", "127.0.0.1", "127.0.0.1:", "127.0.0.1:65536", "127.0.0.1:-1", ":7101",
                              "::1:7101", "a b:1", "127.0.0.1:7101x"}) {
    EXPECT_FALSE(SplitAddress(address).ok()) << address;
  }
  EXPECT_EQ(SplitAddress("[::1]:65535").value(), std::make_pair(std::string("::1"), 65535));
}

TEST(ServerOptions, UpstreamsHaveOneAddressOrOneForEachService) {
  const ServerOptions options = *ParseMore({"--upstream=province=10.0.0.1:7100", "--upstream",
                                            "line=plan:10.0.0.2:7101,assignment:10.0.0.2:7102"})
                                     .options;
  ASSERT_EQ(options.upstreams.size(), 2u);
  EXPECT_EQ(options.upstreams[0].node, "province");
  EXPECT_EQ(ServerOptions::AddressOf(options.upstreams[0], "plan"), "10.0.0.1:7100");
  EXPECT_EQ(ServerOptions::AddressOf(options.upstreams[0], "assignment"), "10.0.0.1:7100");
  EXPECT_EQ(ServerOptions::AddressOf(options.upstreams[1], "plan"), "10.0.0.2:7101");
  EXPECT_EQ(ServerOptions::AddressOf(options.upstreams[1], "assignment"), "10.0.0.2:7102");
  EXPECT_EQ(ServerOptions::AddressOf(options.upstreams[1], "notification"), "");
  EXPECT_EQ(ServerOptions::AddressOf(ParseUpstream("up=plan:7101").value(), "plan"), "plan:7101");
}

TEST(ServerOptions, UpstreamsThatAreNoneAreRefused) {
  for (const char* text : {"province", "=10.0.0.1:7100", "Province=10.0.0.1:7100", "province=", "province=10.0.0.1",
                           "province=10.0.0.1:0", "province=a:1,b:2", "province=plan:a:1,plan:b:2"}) {
    EXPECT_THAT(Refusal({std::string("--upstream=") + text}), HasSubstr("--upstream")) << text;
  }
  EXPECT_THAT(Refusal({"--upstream=city=10.0.0.1:7100"}), HasSubstr("above itself"));
  EXPECT_THAT(Refusal({"--upstream=up=10.0.0.1:1", "--upstream=up=10.0.0.1:2"}), HasSubstr("twice"));
}

TEST(ServerOptions, APretendedDateNeedsDevelopmentMode) {
  EXPECT_THAT(Refusal({"--pretend-date=2022-09-01"}), HasSubstr("--development"));
  EXPECT_THAT(Refusal({"--pretend-date=2022-02-30", "--development"}), HasSubstr("2022-02-30"));
  const ParsedOptions parsed = ParseMore({"--pretend-date=2022-09-01", "--development"});
  EXPECT_EQ(parsed.options->pretend_date, absl::CivilDay(2022, 9, 1));
}

TEST(ServerOptions, FlagsWinOverTheEnvironmentAndThatOverTheFile) {
  const testing::TempFolder folder;
  const std::string file = folder.path() + "/node.conf";
  std::ofstream(file) << "node = \"from-file\"\ndata-dir = \"/file\"\nkeys = \"/keys\"\nthreads = 10\n"
                         "upstream = [\"up=10.0.0.1:7100\", \"line=10.0.0.2:7100\"]\n";
  setenv("DUBAN_THREADS", "20", 1);
  setenv("DUBAN_DATA_DIR", "/environment", 1);
  const ParsedOptions parsed = Parse({"--config=" + file, "--threads=30"});
  unsetenv("DUBAN_THREADS");
  unsetenv("DUBAN_DATA_DIR");
  ASSERT_TRUE(parsed.options.has_value()) << parsed.message;
  EXPECT_EQ(parsed.options->node, "from-file");
  EXPECT_EQ(parsed.options->data_dir, "/environment");
  EXPECT_EQ(parsed.options->threads, 30);
  ASSERT_EQ(parsed.options->upstreams.size(), 2u);
  EXPECT_EQ(parsed.options->upstreams[1].node, "line");
  setenv("DUBAN_CONFIG", file.c_str(), 1);
  EXPECT_EQ(Parse({}).options->node, "from-file");
  setenv("DUBAN_CONFIG", (file + ".missing").c_str(), 1);
  EXPECT_EQ(Parse({}).exit_code, 2);
  unsetenv("DUBAN_CONFIG");
}

TEST(ServerOptions, AnUnknownNameInTheFileIsRefused) {
  const testing::TempFolder folder;
  const std::string file = folder.path() + "/node.conf";
  std::ofstream(file) << "node = \"city\"\ndata-dir = \"/d\"\nthread = 10\n";
  const ParsedOptions parsed = Parse({"--config=" + file});
  EXPECT_EQ(parsed.exit_code, 2);
  EXPECT_THAT(parsed.message, HasSubstr(file + " 第 3 行：没有参数“thread”"));
  EXPECT_THAT(parsed.message, HasSubstr(file + " line 3: there is no flag `thread`"));
  EXPECT_EQ(Parse({"--config=" + folder.path() + "/missing"}).exit_code, 2);
}

TEST(ServerOptions, TheSampleConfigurationIsAccepted) {
  const ParsedOptions parsed =
      Parse({std::string("--config=") + SourceFolder() + "/deploy/config/node.conf", "--data-dir=/var/lib/duban/node"},
            {"plan", "assignment", "notification"});
  ASSERT_TRUE(parsed.options.has_value()) << parsed.message;
  EXPECT_EQ(parsed.options->node, "district");
  EXPECT_EQ(parsed.options->upstreams.size(), 1u);
}

TEST(ServerOptions, HelpNamesEveryFlagAndEndsWithZero) {
  const ParsedOptions parsed = Parse({"--help"});
  EXPECT_EQ(parsed.exit_code, 0);
  for (const char* flag : {"--config",
                           "--node",
                           "--data-dir",
                           "--listen",
                           "--admin-listen",
                           "--port-file",
                           "--admin-remote",
                           "--keys",
                           "--insecure",
                           "--upstream",
                           "--plan-address",
                           "--assignment-address",
                           "--max-message-bytes",
                           "--history-days",
                           "--block-cache-mib",
                           "--threads",
                           "--expensive-threads",
                           "--memory-mib",
                           "--max-waiting-fetches",
                           "--fetch-threads",
                           "--max-call-seconds",
                           "--max-connection-age-seconds",
                           "--log-level",
                           "--development",
                           "--pretend-date"}) {
    EXPECT_THAT(parsed.message, HasSubstr(flag));
  }
}

TEST(GrpcLines, WhatGrpcSaysOfEachHealthyConnectionIsNoWarning) {
  EXPECT_EQ(LevelOfGrpcLine(true, "No match found for server name: 127.0.0.1."), LogLevel::kDebug);
  EXPECT_EQ(LevelOfGrpcLine(true, "Handshake failed with fatal error SSL_ERROR_SSL"), LogLevel::kWarning);
  EXPECT_EQ(LevelOfGrpcLine(false, "a word of no weight"), LogLevel::kDebug);
}

}  // namespace
}  // namespace duban
