"""What error messages may repeat of an address or a path."""

import pytest

from helpers.plumbing.messages import without_credentials, without_secrets


@pytest.mark.parametrize(
    "found, shown",
    [
        ("/home/ann", "~"),
        ("/home/ann/clip.avi is empty", "~/clip.avi is empty"),
        ("Look into '/home/ann'.", "Look into '~'."),
        ("It is in /home/ann.", "It is in ~."),
        ("file:///home/ann/clip.avi", "file://~/clip.avi"),
        ("PATH=/bin:/home/ann/bin", "PATH=/bin:~/bin"),
        # Other folders, which only have its name in them.
        ("/home/ann-marie/clip.avi", "/home/ann-marie/clip.avi"),
        ("/home/ann.old/clip.avi", "/home/ann.old/clip.avi"),
        ("/home/anna/clip.avi", "/home/anna/clip.avi"),
        ("/mnt/backup/home/ann/clip.avi", "/mnt/backup/home/ann/clip.avi"),
    ],
)
def test_the_home_folder_is_abbreviated(found, shown, monkeypatch):
    for variable in ("HOME", "USERPROFILE"):
        monkeypatch.setenv(variable, "/home/ann")
    assert without_secrets(found) == shown


@pytest.mark.parametrize(
    "found, shown",
    [
        ("https://alice:secret@example.org/UCF101/", "https://example.org/UCF101/"),
        ("https://secret@example.org/UCF101/ is gone", "https://example.org/UCF101/ is gone"),
        ("https://example.org/clip.avi?token=secret", "https://example.org/clip.avi?…"),
        ("https://example.org?contact=me@evil.example/clip.avi", "https://example.org?…"),
        ("https://example.org/clip.avi#secret", "https://example.org/clip.avi#…"),
    ],
)
def test_addresses_lose_their_secrets(found, shown):
    assert without_secrets(found) == shown


def test_the_server_in_an_address_stays():
    url = "https://example.org?contact=me@evil.example/clip.avi"
    assert without_credentials(url) == url
