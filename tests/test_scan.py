"""`dockmend scan`, with stand-ins for the scanners that write results of the documented shape.

The results under scanners/ are written after the documentation of the formats, and of no real image:
https://trivy.dev/latest/docs/configuration/reporting/, https://github.com/anchore/grype#output-formats,
https://docs.docker.com/reference/cli/docker/scout/cves/.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from dockmend import _cli, _report
from dockmend._project import scanners
from dockmend._project.scanners import SCANNERS, Vulnerability

RESULTS = Path(__file__).parent / "scanners"
PROGRAMS = {scanner.name: scanner.program for scanner in SCANNERS}

ZLIB = "zlib1g 1:1.2.13.dfsg-1"
CONCISE = f"""\
shop:1.4:1:1: CVE-2023-45853 {ZLIB} has a vulnerability (critical): zlib: integer overflow and resultant heap-based \
buffer overflow in zipOpenNewFileInZip4_6
shop:1.4:2:1: CVE-2021-23337 lodash 4.17.20 has a vulnerability (high): nodejs-lodash: command injection via template
shop:1.4:2:1: CVE-2020-28500 lodash 4.17.20 has a vulnerability (medium): CVE-2020-28500
shop:1.4:3:1: CVE-2024-13176 libssl3 3.0.15-1~deb12u1 has a vulnerability (medium): openssl: Timing side-channel in \
ECDSA signature computation
shop:1.4:4:1: CVE-2011-3374 apt 2.6.1 has a vulnerability (low): It was found that apt-key in apt, all versions, do \
not correctly valid
Found 5 findings.
"""
FULL = f"""\
shop:1.4:1:1: CVE-2023-45853 error: {ZLIB} has a vulnerability
    (critical): zlib: integer overflow and resultant heap-based buffer overflow
    in zipOpenNewFileInZip4_6
  |
1 | {ZLIB}
  | ^^^^^^
  = not mended: it is not fixed
  = see https://avd.aquasec.com/nvd/cve-2023-45853

shop:1.4:2:1: CVE-2021-23337 error: lodash 4.17.20 has a vulnerability (high):
    nodejs-lodash: command injection via template
  |
2 | lodash 4.17.20 (app/node_modules/lodash/package.json)
  | ^^^^^^
  = not mended: it is fixed in 4.17.21
  = see https://avd.aquasec.com/nvd/cve-2021-23337

"""


class Machine:
    """A machine with stand-ins for some of the scanners."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.log = folder / "log"

    def install(self, *names: str) -> None:
        for name in names:
            self.write(PROGRAMS[name], f'cat "{RESULTS / name}.json"\n')

    def write(self, program: str, script: str) -> None:
        path = self.folder / program
        path.write_text(
            f'#!/bin/sh\nprintf "<%s>" {program} "$@" >>"{self.log}"\necho >>"{self.log}"\n{script}'
        )
        path.chmod(0o755)

    @property
    def calls(self) -> list[list[str]]:
        return [line.strip("<>").split("><") for line in self.log.read_text().splitlines()]


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Machine:
    folder = tmp_path / "bin"
    folder.mkdir()
    for tool in ("sh", "cat"):
        (folder / tool).symlink_to(Path("/bin", tool).resolve())
    monkeypatch.setenv("PATH", str(folder))
    monkeypatch.setattr(sys, "executable", str(folder / "python"))
    monkeypatch.setenv("COLUMNS", "80")
    return Machine(folder)


def scan(*arguments: str) -> int:
    try:
        return _cli.main(["scan", *arguments])
    except SystemExit as end:
        return int(end.code or 0)


@pytest.mark.parametrize(
    ("name", "found"),
    [
        (
            "grype",
            [
                Vulnerability(
                    "CVE-2023-45853", "critical", "zlib1g", "1:1.2.13.dfsg-1", "", "",
                    "MiniZip in zlib through 1.3 has an integer overflow and resultant heap-based buffer overflow.",
                    "https://security-tracker.debian.org/tracker/CVE-2023-45853",
                ),
                Vulnerability(
                    "GHSA-35jh-r3h4-6jhm", "high", "lodash", "4.17.20", "4.17.21",
                    "/app/node_modules/lodash/package.json", "Command Injection in lodash",
                    "https://github.com/advisories/GHSA-35jh-r3h4-6jhm",
                ),
                Vulnerability(
                    "CVE-2011-3374", "negligible", "apt", "2.6.1",
                    link="https://security-tracker.debian.org/tracker/CVE-2011-3374",
                ),
            ],
        ),
        (
            "scout",
            [
                Vulnerability(
                    "CVE-2023-45853", "critical", "zlib", "1:1.2.13.dfsg-1", "", "", "Integer Overflow or Wraparound",
                    "https://scout.docker.com/v/CVE-2023-45853",
                ),
                *(
                    Vulnerability(
                        "CVE-2022-46175", "high", package, version, "1.0.2", "", "Prototype Pollution",
                        "https://scout.docker.com/v/CVE-2022-46175",
                    )
                    for package, version in (("@babel/core", "7.0.0"), ("json5", "1.0.1"))
                ),
                Vulnerability("CVE-2010-4756", "unknown", "glibc", ""),
            ],
        ),
    ],
)  # fmt: skip
def test_what_a_scanner_says(name: str, found: list[Vulnerability], machine: Machine) -> None:
    machine.install(name)
    (scanner,) = (one for one in SCANNERS if one.name == name)
    path = scanner.find()
    assert path == str(machine.folder / PROGRAMS[name])
    assert scanner.scan(path, "a") == found


class TestScanners:
    def test_the_first_that_is_there(self, machine: Machine, capsys: pytest.CaptureFixture[str]) -> None:
        machine.install("scout")
        scan("shop:1.4")
        machine.install("grype")
        scan("shop:1.4")
        machine.install("trivy")
        scan("shop:1.4")
        assert machine.calls == [
            ["docker", "scout", "version"],
            ["docker", "scout", "cves", "--format", "sarif", "shop:1.4"],
            ["grype", "--quiet", "--output", "json", "shop:1.4"],
            ["trivy", "image", "--quiet", "--format", "json", "--scanners", "vuln", "shop:1.4"],
        ]

    def test_the_one_that_is_asked_for(self, machine: Machine) -> None:
        machine.install("trivy", "grype")
        scan("--scanner", "grype", "shop:1.4")
        assert [call[0] for call in machine.calls] == ["grype"]

    def test_none(self, machine: Machine, capsys: pytest.CaptureFixture[str]) -> None:
        assert scan("shop:1.4") == 2
        said = capsys.readouterr()
        assert said.out == ""
        assert said.err == (
            "error: nothing to scan with is on the PATH; install one of them: trivy (https://trivy.dev), "
            "grype (https://github.com/anchore/grype), scout (https://docs.docker.com/scout/)\n"
        )
        machine.install("trivy")
        assert scan("--scanner=grype", "shop:1.4") == 2
        assert capsys.readouterr().err.endswith("install it: grype (https://github.com/anchore/grype)\n")

    @pytest.mark.parametrize("script", ["exit 1\n", "exec sleep 60\n"])
    def test_docker_without_scout(
        self, script: str, machine: Machine, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        machine.write("docker", script)
        (machine.folder / "sleep").symlink_to("/bin/sleep")
        monkeypatch.setattr(scanners, "_READY_SECONDS", 0.3)
        assert scan("shop:1.4") == 2

    @pytest.mark.parametrize(
        ("script", "said"),
        [
            ("echo 'FATAL no such image' >&2; exit 1\n", "trivy gave no result (FATAL no such image);"),
            ("echo '{'\n", "trivy gave no result (exit status 0);"),
            ("exec sleep 60\n", "trivy took longer than 0.3 seconds;"),
            (f"exec cat {'/dev/null'}\n", "trivy gave no result (exit status 0);"),
        ],
    )
    def test_no_result(
        self,
        script: str,
        said: str,
        machine: Machine,
        monkeypatch: pytest.MonkeyPatch,
        capsys: pytest.CaptureFixture[str],
    ) -> None:
        machine.write("trivy", script)
        (machine.folder / "sleep").symlink_to("/bin/sleep")
        monkeypatch.setattr(scanners, "_SECONDS", 0.3)
        assert scan("shop:1.4") == 2
        err = capsys.readouterr().err
        assert err.startswith(f"shop:1.4: error: {said}")
        assert err.count("\n") == 1

    @pytest.mark.parametrize(
        "answer", ["{}", "[]", "null", '"a"', '{"Results": [1, {"Vulnerabilities": [null, 2]}]}']
    )
    def test_a_result_of_another_shape(self, answer: str, machine: Machine) -> None:
        machine.write("trivy", f"echo '{answer}'\n")
        assert scan("shop:1.4") == 0

    @pytest.mark.parametrize("image", ["", "a b", "a\tb", "-a", "--config=x"])
    def test_what_is_no_image_reaches_no_scanner(self, image: str, machine: Machine) -> None:
        machine.install("trivy")
        assert scan("--", image) == 2
        assert not machine.log.exists()

    def test_no_shell_sees_the_image(self, machine: Machine, tmp_path: Path) -> None:
        machine.install("trivy")
        image = f"$(touch${{IFS}}{tmp_path}/x);`y`"
        scan(image)
        assert machine.calls[0][-1] == image
        assert not (tmp_path / "x").exists()


class TestReport:
    def test_concise(self, machine: Machine, capsys: pytest.CaptureFixture[str]) -> None:
        machine.install("trivy")
        assert scan("--output-format=concise", "shop:1.4") == 1
        assert capsys.readouterr().out == CONCISE

    def test_full(self, machine: Machine, capsys: pytest.CaptureFixture[str]) -> None:
        machine.install("trivy")
        scan("shop:1.4")
        assert capsys.readouterr().out.startswith(FULL)

    def test_json(self, machine: Machine, capsys: pytest.CaptureFixture[str]) -> None:
        machine.install("trivy")
        scan("--output-format=json", "shop:1.4")
        found = json.loads(capsys.readouterr().out)
        assert [
            (one["hook"], one["code"], one["severity"], one["line"], one["end_column"]) for one in found
        ] == [
            ("trivy", "CVE-2023-45853", "error", 1, 7),
            ("trivy", "CVE-2021-23337", "error", 2, 7),
            ("trivy", "CVE-2020-28500", "warning", 2, 7),
            ("trivy", "CVE-2024-13176", "warning", 3, 8),
            ("trivy", "CVE-2011-3374", "info", 4, 4),
        ]
        assert {one["path"] for one in found} == {"shop:1.4"}

    @pytest.mark.parametrize("name", _report.FORMATS)
    def test_every_format(self, name: str, machine: Machine, capsys: pytest.CaptureFixture[str]) -> None:
        machine.install("trivy")
        assert scan(f"--output-format={name}", "shop:1.4") == 1
        assert capsys.readouterr().out.count("CVE-2021-23337") >= 1

    def test_what_could_steer_a_terminal(self, machine: Machine, capsys: pytest.CaptureFixture[str]) -> None:
        result = {
            "VulnerabilityID": "CVE-1",
            "PkgName": "a\x1b[31m",
            "InstalledVersion": "1",
            "Severity": "HIGH",
        }
        (machine.folder / "result").write_text(json.dumps({"Results": [{"Vulnerabilities": [result]}]}))
        machine.write("trivy", f"cat {machine.folder}/result\n")
        scan("shop:1.4")
        assert "\x1b" not in capsys.readouterr().out

    def test_nothing_found(self, machine: Machine, capsys: pytest.CaptureFixture[str]) -> None:
        machine.write("trivy", "echo '{\"Results\": []}'\n")
        assert scan("shop:1.4") == 0
        assert capsys.readouterr().out == "Nothing to report.\n"


@pytest.mark.parametrize(
    ("arguments", "status"),
    [
        ([], 1),
        (["--fail-on=error"], 1),
        (["--fail-on=critical"], 1),
        (["--fail-on=low"], 1),
        (["--exit-zero"], 0),
    ],
)
def test_status(arguments: list[str], status: int, machine: Machine) -> None:
    machine.install("trivy")
    assert scan(*arguments, "shop:1.4") == status


@pytest.mark.parametrize(
    ("rank", "failing"),
    [
        ("CRITICAL", {"critical", "high", "error", "medium", "warning", "low", "info"}),
        ("HIGH", {"high", "error", "medium", "warning", "low", "info"}),
        ("MEDIUM", {"medium", "warning", "low", "info"}),
        ("LOW", {"low", "info"}),
        ("NEGLIGIBLE", {"info"}),
        ("UNKNOWN", {"info"}),
        ("other", {"info"}),
    ],
)
def test_threshold(rank: str, failing: set[str], machine: Machine) -> None:
    result = {
        "Results": [{"Vulnerabilities": [{"VulnerabilityID": "CVE-1", "PkgName": "a", "Severity": rank}]}]
    }
    machine.write("trivy", f"echo '{json.dumps(result)}'\n")
    levels = ("critical", "high", "error", "medium", "warning", "low", "info")
    assert {level for level in levels if scan(f"--fail-on={level}", "shop:1.4") == 1} == failing
