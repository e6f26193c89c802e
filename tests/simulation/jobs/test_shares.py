"""Shares of stories: each is played once, and the first that is not good is the same however many
processes play."""

import os

import pytest

from tests.simulation.jobs.shares import Played, ShareEnded, play_each


def played(bad: frozenset[int], *, jobs: int, count: int = 40) -> list[Played]:
    def play_one(place: int) -> Played:
        return Played(place=place, broken="1: twice" if place in bad else "")

    return list(play_each(count, play_one, jobs=jobs))


@pytest.mark.parametrize("jobs", [1, 3])
def test_each_story_is_played_once(jobs: int) -> None:
    assert sorted(it.place for it in played(frozenset(), jobs=jobs)) == list(range(40))


@pytest.mark.parametrize("jobs", [1, 2, 3])
def test_the_first_story_that_breaks_is_the_same_in_any_number_of_processes(jobs: int) -> None:
    """Every story before it was played, by whichever process."""
    found = played(frozenset({17, 18, 31}), jobs=jobs)
    assert min(it.place for it in found if not it.good) == 17
    assert {it.place for it in found} >= set(range(18))


def test_a_process_that_dies_is_no_end_of_its_share() -> None:
    """What it had to play was not played, and that is told."""

    def play_one(place: int) -> Played:
        if place == 5:
            os._exit(3)
        return Played(place=place)

    with pytest.raises(ShareEnded):
        list(play_each(8, play_one, jobs=2))
