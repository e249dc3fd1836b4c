#!/usr/bin/python3
"""Looks at every source file with clang's thread-safety analysis: what a lock guards is touched with that lock alone.

    tools/thread_safety.py [BUILD_FOLDER]     `build` where none is named; it has to be built, for the generated headers

Takes the compile commands of the build folder, lets clang++ check without compiling, and prints what it says. Files
that passed are not looked at again until they, or anything they include, change. Exits 1 where anything is wrong, also
where tests/sanitizers/unguarded.cc, which is wrong on purpose, passes.
"""

import concurrent.futures
import hashlib
import json
import os
import shlex
import subprocess
import sys

ROOT = os.path.normpath(os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
CONTROL = os.path.join(ROOT, "tests", "sanitizers", "unguarded.cc")
ANALYSIS = ["clang++", "-fsyntax-only", "-Wthread-safety", "-Werror=thread-safety",
            "-Wno-unknown-warning-option"]


def checking(entry):
    """The arguments that check one file, made of those that compile it."""
    words = shlex.split(entry["command"])
    # Before the compiler come ccache and its settings.
    first = next(at for at, word in enumerate(words) if os.path.basename(word) in ("c++", "g++", "clang++"))
    kept, skip = [], False
    for word in words[first + 1:]:
        # Headers that gcc compiled beforehand are nothing to clang; a source file includes what it uses.
        if skip or word in ("-o", "-include"):
            skip = not skip
        elif not word.startswith(("-fsanitize", "-fno-sanitize")) and word not in ("-c", "-Werror"):
            kept.append(word)
    return ANALYSIS + kept


def newest(dependencies):
    """When the newest of the files in a makefile rule changed; infinity where one is gone."""
    with open(dependencies, encoding="utf-8") as file:
        paths = file.read().replace("\\\n", " ").split(":", 1)[1].split()
    try:
        return max(os.stat(path).st_mtime for path in paths)
    except OSError:
        return float("inf")


def check(entry, folder):
    """What clang says of one file; nothing where all is well."""
    arguments = checking(entry)
    stamp = os.path.join(folder, hashlib.sha256(" ".join(arguments).encode()).hexdigest()[:24])
    if os.path.exists(stamp) and newest(stamp) < os.stat(stamp).st_mtime:
        return ""
    fresh = stamp + ".new"
    run = subprocess.run([*arguments, "-MD", "-MT", "x", "-MF", fresh], cwd=entry["directory"], capture_output=True,
                         text=True, check=False)
    if run.returncode == 0:
        os.replace(fresh, stamp)
        return ""
    return run.stderr


def main(build):
    commands = os.path.join(ROOT, build, "compile_commands.json")
    if not os.path.exists(commands):
        print(f"{build} is not configured: run tools/build")
        return 1
    with open(commands, encoding="utf-8") as file:
        entries = [entry for entry in json.load(file)
                   if os.path.relpath(entry["file"], ROOT).startswith(("common/", "services/", "tests/", "tools/"))]
    folder = os.path.join(ROOT, build, "thread_safety")
    os.makedirs(folder, exist_ok=True)
    failed = 0
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        for said in pool.map(lambda entry: check(entry, folder), entries):
            failed += bool(said)
            print(said, end="")
    command = [*ANALYSIS, "-std=c++20", "-I", ROOT, CONTROL]
    control = subprocess.run(command, capture_output=True, text=True, check=False)
    if control.returncode == 0 or "requires holding mutex" not in control.stderr:
        print(f"{CONTROL} is wrong on purpose, and passes: the analysis is not on\n{control.stderr}")
        return 1
    print(f"thread-safety: {len(entries)} files, {failed} with findings; the control was found")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1] if len(sys.argv) > 1 else "build"))
