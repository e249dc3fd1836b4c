// What can be done to a server from outside, each as a function that prints what came of it.

#ifndef DUBAN_TESTS_ATTACK_ATTACK_H_
#define DUBAN_TESTS_ATTACK_ATTACK_H_

namespace duban::testing {

// Each takes its own command line, with `--help`, and returns the exit code: 0 where the promises held, 1 where not.
int RunOverload(int argc, char** argv);

}  // namespace duban::testing

#endif  // DUBAN_TESTS_ATTACK_ATTACK_H_
