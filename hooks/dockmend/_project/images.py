"""What is known of base images by their names: system, user, tools, and what they serve.

Known is what an image's own documentation or Dockerfile says of all its tags, or of the tag at hand;
None where that cannot be told, which beats a guess.
"""

from __future__ import annotations

import re

from dockmend._functools import lru_cache
from dockmend._regex import regex
from dockmend._typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable

    from dockmend._project.reference import Image

DEBIAN, ALPINE, RHEL = "debian", "alpine", "rhel"
DISTROLESS, BUSYBOX, SCRATCH = "distroless", "busybox", "scratch"
ROOT = "root"
# A server of pages answers `/` with less than 400; one of HTTP may have nothing there, or want a password.
PAGE, HTTP, TCP = "page", "http", "tcp"

# Words of a tag, parted by "-", that name its system, a version after them or not.
_SYSTEMS = {
    **dict.fromkeys(
        """
        debian ubuntu
        wheezy jessie stretch buster bullseye bookworm trixie forky sid
        trusty xenial bionic focal jammy kinetic lunar mantic noble oracular plucky
        """.split(),  # noqa: SIM905
        DEBIAN,
    ),
    "alpine": ALPINE,
    **dict.fromkeys(
        "ubi centos rockylinux almalinux fedora oraclelinux ol al amazonlinux amazoncorretto".split(),  # noqa: SIM905
        RHEL,
    ),
}
# What is in, or ends, a word that names a system, or a maker, of which nothing is known here.
_ELSEWHERE = (
    "windows", "nanoserver", "servercore", "chiseled", "mariner", "azurelinux", "photon", "onbuild", "ibm",
    "sapmachine", "azul", "liberica", "graalvm", "microsoft", "dragonwell",
)  # fmt: skip
_ELSEWHERE_LAST = ("distroless", "minimal", "micro", "oracle")
_UBI = regex(
    r"(?:registry\.access\.redhat\.com|registry\.redhat\.io|redhat)/ubi[0-9]+"
    r"(?:/ubi)?(?:(-minimal|/ubi-minimal)|[-/](.+))?"
)
_SYSTEM_TOOLS = {
    # bash, and useradd of passwd, are in every image; adduser is not since Debian 13 and Ubuntu 24.04.
    DEBIAN: frozenset({"bash", "useradd"}),
    RHEL: frozenset({"bash"}),
    # Applets of busybox: https://pkgs.alpinelinux.org/contents?name=busybox
    ALPINE: frozenset({"wget", "nc", "adduser", "addgroup"}),
    BUSYBOX: frozenset({"wget", "nc", "adduser", "addgroup"}),
}
# https://github.com/docker-library/buildpack-deps/blob/master/debian/bookworm/curl/Dockerfile
_BUILDPACK_DEPS = frozenset({"curl", "wget"})
_INITS = {"init": "ENTRYPOINT", "init-cmd": "CMD"}

# Names | system of a tag that names none | user it starts as | user it brings for applications
#   | tools on its PATH | where it serves by itself | what it is
# A `?` is not known; a name that ends with "*" stands for all that start so. What it is: `full` (built on
# buildpack-deps where not slim), `drops` (starts as root and gives root up where it has it), `init` (its
# ENTRYPOINT starts an init system or a supervisor), `init-cmd` (its CMD does). Names without a slash are from
#   https://github.com/docker-library/official-images/tree/master/library
# and the others, or more of the same, from
#   node       https://github.com/nodejs/docker-node/blob/main/docs/BestPractices.md#non-root-user
#   php        https://github.com/docker-library/php/blob/master/Dockerfile-linux.template
#   nginx      https://github.com/nginx/docker-nginx/blob/master/Dockerfile-debian.template
#   ubi        https://docs.redhat.com/en/documentation/red_hat_enterprise_linux/9/html/building_running_and_managing_containers
#   ubi*/*     https://github.com/sclorg/container-common-scripts (user 1001)
#   distroless https://github.com/GoogleContainerTools/distroless
#   bitnami    https://github.com/bitnami/containers (user 1001)
#   playwright https://playwright.dev/docs/docker
#   dotnet     https://github.com/dotnet/dotnet-docker/discussions/4995
#   linuxserver https://github.com/linuxserver/docker-baseimage-alpine
_TABLE = """
scratch                                      | scratch    | root
debian ubuntu bitnami/minideb armhf/debian   | debian     | root
buildpack-deps gcc                           | debian     | root | | curl wget
erlang elixir                                | debian     | root | | | | full
alpine gliderlabs/alpine alpine/git          | alpine     | root
frolvlad/alpine-glibc                        | alpine     | root
busybox                                      | busybox    | root
centos fedora rockylinux almalinux oraclelinux ubi quay.io/centos/centos | rhel | root | | curl useradd
amazonlinux amazoncorretto                   | rhel       | root | | curl
ubi-minimal                                  | rhel       | root
ubi/*                                        | rhel       | ?
archlinux opensuse/leap opensuse/tumbleweed  | ?          | root
nvidia/cuda nvcr.io/nvidia/cuda              | ?          | root
phusion/baseimage                            | debian     | root | | | | init-cmd
gcr.io/distroless/*                          | distroless | root | nonroot

python                                       | debian     | root | | python python3 pip | | full
pypy                                         | debian     | root | | | | full
node                                         | debian     | root | node | node npm | | full
ruby                                         | debian     | root | | ruby | | full
perl                                         | debian     | root | | perl | | full
golang                                       | debian     | root | | go | | full
rust                                         | debian     | root | | cargo | | full
openjdk java                                 | debian     | root | | java
eclipse-temurin ibm-semeru-runtimes maven    | debian     | root | | java
sapmachine azul/zulu-openjdk                 | debian     | root | | java
anapsix/alpine-java frolvlad/alpine-oraclejdk8 | alpine   | root | | java
gradle                                       | debian     | ?    | gradle | java
groovy                                       | debian     | groovy | | java
php                                          | debian     | root | www-data | php curl
composer                                     | alpine     | root | | php
docker                                       | alpine     | root
haskell julia swift mono clojure jruby       | debian     | root
mhart/alpine-node                            | alpine     | root | | node
oven/bun                                     | debian     | root | bun  | bun
denoland/deno                                | debian     | root | deno | deno
ghcr.io/astral-sh/uv                         | ?          | root
mcr.microsoft.com/dotnet/aspnet mcr.microsoft.com/dotnet/runtime     | debian | root
mcr.microsoft.com/dotnet/runtime-deps mcr.microsoft.com/dotnet/sdk   | debian | root
mcr.microsoft.com/dotnet/core/aspnet mcr.microsoft.com/dotnet/core/runtime | debian | root
mcr.microsoft.com/dotnet/core/runtime-deps mcr.microsoft.com/dotnet/core/sdk | debian | root
microsoft/dotnet microsoft/aspnetcore microsoft/aspnetcore-build     | debian | root
mcr.microsoft.com/playwright mcr.microsoft.com/playwright/python     | debian | root | pwuser
continuumio/miniconda3 continuumio/anaconda3 | debian     | root | | python python3
condaforge/miniforge3 condaforge/mambaforge  | debian     | root | | python python3
mambaorg/micromamba                          | debian     | mambauser
jupyter/* quay.io/jupyter/*                  | debian     | jovyan | | python python3
fluent/fluentd                               | ?          | ?    | fluent
tensorflow/tensorflow pytorch/pytorch        | debian     | root | | python python3

nginx                                        | debian     | root | nginx | | 80 page | drops
nginxinc/nginx-unprivileged                  | debian     | nginx | | | 8080 page
openresty/openresty                          | ?          | root | | | 80 page | drops
httpd                                        | debian     | root | www-data | | 80 page | drops
wordpress drupal joomla nextcloud phpmyadmin matomo | debian | root | www-data | php curl | 80 page | drops
redis                                        | debian     | root | redis | redis-cli | 6379 tcp | drops
postgres                                     | debian     | root | postgres | pg_isready | 5432 tcp | drops
mysql                                        | ?          | root | mysql | mysqladmin bash | 3306 tcp | drops
mariadb                                      | debian     | root | mysql | | 3306 tcp | drops
mongo                                        | debian     | root | mongodb | | 27017 tcp | drops
rabbitmq                                     | debian     | root | rabbitmq | | 5672 tcp | drops
memcached                                    | debian     | memcache | | | 11211 tcp
haproxy varnish                              | debian     | ?    | | | | drops
cassandra couchdb neo4j zookeeper sonarqube solr | ?      | ?    | | | | drops
influxdb telegraf kapacitor redmine consul vault hashicorp/consul hashicorp/vault | ? | ? | | | | drops
elasticsearch docker.elastic.co/elasticsearch/elasticsearch | ? | ? | | | 9200 http | drops
docker.elastic.co/kibana/* docker.elastic.co/logstash/* | ? | ?
ghost                                        | debian     | root | node | node | 2368 page | drops
tomcat                                       | debian     | root | | java | 8080 http
jetty                                        | debian     | jetty | | java | 8080 http
registry                                     | alpine     | root | | | 5000 page
caddy                                        | alpine     | root | | | 80 page
traefik                                      | alpine     | root | | | 80 http
jenkins jenkins/jenkins                      | debian     | jenkins | | java curl | 8080 http
grafana/grafana                              | alpine     | 472  | | | 3000 page
prom/prometheus                              | busybox    | nobody | | | 9090 page
tiangolo/uvicorn-gunicorn*                   | debian     | root | | python python3 | 80 http
tiangolo/uwsgi-nginx*                        | debian     | root | | python python3 | 80 http | init-cmd drops

bitnami/* bitnamilegacy/*                    | ?          | 1001
cgr.dev/chainguard/*                         | ?          | ?
cimg/* circleci/*                            | debian     | circleci
selenium/*                                   | debian     | seluser
linuxserver/* lscr.io/linuxserver/* ghcr.io/linuxserver/* lsiobase/* | ? | root | | | | init drops
"""


class Facts(NamedTuple):
    """What holds in a container of an image, as far as it is known.

    `family` is one of this module's names for a system. `user` is who it starts as, ROOT for 0;
    `brings` an unprivileged user that is there for applications. `drops` says that what it starts by
    itself as root gives root up; `init` is CMD or ENTRYPOINT where that starts an init system or a
    supervisor. `tools` are commands certainly on the PATH, `full` those that a slim variant of the same
    image lacks. `port` and `protocol` are where it serves when nothing else is started, `dotnet_port` where
    an application on ASP.NET Core listens unless it is told otherwise.
    """

    family: str | None = None
    user: str | None = None
    brings: str | None = None
    drops: bool = False
    init: str = ""
    tools: frozenset[str] = frozenset()
    full: frozenset[str] = frozenset()
    port: int | None = None
    protocol: str = TCP
    dotnet_port: int | None = None


@lru_cache(maxsize=256)
def facts(image: Image) -> Facts:
    """What is known of `image`; of one that is in no table, what its tag says."""
    exact, prefixes = _tables()
    key = _key(image)
    row = exact.get(key) or next((row for start, row in prefixes if key.startswith(start)), None)
    known = row or Facts()
    known = known._replace(family=_system(image, known.family if row else None))
    if key in _BY_TAG:
        known = _BY_TAG[key](known, image)
    full = known.full if known.family == DEBIAN and "slim" not in image.words else frozenset[str]()
    return with_family(known._replace(full=full), known.family)


def with_family(known: Facts, family: str | None) -> Facts:
    """`known` of an image of the system `family`, with that system's tools."""
    tools = known.tools | _SYSTEM_TOOLS.get(family or "", frozenset())
    return known._replace(family=family, tools=tools)


def family(image: Image) -> str | None:
    """The system of `image`: Ubuntu's is DEBIAN, any with rpm and dnf or yum is RHEL."""
    return facts(image).family


def _key(image: Image) -> str:
    """The name of `image` in the table."""
    if "/ubi" in image.name and (found := _UBI.fullmatch(image.name)):
        return "ubi-minimal" if found[1] else f"ubi/{found[2]}" if found[2] else "ubi"
    return "gcr.io/distroless/" if image.name.startswith("gcr.io/distroless/") else image.name


def _system(image: Image, default: str | None) -> str | None:
    for word in image.words:
        if word.endswith(_ELSEWHERE_LAST) or any(part in word for part in _ELSEWHERE):
            return None
    for word in image.words:
        if system := _SYSTEMS.get(word.rstrip("0123456789.")):
            return system
    # A slim variant is Debian's where it is Hub's own, whatever the image without one is.
    return default if not image.open or (default == DEBIAN and "slim" in image.words) else None


@lru_cache(maxsize=1)
def _tables() -> tuple[dict[str, Facts], list[tuple[str, Facts]]]:
    """The table by name, and by the start of the name."""
    exact: dict[str, Facts] = {}
    prefixes = []
    for line in _TABLE.split("\n"):
        names, *cells = (cell.strip(" ") for cell in line.split("|"))
        system, user, brings, tools, serves, kind = (*cells, *[""] * 6)[:6]
        port, _, protocol = serves.partition(" ")
        facts = Facts(
            None if system == "?" else system,
            None if user == "?" else user,
            brings or None,
            "drops" in kind,
            _INITS.get(kind.partition(" ")[0], ""),
            frozenset(tools.split()),
            _BUILDPACK_DEPS if "full" in kind else frozenset(),
            int(port) if port else None,
            protocol or TCP,
        )
        for name in names.split():
            if name.endswith("*"):
                prefixes.append((name[:-1], facts))
            else:
                exact[name] = facts
    return exact, prefixes


def _major(image: Image) -> int | None:
    """The major version that the tag starts with."""
    found = re.match(r"[0-9]+(?![0-9])", image.tag or "")
    return int(found[0]) if found else None


def _openjdk(known: Facts, image: Image) -> Facts:
    """From 12 on a tag that names no system is Oracle Linux, and which of the two `latest` is has changed."""
    major = _major(image)
    if (major and major < 12) or "slim" in image.words or _system(image, None):
        return known
    return known._replace(family=None)


def _python(known: Facts, image: Image) -> Facts:
    return known._replace(tools=known.tools - {"python3"}) if _major(image) == 2 else known


def _php(known: Facts, image: Image) -> Facts:
    """The command line's image starts no server."""
    if "apache" in image.words:
        return known._replace(drops=True, port=80, protocol=PAGE)
    return known._replace(drops=True, port=9000) if "fpm" in image.words else known


def _nginx(known: Facts, image: Image) -> Facts:
    """With curl since 2020, but in the slim variant: https://github.com/nginx/docker-nginx/issues/392."""
    version = re.match(r"1\.([0-9]{1,3})", image.tag or "1.99")
    old = image.open or (version is not None and int(version[1]) < 19)
    return known if old or "slim" in image.words else known._replace(tools=known.tools | {"curl"})


def _by_fpm(known: Facts, image: Image) -> Facts:
    return known._replace(port=9000, protocol=TCP) if "fpm" in image.words else known


def _dotnet(known: Facts, image: Image) -> Facts:
    """From 8 on there is a user `app`, and images without a shell start as it.

    https://learn.microsoft.com/dotnet/core/compatibility/containers/8.0/aspnet-port
    """
    major = _major(image)
    if major and image.name.endswith("/aspnet"):
        known = known._replace(dotnet_port=80 if major < 8 else 8080)
    if image.open or "distroless" in image.words or any("chiseled" in word for word in image.words):
        return known._replace(user=None if image.open else "app", family=None)
    return known._replace(brings="app" if major and major >= 8 else None)


def _aspnetcore(known: Facts, image: Image) -> Facts:
    """The names before that, up to version 3."""
    runtime = image.name.endswith(("aspnet", "aspnetcore")) or "aspnetcore" in image.words
    return known._replace(dotnet_port=80) if runtime and not image.open else known


def _distroless(known: Facts, image: Image) -> Facts:
    user = "nonroot" if "nonroot" in image.words else ROOT
    tools = frozenset({"python3"} if "/python3" in image.name else ())
    return known._replace(user=None if image.open else user, tools=tools, family=DISTROLESS)


def _uv(known: Facts, image: Image) -> Facts:
    """Tags without a system hold the program alone: https://docs.astral.sh/uv/guides/integration/docker/."""
    python = any(word.startswith("python3") for word in image.words) and known.family is not None
    return known._replace(tools=frozenset({"python", "python3"} if python else ()))


_BY_TAG: dict[str, Callable[[Facts, Image], Facts]] = {
    "openjdk": _openjdk,
    "java": _openjdk,
    "python": _python,
    "php": _php,
    "nginx": _nginx,
    **dict.fromkeys(("wordpress", "drupal", "joomla", "nextcloud", "phpmyadmin", "matomo"), _by_fpm),
    **dict.fromkeys(
        (f"mcr.microsoft.com/dotnet/{x}" for x in ("aspnet", "runtime", "runtime-deps", "sdk")), _dotnet
    ),
    **dict.fromkeys(
        ("microsoft/aspnetcore", "microsoft/dotnet", "mcr.microsoft.com/dotnet/core/aspnet"), _aspnetcore
    ),
    "gcr.io/distroless/": _distroless,
    "ghcr.io/astral-sh/uv": _uv,
}
