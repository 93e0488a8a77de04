//! The suite's own test: each of these stores is broken in one way, and the suite must say so.

mod broken;

use super::{CHECKS, run};
use broken::Broken;
use std::{sync::Arc, thread};

#[derive(Clone, Copy, Debug, PartialEq)]
enum Fault {
    Sound,
    SkipsANumber,
    SwapsNeighbours,
    MixesRooms,
    ForgetsNonces,
    ForgetsNoncesAcrossBatches,
    SharesNoncesBetweenUsers,
    IgnoresTheContentOfARepetition,
    TellsTheTimeOfTheRepetition,
    TellsNothingOfRepetition,
    AnswersBeforeItAppends,
    LosesTheLastOfALongBatch,
    ShowsIdentities,
    LosesReplies,
    CutsContent,
    TakesTheTimeItself,
    IgnoresTheLimit,
    IncludesTheBound,
    NeverHasMore,
    CreatesRoomsOnAsking,
    SortsHeads,
    ListsRoomsTwice,
    KeepsOneMoreOrLess,
    ForgetsOnlyInOneRoom,
    ForgetsManyAtOnce,
    TellsAnotherFloor,
    KeepsEverything,
    LosesNoncesOnRetention,
    ForgetsByTheClockOfTomorrow,
    ForgetsTheNewest,
    ForgetsAChangeTooMany,
    GoesOnAfterClose,
    DropsWhatWaits,
    QueuesWithoutBound,
    RefusesInPart,
    ShowsWhatWasDeleted,
    ForgetsWhenItWasEdited,
    LetsAnybodyChange,
    AcceptsEveryChange,
    SkipsAChange,
    PutsChangesFirst,
    ForgetsNewestChanges,
    ChangesToTheSame,
    ComparesWithWhatIsSaidNow,
    TakesAnyContentAfterAChange,
    KeepsWhatWasErased,
    ErasesOthers,
    LosesTheLastEdit,
}

use Fault::*;

/// For each check, faults that it alone must find.
const CAUGHT: [(&str, &[Fault]); 31] = [
    ("numbers::are_dense", &[SkipsANumber, SwapsNeighbours, ForgetsNonces, IgnoresTheContentOfARepetition]),
    ("numbers::are_dense_for_concurrent_appenders", &[SwapsNeighbours, SkipsANumber, AnswersBeforeItAppends]),
    ("numbers::of_many_rooms_in_one_batch", &[MixesRooms]),
    ("numbers::of_a_batch_longer_than_a_commit", &[LosesTheLastOfALongBatch, SwapsNeighbours]),
    (
        "nonces::name_one_message",
        &[TellsTheTimeOfTheRepetition, TellsNothingOfRepetition, ForgetsNonces, ForgetsNoncesAcrossBatches],
    ),
    ("nonces::belong_to_one_user_and_room", &[SharesNoncesBetweenUsers, MixesRooms]),
    (
        "nonces::conflict_without_taking_a_number",
        &[IgnoresTheContentOfARepetition, ForgetsNoncesAcrossBatches],
    ),
    ("nonces::race", &[ForgetsNonces, ForgetsNoncesAcrossBatches, TellsTheTimeOfTheRepetition]),
    ("pages::in_all_directions", &[IncludesTheBound, NeverHasMore, IgnoresTheLimit]),
    ("pages::of_a_random_room", &[IncludesTheBound, NeverHasMore, IgnoresTheLimit]),
    ("pages::hold_what_was_answered", &[AnswersBeforeItAppends]),
    ("records::come_back_as_written", &[LosesReplies, CutsContent, TakesTheTimeItself, ForgetsNonces]),
    ("records::show_the_name_of_their_time", &[ShowsIdentities]),
    (
        "changes::show_in_the_message",
        &[ShowsWhatWasDeleted, ForgetsWhenItWasEdited, ShowsIdentities, LosesTheLastEdit],
    ),
    ("changes::stand_behind_the_newest_message", &[SkipsAChange, PutsChangesFirst, ForgetsNewestChanges]),
    ("changes::are_refused_without_taking_a_number", &[LetsAnybodyChange, AcceptsEveryChange]),
    (
        "changes::that_change_nothing_are_repetitions",
        &[ChangesToTheSame, TellsTheTimeOfTheRepetition, TellsNothingOfRepetition],
    ),
    (
        "changes::leave_a_nonce_to_its_first_content",
        &[ComparesWithWhatIsSaidNow, TakesAnyContentAfterAChange, ForgetsNonces],
    ),
    ("changes::erase_what_was_said", &[KeepsWhatWasErased, ErasesOthers]),
    ("changes::come_in_pages", &[IncludesTheBound, IgnoresTheLimit, NeverHasMore, MixesRooms]),
    (
        "changes::of_random_batches",
        &[
            SkipsAChange,
            PutsChangesFirst,
            LetsAnybodyChange,
            ChangesToTheSame,
            ComparesWithWhatIsSaidNow,
            KeepsWhatWasErased,
        ],
    ),
    ("lists::heads_in_the_order_asked", &[SortsHeads, CreatesRoomsOnAsking]),
    ("lists::rooms_by_name", &[ListsRoomsTwice, MixesRooms]),
    (
        "retention::keeps_so_many",
        &[KeepsOneMoreOrLess, ForgetsOnlyInOneRoom, ForgetsManyAtOnce, TellsAnotherFloor, KeepsEverything],
    ),
    ("retention::forgets_nonces_with_their_messages", &[LosesNoncesOnRetention, KeepsEverything]),
    ("retention::keeps_what_is_young", &[ForgetsByTheClockOfTomorrow, ForgetsOnlyInOneRoom, KeepsEverything]),
    ("retention::leaves_the_newest", &[KeepsEverything, ForgetsTheNewest]),
    (
        "retention::forgets_changes_that_nobody_lacks",
        &[KeepsEverything, ForgetsAChangeTooMany, ForgetsNewestChanges],
    ),
    ("closing::refuses_what_comes_later", &[GoesOnAfterClose]),
    ("closing::answers_what_came_before", &[DropsWhatWaits]),
    ("closing::a_full_queue_is_said", &[QueuesWithoutBound, RefusesInPart]),
];

#[test]
fn a_sound_store_passes_each_check() {
    for check in CHECKS {
        assert!(passes(check, Sound), "{check}");
    }
}

#[test]
fn each_check_finds_its_faults() {
    for (check, faults) in CAUGHT {
        for fault in faults {
            assert!(!passes(check, *fault), "{check} did not find {fault:?}");
        }
    }
    assert!(CHECKS.iter().copied().eq(CAUGHT.map(|(check, _)| check)), "each check is proved");
}

/// Whether a check passes a store with this fault.
fn passes(check: &'static str, fault: Fault) -> bool {
    let suite = move || {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(run(check, Arc::new(Broken::new(fault))));
    };
    thread::spawn(suite).join().is_ok()
}
