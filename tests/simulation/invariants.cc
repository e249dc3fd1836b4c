#include "tests/simulation/invariants.h"

#include <algorithm>
#include <iterator>

#include "common/base/strings.h"

namespace duban::simulation {

namespace {

constexpr Invariant kInvariants[] = {
    {"S1", "What was acknowledged is there after any crash.", "start rest",
     "every effect that a caller was told of is looked up by its own words, at each start of its node and at rest"},
    {"S2", "No hole: what survives a crash is everything up to some commit.", "start rest",
     "a store that opens holds at least the head it had last published, and its commits join without a gap"},
    {"S3", "A command is there with its rows, index, feed, memo and audit, or not at all.", "start rest",
     "full scan: entities, feed rows and memos are compared with the audits of the commits, both ways"},
    {"S4", "What failed or has an unknown outcome is there whole or not at all, and stays so.", "start rest",
     "requests with unknown outcome are repeated with their ids until they are answered; each effect is there once"},
    {"S5", "A store never opens with less than its high-water mark.", "start",
     "every start after a power cut or a disk error: it opens, at or above the head its callers had seen"},
    {"S6", "Index and record agree both ways; a full rescan equals what was kept up step by step.", "start rest",
     "the index rows that the entities ask for are computed anew and compared with those in the store"},
    {"S7", "A request id takes effect at most once, with the same answer, until it is forgotten.", "step rest",
     "requests are repeated at once, later and after crashes; with another body they are refused"},
    {"F1", "Sequences of a feed have no gap within an epoch; the chain of hashes holds.", "start rest",
     "all commits are walked: each begins where the one before ended and names its hash"},
    {"F2", "The state of a follower is the fold of the feed.", "rest",
     "what each hop brought is folded entry by entry and compared with the feed read anew and with the rows"},
    {"F3", "A position is committed with its changes, is never ahead of them and never goes back.", "step start",
     "each delivered page made exactly one commit, which holds the position; positions rise within an epoch"},
    {"F4", "What a follower applied is an exact prefix of the feed as filtered for it.", "step rest",
     "entries rise, fit between the ends of their page, repeat nothing; at rest none is missing and none is foreign"},
    {"F5", "A position of another history is never continued in silence.", "step",
     "every position that is presented is compared with the history of the store; a stranger has to be refused"},
    {"F6", "A sequence is never used again with other content.", "step start",
     "every head that was ever shown is kept by epoch and sequence; no other hash may appear there"},
    {"F7", "After a failed page none that was asked for behind it is applied.", "step",
     "hops have the next page under way; late, doubled and stale pages reach both ends, and none may be taken in"},
    {"F8", "A field changes only by its owner's authority.", "step rest",
     "forged entries are offered and refused without a trace; at rest each half is its owner's, byte by byte"},
    {"F9", "Unknown fields of newer peers are kept and passed on.", "rest",
     "units carry a field that no version knows; every level that holds them has it. Unknown kinds of entities are "
     "passed over by design"},
    {"F10", "Nothing is cut off of a feed's history before its slowest known follower has it.", "step",
     "a follower that a node has heard of lately, since it started, is never told that what it needs was cut off; not "
     "where clocks are set"},
    {"F11", "A follower that starts at zero amid changes ends with the same state.", "rest",
     "watchers begin at zero at random times, page by page between changes, and are compared at rest"},
    {"F12", "After a page that says `at head` at a sequence, nothing at or before it comes.", "step",
     "each page that any follower gets begins behind the one before"},
    {"F13", "Once mended, every follower reaches the head within ten virtual minutes.", "rest",
     "hops, offers and watchers"},
    {"F14", "What was deleted or withdrawn is gone at every follower, and does not come back.", "rest",
     "tombstones at the source against what each follower holds"},
    {"F15", "An entity that comes by two routes is the same.", "rest",
     "units and groups of each owner are compared at every node that holds them, also below two superiors"},
    {"F16", "Relays cannot alter what they pass on.", "",
     "no entry is signed yet; planned with the identities of nodes"},
    {"P1", "Revisions count up without a gap; what is published does not change.", "step rest",
     "plans are watched at every commit of every node, and compared with what was acknowledged"},
    {"P2", "A plan goes from draft to published to withdrawn and no other way.", "step", "watched at every commit"},
    {"P4", "Each field has one owner; what a node sends twice is there once.", "step rest",
     "drafts refuse stale etags; repeated imports and creates give the first answer"},
    {"P5", "A withdrawn plan leaves no open assignment.", "rest", "at its owner and below"},
    {"P6", "No task is published to nobody unless a person said so; what publishing says it issues is issued.", "rest",
     "the duties of each published plan are counted at its owner and compared with what publishing said"},
    {"P7", "An order says what the latest published revision of its plan says.", "rest",
     "every open assignment of a node's own plans against the task of the plan"},
    {"A1", "A task, unit and role has one assignment, and one node that answers for it.", "rest",
     "at each issuer; where a unit moved, its new node and no other"},
    {"A2", "Assignments go only to units of the issuer's own nodes.", "rest",
     "the unit works at the issuer's node or directly below"},
    {"A3", "A status moves only along its graph; what is done, cancelled or signed stays so.", "step",
     "watched at every commit of every node"},
    {"A4", "Both levels hold the same halves; counts at every level are those of the leaves.", "rest",
     "assignments byte by byte; what is said of the plans made out of an assignment against a count of them"},
    {"A5", "A write on a stale version is refused and leaves nothing.", "step", "two callers with one etag"},
    {"A6", "Of several acts in one call each is answered by itself, as if it had come alone.", "step",
     "calls with up to six acts, now and then with one on what is not there"},
    {"A7", "An order and its assignments agree.", "step rest",
     "what is listed and read is put together anew from orders, lists and halves; nothing else is listed"},
    {"A8", "The id of a submission stands for one result, at every node, after any loss.", "step",
     "every submission that any store of any node ever held is kept by its id"},
    {"A9", "Counters equal a count.", "step rest",
     "lists and boards by every filter that something answers to, against a count by hand; the rows that are kept "
     "against the records (S6)"},
    {"A10",
     "What unit and issuer agreed holds at every node: a granted day is the due day, what is declined is waited for "
     "by nobody, a report that was read is not taken back.",
     "step rest", "worked out anew from what both did, in the words of the contract"},
    {"A11", "A revision loses no receipt, and what it changed is not signed for until it is signed again.", "step",
     "watched at every commit of every node: receipts in order, and of which revision the last one is"},
    {"N1", "What is planned is what policy, calendar and state ask for.", "rest",
     "the arrow is run anew for every order, whoever has to be told is judged anew, and both are compared"},
    {"N2", "The intent is durable before a reminder goes out.", "step",
     "each line of the log finds its reminder leased in the store"},
    {"N3", "Never early by the clock of its node.", "step",
     "leases and lines against the clock; a second attempt may come before its time where the clock was set back "
     "since. "
     "A first line of the log comes within 60 s of when it could"},
    {"N4", "Nothing goes out for what is closed or declined.", "rest",
     "no planned reminder for a closed or a declined assignment"},
    {"N5", "What was confirmed never goes out again, whatever the clock does.", "step",
     "leases and lines against all confirmations"},
    {"N6", "Retries are bounded, and what was given up can be seen.", "step",
     "attempts never exceed the policy's; a final state stays"},
    {"N8", "No node plans a reminder for an assignment it does not know.", "rest", ""},
    {"N9", "A schedule yields each reminder once, whatever dies in between.", "rest",
     "of a schedule whose time has come everybody who has to be told has one reminder, and nothing is listed twice"},
    {"N7", "A reminder goes to who is addressed when it goes out.", "step",
     "each line of the log names the unit of its assignment, or the issuer where it escalates"},
    {"U1", "Each refused call is in the audit, once.", "rest",
     "refusals counted where they are said against the entries; not where history is cut off or a disk is lost"},
    {"U2", "What a caller may do follows from its certificate, never from what it says of itself.", "step",
     "impostors fetch, offer and ask back under others' names; all are refused, and nothing is written"},
    {"U3", "Who may not see a thing does not learn whether it is there.", "step",
     "what impostors hear of a name that somebody has, and of one that nobody has, is the same"},
    {"W1", "What changed is told to every page that may read it, or its feed starts over, within two seconds.",
     "step rest",
     "pages come and go, also over restarts and restores, and are slow; what each is owed is worked out from the "
     "commits, and who has not read what it was told is owed it from then on"},
    {"W2", "No page is told of what its reader may not read, or of what has not changed.", "step",
     "each name that is told against the rule of the call that reads it"},
    {"W3", "Where a page is told to stand is of its store, never goes back within an epoch and is never ahead.", "step",
     "each answer against the one before, over all calls of the page"},
    {"W4", "No page starts over that need not.", "step",
     "it came from another history, from before the process began, or more has changed than is kept or told"},
    {"W5", "A page that reads hears something every 15 seconds, and its call ends after its time.", "step",
     "first answers, heartbeats, ends in good order, ends of who does not read, and nothing behind any end"},
    {"V1", "Verification finds everything good where everything is.", "rest",
     "both ends of every hop are compared as `duban node verify` compares them, and in the middle of pages too; below "
     "two superiors that name the same unit, the one that was heard last is right"},
    {"R1", "Queues are bounded.", "step", "one waiting call for each follower, one call under way for each hop"},
    {"R2", "No snapshot lives longer than 60 s.", "step",
     "between two events no snapshot is held, and no event takes virtual time"},
    {"R3", "A node that is stopped answers who waits and leaves nothing behind.", "step",
     "stops in good order at random moments, with calls waiting"},
};

}  // namespace

const std::vector<Invariant>& Invariants() {
  static const auto* const all = new std::vector<Invariant>(std::begin(kInvariants), std::end(kInvariants));
  return *all;
}

bool IsChecked(std::string_view name) {
  return std::any_of(Invariants().begin(), Invariants().end(),
                     [&](const Invariant& invariant) { return invariant.name == name && !invariant.when.empty(); });
}

std::string DescribeInvariants() {
  std::string text;
  for (const Invariant& invariant : Invariants()) {
    std::string name(invariant.name), when(invariant.when.empty() ? "not checked" : invariant.when);
    name.resize(4, ' ');
    when.resize(12, ' ');
    StrAppend(&text, name, " ", when, " ", invariant.sentence, "\n");
    if (!invariant.how.empty()) StrAppend(&text, "                  ", invariant.how, "\n");
  }
  return text;
}

}  // namespace duban::simulation
