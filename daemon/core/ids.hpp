// Keys of rows, each a type of its own, so that one is never taken for another. Made by the database.
#pragma once

#include <cstdint>

namespace candled {

enum class SeriesId : std::int32_t {};  // one instrument, timeframe and provider
enum class RunId : std::int64_t {};     // one start of candled
enum class BatchId : std::int64_t {};

}  // namespace candled
