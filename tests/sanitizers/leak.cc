// Wrong on purpose: forgets memory.

#include <cstdio>
#include <cstring>

namespace {

// Out of line and touched, so that nothing is left out by the compiler or still found in a register.
__attribute__((noinline)) void Forget(int count) {
  for (int i = 0; i < count; ++i) {
    char* memory = new char[1000];
    std::memset(memory, i, 1000);
    std::printf("%d\n", memory[count]);
  }
}

}  // namespace

int main() {
  Forget(10);
  return 0;
}
