import random

import pytest
import sentencepiece
from osum_training.composition import compose
from osum_training.grammar import LABELS
from osum_training.sentencepiece_file import NORMAL, UNUSED, USER_DEFINED, with_pieces
from osum_training.tokenizer import BOS, EOS, Tokenizer, extend_tokenizer, symbols, train_tokenizer


@pytest.fixture(scope="module")
def model_path(tmp_path_factory):
    rng = random.Random(1)
    path = tmp_path_factory.mktemp("tokenizer") / "tokenizer.model"
    transcripts = [
        " ".join(rng.choices(("three", "blind", "mice", "see", "how", "they", "run"), k=6)) for _ in range(200)
    ]
    train_tokenizer(path, transcripts, [compose(rng).text for _ in range(400)], vocab=1000)
    return path


def test_every_symbol_is_one_piece(model_path):
    tokenizer = Tokenizer(model_path)
    for symbol in symbols():
        assert tokenizer.ids(symbol) == [tokenizer.symbol(symbol)]


def test_texts_come_back_unchanged(model_path):
    tokenizer = Tokenizer(model_path)
    for text in ("请转写这段录音，并判断性别。", "Transcribe it, please.", "an unseen 字 and é"):
        assert tokenizer.text(tokenizer.ids(text)) == text


def test_each_segment_is_what_the_plain_library_gives(model_path):
    tokenizer, plain = Tokenizer(model_path), sentencepiece.SentencePieceProcessor(model_file=str(model_path))
    before, after = tokenizer.understand("<asr><gender>")
    assert before == [BOS, *plain.encode("<|sys_u|>"), BOS, *plain.encode("<asr><gender>")]
    assert after == [BOS, *plain.encode("<|tail|>")]


def test_a_target_is_tags_then_words_then_labels_in_tag_order(model_path):
    tokenizer = Tokenizer(model_path)
    labels = {task: values[0] for task, values in LABELS.items()}
    ids = tokenizer.target_ids(("asr", "age", "gender"), tokenizer.transcript("three mice"), labels)
    assert ids[-1] == EOS
    assert tokenizer.text(ids[:-1]) == "<asr><age><gender> three mice<CHILD><MALE>"


def test_an_extension_keeps_ids_and_adds_times_and_characters(model_path, tmp_path):
    before, path = Tokenizer(model_path), tmp_path / "tokenizer.model"
    path.write_bytes(model_path.read_bytes())
    extend_tokenizer(path, 1500, ["龘", "龘靐"])
    tokenizer = Tokenizer(path)
    assert len(tokenizer) == 1500
    assert tokenizer.ids("three blind mice") == before.ids("three blind mice")
    assert len(tokenizer.ids("龘靐")) == 2 < len(before.ids("龘靐"))
    timed = tokenizer.timed_transcript([("three", 0.0, 0.26), ("mice", 0.31, 31.0)])
    assert tokenizer.text(timed) == "<0.0> three<0.3><0.3> mice<29.9>"
    assert [tokenizer.time_of(token) for token in (timed[0], timed[-1], EOS)] == [0.0, 29.9, None]


def test_transcripts_can_be_written_in_the_likeliest_pieces_and_single_letters(model_path):
    whole, few = Tokenizer(model_path), Tokenizer(model_path, transcript_pieces=3)
    text = "three blind mice see how they run"
    written = [few.pieces.id_to_piece(n) for n in few.transcript(text)]
    assert few.text(few.transcript(text)) == f" {text}"
    assert len(written) > len(whole.transcript(text))
    assert len({piece for piece in written if len(piece) > 1}) <= 3
    assert few.ids(text) == whole.ids(text)
    assert Tokenizer(model_path, 10_000).transcript(text) == whole.transcript(text)


def test_replies_follow_the_words(model_path):
    tokenizer = Tokenizer(model_path)
    ids = tokenizer.target_ids(("asr", "chat"), tokenizer.transcript("see how"), {}, "They run.")
    assert tokenizer.text(ids[:-1]) == "<asr><chat> see how<开始回答>They run."


def test_added_pieces_keep_what_the_file_says_of_them(model_path, tmp_path):
    path = tmp_path / "tokenizer.model"
    added = [("<0.0>", -20.5, USER_DEFINED), ("龘", -21.25, NORMAL), ("<|unused0|>", -22.0, UNUSED)]
    path.write_bytes(with_pieces(model_path.read_bytes(), added))
    before, after = (sentencepiece.SentencePieceProcessor(model_file=str(p)) for p in (model_path, path))
    first = before.get_piece_size()
    assert [(after.id_to_piece(first + n), after.get_score(first + n)) for n in range(3)] == [x[:2] for x in added]
    assert [after.is_unused(first + n) for n in range(3)] == [False, False, True]
    assert [after.id_to_piece(n) for n in range(first)] == [before.id_to_piece(n) for n in range(first)]
    assert after.encode("<0.0>龘") == [first, first + 1]


def test_a_file_that_is_no_model_is_refused():
    with pytest.raises(ValueError, match="a SentencePiece model holds messages only"):
        with_pieces(b"\x08\x01", [])
