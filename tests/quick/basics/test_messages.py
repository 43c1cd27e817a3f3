"""Error messages contain no secrets of an address and no home folder."""

import pytest

from helpers.basics.messages import without_credentials, without_secrets


@pytest.mark.parametrize(
    "text, expected",
    [
        ("/home/ann", "~"),
        ("/home/ann/clip.avi is empty", "~/clip.avi is empty"),
        ("Look into '/home/ann'.", "Look into '~'."),
        ("It is in /home/ann.", "It is in ~."),
        ("file:///home/ann/clip.avi", "file://~/clip.avi"),
        ("PATH=/bin:/home/ann/bin", "PATH=/bin:~/bin"),
        # Other folders whose paths contain that of the home folder.
        ("/home/ann-marie/clip.avi", "/home/ann-marie/clip.avi"),
        ("/home/ann.old/clip.avi", "/home/ann.old/clip.avi"),
        ("/home/anna/clip.avi", "/home/anna/clip.avi"),
        ("/mnt/backup/home/ann/clip.avi", "/mnt/backup/home/ann/clip.avi"),
    ],
)
def test_the_home_folder_is_abbreviated(text, expected, monkeypatch):
    for variable in ("HOME", "USERPROFILE"):
        monkeypatch.setenv(variable, "/home/ann")
    assert without_secrets(text) == expected


@pytest.mark.parametrize(
    "text, expected",
    [
        ("https://alice:secret@example.org/UCF101/", "https://example.org/UCF101/"),
        ("https://secret@example.org/UCF101/ is gone", "https://example.org/UCF101/ is gone"),
        ("https://example.org/clip.avi?token=secret", "https://example.org/clip.avi?…"),
        ("https://example.org?contact=me@evil.example/clip.avi", "https://example.org?…"),
        ("https://example.org/clip.avi#secret", "https://example.org/clip.avi#…"),
    ],
)
def test_the_secrets_of_an_address_are_removed(text, expected):
    assert without_secrets(text) == expected


def test_an_at_sign_in_a_query_does_not_hide_the_server():
    url = "https://example.org?contact=me@evil.example/clip.avi"
    assert without_credentials(url) == url
