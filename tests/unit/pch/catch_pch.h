// Compiled once for all tests: Catch2 is a large header.
#include <catch2/catch.hpp>
