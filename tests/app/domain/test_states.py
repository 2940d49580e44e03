"""Tests of the table of legal moves."""

from app.domain.states import OPEN, RUN_MOVES, SWEEP_MOVES, SweepState, TrialState, sources, sweep_sources


def test_final_states_are_left_by_no_move_but_for_a_sweep_that_is_reopened() -> None:
    final = set(TrialState) - set(RUN_MOVES)
    assert final == {"completed", "pruned", "diverged", "failed"}
    assert set(RUN_MOVES) == OPEN | {"cancelled"}
    assert RUN_MOVES[TrialState.CANCELLED] == {"queued"}
    assert set(SweepState) - set(SWEEP_MOVES) == {"cancelled", "failed"}  # a completed one may be reopened


def test_sources_are_the_moves_read_backwards() -> None:
    for target in TrialState:
        assert sources(target) == {state for state, targets in RUN_MOVES.items() if target in targets}
    for end in SweepState:
        assert sweep_sources(end) == {state for state, targets in SWEEP_MOVES.items() if end in targets}
