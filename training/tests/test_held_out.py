"""What training text may not repeat of the texts that are scored on."""

import pytest
from osum_training.text import HeldOut

HELD = HeldOut(["Mr. Fox-Hunter came home late, and nobody asked him why.", "We did not hear."])


@pytest.mark.parametrize(
    ("words", "shares"),
    [
        ("mister fox hunter came home late and nobody asked him why", True),
        ("they say that mister fox hunter came home late and slept", True),
        ("nobody asked him why and he came home late", False),
        ("we did not hear", True),
        ("we did not hear the bell", False),
    ],
)
def test_a_text_shares_seven_words_in_a_row_or_the_whole(words: str, shares: bool):
    assert HELD.share(words) is shares
