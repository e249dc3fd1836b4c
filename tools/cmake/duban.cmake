# The functions that the build files of this project use, and the options that hold for all targets.

set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/bin)
if(NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE RelWithDebInfo)
endif()
# Assertions stay on in every build: a broken promise stops the process instead of spoiling a store.
set(CMAKE_CXX_FLAGS_RELWITHDEBINFO "-O2 -g1")

option(DUBAN_PCH "Precompile the heavy headers" ON)
option(DUBAN_FAILPOINTS "Compile failpoints in (common/base/failpoint.h); off for release packages" ON)
option(DUBAN_FUZZ "Build the fuzz targets for libFuzzer (clang only; see tools/fuzz)" OFF)
set(DUBAN_SANITIZE "" CACHE STRING "Sanitizers, such as address,undefined or thread")

find_program(DUBAN_CCACHE ccache)
if(DUBAN_CCACHE)
  set(CMAKE_CXX_COMPILER_LAUNCHER
      ${CMAKE_COMMAND} -E env CCACHE_BASEDIR=${CMAKE_SOURCE_DIR} CCACHE_NOHASHDIR=1
      CCACHE_SLOPPINESS=pch_defines,time_macros ${DUBAN_CCACHE})
endif()
find_program(DUBAN_MOLD mold)
if(DUBAN_MOLD)
  add_link_options(-fuse-ld=mold)
endif()

add_compile_options(-fno-omit-frame-pointer)
if(DUBAN_FUZZ)
  add_compile_options(-fsanitize=fuzzer-no-link)
endif()
if(DUBAN_SANITIZE)
  set(CMAKE_CXX_FLAGS_RELWITHDEBINFO "-O1 -g1")
  add_compile_options(-fsanitize=${DUBAN_SANITIZE} -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${DUBAN_SANITIZE})
endif()
if(DUBAN_FAILPOINTS)
  add_compile_definitions(DUBAN_FAILPOINTS=1)
endif()
add_compile_definitions(DUBAN_VERSION="${PROJECT_VERSION}" SPDLOG_FMT_EXTERNAL SPDLOG_COMPILED_LIB)

# Warnings for our own code, all errors. Generated code does without. What is off for gcc 12 it reports wrongly for
# std::string and std::optional once they are inlined (gcc bugs 105329, 105562); clang looks after these.
function(duban_warnings target)
  target_compile_options(${target} PRIVATE -Wall -Wextra -Werror -Wno-unused-parameter
    $<$<CXX_COMPILER_ID:GNU>:-Wno-maybe-uninitialized -Wno-restrict
      -Wno-stringop-overflow -Wno-stringop-overread -Wno-array-bounds>
    $<$<CXX_COMPILER_ID:Clang>:-Wthread-safety>)
endfunction()

# duban_library(NAME SOURCES ... DEPS ...): a static library `duban_NAME` with alias `duban::NAME`.
function(duban_library name)
  cmake_parse_arguments(arg "" "" "SOURCES;DEPS" ${ARGN})
  add_library(duban_${name} STATIC ${arg_SOURCES})
  add_library(duban::${name} ALIAS duban_${name})
  target_include_directories(duban_${name} PUBLIC ${PROJECT_SOURCE_DIR})
  target_link_libraries(duban_${name} PUBLIC ${arg_DEPS})
  duban_warnings(duban_${name})
  duban_pch(duban_${name})
endfunction()

# duban_program(NAME SOURCES ... DEPS ...): a program build/bin/NAME.
function(duban_program name)
  cmake_parse_arguments(arg "" "" "SOURCES;DEPS" ${ARGN})
  add_executable(${name} ${arg_SOURCES})
  target_link_libraries(${name} PRIVATE ${arg_DEPS})
  # Faster at many small messages than the C library's (DECISIONS.md). Sanitizers bring their own.
  if(NOT DUBAN_SANITIZE AND NOT DUBAN_FUZZ)
    target_link_libraries(${name} PRIVATE PkgConfig::jemalloc)
  endif()
  duban_warnings(${name})
  duban_pch(${name})
endfunction()

# How many times longer tests may take where sanitizers make the programs slow. The presets hand the same number to the
# tests themselves as DUBAN_TEST_SLOWNESS (tests/support/patience.h).
set(DUBAN_SLOWNESS 1)
if(DUBAN_SANITIZE)
  set(DUBAN_SLOWNESS 5)
endif()

# duban_time_limit(SECONDS TEST...): ends tests that take longer, or so many times longer with sanitizers. Those that
# may take longest begin first, so that none is left over at the end.
function(duban_time_limit seconds)
  math(EXPR seconds "${seconds} * ${DUBAN_SLOWNESS}")
  set_tests_properties(${ARGN} PROPERTIES TIMEOUT ${seconds} COST ${seconds})
endfunction()

# duban_test(NAME SOURCES ... DEPS ... [TIMEOUT seconds] [LABEL label] [NOT_UNDER_TSAN]): a GoogleTest program; each of
# its tests is one of ctest's.
function(duban_test name)
  cmake_parse_arguments(arg "NOT_UNDER_TSAN" "TIMEOUT;LABEL" "SOURCES;DEPS" ${ARGN})
  if(arg_NOT_UNDER_TSAN AND DUBAN_SANITIZE MATCHES "thread")
    return()
  endif()
  if(NOT arg_TIMEOUT)
    set(arg_TIMEOUT 60)
  endif()
  add_executable(${name} ${arg_SOURCES})
  add_dependencies(duban_tests ${name})
  target_link_libraries(${name} PRIVATE ${arg_DEPS} duban::test_support GTest::gmock GTest::gtest_main)
  duban_warnings(${name})
  duban_pch(${name} duban_test_pch)
  # Compiles a quarter faster; what takes time in a test is in the libraries.
  target_compile_options(${name} PRIVATE -O1)
  math(EXPR seconds "${arg_TIMEOUT} * ${DUBAN_SLOWNESS}")
  set(properties TIMEOUT ${seconds} COST ${seconds})
  if(arg_LABEL)
    list(APPEND properties LABELS ${arg_LABEL})
  endif()
  gtest_discover_tests(${name} DISCOVERY_MODE PRE_TEST PROPERTIES ${properties})
endfunction()
include(GoogleTest)

# duban_pch(TARGET [HEADERS]): the precompiled headers of duban_pch, or of HEADERS; both are compiled with the same
# flags.
function(duban_pch target)
  if(DUBAN_PCH)
    set(headers duban_pch)
    if(ARGC GREATER 1)
      set(headers ${ARGV1})
    endif()
    target_precompile_headers(${target} REUSE_FROM ${headers})
    target_link_libraries(${target} PRIVATE duban_pch_deps)
  endif()
endfunction()
