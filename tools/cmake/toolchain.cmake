# How every target of ours is compiled. Warnings are errors; a disabled one has its reason beside it.
add_library(candled_options INTERFACE)
target_compile_options(candled_options INTERFACE
  -Wall -Wextra -Wpedantic -Wconversion -Wsign-conversion -Wshadow -Wnon-virtual-dtor -Wold-style-cast
  -Woverloaded-virtual -Wimplicit-fallthrough -Werror
  # A designated initialiser that leaves the rest of a struct at its defaults is how we write values.
  -Wno-missing-field-initializers
  -fstack-protector-strong
  # A release is the same bytes in whichever folder it is built.
  $<$<CONFIG:Release>:-ffile-prefix-map=${PROJECT_SOURCE_DIR}=candled>
  $<$<CONFIG:Release>:-ffile-prefix-map=${PROJECT_BINARY_DIR}=build>)
target_include_directories(candled_options INTERFACE ${PROJECT_SOURCE_DIR}/daemon)
target_compile_definitions(candled_options INTERFACE
  $<$<CONFIG:Release>:_FORTIFY_SOURCE=2>
  $<$<NOT:$<CONFIG:Release>>:_GLIBCXX_ASSERTIONS>
  $<$<BOOL:${CANDLED_FAILPOINTS}>:CANDLED_FAILPOINTS>
  CANDLED_VERSION="${PROJECT_VERSION}")

if(CANDLED_SANITIZE)
  add_compile_options(-fsanitize=${CANDLED_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer)
  add_link_options(-fsanitize=${CANDLED_SANITIZE})
endif()

# ccache and lld shorten the wait and change nothing else: used where present.
find_program(CCACHE ccache)
if(CCACHE)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CCACHE})
endif()
find_program(LLD NAMES ld.lld-19 ld.lld)
if(LLD AND CMAKE_CXX_COMPILER_ID MATCHES "Clang")
  add_link_options(--ld-path=${LLD})
endif()
