"""Who comes in, who has to go, and what the process's files have to do with it."""

import os
import resource
import socket

import pytest

from dokaseca.dock import sockets
from dokaseca.dock.sockets import Door, Limits


class Entrance:
    """A door, and clients before it."""

    def __init__(self):
        self.limits = Limits(connections=4, strangers=2, descriptors=10_000)
        self.door = Door(lambda: self.limits)
        self.door.bind(("127.0.0.1", 0))
        self.door.listen()
        self.clients = []
        self.guests = []

    def come(self):
        client = socket.create_connection(self.door.getsockname(), timeout=5)
        self.clients.append(client)
        return client

    def let_in(self, *, known=False):
        client = self.come()
        guest, _ = self.door.accept()
        self.guests.append(guest)
        if known:
            self.door.welcome(guest.fileno())
        return client, guest

    def close(self):
        for one in (*self.clients, *self.guests, self.door):
            one.close()


@pytest.fixture
def entrance():
    found = Entrance()
    yield found
    found.close()


@pytest.fixture
def file_limit():
    """Sets how many files this process may open, until the test ends."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    yield lambda files: resource.setrlimit(resource.RLIMIT_NOFILE, (files, hard))
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def is_ended(client):
    try:
        return client.recv(1) == b""
    except ConnectionResetError:
        return True


def test_the_oldest_stranger_makes_room_for_the_next(entrance):
    first, second, third = (entrance.let_in()[0] for _ in range(3))
    assert is_ended(first)
    assert entrance.door.count == entrance.door.strangers == 2
    for client, guest in zip((second, third), entrance.guests[1:], strict=True):
        guest.send(b"x")
        assert client.recv(1) == b"x"


def test_who_is_known_stays_and_strangers_go_where_room_lacks(entrance):
    known = [entrance.let_in(known=True) for _ in range(3)]
    stranger, _ = entrance.let_in()
    entrance.let_in(known=True)
    assert is_ended(stranger)
    assert (entrance.door.count, entrance.door.strangers) == (4, 0)
    for client, guest in known:
        guest.send(b"x")
        assert client.recv(1) == b"x"


def test_where_all_are_known_the_next_is_turned_away_until_one_leaves(entrance):
    guests = [entrance.let_in(known=True)[1] for _ in range(4)]
    late = entrance.come()
    with pytest.raises(ConnectionAbortedError):
        entrance.door.accept()
    assert is_ended(late)
    guests[0].close()
    guests[0].close()
    assert entrance.door.count == 3
    entrance.let_in()
    assert entrance.door.count == 4


def test_nobody_is_accepted_where_nobody_waits(entrance):
    with pytest.raises(BlockingIOError):
        entrance.door.accept()


def test_a_process_about_to_run_out_of_files_lets_nobody_in_and_makes_room(entrance):
    waiting, _ = entrance.let_in()
    entrance.limits = Limits(connections=4, strangers=2, descriptors=0)
    late = entrance.come()
    with pytest.raises(ConnectionAbortedError):
        entrance.door.accept()
    assert is_ended(late)
    assert is_ended(waiting)


def test_a_process_without_files_still_ends_the_connection_that_waits(entrance, file_limit):
    late = entrance.come()
    free = os.dup(0)
    os.close(free)
    file_limit(free)
    for _ in range(3):
        with pytest.raises((ConnectionAbortedError, BlockingIOError)):
            entrance.door.accept()
    assert is_ended(late)
    file_limit(resource.getrlimit(resource.RLIMIT_NOFILE)[1])
    entrance.let_in()


def test_a_crowd_is_one_line_of_log_and_the_next_line_counts_the_rest(entrance, caplog, monkeypatch):
    now = 1_000.0
    monkeypatch.setattr(sockets.time, "monotonic", lambda: now)
    for _ in range(10):
        entrance.let_in()
    assert [record.getMessage() for record in caplog.records] == ["turned clients away: too many connections"]
    now += 60
    entrance.let_in()
    assert [record.fields["connections"] for record in caplog.records] == [1, 8]


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        (64, Limits(0, 16, 0)),
        (1_024, Limits(896, 256, 896)),
        (4_096, Limits(2_000, 256, 3_584)),
    ],
)
def test_limits_follow_from_the_files_that_may_be_opened(monkeypatch, files, expected):
    monkeypatch.setattr(sockets.resource, "getrlimit", lambda _: (files, files))
    assert sockets.limits(2_000) == expected


def test_a_process_without_a_limit_of_files_has_that_of_connections(monkeypatch):
    monkeypatch.setattr(sockets.resource, "getrlimit", lambda _: (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    assert sockets.limits(2_000).connections == 2_000


def test_the_file_limit_is_raised_to_what_is_allowed_and_never_lowered(file_limit):
    allowed = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    file_limit(256)
    raised = sockets.raise_file_limit()
    assert raised == resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    assert raised == (65_536 if allowed == resource.RLIM_INFINITY else min(allowed, 65_536))
    assert sockets.raise_file_limit() == raised


def test_a_file_limit_that_cannot_be_raised_stays(file_limit, monkeypatch):
    def refuse(*_):
        raise ValueError("not allowed to raise maximum limit")

    file_limit(256)
    with monkeypatch.context() as patched:
        patched.setattr(sockets.resource, "setrlimit", refuse)
        assert sockets.raise_file_limit() == 256
