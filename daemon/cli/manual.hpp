// What a package holds beside the program, made from the declarations that the program itself works by, so
// that it cannot say anything else.
#pragma once

#include <string>
#include <string_view>

namespace candled {

// candled(1) in man(7): every command with its options, as --help knows them.
std::string command_manual();

// candled.yaml(5): every key with what may stand there, as the checks know them, then `example`, word for
// word.
std::string configuration_manual(std::string_view example);

// A bash completion of commands, options, and values that are one of a few.
std::string bash_completion();

}  // namespace candled
