// Carries the headers that every test includes, compiled once for all of them (see CMakeLists.txt).
