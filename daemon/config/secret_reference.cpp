#include "config/secret_reference.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <optional>
#include <string_view>

#include "config/small_file.hpp"

namespace candled {

namespace {

// What a reference stands for, or why not. The refusal names the reference, never its value.
using Value = std::expected<std::string, Refusal>;

std::unexpected<Refusal> missing(std::string message, std::string hint) {
  return std::unexpected(
      Refusal{.message = std::move(message), .hint = std::move(hint), .secret_or_permission = true});
}

bool is_variable_name(std::string_view name) {
  auto const letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; };
  return !name.empty() && letter(name.front()) &&
         std::ranges::all_of(name, [&](char c) { return letter(c) || (c >= '0' && c <= '9'); });
}

std::optional<std::string> environment_variable(std::string const& name) {
  char const* const value =
      std::getenv(name.c_str());  // NOLINT(concurrency-mt-unsafe): nothing of ours sets one
  return value == nullptr ? std::nullopt : std::optional<std::string>{value};
}

void cut_line_break(std::string& text) {
  if (text.ends_with('\n')) text.pop_back();
  if (text.ends_with('\r')) text.pop_back();
}

Value from_environment(std::string const& name) {
  auto value = environment_variable(name);
  if (!value)
    return missing(fmt::format("expected the environment variable {}, found that it is not set", name),
                   fmt::format("export {}=… before candled starts", name));
  if (value->empty())
    return missing(
        fmt::format("expected a value in the environment variable {}, found that it is empty", name), "");
  return *std::move(value);
}

// `name` is what messages call the file.
Value from_file(std::string const& path, std::string const& name, unsigned forbidden_mode) {
  auto file = read_small_file(path);
  if (!file)
    return missing(fmt::format("expected a secret in {}, found that it {}", name, file.error().message),
                   file.error().hint);
  if ((file->mode & forbidden_mode) != 0)
    return missing(fmt::format("expected {} to be its owner's alone, found mode {:04o}", name, file->mode),
                   fmt::format("chmod 600 {}", path));
  cut_line_break(file->text);
  if (file->text.empty())
    return missing(fmt::format("expected a secret in {}, found that it is empty", name), "");
  return std::move(file->text);
}

Value from_credential(std::string const& name) {
  auto const folder = environment_variable("CREDENTIALS_DIRECTORY");
  auto const hint = fmt::format("in the unit: LoadCredential={}:/path/of/the/file", name);
  if (!folder || folder->empty())
    return missing(fmt::format("expected the credential {}, found no CREDENTIALS_DIRECTORY", name), hint);
  // Any mode: systemd keeps others out of the whole folder.
  auto value = from_file(path_within(*folder, name), "the credential " + name, 0);
  if (!value) value.error().hint = hint;
  return value;
}

Value value_of(std::string_view reference, std::string const& folder) {
  auto const colon = std::min(reference.find(':'), reference.size());
  auto const kind = reference.substr(0, colon);
  std::string const name{reference.substr(std::min(colon + 1, reference.size()))};
  if (kind == "env" && is_variable_name(name)) return from_environment(name);
  bool const plain = !name.empty() && name != "." && name != ".." && name.find('/') == std::string::npos;
  if (kind == "credential" && plain) return from_credential(name);
  if (kind == "file" && !name.empty()) {
    auto const path = path_within(folder, name);
    return from_file(path, "the file " + path, 0077);
  }
  // Not shown: it may be the secret itself, put within the braces.
  return std::unexpected(Refusal{.message =
                                     "expected a reference of the form ${env:NAME}, ${credential:NAME} or "
                                     "${file:PATH}, found another"});
}

struct Expanded {
  std::string value;
  std::string literal;  // the text with every reference replaced by one `reference_mark`
};

// No text that is accepted holds it: a control character.
constexpr char reference_mark = '\x01';

Reading<Expanded> expand(std::string_view text, std::string const& folder) {
  Expanded result;
  std::vector<Refusal> refusals;
  while (true) {
    auto const begin = text.find("${");
    result.value += text.substr(0, begin);
    result.literal += text.substr(0, begin);
    if (begin == std::string_view::npos) break;
    auto const end = text.find('}', begin);
    auto const reference = text.substr(begin + 2, end == std::string_view::npos ? 0 : end - begin - 2);
    auto value = value_of(reference, folder);
    if (value) result.value += *value;
    if (!value) refusals.push_back(std::move(value.error()));
    result.literal += reference_mark;
    if (end == std::string_view::npos) break;
    text.remove_prefix(end + 1);
  }
  if (!refusals.empty()) return std::unexpected(std::move(refusals));
  return result;
}

bool is_visible(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) { return c > ' ' && c <= '~'; });
}

bool is_control(char c) {
  return static_cast<unsigned char>(c) < 0x20 || c == 0x7F;
}

bool holds_literal(std::string_view text) {
  return text.find_first_not_of(reference_mark) != std::string_view::npos;
}

bool is_url(std::string_view text) {
  return text.starts_with("postgresql://") || text.starts_with("postgres://");
}

bool is_separator(char c, std::string_view separators) {
  return separators.find(c) != std::string_view::npos;
}

// Is there `password = LITERAL` (or sslpassword, …) among settings that end at one of `separators`? Looser
// than libpq's own grammar, on the side of refusing.
bool sets_password(std::string_view settings, std::string_view separators) {
  constexpr std::string_view word = "password";
  for (auto at = settings.find(word); at != std::string_view::npos; at = settings.find(word, at + 1)) {
    auto rest = settings.substr(at + word.size());
    rest.remove_prefix(std::min(rest.find_first_not_of(' '), rest.size()));
    if (!rest.starts_with('=')) continue;
    rest.remove_prefix(1);
    rest.remove_prefix(std::min(rest.find_first_not_of(" '"), rest.size()));
    auto const end = std::ranges::find_if(rest, [&](char c) { return is_separator(c, separators); });
    if (holds_literal(std::string_view{rest.begin(), end})) return true;
  }
  return false;
}

// `authority` is what may hold USER:PASSWORD@HOST; its last '@' ends the password.
bool holds_literal_user_password(std::string_view authority) {
  auto const user = authority.substr(0, std::min(authority.rfind('@'), authority.size()));
  auto const colon = user.find(':');
  return user.size() < authority.size() && colon != std::string_view::npos &&
         holds_literal(user.substr(colon + 1));
}

// What a secret has to be, and what is said when it is not.
struct SecretRule {
  std::string expected;
  Refusal literal;    // no reference in it
  Refusal invisible;  // too short, or not only visible characters
  std::size_t characters_min = 1;
};

Form<Secret> secret(std::string folder, SecretRule rule) {
  auto expected = rule.expected;
  auto const read = [folder = std::move(folder),
                     rule = std::move(rule)](std::string const& text) -> Reading<Secret> {
    if (text.empty()) return refuse();
    if (text.find("${") == std::string::npos) return std::unexpected(std::vector{rule.literal});
    auto expanded = expand(text, folder);
    if (!expanded) return std::unexpected(std::move(expanded.error()));
    if (!is_visible(expanded->value) || expanded->value.size() < rule.characters_min)
      return std::unexpected(std::vector{rule.invisible});
    return Secret{std::move(expanded->value)};
  };
  return {.expected = std::move(expected), .read = read, .references = References::allowed};
}

bool holds_literal_password(std::string_view literal) {
  if (!is_url(literal)) return sets_password(literal, " '");
  auto const rest = literal.substr(literal.find("//") + 2);
  // libpq ends the authority at the first '/'; people who do not encode their password end it at the first
  // '?'.
  return holds_literal_user_password(rest.substr(0, rest.find('/'))) ||
         holds_literal_user_password(rest.substr(0, rest.find('?'))) || sets_password(rest, "&");
}

}  // namespace

Form<Secret> api_key(std::string folder) {
  return secret(std::move(folder),
                {.expected = "a reference to a key, such as ${env:MASSIVE_API_KEY}",
                 .literal = {.message = "expected a reference to the key, found the key itself",
                             .hint = "write ${env:NAME}, ${credential:NAME} or ${file:PATH}, and change the "
                                     "key: it has been in a file that others read"},
                 .invisible = {.message = "expected a key of visible characters, found spaces, line breaks "
                                          "or others in it",
                               .hint = "look at what the reference stands for",
                               .secret_or_permission = true}});
}

Form<Secret> control_token(std::string folder) {
  // As many as 128 bits take in hexadecimal digits, which are what people make tokens of.
  constexpr std::size_t characters_min = 32;
  return secret(std::move(folder),
                {.expected = "a reference to a token, such as ${credential:control-token}",
                 .literal = {.message = "expected a reference to the token, found the token itself",
                             .hint = "write ${env:NAME}, ${credential:NAME} or ${file:PATH}, or token_sha256 "
                                     "with its hash, and make a new one: it has been in a file that others "
                                     "read"},
                 .invisible = {.message = "expected a token of at least 32 visible characters, found another",
                               .hint = "openssl rand -hex 32 makes one",
                               .secret_or_permission = true},
                 .characters_min = characters_min});
}

Form<DatabaseUrl> database_url(std::string folder) {
  auto const read = [folder = std::move(folder)](std::string const& text) -> Reading<DatabaseUrl> {
    auto expanded = expand(text, folder);
    if (!expanded) return std::unexpected(std::move(expanded.error()));
    if (holds_literal_password(expanded->literal))
      return std::unexpected(std::vector{
          Refusal{.message = "expected a reference as the password, found the password itself",
                  .hint = "write ${env:NAME}, ${credential:NAME} or ${file:PATH} in its place, or use "
                          "PGPASSFILE"}});
    if (std::ranges::any_of(expanded->value, is_control)) return refuse();
    bool const other_url = expanded->value.find("://") != std::string::npos && !is_url(expanded->value);
    if (other_url || (!is_url(expanded->value) && expanded->value.find('=') == std::string::npos))
      return refuse();
    return DatabaseUrl{.url = Secret{std::move(expanded->value)}, .as_written = text};
  };
  return {.expected = "a libpq URL (postgresql:///candled) or keywords (dbname=candled)",
          .read = read,
          .references = References::allowed};
}

}  // namespace candled
