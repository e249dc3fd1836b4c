// How alike two texts are, by the pairs of neighbouring characters they share. Chinese has no spaces between words;
// pairs of characters come close to words without a dictionary.
//
// Pure and thread-safe.

#ifndef DUBAN_SERVICES_PLAN_PHRASES_LIKENESS_H_
#define DUBAN_SERVICES_PLAN_PHRASES_LIKENESS_H_

#include <cstdint>
#include <string_view>
#include <vector>

namespace duban {

// Two neighbouring characters (UTF-16 units) as one number.
using Bigram = uint32_t;

// The bigrams of a text in rising order, with repeats; spaces and punctuation are passed over. With `ends`, the
// beginning and the end count as characters, which is right for names and wrong for sentences.
std::vector<Bigram> BigramsOf(std::string_view text, bool ends);

// Dice's coefficient of two sorted lists: 1 where they are equal, 0 where they share nothing or one is empty.
double Likeness(const std::vector<Bigram>& a, const std::vector<Bigram>& b);

}  // namespace duban

#endif  // DUBAN_SERVICES_PLAN_PHRASES_LIKENESS_H_
