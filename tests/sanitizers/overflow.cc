// Wrong on purpose: counts past the last number.

#include <climits>
#include <cstdio>

int main(int argc, char** /*argv*/) {
  int last = INT_MAX;
  last += argc;
  std::printf("%d\n", last);
  return 0;
}
