// TLS and HTTP/2, against nghttpd with certificates that openssl makes for the test.
#include <gtest/gtest.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <optional>
#include <thread>

#include "net/curl_requests.hpp"
#include "support/process.hpp"
#include "support/temp_dir.hpp"

namespace candled {
namespace {

using test::ClientLoop;
using test::Process;

class CurlTls : public testing::Test {
 protected:
  void SetUp() override {
    openssl({"req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days",
             "2", "-subj", "/CN=test authority", "-keyout", files_ / "ca.key", "-out", ca()});
    files_.write("www/page", "{\"status\":\"OK\"}");
  }

  std::string ca() const { return files_ / "ca.pem"; }

  void openssl(std::vector<std::string> arguments) const {
    arguments.insert(arguments.begin(), "openssl");
    auto const done = test::run(arguments);
    ASSERT_EQ(done.exit_code, 0) << "openssl: " << done.errors;
  }

  // A certificate of the authority's for `name`.
  void certify(std::string const& name, std::string const& not_after = "20990101000000Z",
               std::string const& not_before = "20200101000000Z") const {
    files_.write("ca.conf", "[ca]\ndefault_ca=d\n[d]\ndatabase=" + files_ / "index.txt" +
                                "\nnew_certs_dir=" + files_.path() + "\nserial=" + files_ / "serial" +
                                "\ndefault_md=sha256\npolicy=p\nx509_extensions=x\n[p]\ncommonName="
                                "supplied\n[x]\nsubjectAltName=" +
                                name + "\n");
    files_.write("index.txt", "");
    files_.write("serial", "01\n");
    openssl({"req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-subj",
             "/CN=server", "-keyout", files_ / "server.key", "-out", files_ / "server.csr"});
    openssl({"ca", "-batch", "-config", files_ / "ca.conf", "-cert", ca(), "-keyfile", files_ / "ca.key",
             "-in", files_ / "server.csr", "-out", files_ / "server.pem", "-notext", "-startdate", not_before,
             "-enddate", not_after});
  }

  // nghttpd takes a number only: one that was free a moment ago, and another when somebody was faster.
  void serve(std::vector<std::string> const& options = {}) {
    for (int attempt = 0; attempt < 10; ++attempt) {
      port_ = free_port();
      std::vector<std::string> argv{"nghttpd", "--verbose", "--address=127.0.0.1",
                                    "--htdocs=" + files_ / "www"};
      argv.insert(argv.end(), options.begin(), options.end());
      for (auto const& one : {std::to_string(port_), files_ / "server.key", files_ / "server.pem"})
        argv.push_back(one);
      server_.emplace(argv, std::map<std::string, std::string>{{"PATH", "/usr/sbin:/usr/bin:/bin"}});
      if (server_->wait_for("listen 127.0.0.1:" + std::to_string(port_))) return;
    }
    FAIL() << "nghttpd does not start (package nghttp2-server): " << server_->errors();
  }

  // openssl's own server speaks HTTP/1.1, knows nothing of ALPN and serves one connection after another.
  void serve_by_openssl(std::vector<std::string> const& options = {}) {
    std::vector<std::string> argv{
        "openssl", "s_server",           "-WWW", "-accept", "127.0.0.1:0", "-key", files_ / "server.key",
        "-cert",   files_ / "server.pem"};
    argv.insert(argv.end(), options.begin(), options.end());
    std::vector<std::string> in_folder{"env", "-C", files_ / "www"};
    in_folder.insert(in_folder.end(), argv.begin(), argv.end());
    server_.emplace(in_folder);
    std::string const listening = "ACCEPT 127.0.0.1:";
    ASSERT_TRUE(server_->wait_for(listening)) << server_->errors();
    port_ = static_cast<std::uint16_t>(
        std::stoi(server_->output().substr(server_->output().find(listening) + listening.size())));
  }

  static std::uint16_t free_port() {
    int const fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    bind(fd, reinterpret_cast<sockaddr*>(&address), size);
    getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size);
    close(fd);
    return ntohs(address.sin_port);
  }

  HttpRequest page() const {
    return {.url = "https://127.0.0.1:" + std::to_string(port_) + "/page", .bearer = Secret{"canary-4f1d"}};
  }

  void expect_refused(test::Answer const& got, std::string_view reason) {
    ASSERT_FALSE(got);
    EXPECT_EQ(got.error().kind, ErrorKind::transport);
    EXPECT_TRUE(got.error().what.starts_with("127.0.0.1: connecting: ")) << got.error().what;
    EXPECT_NE(got.error().what.find(reason), std::string::npos) << got.error().what;
    server_->signal(SIGTERM);
    server_->wait();
    EXPECT_EQ(server_->output().find("canary"), std::string::npos);
  }

  test::TempDir files_;
  std::uint16_t port_ = 0;
  std::optional<Process> server_;
};

TEST_F(CurlTls, speaks_http_2_with_a_server_that_it_can_trust) {
  certify("IP:127.0.0.1");
  serve();

  auto const got = ClientLoop{{.ca_file = ca()}}.get(page());

  ASSERT_TRUE(got) << got.error().what;
  EXPECT_EQ(got->status, 200);
  EXPECT_EQ(got->body, "{\"status\":\"OK\"}");
  server_->signal(SIGTERM);
  server_->wait();
  EXPECT_NE(server_->output().find("The negotiated protocol: h2"), std::string::npos) << server_->output();
  EXPECT_NE(server_->output().find("authorization: Bearer canary-4f1d"), std::string::npos)
      << server_->output();
}

TEST_F(CurlTls, asks_fifty_at_once_on_one_connection) {
  certify("IP:127.0.0.1");
  serve();
  ClientLoop loop{{.ca_file = ca()}};

  for (int i = 0; i < 50; ++i) loop.start(page());

  for (auto const& got : loop.finish()) {
    ASSERT_TRUE(got) << got.error().what;
    EXPECT_EQ(got->body, "{\"status\":\"OK\"}");
  }
  server_->signal(SIGTERM);
  server_->wait();
  auto const log = server_->output();
  auto const first = log.find("The negotiated protocol");
  ASSERT_NE(first, std::string::npos) << log;
  EXPECT_EQ(log.find("The negotiated protocol", first + 1), std::string::npos);
}

TEST_F(CurlTls, speaks_http_1_1_with_a_server_that_knows_no_other) {
  certify("IP:127.0.0.1");
  serve_by_openssl();
  ClientLoop loop{{.ca_file = ca()}};

  for (int i = 0; i < 5; ++i) loop.start(page());

  for (auto const& got : loop.finish()) {
    ASSERT_TRUE(got) << got.error().what;
    EXPECT_EQ(got->body, "{\"status\":\"OK\"}");
  }
}

TEST_F(CurlTls, refuses_tls_1_1) {
  certify("IP:127.0.0.1");
  serve_by_openssl({"-tls1_1", "-cipher", "ALL:@SECLEVEL=0"});

  expect_refused(ClientLoop{{.ca_file = ca()}}.get(page()), "version");
}

TEST_F(CurlTls, refuses_a_server_that_vouches_for_itself) {
  openssl({"req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days",
           "2", "-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout",
           files_ / "server.key", "-out", files_ / "server.pem"});
  serve();

  expect_refused(ClientLoop{{.ca_file = ca()}}.get(page()), "self");
}

TEST_F(CurlTls, refuses_a_server_that_nobody_it_trusts_vouches_for) {
  certify("IP:127.0.0.1");
  serve();

  expect_refused(ClientLoop{}.get(page()), "certificate");
}

TEST_F(CurlTls, with_a_ca_file_it_trusts_nobody_else) {
  certify("IP:127.0.0.1");
  openssl({"req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days",
           "2", "-subj", "/CN=another authority", "-keyout", files_ / "other.key", "-out",
           files_ / "other.pem"});
  serve();

  expect_refused(ClientLoop{{.ca_file = files_ / "other.pem"}}.get(page()), "certificate");
}

TEST_F(CurlTls, refuses_the_certificate_of_another_host) {
  certify("DNS:api.massive.com");
  serve();

  expect_refused(ClientLoop{{.ca_file = ca()}}.get(page()), "127.0.0.1");
}

TEST_F(CurlTls, refuses_an_expired_certificate) {
  certify("IP:127.0.0.1", "20210101000000Z");
  serve();

  expect_refused(ClientLoop{{.ca_file = ca()}}.get(page()), "expired");
}

TEST_F(CurlTls, refuses_a_certificate_that_is_not_valid_yet) {
  certify("IP:127.0.0.1", "20990101000000Z", "20980101000000Z");
  serve();

  expect_refused(ClientLoop{{.ca_file = ca()}}.get(page()), "not yet valid");
}

TEST_F(CurlTls, says_so_when_the_ca_file_is_not_there) {
  certify("IP:127.0.0.1");
  serve();

  expect_refused(ClientLoop{{.ca_file = files_ / "missing.pem"}}.get(page()), "missing.pem");
}

}  // namespace
}  // namespace candled
