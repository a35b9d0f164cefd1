// Places where a test can kill, stop or delay candled. Compiled out of a release: nothing is left of them.
#pragma once

#include <string_view>

namespace candled {

#ifdef CANDLED_FAILPOINTS
// Does what CANDLED_FAILPOINT in the environment says: NAME:NTH:ACTION, where NTH counts from 1 the times
// that NAME is passed, and ACTION is kill (SIGKILL to ourselves) or pause (SIGSTOP to ourselves).
void failpoint(std::string_view name);
#else
inline void failpoint(std::string_view) {}
#endif

}  // namespace candled
