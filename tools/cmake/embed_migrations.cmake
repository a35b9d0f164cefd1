# embed_migrations(TARGET FOLDER): compiles FOLDER/NNNN_name.sql into TARGET as the array that store/migrations.hpp
# declares, each with its version, file name, text and SHA-256. Numbers start at 0001 and leave no holes.
function(embed_migrations target folder)
  file(GLOB files CONFIGURE_DEPENDS ${folder}/*.sql)
  list(SORT files)
  set(entries "")
  set(version 0)
  foreach(file IN LISTS files)
    math(EXPR version "${version} + 1")
    get_filename_component(name ${file} NAME)
    if(NOT name MATCHES "^([0-9][0-9][0-9][0-9])_[a-z0-9_]+\\.sql$" OR NOT CMAKE_MATCH_1 EQUAL version)
      message(FATAL_ERROR "migrations: expected number ${version} as NNNN_name.sql, found ${name}")
    endif()
    set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${file})
    file(SHA256 ${file} sha256)
    file(READ ${file} text)
    string(APPEND entries
      "    {.version = ${version}, .name = \"${name}\", .sha256 = \"${sha256}\", .sql = R\"candled_sql(${text})candled_sql\"},\n")
  endforeach()
  file(CONFIGURE OUTPUT ${CMAKE_CURRENT_BINARY_DIR}/migrations.cpp @ONLY CONTENT
"// Made by tools/cmake/embed_migrations.cmake from migrations/.
#include \"store/migrations.hpp\"

namespace candled {

namespace {

constexpr Migration migrations[] = {
@entries@};

}  // namespace

std::span<Migration const> embedded_migrations() { return migrations; }

}  // namespace candled
")
  target_sources(${target} PRIVATE ${CMAKE_CURRENT_BINARY_DIR}/migrations.cpp)
endfunction()
