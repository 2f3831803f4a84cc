"""What registries say of images: asked once each, many at a time, and never waited for without end."""

from __future__ import annotations

import time

from dockmend._project.registry.endpoint import Endpoint, endpoint
from dockmend._typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from queue import SimpleQueue

    from dockmend._project.reference import Image
    from dockmend._project.registry.client import Client

_THREADS = 8
_TICK = 0.2
# Seconds without any answer after which no more is waited for: more than the client's own limits, for what
# those do not cover, such as a name server or a credential helper that hangs.
_PATIENCE = 45
# Seconds for which an answer holds, in memory as on disk.
LIFE = 600

_MISSING = "what asks a registry is not installed: `pip install 'dockmend[registry]'`"


class Question(NamedTuple):
    """What to ask of an image, which is as `reference.written` gives it.

    Of one without a digest, which digest its tag has; of one with a digest, when it was made. `mirror` is
    asked in the registry's place, `[http://]HOST[:PORT][/PREFIX]`, or "". `fresh` wants no answer from disk.
    """

    image: Image
    mirror: str = ""
    fresh: bool = False


class Answer(NamedTuple):
    """The digest, or the day on which the image was made ("2026-10-31"), "" where that cannot be told.

    Where there is no digest to be had, `reason` is a clause that says why.
    """

    digest: str = ""
    created: str = ""
    reason: str = ""


_answers: dict[Question, tuple[float, Answer]] = {}


def answers(questions: Iterable[Question]) -> dict[Question, Answer]:
    """The answer to each question."""
    wanted = tuple(dict.fromkeys(questions))
    for _ in ask(wanted):
        pass
    return {question: _answers[question][1] for question in wanted}


def ask(questions: Iterable[Question]) -> Iterator[tuple[int, int]]:
    """Have the answers ready: those not known yet are asked for.

    Yields how many of how many are there, again and again.
    """
    now = time.monotonic()
    new = [
        question
        for question in dict.fromkeys(questions)
        if question not in _answers or now - _answers[question][0] > LIFE
    ]
    done = 0
    for answered in _asked(new):
        if answered is not None:
            question, answer = answered
            _answers[question] = time.monotonic(), answer
            done += 1
        yield done, len(new)


def _asked(questions: list[Question]) -> Iterator[tuple[Question, Answer] | None]:
    """Each question with its answer, as they come; None while there is nothing new."""
    there: dict[Question, Endpoint] = {}
    for question in questions:
        at = endpoint(question.image, question.mirror)
        if isinstance(at, str):
            yield question, Answer(reason=at)
        else:
            there[question] = at
    if not there:
        return
    try:
        from dockmend._project.registry.client import Client
    except ImportError:
        yield from ((question, Answer(reason=_MISSING)) for question in there)
        return
    from queue import Empty, SimpleQueue
    from threading import Thread

    todo: SimpleQueue[tuple[Question, Endpoint]] = SimpleQueue()
    done: SimpleQueue[tuple[Question, Answer]] = SimpleQueue()
    for item in there.items():
        todo.put(item)
    client = Client()
    for _ in range(min(_THREADS, len(there))):
        # One that hangs must not keep the process from ending.
        Thread(target=_work, args=(client, todo, done), daemon=True).start()
    waited = 0.0
    while there and waited < _PATIENCE:
        try:
            question, answer = done.get(timeout=_TICK)
        except Empty:
            waited += _TICK
            yield None
            continue
        waited = 0.0
        del there[question]
        yield question, answer
    for question, at in there.items():
        yield question, Answer(reason=f"{at.name} gave no answer within {_PATIENCE} seconds")


def _work(
    client: Client, todo: SimpleQueue[tuple[Question, Endpoint]], done: SimpleQueue[tuple[Question, Answer]]
) -> None:
    from queue import Empty

    while True:
        try:
            question, at = todo.get_nowait()
        except Empty:
            return
        done.put((question, _answer(client, question, at)))


def _answer(client: Client, question: Question, at: Endpoint) -> Answer:
    from dockmend._project.registry import cache
    from dockmend._project.registry.client import Refused

    image = question.image
    if image.digest is not None:
        return Answer(created=client.created(at, image.repository, image.digest))
    tag = image.tag or "latest"
    key = at.url(image.repository, tag)
    digest = "" if question.fresh else cache.kept(key, LIFE)
    if not digest:
        try:
            digest = client.digest(at, image.repository, tag)
        except Refused as refused:
            return Answer(reason=str(refused))
        cache.keep(key, digest, LIFE)
    return Answer(digest)
