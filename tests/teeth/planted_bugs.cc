#include "tests/teeth/planted_bugs.h"

#include <algorithm>
#include <iterator>

namespace duban::teeth {
namespace {

// Processes that are killed.
constexpr std::string_view kStoreKills =
    "bin/store_kill_test --cycles 20 --seed 1 --dir DIR --victim bin/store_victim_planted";
// Tests of the store on disks that fail.
constexpr std::string_view kFailedCalls = "bin/store_test_planted --gtest_filter=*EveryCallTest.*";
// Its random walks, and its callers at once.
constexpr std::string_view kStoreModel = "bin/store_test_planted --gtest_filter=*StoreModelTest.*";
// Its history, cut off.
constexpr std::string_view kTrims = "bin/store_test_planted --gtest_filter=StoreTrimTest.*";
constexpr std::string_view kRequests = "bin/store_test_planted --gtest_filter=StoreRequestsTest.*";
constexpr std::string_view kReaders = "bin/store_test_planted --gtest_filter=StoreConcurrencyTest.Readers*";
// What is decided about an assignment, without a store.
constexpr std::string_view kRules = "bin/assignment_rules_test_planted";
// Feeds and hops between two stores, and between the stores of three levels; a clock that is set.
constexpr std::string_view kHops = "bin/feed_test_planted";
constexpr std::string_view kLevels = "bin/assignment_test_planted --gtest_filter=AssignmentHopsTest.*";
// Who is told of changes.
constexpr std::string_view kWatches = "bin/feed_test_planted --gtest_filter=WatchTableTest.*";
// Pulling and signing.
constexpr std::string_view kPulls = "bin/assignment_test_planted --gtest_filter=AssignmentCoreTest.*Lease*";
// What is kept for lists and boards.
constexpr std::string_view kDesk = "bin/assignment_test_planted --gtest_filter=Desk*:Restanding*";
constexpr std::string_view kIssuers = "bin/assignment_test_planted --gtest_filter=IssuerListTest.*";
constexpr std::string_view kQueue = "bin/notification_test_planted --gtest_filter=NotificationCore.*";
constexpr std::string_view kDigests = "bin/notification_test_planted --gtest_filter=DigestTest.*";
constexpr std::string_view kClocks = "bin/notification_test_planted --gtest_filter=NotificationCore.AClock*";
// Schedules that become reminders.
constexpr std::string_view kSchedules = "bin/notification_test_planted --gtest_filter=Schedules.*";

// What unit and issuer agree, over two levels, and the reminders that one unit alone has.
constexpr std::string_view kAgreed = "bin/assignment_test_planted --gtest_filter=RequestsHopsTest.*";
constexpr std::string_view kOwnTimes = "bin/notification_test_planted --gtest_filter=OwnTimesTest.*";

// What is asked before a plan is published.
constexpr std::string_view kPublication = "bin/plan_test_planted --gtest_filter=PublicationTest.*";

// What a person said of an office's layout.
constexpr std::string_view kKeptHints = "bin/plan_test_planted --gtest_filter=KeptHintsTest.*";

// What a revision of a published plan keeps.
constexpr std::string_view kRevisions = "bin/plan_test_planted --gtest_filter=*RevisionTest.*";

// What is found by words.
constexpr std::string_view kPlanSearch = "bin/plan_test_planted --gtest_filter=PlanSearchTest.*";
constexpr std::string_view kOrderSearch = "bin/assignment_test_planted --gtest_filter=OrderSearchTest.*";

// Who may do what: the decision, tokens, people, those who sign in elsewhere, and the trace that all of it leaves.
constexpr std::string_view kDecision = "bin/access_test_planted --gtest_filter=Decision.*:Facts.*:Acting.*:Identity.*";
constexpr std::string_view kTokens = "bin/access_test_planted --gtest_filter=Token*:PersonCall.*:PageTokens.*";
constexpr std::string_view kPeople =
    "bin/access_test_planted --gtest_filter=People.*:SecondFactor.*:SignInBudgetTest.*";
constexpr std::string_view kSignOn = "bin/access_test_planted --gtest_filter=IdTokensTest.*:SingleSignOn.*";
constexpr std::string_view kTrace =
    "bin/access_test_planted --gtest_filter=AuditTest.*:RefusalBookTest.*:RevocationListsTest.*";

// Browsers, and in whose name they call.
constexpr std::string_view kConsole = "bin/console_test_planted --gtest_filter=GatewayTest.*:Sessions.*";
// Files beside a store, and who gets them.
constexpr std::string_view kFiles = "bin/store_test_planted --gtest_filter=KeptFilesTest.*";
constexpr std::string_view kEvidence = "bin/assignment_test_planted --gtest_filter=EvidenceTest.*:MovedUnitTest.*";

// The log of several replicas, in an etcd that fails as it is told; and who leads.
constexpr std::string_view kLog = "bin/replication_test_planted --gtest_filter=*Append.*:Parts.*:Following.*:Trims.*";
constexpr std::string_view kCopies = "bin/replication_test_planted --gtest_filter=Replicated*";
constexpr std::string_view kLeaders = "bin/replication_test_planted --gtest_filter=Electing.*";

constexpr PlantedBug kBugs[] = {
    {"access.altered_entry_passes", "an entry of the audit that was altered and not sealed anew passes", "U1", kTrace},
    {"access.anyone_acts_for_others", "a person signs in another's name without being allowed to", "U2", kDecision},
    {"access.any_follower", "whoever has the role follows and offers under whatever name", "U2", kDecision},
    {"access.any_nodes_units", "a client of another node's unit is taken for the unit of that name here", "U2",
     kDecision},
    {"access.any_persons_certificate", "a person is carried by the certificate of another person", "U2", kPeople},
    {"access.carrier_not_asked",
     "a person may do over the connection of one unit's client what they may at another unit", "U2", kPeople},
    {"access.console_is_any_service", "the console follows feeds as a service of its node does", "U2", kDecision},
    {"access.denied_call_not_audited", "a refused call leaves no entry in the audit", "U1", kTrace},
    {"access.drafts_shown", "drafts are shown like published plans to every unit of the node", "U2 U3", kDecision},
    {"access.ended_tokens_count", "a token goes on counting after its session ended or a role was taken away", "U2",
     kTokens},
    {"access.first_of_list", "of several assignments in one call only the first is looked at", "U2", kDecision},
    {"access.former_superior", "who once was above a unit still is", "U2", kDecision},
    {"access.id_token_for_anybody", "an ID token counts that was made for another client of its issuer", "U2", kSignOn},
    {"access.id_token_without_end", "an ID token counts after it has expired", "U2", kSignOn},
    {"access.missing_is_a_draft", "what is not there counts as a draft, which all planners share", "U2", kDecision},
    {"access.nothing_named_is_all", "a list that names nothing is everybody's", "U2", kDecision},
    {"access.page_token_of_anybody", "a page token counts for whoever brings it", "U3", kTokens},
    {"access.revoked_stays_connected", "a certificate that was revoked counts over connections that are open", "U2",
     kTrace},
    {"access.role_of_metadata", "a caller holds the role that the metadata of their call says", "U2", kTokens},
    {"access.signature_not_checked", "a token counts whoever signed it", "U2", kTokens},
    {"access.sign_ins_without_limit", "from one address signing in can be tried as often as one likes", "U2", kPeople},
    {"access.subject_not_looked_at", "a certificate's name is believed whichever node's authority signed it", "U2",
     kDecision},
    {"access.token_of_another_node", "a token counts at whichever node", "U2", kTokens},
    {"access.token_over_any_certificate", "a token that belongs to a certificate counts without it", "U2", kTokens},
    {"access.token_without_end", "a token counts for ever", "U2", kTokens},
    {"access.unit_prefix", "a unit holds its roles for all whose id begins with its own", "U2", kDecision},
    {"agreed.decline_passed_over", "what a unit declines is waited for all the same", "A10", ""},
    {"agreed.granted_day_forgotten", "a due day that was granted changes nothing", "A10", ""},
    {"agreed.read_report_taken_back", "a report that the issuer read is taken back all the same", "A10", kAgreed},
    {"assignment.any_lease_token", "a receipt is taken with whatever lease token, also one that another has taken over",
     "A1", kPulls},
    {"assignment.anyone_reports", "progress is taken at a node where the unit does not work", "F8 A4", kRules},
    {"assignment.anyone_reviews", "a result is reviewed at a node that did not issue the duty", "F8 A4", kLevels},
    {"assignment.board_counts_cancelled", "the board's total counts what was cancelled", "A9", ""},
    {"assignment.calendar_passed_over", "lights go on by the working days of the calendar before", "S6 A7", ""},
    {"assignment.changed_duty_stays_signed",
     "a receipt for what was asked before a revision counts for what is asked now", "A11", kRules},
    {"assignment.counts_stop_below", "what is counted upwards leaves out the levels below the next", "A4", kLevels},
    {"assignment.day_off_judged", "a daily duty lacks a result for days that nobody works", "A3", kRules},
    {"assignment.declined_after_all", "what was judged binding is declined once more", "A10", kRules},
    {"assignment.earlier_receipt_lost", "whoever signs again takes the place of the receipt before", "A11 S1", kRules},
    {"assignment.issuer_not_told", "what comes to wait for its issuer is not noted, and no list of the issuer has it",
     "S6", kIssuers},
    {"assignment.kept_list_leaks", "a list of addressees stays when its last order names another one", "A4", kLevels},
    {"assignment.leased_twice", "a lease that still runs keeps nobody else from pulling the same duty", "A1", kPulls},
    {"assignment.list_shown_whole", "a node below is shown every addressee of an order, wherever they work", "F8",
     kLevels},
    {"assignment.moved_loses_work", "a unit that moves to another node begins anew there", "A4", kLevels},
    {"assignment.old_half_taken", "an older half of a unit's work replaces a newer one", "A4 S1", kLevels},
    {"assignment.old_order_remembered", "an order is shown as it was when it was first read, whatever came since", "A7",
     ""},
    {"assignment.other_waits_listed", "what waits for an issuer is listed whatever kind of act was asked for", "A9",
     kIssuers},
    {"assignment.own_result_accepted", "a person accepts what they handed in themselves without a word", "U2", kRules},
    {"assignment.read_report_retracted", "a unit can take back a report that it knows to be read", "A10", kRules},
    {"assignment.readdressing_undone", "a revision of the plan asks the unit again that declined", "A10", kAgreed},
    {"assignment.restanding_ends_early", "where the calendar changed, only the first assignments are looked at again",
     "A3", kDesk},
    {"assignment.returned_is_received", "a result that was sent back makes a begun duty a merely signed one", "A3",
     kRules},
    {"assignment.short_list_is_whole", "a list of what waits for an issuer says that it is whole while it is counted",
     "A9", kIssuers},
    {"assignment.stale_etag_taken", "two callers who read the same version both write", "A5", ""},
    {"assignment.submission_ids_counted",
     "results are numbered within their assignment: a node that goes on from a backup gives a number twice", "A8",
     kRules},
    {"assignment.swept_word_stays", "what an issuer never did, as far as it knows since it was restored, counts below",
     "A4", kLevels},
    {"assignment.tally_forgets_a_heading", "how assignments stand is not counted by heading", "A4", kDesk},
    {"assignment.waiting_forgotten", "where something comes to wait for a unit is not noted, and no pull finds it",
     "S6", kDesk},
    {"assignment.withdrawn_plan_left_open", "a withdrawn plan leaves its duties open", "P5", ""},
    {"assignment.words_not_kept", "what an order says is not indexed, and nobody finds it", "S6", kDesk},
    {"console.any_origin", "a page of another origin calls in the name of whoever is signed in", "U2", kConsole},
    {"console.idle_sessions_go_on", "a session that nobody uses goes on for ever", "U2", kConsole},
    {"console.tokens_reach_browsers", "signing in hands a browser the tokens that services take", "U2", kConsole},
    {"evidence.any_hash_opens", "whoever knows the hash of a file reads it, named by an assignment or not", "U3",
     kEvidence},
    {"evidence.earlier_node_not_asked",
     "what a unit put in where it worked before is looked for where it works now only", "A4", kEvidence},
    {"evidence.hash_not_compared", "a file is kept whatever its bytes are", "S6", kFiles},
    {"evidence.named_file_removed", "a file goes after a week although a report names it", "S1", kEvidence},
    {"evidence.piece_not_checked", "a file is read as it lies on the disk, altered or not", "S6", kFiles},
    {"evidence.row_before_file", "a file is noted before it has its name on the disk", "S3", kFiles},
    {"evidence.unasked_taken", "a node below puts files in that were not asked for", "U2", kEvidence},
    {"feed.wrong_node_served", "whoever takes this node for another one is served all the same", "F8", kHops},
    {"feed.always_at_head", "every page says that nothing more is there", "F2 F4 F13", kLevels},
    {"feed.any_page_taken", "a page from below is taken wherever it begins, also an old one again", "F3", kHops},
    {"feed.cut_off_not_swept", "a follower that starts over because history was cut off keeps what does not come again",
     "F4 F13", kHops},
    {"feed.hash_skipped", "a follower's position is compared by epoch and sequence, not by hash", "F5 F4 F13", kHops},
    {"feed.offers_not_swept", "what a node that goes on from a backup does not know any more stays with the node above",
     "A4", kLevels},
    {"feed.old_place_read", "an entity is read at each of its places in a feed, not only at the latest", "F4", kHops},
    {"feed.name_shared", "two processes follow under one name, each taking what the other one waits for", "R1", kHops},
    {"feed.page_shared_by_position", "followers at one position get one page, whatever is new for each of them", "F4",
     kHops},
    {"feed.partial_page_is_whole", "a page that was cut short moves the position to the head", "F4 F13", ""},
    {"feed.position_trusted",
     "a follower's position is believed where it is not ahead of the feed: neither epoch nor hash count", "F5 F4 F13",
     kHops},
    {"feed.restored_not_believed", "a node below that goes on from a backup is believed only in newer versions",
     "A4 F8", kLevels},
    {"feed.resume_skips_one", "a page begins one behind the entry after the follower's position", "F4 F13", ""},
    {"feed.set_aside_half_taken", "what an entry had written before it was set aside stays", "F8", kHops},
    {"feed.set_aside_in_silence", "an entry that is not taken in is noted nowhere", "F4", kHops},
    {"follow.position_before_changes", "a page's position is stored in one write and its changes in the next", "F3",
     ""},
    {"follow.position_in_second_batch", "a page's changes are stored in one write and its position in the next", "F3",
     ""},
    {"follow.position_not_stored", "a page's position is kept in memory only", "F3 F4", ""},
    {"follow.rest_forgotten", "what one write did not carry at the head of a feed waits for the next page", "F4",
     kHops},
    {"hop.page_behind_failure_kept", "a page fetched behind one that failed is delivered all the same", "F7", kHops},
    {"digest.dead_with_the_first", "reminders are dead with the first delivery that is, though another is on its way",
     "N6", kDigests},
    {"notification.added_forgotten", "whoever is added to an order gets nothing of what has begun already", "N1",
     kSchedules},
    {"notification.an_hour_early", "reminders are handed out an hour before their time", "N3", ""},
    {"notification.any_lease_token",
     "a reminder is confirmed with whatever lease token, also one that another has taken over", "N1", ""},
    {"notification.closed_still_reminds", "what was planned for a duty stays planned when it is closed", "N4", kQueue},
    {"notification.confirmed_comes_back", "a delivered reminder is planned again when its duty changes", "N1 N5",
     kSchedules},
    {"notification.declined_still_reminds", "reminders go out for what is declined", "N4", kOwnTimes},
    {"notification.failed_not_retried", "a reminder whose delivery failed is in no queue any more", "N6 S6", ""},
    {"notification.granted_day_passed_over", "reminders go by the due day that was put off", "N1", kOwnTimes},
    {"notification.last_page_left", "a schedule is done before it has come to the last of its addressees", "N9",
     kSchedules},
    {"notification.lease_ends_at_once", "a leased reminder stays in the queue at its old time", "N1 S6", kQueue},
    {"notification.made_again", "a schedule that looks through its addressees once more makes reminders that are there",
     "N9 N5 S6", kSchedules},
    {"notification.old_time_left", "a reminder's old place in the queue stays when its time changes", "S6", ""},
    {"notification.wall_for_steady", "the watch over the clock compares the wall clock with itself", "N5", kClocks},
    {"offer.upstream_not_believed", "a node goes on offering behind what the node above says it has", "F13 A4", ""},
    {"people.code_used_twice", "the code of a second factor counts as often as it comes", "U2", kPeople},
    {"people.expired_grant", "a role that was granted until a day is held for ever", "U2", kPeople},
    {"people.never_locked", "however often signing in fails, it can be tried again", "U2", kPeople},
    {"people.nonce_counts_twice", "an ID token signs in as often as it is brought", "U2", kSignOn},
    {"people.one_factor_is_enough", "an administrator works with a password alone", "U2", kPeople},
    {"people.one_officer_is_enough", "an administrator's role counts without a second officer", "U2", kPeople},
    {"people.refresh_token_reused", "a refresh token that was used counts again", "U2", kTokens},
    {"people.two_administrators_in_one", "one person is operator and auditor at once", "U2", kPeople},
    {"plan.anyone_withdraws", "a plan is withdrawn at a node that does not own it", "F8", ""},
    {"plan.hints_of_any_office", "a document is read by what was said of another office's layout", "P6", kKeptHints},
    {"plan.lines_of_last_year", "the lines that held last year's tasks count for this year's document", "P6",
     kKeptHints},
    {"plan.nobody_is_asked_for", "a task for a group without members is published without a word", "P6", kPublication},
    {"plan.older_revision_taken", "a revision that comes late over another level takes the place of a later one", "P1",
     kRevisions},
    {"plan.published_again", "a published plan can be published again, with another time", "P1", ""},
    {"plan.published_is_edited", "a published plan can be edited", "P1", ""},
    {"plan.revision_ids_shift", "tasks of a document that is imported over a revision get the ids they have in it",
     "P7", kRevisions},
    {"plan.withdrawal_stays_above", "a plan that is there already is not changed by what comes from above", "P1", ""},
    {"plan.words_of_removed_tasks_stay", "a plan is found by what its tasks said that are gone", "S6", kPlanSearch},
    {"restore.keeps_epoch", "a store made from a copy goes on in the epoch of the one that was copied", "F6", ""},
    {"replication.cut_off_copy_leads", "a replica leads whose copy ends before what the log still has", "S1", kLeaders},
    {"replication.empty_replica_leads", "a replica leads whose copy lacks what the log no longer has", "S1", kLeaders},
    {"replication.gap_skipped", "a follower takes whatever entry comes next for the one that follows", "S2", kLog},
    {"replication.head_not_compared", "an entry is put whatever was appended meanwhile", "S1", kLog},
    {"replication.leader_not_compared", "who led once goes on appending", "S2", kLog},
    {"replication.leads_past_its_lease", "a leader takes itself for one after its lease has ended", "F7", kLeaders},
    {"replication.leads_twice_in_a_tenure", "who leads once more in a tenure removes parts of an entry to come", "S1",
     kLog},
    {"replication.other_end_passed_over", "a follower takes a log that ends otherwise for one without news", "S2",
     kLog},
    {"replication.own_entry_not_known", "an entry whose answer was lost is told to be another's", "S1", kLog},
    {"replication.parts_not_fenced", "who led once goes on putting parts that nobody will remove", "R1", kLog},
    {"replication.timeout_told_as_refused", "an append that nobody answered is told to have changed nothing", "S1",
     kLog},
    {"replication.trimmed_past_a_copy", "the log is cut off before a majority of the copies holds it", "S1", kLog},
    {"search.any_issuers_orders", "orders of whatever issuer are found, whoever looks", "U3", kOrderSearch},
    {"search.drafts_found", "drafts are found by every unit of the node", "U3", kPlanSearch},
    {"search.indexing_skips_a_plan", "of a store from before the index a plan is passed over and never found", "S6",
     "bin/plan_test_planted --gtest_filter=PlanSearchTest.PlansFrom*"},
    {"store.answer_before_write", "callers are answered when their commands are ready, before these are on disk", "S1",
     kStoreKills},
    {"store.checkpoint_of_an_older_commit", "a checkpoint has another hash than the last commit it takes the place of",
     "F1", kTrims},
    {"store.copy_before_log", "a replica's database has a group before the log has it", "S4", kCopies},
    {"store.copy_opened_alone", "a copy of a log is opened by a node that stands alone", "S1", kCopies},
    {"store.formed_group_told_done", "what formed on top of a group that the log refused is told to be done", "S1",
     kCopies},
    {"store.group_reads_too_deep", "commands do not see the group that is on its way to the disk", "S2", kStoreKills},
    {"store.index_prefix_open", "a scan of one unit's rows takes those of units whose names begin with its name",
     "A2 S6 P4", ""},
    {"store.mark_before_write", "the high-water mark moves before what it vouches for is written", "S5", kStoreKills},
    {"store.mark_in_one_slot", "the high-water mark is written over the one before, so a torn write leaves none",
     "S1 S5", "bin/duban-torture --only power --cycles 60 --seed 1 --dir DIR --victim store_victim_planted"},
    {"store.mark_never_moves", "the high-water mark stays where it was when the store was made", "S5",
     "bin/duban-torture --only damage --cycles 4 --seed 1 --dir DIR --victim store_victim_planted"},
    {"store.memo_ignored", "a request that comes again takes effect again", "S7", ""},
    {"store.memo_in_second_batch", "the memo of a request is written after its effect", "S3 S7",
     "bin/duban-torture --only failpoint --cycles 14 --seed 1 --dir DIR --victim store_victim_planted"},
    {"store.other_rows_taken", "a follower takes rows that the leader's record was not sealed over", "S2", kCopies},
    {"store.serves_before_the_head", "a new leader takes commands before its copy has all of the log", "S2", kCopies},
    {"store.state_taken_late", "readers see of the next group what is on the disk before it counts", "S2", kReaders},
    {"store.memo_of_another_caller", "two callers who chose the same request id share one answer", "S7", kRequests},
    {"store.memo_of_another_body", "a request id used for another request gets the first one's answer", "S7", ""},
    {"store.merge_drops_withdrawals", "merging a feed forgets whom its entities were withdrawn from", "F14 S6",
     kStoreModel},
    {"store.opens_below_mark", "a store that lost its last commits is opened all the same", "S5",
     "bin/duban-torture --only damage --cycles 4 --seed 1 --dir DIR --victim store_victim_planted"},
    {"store.reads_without_snapshot", "readers look at what the writer is at, not at a snapshot", "F11", kReaders},
    {"store.tombstone_goes_early", "what was deleted lately is forgotten with the older changes of the same name",
     "F14", kTrims},
    {"store.trims_past_followers", "history is cut off that a known follower has not read yet", "F10", kTrims},
    {"store.unknown_append_told_as_refused", "what the log did not answer is told not to have happened", "S4", kCopies},
    {"store.unknown_told_as_refused", "callers of a write that failed are told that nothing was written", "S4",
     "bin/duban-torture --only io --cycles 80 --seed 1 --dir DIR --victim store_victim_planted"},
    {"store.unknown_withdrawal_dropped",
     "a node that lost its disk does not pass on that something is gone which it does not know any more", "F14", kHops},
    {"store.withdrawal_dropped", "an audience that an entity leaves is not told", "F14 F4", kStoreModel},
    {"store.write_error_swallowed", "a failed write is taken for one that succeeded", "S1", kFailedCalls},
    {"store.write_without_sync", "groups are written and not synced", "S1",
     "bin/duban-torture --only power --cycles 12 --seed 1 --dir DIR --victim store_victim_planted"},
    {"verify.difference_overlooked", "comparing a hop overlooks what it would change", "V1", kHops},
    {"watch.any_history", "whoever comes from another history of a store is told as if it were this one", "F5 W1",
     kWatches},
    {"watch.everybody_is_told", "whoever watches is told names of what they may not read", "U2", kWatches},
    {"watch.forgotten_counts_as_known", "whoever stands before the changes that are remembered goes on", "W1", ""},
    {"watch.one_feed_passes_for_all",
     "where nothing of one store is for a watcher, its positions move past what is of the others", "W1", ""},
    {"watch.slow_one_misses", "what changes while a watcher is still being told something is told with the next change",
     "F4 W1", kWatches},
    {"watch.units_alike", "whoever has the same role at another unit is told what is for the first one", "W1 W2", ""},
    {"watch.wake_dropped", "a change wakes nobody who tells of it", "W1", ""},
};

}  // namespace

const std::vector<PlantedBug>& PlantedBugs() {
  static const auto* const bugs = new std::vector<PlantedBug>(std::begin(kBugs), std::end(kBugs));
  return *bugs;
}

const PlantedBug* FindBug(std::string_view name) {
  const auto& bugs = PlantedBugs();
  const auto found = std::find_if(bugs.begin(), bugs.end(), [&](const PlantedBug& bug) { return bug.name == name; });
  return found == bugs.end() ? nullptr : &*found;
}

}  // namespace duban::teeth
