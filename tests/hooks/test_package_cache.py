from __future__ import annotations

import itertools

import pytest

from dockmend import merge_run
from dockmend._engine.mend import mend_text
from dockmend._project.context import BuildContext
from dockmend.package_cache import HOOK
from harness import Row, settings_for, suite

RM = "rm -rf /var/lib/apt/lists/*"

WITHOUT = {
    "other-escape": "a file with that escape character is for Windows",
    "heredoc": "that of a RUN is a script like any other",
}
LATER = {"onbuild": "a trigger runs behind what is later in its stage"}

LEFT_ALONE = [
    Row("the text of a file", 'COPY <<"EOF" /a\nRUN apt-get update\nEOF\n', says=""),
    Row("nothing installed", "RUN make\n", says=""),
    Row("lists removed", f"RUN apt-get update && apt-get install -y curl && {RM}\n", says=""),
    Row("lists removed with their folder", "RUN apt-get update && rm -r /var/lib/apt\n", says=""),
    Row("lists removed by find", "RUN apt update; find /var/lib/apt/lists -delete\n", says=""),
    Row("lists removed by apt itself", "RUN apt-get update && apt-get distclean\n", says=""),
    Row(
        "an archive from where there is a script that updates the lists too",
        "RUN curl -sL https://get.docker.com/builds/Linux/x86_64/docker-17.tgz | tar -xz -C /tmp\n",
        says="",
    ),
    Row("no update here", "RUN apt-get install -y curl\n", says=""),
    Row(
        "a mount holds the lists",
        "RUN --mount=type=cache,target=/var/lib/apt/lists apt-get update && apt-get install -y curl\n",
        says="",
    ),
    Row("a mount above the lists", "RUN --mount=type=tmpfs,dst=/var/lib/ apt-get update\n", says=""),
    Row("a mount somewhere", "ARG WHERE\nRUN --mount=type=cache,target=$WHERE apt-get update\n", says=""),
    Row(
        "a stage that does not ship",
        "FROM debian:12 AS build\nRUN apt-get update && yum install -y gcc && apk add gcc\n"
        "FROM debian:12\nCOPY --from=build /a /a\n",
        says="",
        without={"base-stage": "the stage of that name stays the builder"},
    ),
    Row(
        "a later RUN installs",
        "RUN apt-get update\nCOPY a b\nRUN apt-get install -y curl\n",
        says="line 4 uses them",
        without=dict.fromkeys(("later-stage", "onbuild"), "the lines are others"),
    ),
    Row(
        "a later stage installs",
        "FROM debian:12 AS base\nRUN apt-get update\nFROM base\nRUN apt-get install -y curl\n",
        says="uses them",
    ),
    Row(
        "a trigger installs",
        "RUN apt-get update\nONBUILD RUN apt-get install -y curl\n",
        says="uses them",
        without={"onbuild": "two triggers are one after the other"},
    ),
    Row(
        "a later RUN installs the keys of a repository",
        "RUN apt-get update\nCOPY a b\nRUN add-apt-repository cloud-archive:a\n",
        says="uses them",
        without={"onbuild": "the lines are others"},
    ),
    Row("the container installs", "RUN apt-get update\nCMD apt-get install -y curl\n", says="own command"),
    Row("in exec form", 'RUN ["apt-get", "update"]\n', says="it is in exec form"),
    Row("another shell", 'SHELL ["/bin/zsh", "-c"]\nRUN apt-get update\n', says="another than sh or bash"),
    Row(
        "a Windows image",
        "FROM mcr.microsoft.com/windows/nanoserver\nRUN apt-get update\n",
        says="",
    ),
    Row("in the background", "RUN apt-get update & wait\n", says="in the background"),
    Row("in a function", "RUN f() { apt-get update; }; f\n", says="it is in a function"),
    Row("a trap is set", "RUN trap 'a' EXIT; apt-get update\n", says="its script sets a trap"),
    Row("$? is asked for", "RUN apt-get update; exit $?\n", says="asks for $?"),
    Row("nothing runs behind exec", "RUN exec apt-get update\n", says="exec"),
    Row(
        "set -e would stop working",
        "RUN set -e; for p in a b; do apt-get update && apt-get install -y $p; done\n",
        says="under set -e",
    ),
    Row("not understood", "RUN if apt-get update; then\n", says="not understood"),
    Row("a here-document for another program", "RUN python3 <<EOF\napt-get update\nEOF\n", says=""),
    Row(
        "a here-document and its program", "RUN cat <<EOF && apt-get update\nx\nEOF\n", says="goes to another"
    ),
    Row("apk without a cache", "FROM alpine\nRUN apk --no-cache add curl && apk add --no-cache a\n", says=""),
    Row("apk's index removed", "FROM alpine\nRUN apk add curl && rm -rf /var/cache/apk/*\n", says=""),
    Row(
        "apk's cache set up",
        "FROM alpine\nRUN ln -s /var/cache/apk /etc/apk/cache && apk add curl\n",
        says="",
    ),
    Row(
        "apk's cache in a mount",
        "FROM alpine\nRUN --mount=type=cache,target=/var/cache/apk apk add curl\n",
        says="",
    ),
    Row("apk without a network", "FROM alpine\nRUN apk add --no-network ./a.apk\n", says=""),
    Row(
        "an apk of old, and an index that a later RUN may use",
        "FROM alpine:3.2\nRUN apk add --update curl\nCOPY a b\nRUN apk add git && rm -rf /var/cache/apk/*\n",
        says="line 4 may use it",
        without=dict.fromkeys(("later-stage", "onbuild"), "the lines are others"),
    ),
    Row(
        "apk's index for what the script asks of it",
        "FROM alpine\nRUN apk update && apk search curl\n",
        says="its script uses it",
    ),
    Row(
        "apk's index for a script that may use it",
        "FROM alpine\nRUN apk update\nCOPY a b\nRUN ./a\n",
        says="line 4 may use it",
        without=dict.fromkeys(("later-stage", "onbuild"), "the lines are others"),
    ),
    Row(
        "a later RUN fails where there are no lists to remove",
        "RUN apt-get update\nCOPY a b\nRUN rm -r /var/lib/apt/lists/*\n",
        says="line 4 cleans up by itself",
        without=dict.fromkeys(("later-stage", "onbuild"), "the lines are others"),
    ),
    Row(
        "a later RUN fails where there is no index to remove",
        "FROM alpine\nRUN apk add a\nCOPY a b\nRUN rm /var/cache/apk/*\n",
        says="cleans up by itself",
        without={"onbuild": "two triggers are one after the other"},
    ),
    Row(
        "a repository of yum disabled",
        "FROM centos:7\nRUN yum config-manager --disable a && yum install -y b\n",
        says="no repository is enabled",
    ),
    Row(
        "braces for bash",
        'SHELL ["/bin/bash", "-c"]\nRUN apt-get update && rm -rf /var/lib/{apt,dpkg}/*\n',
        says="",
    ),
    Row(
        "braces for yum's sh, which is bash",
        "FROM centos:7\nRUN yum update; rm -rf /var/cache/{yum,dnf}\n",
        says="",
    ),
    Row(
        "braces in a script for bash",
        "RUN <<EOF\n#!/bin/bash\napt-get update\nrm -rf /var/lib/{apt,dpkg}/*\nEOF\n",
        says="",
    ),
    Row("apk of another word", "FROM alpine\nRUN apk $WHAT curl && apk del a\n", says=""),
    Row("yum cleaned", "FROM centos:7\nRUN yum install -y gcc && yum clean all\n", says=""),
    Row("yum's cache removed", "FROM centos:7\nRUN yum install -y gcc; rm -rf /var/cache/yum\n", says=""),
    Row("yum asked only", "FROM centos:7\nRUN yum list && yum --version && yum remove a\n", says=""),
    Row("dnf cleaned by yum", "FROM fedora\nRUN dnf install -y gcc && yum clean all\n", says=""),
    Row(
        "yum without repositories",
        "FROM centos:7\nRUN rm /etc/yum.repos.d/* && yum localinstall -y a.rpm\n",
        says="no repository is enabled",
    ),
    Row(
        "dnf works from the cache later",
        "FROM fedora\nRUN dnf makecache\nCOPY a b\nRUN dnf install -C -y gcc && dnf clean all\n",
        says="works from the cache",
    ),
    Row("yarn cleaned", "FROM node\nRUN yarn install && yarn cache clean\n", says=""),
    Row("yarn asked only", "FROM node\nRUN yarn --version && yarn build\n", says=""),
    Row(
        "a mount for yarn",
        "FROM node\nRUN --mount=type=cache,target=/root/.yarn yarn install --production\n",
        says="",
    ),
]

MENDED = [
    Row(
        "the example of the docs",
        "RUN apt-get update && apt-get install -y \\\n    curl \\\n    git\n",
        f"RUN apt-get update && apt-get install -y \\\n    curl \\\n    git \\\n    && {RM}\n",
    ),
    Row(
        "on one line",
        "RUN apt-get update && apt-get install -y curl && make\n",
        f"RUN apt-get update && apt-get install -y curl && {RM} && make\n",
    ),
    Row(
        "a command a line",
        "RUN set -ex \\\n  && apt-get update \\\n  && apt-get install -y curl \\\n  && make\n",
        f"RUN set -ex \\\n  && apt-get update \\\n  && apt-get install -y curl \\\n  && {RM} \\\n  && make\n",
    ),
    Row(
        "operators at the end of the line",
        "RUN apt-get update && \\\n    apt-get install -y curl && \\\n    make\n",
        f"RUN apt-get update && \\\n    apt-get install -y curl && \\\n    {RM} && \\\n    make\n",
    ),
    Row(
        "an operator at the end of the line behind the packages",
        "RUN apt-get update && apt-get install -y \\\n    curl \\\n    git && \\\n    make && \\\n    make install\n",
        "RUN apt-get update && apt-get install -y \\\n    curl \\\n    git && \\\n"
        f"    {RM} && \\\n    make && \\\n    make install\n",
    ),
    Row(
        "braces, which sh takes for a name",
        "RUN apt-get update && rm -rf /var/lib/{apt,dpkg}/*\n",
        f"RUN apt-get update && {RM} && rm -rf /var/lib/{{apt,dpkg}}/*\n",
    ),
    Row(
        "a script of others that updates the lists and installs",
        "RUN curl -fsSL 'https://get.docker.com' | sh\n",
        f"RUN curl -fsSL 'https://get.docker.com' | sh && {RM}\n",
    ),
    Row(
        "what a script for another system's packages fetches",
        "RUN curl -sL https://deb.nodesource.com/setup_22.x | bash - && apt-get install -y nodejs\n",
        f"RUN curl -sL https://deb.nodesource.com/setup_22.x | bash - && apt-get install -y nodejs && {RM}\n",
    ),
    Row(
        "a later RUN where such a script fetches lists of its own",
        "RUN apt-get update && apt-get install -y curl\nCOPY a b\n"
        f"RUN curl -sL https://deb.nodesource.com/setup_22.x | bash - && apt-get install -y nodejs && {RM}\n",
        f"RUN apt-get update && apt-get install -y curl && {RM}\nCOPY a b\n"
        f"RUN curl -sL https://deb.nodesource.com/setup_22.x | bash - && apt-get install -y nodejs && {RM}\n",
    ),
    Row(
        "a later RUN that adds a repository and then updates",
        f"RUN apt-get update\nCOPY a b\nRUN add-apt-repository ppa:a/b && apt-get update && {RM}\n",
        f"RUN apt-get update && {RM}\nCOPY a b\nRUN add-apt-repository ppa:a/b && apt-get update && {RM}\n",
    ),
    Row(
        "an option that is none of yum's",
        "FROM centos:7\nRUN yum install -y gcc && ./configure --disable-sound\n",
        "FROM centos:7\nRUN yum install -y gcc && yum clean all && ./configure --disable-sound\n",
    ),
    Row(
        "a directory for make",
        "RUN apt-get update\nCOPY a b\nRUN make prefix=$A -j$(nproc) install\n",
        f"RUN apt-get update && {RM}\nCOPY a b\nRUN make prefix=$A -j$(nproc) install\n",
    ),
    Row(
        "comments within",
        "RUN apt-get update && apt-get install -y \\\n  # tools\n  curl \\\n# more\n  git \\\n  # end\n  && make\n",
        "RUN apt-get update && apt-get install -y \\\n  # tools\n  curl \\\n# more\n  git \\\n"
        f"  && {RM} \\\n  # end\n  && make\n",
    ),
    Row(
        "a comment of the shell",
        "RUN apt-get update && apt-get install -y curl # tools\n",
        f"RUN apt-get update && apt-get install -y curl && {RM} # tools\n",
    ),
    Row(
        "the last status stays the last",
        "RUN apt-get update; apt-get install -y curl\n",
        f"RUN apt-get update; apt-get install -y curl && {RM}\n",
    ),
    Row(
        "in a list under set -e",
        "RUN set -e; apt-get update; apt-get install -y curl; make\n",
        f"RUN set -e; apt-get update; apt-get install -y curl; {RM}; make\n",
    ),
    Row(
        "a list over lines",
        "RUN set -e; \\\n  apt-get update; \\\n  apt-get install -y curl; \\\n  make\n",
        f"RUN set -e; \\\n  apt-get update; \\\n  apt-get install -y curl; \\\n  {RM}; \\\n  make\n",
    ),
    Row(
        "failure is forgiven",
        "RUN apt-get update && apt-get install -y curl || true\n",
        f"RUN apt-get update && apt-get install -y curl && {RM} || true\n",
    ),
    Row(
        "behind all that may need the lists",
        "RUN apt-get update && apt-get install -y curl && curl -s a | bash - && apt-get purge -y curl && make\n",
        "RUN apt-get update && apt-get install -y curl && curl -s a | bash - && apt-get purge -y curl && "
        f"{RM} && make\n",
    ),
    Row(
        "behind a loop",
        "RUN apt-get update; for p in a b; do apt-get install -y $p; done; make\n",
        f"RUN apt-get update; for p in a b; do apt-get install -y $p; done; {RM}; make\n",
    ),
    Row(
        "in a subshell",
        "RUN ( apt-get update; apt-get install -y curl ) && make\n",
        f"RUN ( apt-get update; apt-get install -y curl && {RM} ) && make\n",
    ),
    Row(
        "lists of old removed first",
        f"RUN {RM} && apt-get update\n",
        f"RUN {RM} && apt-get update && {RM}\n",
    ),
    Row(
        "by sudo",
        "USER app\nRUN sudo -E apt-get update && sudo apt-get install -y curl\n",
        f"USER app\nRUN sudo -E apt-get update && sudo apt-get install -y curl && sudo {RM}\n",
    ),
    Row(
        "a later RUN has an update of its own",
        f"RUN apt-get update\nCOPY a b\nRUN apt-get update && apt-get install -y curl && {RM}\n",
        f"RUN apt-get update && {RM}\nCOPY a b\nRUN apt-get update && apt-get install -y curl && {RM}\n",
    ),
    Row(
        "later RUN instructions do without the lists",
        "RUN apt update\nCOPY a b\nRUN ./configure && make -j4 install && . /etc/os-release && pip install a"
        " && sh -c 'echo a' && apt-get autoremove -y\n",
        f"RUN apt update && {RM}\nCOPY a b\nRUN ./configure && make -j4 install && . /etc/os-release && pip"
        " install a && sh -c 'echo a' && apt-get autoremove -y\n",
    ),
    Row(
        "a here-document under set -e",
        "RUN <<EOF\nset -e\napt-get update\napt-get install -y curl # tools\nmake\nEOF\n",
        f"RUN <<EOF\nset -e\napt-get update\napt-get install -y curl # tools\n{RM}\nmake\nEOF\n",
        without={"crlf": "the shell would get the CR"},
    ),
    Row(
        "the last line of a here-document",
        "RUN <<-EOF\n\tapt-get update\n\tapt-get install -y \\\n\t\tcurl\n\tEOF\n",
        f"RUN <<-EOF\n\tapt-get update\n\tapt-get install -y \\\n\t\tcurl \\\n\t\t&& {RM}\n\tEOF\n",
        without={"crlf": "the shell would get the CR"},
    ),
    Row(
        "a here-document with a shebang",
        "RUN <<EOF\n#!/bin/bash -e\napt-get update\nmake\nEOF\n",
        f"RUN <<EOF\n#!/bin/bash -e\napt-get update\n{RM}\nmake\nEOF\n",
        without={"crlf": "the shell would get the CR"},
    ),
    Row(
        "apk",
        "FROM alpine:3.20\nRUN apk update && apk add --virtual build gcc && apk --update add curl\n",
        "FROM alpine:3.20\nRUN apk update --no-cache && apk add --no-cache --virtual build gcc && apk --update add"
        " --no-cache curl\n",
    ),
    Row(
        "apk without an installation",
        "FROM alpine:3.20\nRUN apk update && apk upgrade\n",
        "FROM alpine:3.20\nRUN apk update --no-cache && apk upgrade --no-cache\n",
    ),
    Row(
        "apk's index for a later RUN, which gets its own first",
        "FROM alpine:3.20\nRUN apk update\nCOPY a b\nRUN apk add curl\n",
        "FROM alpine:3.20\nRUN apk update --no-cache\nCOPY a b\nRUN apk add --no-cache curl\n",
    ),
    Row(
        "an index that a script may use, and what installs for itself",
        "FROM alpine:3.20\nRUN apk update && apk add curl && ./a\n",
        "FROM alpine:3.20\nRUN apk update && apk add --no-cache curl && ./a\n",
        says="its script uses it",
    ),
    Row(
        "an apk of old",
        "FROM alpine:3.2\nRUN apk update && apk add curl && make\n",
        "FROM alpine:3.2\nRUN apk update && apk add curl && rm -rf /var/cache/apk/* && make\n",
    ),
    Row(
        "apk wherever it stands",
        "FROM alpine\nRUN if a; then apk add \\\n  curl; fi\n",
        "FROM alpine\nRUN if a; then apk add --no-cache \\\n  curl; fi\n",
    ),
    Row(
        "yum",
        "FROM centos:7\nRUN yum -y update \\\n && yum -y install gcc \\\n && make\n",
        "FROM centos:7\nRUN yum -y update \\\n && yum -y install gcc \\\n && yum clean all \\\n && make\n",
    ),
    Row(
        "packages over lines",
        "FROM centos:7\nRUN yum -y install \\\n  gcc \\\n  make\n",
        "FROM centos:7\nRUN yum -y install \\\n  gcc \\\n  make \\\n  && yum clean all\n",
    ),
    Row(
        "dnf",
        "FROM fedora\nRUN dnf install -y gcc\n",
        "FROM fedora\nRUN dnf install -y gcc && dnf clean all\n",
    ),
    Row(
        "microdnf",
        "FROM registry.access.redhat.com/ubi9-minimal\nRUN microdnf install -y gcc; make\n",
        "FROM registry.access.redhat.com/ubi9-minimal\nRUN microdnf install -y gcc; microdnf clean all; make\n",
    ),
    Row(
        "zypper",
        "FROM opensuse/leap\nRUN zypper -n in gcc\n",
        "FROM opensuse/leap\nRUN zypper -n in gcc && zypper clean --all\n",
    ),
    Row(
        "yarn of one option",
        "FROM node\nRUN yarn install --production && yarn build\n",
        "FROM node\nRUN yarn install --production && yarn build && yarn cache clean\n",
    ),
    Row(
        "yarn of that lock file",
        "FROM node\nRUN yarn\n",
        "FROM node\nRUN yarn && yarn cache clean\n",
        context={"yarn.lock": "# THIS IS AN AUTOGENERATED FILE.\n# yarn lockfile v1\n\n"},
    ),
    Row(
        "two managers",
        "RUN apt-get update && apk add a\n",
        f"RUN apt-get update && {RM} && apk add --no-cache a\n",
    ),
]

UNSAFE = [
    Row(
        "a script that may install",
        "RUN apt-get update\nCOPY a b\nRUN b/setup.sh\n",
        f"RUN apt-get update && {RM}\nCOPY a b\nRUN b/setup.sh\n",
        says="runs what may install from them",
        without=LATER,
    ),
    *(
        Row(
            f"`{command}` may install",
            f"RUN apt-get update\nCOPY a b\nRUN {command}\n",
            f"RUN apt-get update && {RM}\nCOPY a b\nRUN {command}\n",
            without=LATER,
        )
        for command in (
            "$THIS",
            "make deps",
            "bash a",
            "curl a | sh",
            'sh -c "$a"',
            "npx playwright install",
            ". ./a",
            "eval a",
        )
    ),
    Row(
        "yarn of a version unknown",
        "FROM node\nRUN yarn\n",
        "FROM node\nRUN yarn && yarn cache clean\n",
        says="Yarn 2 and later",
    ),
]

test_left_alone, test_mended, test_unsafe = suite(HOOK, LEFT_ALONE, MENDED, UNSAFE, WITHOUT)


@pytest.mark.parametrize(
    "text",
    [
        "RUN apt-get update\nRUN apt-get install -y curl\nRUN make\n",
        "RUN apt-get update && apt-get install -y a\nRUN apt-get update && apt-get install -y b\n",
        f"RUN apt-get update && apt-get install -y a\nRUN {RM}\n",
        "RUN apt-get update && apt-get install -y a\nRUN ./setup.sh\n",
        "RUN yum install -y a\nRUN make\nRUN yum install -y b\n",
        "RUN cd /a && apt-get update; apt-get install -y a\nRUN b || c\nRUN apk add d\n",
        "RUN set -e; apt-get update; make\nRUN b\n",
        "RUN apk add a\nRUN rm -rf /var/cache/apk/*\n",
        "RUN make\nRUN yum install -y \\\n  a\n",
    ],
)
@pytest.mark.parametrize("unsafe", [False, True])
def test_in_any_order_with_merge_run(text: str, unsafe: bool) -> None:
    text = "FROM debian:12\n" + text
    place = None, BuildContext(None)
    results = set()
    for hooks in itertools.permutations((HOOK, merge_run.HOOK)):
        together = mend_text(text, settings_for(*hooks, unsafe=unsafe), *place)
        assert not together.problems
        results.add(together.text)
        one_by_one = text
        for hook in hooks * 3:
            one_by_one = mend_text(one_by_one, settings_for(hook, unsafe=unsafe), *place).text
        results.add(one_by_one)
    assert len(results) == 1
