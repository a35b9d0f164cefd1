// What a ticker names, as its prefix tells: it decides which values a bar can have.
#pragma once

#include <string_view>

namespace candled {

enum class TickerKind { share, option, index, crypto, currency };

// As the provider spells them: I:NDX, X:BTCUSD, C:EURUSD, O:SPY251219C00650000; anything else is a share.
constexpr TickerKind kind_of(std::string_view ticker) {
  if (ticker.starts_with("I:")) return TickerKind::index;
  if (ticker.starts_with("X:")) return TickerKind::crypto;
  if (ticker.starts_with("C:")) return TickerKind::currency;
  if (ticker.starts_with("O:")) return TickerKind::option;
  return TickerKind::share;
}

}  // namespace candled
