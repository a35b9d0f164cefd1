#pragma once

namespace candled {

enum class LogLevel { debug, info, warn, error };
enum class LogFormat { text, json };

}  // namespace candled
