# embed_dashboard(TARGET FOLDER): builds the page in FOLDER with Vite and compiles it, gzipped, into TARGET as the assets
# that control/assets.hpp declares. The same sources give the same bytes. tools/install-deps brings what it needs.
function(embed_dashboard target folder)
  find_program(NODE_PROGRAM NAMES node nodejs)
  if(NOT NODE_PROGRAM OR NOT EXISTS ${folder}/node_modules/.installed-from)
    message(FATAL_ERROR "The dashboard is built with Node.js and what ${folder}/package-lock.json names: run tools/install-deps")
  endif()
  file(GLOB sources CONFIGURE_DEPENDS ${folder}/src/* ${folder}/*.html ${folder}/*.ts ${folder}/*.json ${folder}/*.mjs)
  set(made ${CMAKE_CURRENT_BINARY_DIR}/dashboard)
  add_custom_command(
    OUTPUT ${made}/assets.cpp ${made}/assets.bin
    COMMAND ${NODE_PROGRAM} node_modules/typescript/lib/tsc.js --noEmit
    COMMAND ${NODE_PROGRAM} node_modules/vite/bin/vite.js build --outDir ${made}/dist --emptyOutDir --logLevel warn
    COMMAND ${NODE_PROGRAM} embed.mjs ${made}/dist ${made}
    DEPENDS ${sources} ${folder}/node_modules/.installed-from
    WORKING_DIRECTORY ${folder}
    COMMENT "Building the dashboard"
    VERBATIM)
  target_sources(${target} PRIVATE ${made}/assets.cpp)
  # The assembler reads assets.bin: neither the preprocessor nor ccache sees that.
  set_source_files_properties(${made}/assets.cpp PROPERTIES OBJECT_DEPENDS ${made}/assets.bin COMPILE_OPTIONS "-I${made}")
endfunction()
