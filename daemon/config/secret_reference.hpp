// Secrets are not written in the file but referred to: ${env:NAME}, ${credential:NAME}, ${file:PATH}.
#pragma once

#include <string>

#include "config/form.hpp"

namespace candled {

// Both forms replace each reference by what it stands for, as it is:
//   ${env:NAME}         the environment variable;
//   ${credential:NAME}  the file NAME in $CREDENTIALS_DIRECTORY, where systemd's LoadCredential= puts it;
//   ${file:PATH}        a file, from `folder` unless absolute; refused when group or others may read or write
//   it.
// A file's last line break is cut. What is missing or empty is refused; no refusal ever holds a value.

// A provider's key: visible characters, with at least one reference in it.
Form<Secret> api_key(std::string folder);

// The token of the control plane: at least 32 visible characters, with at least one reference in it.
Form<Secret> control_token(std::string folder);

// A libpq URL or keyword string. It may be literal, but a password in it has to be a reference.
struct DatabaseUrl {
  Secret url;
  std::string as_written;
};
Form<DatabaseUrl> database_url(std::string folder);

}  // namespace candled
