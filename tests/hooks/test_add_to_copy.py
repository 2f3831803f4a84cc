from __future__ import annotations

import gzip
import io
import tarfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dockmend._dockerfile.parser import parse
from dockmend._hook import INFO, Context
from dockmend._project.context import BuildContext
from dockmend.add_to_copy import HOOK, check
from harness import Row, suite


def tar() -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        archive.addfile(tarfile.TarInfo("a"))
    return out.getvalue()


FOREIGN = {"onbuild": "a trigger's files are in another build's context"}
FIXED = {"onbuild": "a trigger's variables are another build's"}
NO_WORKDIR = {"later-stage": "a stage before has a WORKDIR", "onbuild": "a trigger's WORKDIR may come later"}
WINDOWS = {"other-escape": "a backtick marks Windows paths"}

LEFT_ALONE = [
    Row("a URL", "ADD https://example.com/a.jar /opt/\n", says=""),
    Row("a URL in plain http", "ADD http://example.com/a /opt/\n", says=""),
    Row("a URL with a checksum", "ADD --checksum=sha256:24454f830c https://example.com/a /opt/\n", says=""),
    Row("a git repository", "ADD git@github.com:moby/buildkit.git#v1 /src\n", says=""),
    Row(
        "a git repository by URL",
        "ADD --keep-git-dir=true https://github.com/moby/buildkit.git /src\n",
        says="",
    ),
    Row("git and ssh", "ADD git://example.com/a ssh://git@example.com/b /src/\n", says=""),
    Row(
        "a repository without a scheme",
        "ADD github.com/moby/buildkit /src\n",
        says="meant as a git repository",
    ),
    Row("a scheme that Docker does not fetch", "ADD ftp://example.com/a /src/\n", says="looks like a URL"),
    Row("a tar archive", "ADD rootfs.tar /\n", says=""),
    Row("a compressed tar archive", "ADD rootfs.tar.xz a.tgz /\n", says=""),
    Row("a compressed file", "ADD dump.sql.gz /\n", says=""),
    Row("an archive in capitals", "ADD ROOTFS.TAR.GZ /\n", says=""),
    Row("an archive in JSON", 'ADD ["root fs.tar", "/"]\n', says=""),
    Row("archives by pattern", "ADD *.tar.gz /\n", says=""),
    Row("an archive and a file", "ADD rootfs.tar.gz start.sh /opt/\n", says="one of its sources"),
    Row("a URL and a file", "ADD https://example.com/a start.sh /opt/\n", says="one of its sources"),
    Row("a package that is a tar archive", "ADD a.gem /opt/\n", says="may be a tar archive"),
    Row("an archive of an unusual kind", "ADD a.tar.bz /opt/\n", says="may be a tar archive"),
    Row("unpacked by wish", "ADD --unpack=true https://example.com/a.tar /opt/\n", says=""),
    Row("not unpacked by wish", "ADD --unpack=false a.bin /opt/\n", says="COPY has no --unpack"),
    Row("a flag of remote sources", "ADD --keep-git-dir=true src /opt/\n", says="COPY has no --keep-git-dir"),
    Row("a build argument", "ARG FILE\nADD $FILE /opt/\n", says="a variable may hold", without=FIXED),
    Row(
        "an argument with a default",
        "ARG FILE=a.txt\nADD $FILE /opt/\n",
        says="a variable may hold",
        without=FIXED,
    ),
    Row(
        "an argument with a URL",
        "ARG U=https://a/b\nADD $U /opt/\n",
        says="a variable holds a URL",
        without=FIXED,
    ),
    Row(
        "a variable with a URL",
        "ENV U=https://a/b\nADD $U /opt/\n",
        says="a variable holds a URL",
        without=FIXED,
    ),
    Row(
        "a variable with an archive",
        'ENV F=a.tgz\nADD "${F}" /opt/\n',
        says="a variable holds",
        without=FIXED,
    ),
    Row("a URL with a variable", "ARG V\nADD https://example.com/a-$V.zip /opt/\n", says=""),
    Row("an archive with a variable", "ARG V\nADD app-$V.tar.gz /opt/\n", says=""),
    Row("an archive by a variable in front", "ARG V\nADD $V.tar.gz /opt/\n", says=""),
    Row("a variable of the base image", "ADD $PHP_INI /opt/\n", says="a variable may hold"),
    Row("a variable in front of a file", "ARG V\nADD $V/app.py /opt/\n", says="a variable may hold"),
    Row("a variable at the end", "ARG V\nADD dist/app-$V /opt/\n", says="may make it an archive"),
    Row("a variable as the extension", "ARG V\nADD dist/app.$V /opt/\n", says="may make it an archive"),
    Row(
        "a variable in a name without extension",
        "ARG V\nADD dist/$V/app /opt/\n",
        says="may make it an archive",
    ),
    Row("a substitution", "ADD src/${V:-a.tar} /opt/\n", says="may make it an archive"),
    Row("a variable after an at sign", "ADD git@$HOST:app.py /opt/\n", says="URL or a git repository"),
    Row("a variable in a scheme", "ADD ftp://$HOST/app.py /opt/\n", says="URL or a git repository"),
    Row("a variable after h", "ADD h$X.py /opt/\n", says="a variable may hold"),
    Row("a pattern of anything", "ADD build/* /opt/\n", says="may match an archive"),
    Row("a pattern that ends open", "ADD app-* /opt/\n", says="may match an archive"),
    Row("a pattern that ends like an archive", "ADD app*r /opt/\n", says="may match an archive"),
    Row("a pattern with a class at the end", "ADD a.ta[rs] /opt/\n", says="may match an archive"),
    Row("a pattern in a folder that is not there", "ADD out/* /opt/\n", context={"a": ""}, says="may match"),
    Row(
        "an archive under another name",
        "ADD layer /opt/\n",
        context={"layer": tar()},
        says="",
        without=FOREIGN,
    ),
    Row(
        "a compressed archive under another name",
        "ADD app.bin /opt/\n",
        context={"app.bin": gzip.compress(tar())},
        says="",
        without=FOREIGN,
    ),
    Row(
        "a file that cannot be told",
        "ADD app.bin /opt/\n",
        context={"app.bin": b"\x28\xb5\x2f\xfd" + b"x" * 600},
        says="app.bin may be an archive",
        without=FOREIGN,
    ),
    Row(
        "an archive to come",
        "ADD a.tar.gz /opt/\n",
        context={"a.tar.gz": "version https://git-lfs\n"},
        says="",
    ),
    Row(
        "a pattern that matches an archive",
        "ADD in/* /opt/\n",
        context={"in/a.txt": "a", "in/b": tar()},
        says="",
        without=FOREIGN,
    ),
    Row("a target relative to nothing", "ADD a.txt .\n", says="DL3045", without=NO_WORKDIR),
    Row("a target in JSON relative to nothing", 'ADD ["a.txt", "b/"]\n', says="DL3045", without=NO_WORKDIR),
    Row("a quoted target from scratch", 'FROM scratch\nADD a.txt "./"\n', says="DL3045", without=NO_WORKDIR),
    Row("a target above from scratch", "FROM scratch\nADD a.txt ../b\n", says="DL3045", without=NO_WORKDIR),
    Row("a COPY", "COPY a.txt /opt/\n", says=""),
    Row("text in a script", "RUN <<EOF\nADD a.txt /opt/\nEOF\n", says=""),
]

MENDED = [
    ("a file", "ADD requirements.txt /app/\n", "COPY requirements.txt /app/\n"),
    ("a folder", "ADD src/ /app/src/\n", "COPY src/ /app/src/\n"),
    ("the whole context", "ADD . /app\n", "COPY . /app\n"),
    ("the root", "ADD / /app\n", "COPY / /app\n"),
    ("lower case", "add a.txt /app/\n", "copy a.txt /app/\n"),
    Row(
        "a capital", "Add a.txt /app/\n", "Copy a.txt /app/\n", without={"lower-case": "the case is the row"}
    ),
    Row(
        "mixed case", "aDD a.txt /app/\n", "COPY a.txt /app/\n", without={"lower-case": "the case is the row"}
    ),
    ("several", "ADD a.txt b/ c.json /app/\n", "COPY a.txt b/ c.json /app/\n"),
    ("JSON", 'ADD ["a b.txt", "/app/"]\n', 'COPY ["a b.txt", "/app/"]\n'),
    (
        "flags",
        "ADD --chown=a:b --chmod=755 --link a.sh /app/\n",
        "COPY --chown=a:b --chmod=755 --link a.sh /app/\n",
    ),
    ("an exclusion", "ADD --exclude=*.md . /app/\n", "COPY --exclude=*.md . /app/\n"),
    (
        "over lines with comments",
        "ADD  a.txt \\\n  # why\n\n  b.txt \\\n  /app/\n",
        "COPY  a.txt \\\n  # why\n\n  b.txt \\\n  /app/\n",
    ),
    ("indented, with a tab", "  ADD\ta.txt\t/app/\n", "  COPY\ta.txt\t/app/\n"),
    ("files without extension", "ADD Gemfile Procfile /app/\n", "COPY Gemfile Procfile /app/\n"),
    (
        "files that ADD does not unpack",
        "ADD a.zip a.jar a.whl a.deb /x/\n",
        "COPY a.zip a.jar a.whl a.deb /x/\n",
    ),
    ("a signature of an archive", "ADD a.tar.gz.asc /x/\n", "COPY a.tar.gz.asc /x/\n"),
    ("a folder named like one", "ADD a.tar/b.txt /x/\n", "COPY a.tar/b.txt /x/\n"),
    ("a pattern by extension", "ADD target/*.jar *.conf /x/\n", "COPY target/*.jar *.conf /x/\n"),
    ("a pattern by end of name", "ADD *_VERSION package*.json /x/\n", "COPY *_VERSION package*.json /x/\n"),
    ("a pattern of folders", "ADD */app.py /x/\n", "COPY */app.py /x/\n"),
    ("a heredoc", "ADD <<EOF /etc/motd\nADD a b\nEOF\n", "COPY <<EOF /etc/motd\nADD a b\nEOF\n"),
    ("a heredoc and a file", "ADD <<EOF a.txt /etc/\nhi\nEOF\n", "COPY <<EOF a.txt /etc/\nhi\nEOF\n"),
    ("a variable target", "ADD a.conf $PHP_INI_DIR/\n", "COPY a.conf $PHP_INI_DIR/\n"),
    Row(
        "a variable that this file settles",
        "ENV DIR=conf\nADD $DIR/a.conf ${DIR} /x/\n",
        "ENV DIR=conf\nCOPY $DIR/a.conf ${DIR} /x/\n",
        without=FIXED,
    ),
    (
        "an argument that the text around it settles",
        "ARG X\nADD src/$X/app.py ./$X.py app-${X}.jar /x/\n",
        "ARG X\nCOPY src/$X/app.py ./$X.py app-${X}.jar /x/\n",
    ),
    Row(
        "a relative target with a WORKDIR",
        "WORKDIR /app\nADD a.txt .\n",
        "WORKDIR /app\nCOPY a.txt .\n",
    ),
    Row(
        "a relative target with the WORKDIR of a stage before",
        "FROM debian:12 AS a\nWORKDIR /app\nFROM a\nADD a.txt .\n",
        "FROM debian:12 AS a\nWORKDIR /app\nFROM a\nCOPY a.txt .\n",
    ),
    Row(
        "a relative target from scratch",
        "FROM scratch\nADD --chown=1 a.txt \\\n  ./\nADD b.txt c\nADD d.txt ./e/f\n",
        "FROM scratch\nCOPY --chown=1 a.txt \\\n  /\nCOPY b.txt /c\nCOPY d.txt /e/f\n",
        without=NO_WORKDIR,
    ),
    Row("a file in the context", "ADD a b /x/\n", "COPY a b /x/\n", context={"a": "text", "b/c.tar": tar()}),
    Row("a file to come", "ADD app.bin /x/\n", "COPY app.bin /x/\n", context={"a": "text"}),
    Row(
        "a folder named like an archive",
        "ADD a.tar /x/\n",
        "COPY a.tar /x/\n",
        context={"a.tar/b": "text"},
        without=FOREIGN,
    ),
    Row(
        "a pattern that the context settles",
        "ADD in/* /x/\n",
        "COPY in/* /x/\n",
        context={"in/a": "text", "in/b.py": "text", "in/c/d.tar": tar()},
        without=FOREIGN,
    ),
]

test_left_alone, test_mended, _ = suite(HOOK, LEFT_ALONE, MENDED)


def test_a_link_to_an_archive(tmp_path: Path) -> None:
    (tmp_path / "a.tar").write_bytes(tar())
    (tmp_path / "inside").symlink_to("a.tar")
    (tmp_path / "outside").symlink_to("/etc/passwd")
    doc = parse("FROM a\nADD inside /x\nADD outside /x\n")
    found = list(check(doc, Context(None, BuildContext(str(tmp_path)), {})))
    assert [finding.span.start for finding in found if finding.fix] == [doc.instructions[2].keyword.start]
    assert len(found) == 1


def test_an_unreadable_context(tmp_path: Path) -> None:
    context = BuildContext(str(tmp_path / "gone"))
    doc = parse("FROM a\nADD a.py /x\nADD a.tar /x\nADD a* /x\n")
    found = list(check(doc, Context(None, context, {})))
    assert [finding.fix is not None for finding in found] == [True, False]


def test_what_a_variable_holds_only_informs() -> None:
    doc = parse("FROM a\nENV U=https://a/b\nADD $U /x\nADD '$U' /y\n")
    first, second = check(doc, Context(None, BuildContext(), {}))
    assert (first.severity, first.fix) == (INFO, None)
    assert second.fix is not None


WORDS = st.text(st.sampled_from("a.tarzgx/*?[]$V{}:@'\"-"), min_size=1, max_size=12).filter(str.strip)


@given(WORDS)
def test_what_is_mended_is_no_archive_by_name(word: str) -> None:
    from dockmend._engine.mend import mend_text
    from harness import settings_for

    text = f"FROM a\nADD {word} /x/\n"
    if parse(text).problems:
        return
    result = mend_text(text, settings_for(HOOK), None, BuildContext())
    assert not result.problems
    if result.text != text:
        assert result.text == f"FROM a\nCOPY {word} /x/\n"
        plain = word.strip("'\"").rstrip("/")
        assert not plain.endswith((".tar", ".gz", ".tgz", ".xz"))
        assert not plain.startswith(("http://", "https://", "git://", "ssh://"))
        assert not word.startswith("$V")


@pytest.mark.parametrize("keyword", ["ADD", "add", "aDd"])
def test_the_case_of_the_keyword(keyword: str) -> None:
    doc = parse(f"FROM a\n{keyword} a /x\n")
    (found,) = check(doc, Context(None, BuildContext(), {}))
    assert found.fix is not None
    assert found.fix.edits[0].text == ("copy" if keyword == "add" else "COPY")
