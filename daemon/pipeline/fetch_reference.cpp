#include "pipeline/fetch_reference.hpp"

#include <fmt/format.h>

#include <optional>

#include <iterator>
#include <utility>

#include "core/retry.hpp"
#include "pipeline/async.hpp"
#include "pipeline/log.hpp"

namespace candled {

namespace {

// 1,000 rows a page: more than all dividends of a century, paid every week.
constexpr int pages_max = 100;

struct Answered {
  int status = 0;  // 0: there was no answer
  Result<ReferencePage> page;
};

Task<Answered> ask(Source& source, ReferenceKind kind, std::string const& path) {
  auto const response = co_await source.http->get(source.reference->request(path));
  if (!response) co_return Answered{.page = std::unexpected(response.error())};
  co_return Answered{.status = response->status, .page = source.reference->parse(kind, path, *response)};
}

// How long to wait before the next try; nullopt: there is none.
std::optional<Milliseconds> note_failed_try(Ports& ports, Source& source, Admission const& admission,
                                            Error& error, Tries& tries) {
  source.pacer->failed(admission, error.kind);
  if (error.kind == ErrorKind::key_refused) {
    error.what += fmt::format(" (providers.{}.api_key)", source.name);
    source.learned.key_refused = error;
  }
  ++tries.all;
  if (error.kind == ErrorKind::malformed) ++tries.malformed;
  if (!may_try_again(source.retry, error.kind, tries)) return std::nullopt;
  auto const delay = delay_before_retry(source.retry, error, tries.all - 1, ports.random.next());
  if (error.kind == ErrorKind::rate_limited) source.pacer->pause(delay);
  log_warn("{} asks again in {}: {}", source.name, in_words(delay), error.what);
  return delay;
}

Task<Answered> fetch_page(Ports& ports, Source& source, ReferenceKind kind, std::string const& path) {
  for (Tries tries;;) {
    if (source.learned.key_refused) co_return Answered{.page = std::unexpected(*source.learned.key_refused)};
    auto const admitted = co_await source.pacer->admit(ports.lane, ports.sign);
    if (!admitted) co_return Answered{.page = std::unexpected(admitted.error())};
    auto answered = co_await ask(source, kind, path);
    if (answered.page) {
      source.pacer->succeeded(*admitted);
      co_return answered;
    }
    auto const delay = note_failed_try(ports, source, *admitted, answered.page.error(), tries);
    if (!delay) co_return answered;
    if (auto const slept = co_await ports.clock.sleep_until(ports.clock.ticks() + *delay, ports.sign); !slept)
      co_return Answered{.page = std::unexpected(slept.error())};
  }
}

template <class Rows>
void append(Rows& to, Rows& from) {
  to.insert(to.end(), std::make_move_iterator(from.begin()), std::make_move_iterator(from.end()));
}

}  // namespace

Task<Result<ReferencePage>> fetch_reference(Ports& ports, Source& source, ReferenceKind kind,
                                            std::string ticker) {
  ReferencePage all;
  auto const paths = source.reference->paths(kind, ticker);
  auto form = paths.begin();
  auto path = *form;
  for (int pages = 0; pages < pages_max; ++pages) {
    auto answered = co_await fetch_page(ports, source, kind, path);
    if (!answered.page && answered.status == 404 && pages == 0 && std::next(form) != paths.end()) {
      path = *++form;
      --pages;
      continue;
    }
    if (!answered.page) co_return std::unexpected(answered.page.error());
    append(all.actions, answered.page->actions);
    append(all.names, answered.page->names);
    if (answered.page->next.empty()) co_return all;
    path = answered.page->next;
  }
  co_return fail(ErrorKind::malformed, "the provider's pages do not come to an end");
}

}  // namespace candled
