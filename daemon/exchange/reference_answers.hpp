// What the exchange says of instruments besides their bars: splits, dividends, ticker changes.
#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

#include "core/corporate_action.hpp"
#include "core/instrument_names.hpp"
#include "exchange/answer.hpp"
#include "exchange/request_target.hpp"

namespace candled {

struct ReferenceData {
  std::size_t page_limit_max = 1'000;  // rows a page: a larger `limit` is cut to it
  std::vector<InstrumentName> names = {};
  std::vector<CorporateAction> actions = {};
  bool old_form_only = false;  // no /stocks/v1
};

// /stocks/v1/{splits,dividends}, /v3/reference/{splits,dividends}, /vX/reference/tickers/{ticker}/events.
bool is_reference_path(RequestTarget const& target);

// Needs is_reference_path. Splits and dividends of `ticker`, newest first, `limit` a page (10 unless it is
// said); the rest is where next_url says, whose cursor alone holds the query (provider
// contract, 2). Events are those of the instrument that has the ticker or had it last; 404 when none did.
Answer reference_answer(ReferenceData const& data, RequestTarget const& target,
                        std::string_view next_url_host, std::string_view request_id);

}  // namespace candled
