// Wrong on purpose: reads memory that was given back.

#include <cstdio>
#include <memory>
#include <string>

int main() {
  auto* text = new std::string(100, 'x');
  const char* inside = text->data();
  delete text;
  std::printf("%c\n", *inside);
  return 0;
}
