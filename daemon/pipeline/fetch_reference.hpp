// All that a provider says of one ticker besides its bars.
#pragma once

#include <string>

#include "core/error.hpp"
#include "core/task.hpp"
#include "pipeline/ports.hpp"
#include "pipeline/source.hpp"

namespace candled {

// Asks page by page, each request admitted by the source's pacer in the ports' lane and tried again as the
// source's retry policy says. `next` of what it gives is empty. Errors: what the last try met; remote_refused
// too when the provider does not know the ticker; key_refused names the provider. Both references must
// outlive the task; source.reference is there.
Task<Result<ReferencePage>> fetch_reference(Ports& ports, Source& source, ReferenceKind kind,
                                            std::string ticker);

}  // namespace candled
