"""`dockmend verify PATH…`: the signatures of the images that files take, checked by cosign."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys

from dockmend._engine import files
from dockmend._engine.config import Configs
from dockmend._engine.discover import Search
from dockmend._engine.errors import Failure
from dockmend._engine.kinds import kind_of, masked
from dockmend._parser import CommandParser
from dockmend._project.pins import references
from dockmend._project.reference import written
from dockmend._project.registry.endpoint import endpoint
from dockmend._report.output import Output
from dockmend._report.progress import watch
from dockmend._report.signatures import FORMATS, Signature
from dockmend._report.style import printable, printable_path, style_of
from dockmend._typing import TYPE_CHECKING

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator, Sequence

_MORE = """.

cosign, which has to be on the PATH, checks that each image which a Dockerfile
is built from or copies from, or a Compose file runs, is signed with that key,
or by that identity. A folder is searched for such files. Exit status: 0 all
images are verified, 1 one is not, 2 wrong usage, no cosign, or a file that
could not be read or parsed."""

# Seconds that cosign has for one image, and how many run at a time.
_LIMIT = 60
_AT_ONCE = 4
_MOST = 300


def main(arguments: Sequence[str]) -> int:
    """Verify the images of the files that the arguments name, and print a result for each."""
    options, by = _parse(arguments)
    cosign = shutil.which("cosign")
    if cosign is None:
        url = "https://docs.sigstore.dev/cosign/system_config/installation/"
        raise Failure(f"error: cosign is not on the PATH; {url} says how to install it")
    out, err = Output(sys.stdout, "standard output"), Output(sys.stderr, "standard error", immediate=True)
    search = Search(Configs(options.config))
    taken: list[Signature] = []
    errors: list[Failure] = []
    for path in search.files(options.paths):
        try:
            taken += _taken(path)
        except Failure as error:
            errors.append(error)
    errors[:0] = search.errors
    for failure in errors:
        err.text(f"{printable_path(str(failure))}\n")
    reasons: dict[str, str] = {}
    steps = _verified(cosign, by, dict.fromkeys(one.asked for one in taken if one.asked), reasons)
    if sys.stderr is not None and sys.stderr.isatty():
        watch(steps)
    for _ in steps:
        pass
    taken = [one._replace(reason=reasons[one.asked]) if one.asked else one for one in taken]
    for piece in FORMATS[options.output_format](taken, style_of(sys.stdout)):
        out.text(piece)
    out.flush()
    return 2 if errors else 1 if any(one.reason for one in taken) else 0


def _parse(arguments: Sequence[str]) -> tuple[argparse.Namespace, list[str]]:
    """The options, and those of cosign that say by what to verify."""
    parser = CommandParser("verify", "PATH...", _MORE)
    parser.add_argument("paths", metavar="PATH", nargs="+", help="a file, or a folder of them")
    parser.add_argument("--key", metavar="FILE", help="the public key, or cosign's address of one")
    parser.add_argument("--certificate-identity", metavar="ID", help="who has to have signed, with")
    parser.add_argument("--certificate-oidc-issuer", metavar="URL", help="who has to vouch for that")
    parser.add_argument("--output-format", choices=FORMATS, default="full", help=", ".join(FORMATS))
    parser.add_argument("--config", metavar="FILE", help="the configuration, for what it excludes")
    options = parser.parse_args(arguments)
    identity = options.certificate_identity, options.certificate_oidc_issuer
    if (options.key is None) is (None in identity) or (options.key is not None and any(identity)):
        parser.error("give --key, or --certificate-identity and --certificate-oidc-issuer")
    if options.key is None:
        return options, [f"--certificate-identity={identity[0]}", f"--certificate-oidc-issuer={identity[1]}"]
    if "://" not in options.key and not os.path.isfile(options.key):
        parser.error(f"--key: there is no file {options.key}")
    return options, [f"--key={options.key}"]


def _taken(path: str) -> Iterator[Signature]:
    """The images of the file at `path`, to be verified. Raises Failure where it cannot be read or parsed."""
    text = files.read(path).text
    doc = kind_of(path).parse(text)
    if doc.problems:
        from dockmend._project.secrets import discreet

        raise Failure.at(path, discreet(text, doc.problems[0]), doc.problems[0].line)
    shown = masked(text, path)
    for span, reference in sorted(references(doc)):
        image = written(reference)
        asked = reason = ""
        if "$" in reference or image is None:
            reason = "a variable that has no value here decides it"
        elif isinstance(endpoint(image, ""), str):
            reason = "its registry is no name of one"
        else:
            # cosign verifies what a digest names, whatever the tag.
            end = f"@{image.digest}" if image.digest else f":{image.tag or 'latest'}"
            asked = f"{image.registry}/{image.repository}{end}"
        yield Signature(path, shown, span, reference, asked, reason)


def _verified(
    cosign: str, by: list[str], images: dict[str, None], reasons: dict[str, str]
) -> Iterator[tuple[int, int]]:
    """Have each image verified, and put into `reasons` why it is not, or ""; yields how many of how many."""
    from concurrent.futures import ThreadPoolExecutor, as_completed

    with ThreadPoolExecutor(_AT_ONCE) as pool:
        running = {pool.submit(_reason, [cosign, "verify", *by, image]): image for image in images}
        for future in as_completed(running):
            reasons[running[future]] = future.result()
            yield len(reasons), len(images)


def _reason(command: list[str]) -> str:
    """Why the image is not verified, by what cosign says, or ""."""
    try:
        done = subprocess.run(
            command, stdin=subprocess.DEVNULL, capture_output=True, timeout=_LIMIT, check=False
        )
    except subprocess.TimeoutExpired:
        return f"cosign gave no answer within {_LIMIT} seconds"
    except OSError as error:
        return f"cosign cannot be run: {files.describe(error)}"
    if done.returncode == 0:
        return ""
    lines = done.stderr.decode("utf-8", "replace").split("\n")
    said = [line.strip() for line in lines if line.strip()]
    told = next((line.partition(":")[2] for line in said if line.lower().startswith("error:")), "")
    why = (told or (said or [""])[-1]).strip()
    return printable(why)[:_MOST] or f"cosign ended with status {done.returncode}"
