# embed_text(TARGET FILE HEADER FUNCTION): compiles FILE into TARGET as what FUNCTION, which HEADER declares, returns.
function(embed_text target file header function)
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${file})
  file(READ ${file} text)
  file(CONFIGURE OUTPUT ${CMAKE_CURRENT_BINARY_DIR}/${function}.cpp @ONLY CONTENT
"// Made by tools/cmake/embed_text.cmake.
#include \"@header@\"

namespace candled {

std::string @function@() { return R\"candled_text(@text@)candled_text\"; }

}  // namespace candled
")
  target_sources(${target} PRIVATE ${CMAKE_CURRENT_BINARY_DIR}/${function}.cpp)
endfunction()
