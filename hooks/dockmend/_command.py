"""One run of `dockmend`, or of a hook's own command: files checked or mended, and a report of it."""

from __future__ import annotations

import os
import sys

from dockmend import _report
from dockmend._engine import files, run
from dockmend._engine.config import Configs
from dockmend._engine.discover import Search
from dockmend._engine.errors import Failure, nearest
from dockmend._report.output import Output
from dockmend._report.style import Style, printable_path, style_of
from dockmend._report.tally import Tally
from dockmend._typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from typing import TextIO

    from dockmend._engine.changes import Changes
    from dockmend._hook import Hook
    from dockmend._options import Options


class Command:
    """What `options` ask for, of all hooks or of `hook` alone."""

    def __init__(self, options: Options, hook: Hook | None) -> None:
        self.options = options
        self.hook = hook
        self.out = Output(sys.stdout, "standard output")
        self.err = Output(sys.stderr, "standard error", immediate=True)
        self.file: TextIO | None = None
        self.report: Output | None = None
        self.tally = Tally("ignored", "ignore") if options.add_ignores else Tally()
        self.said: set[str] = set()
        changes = options.fix or options.add_ignores
        self.mode = run.DIFF if options.diff else run.MEND if changes else run.CHECK

    def complete(self) -> int:
        try:
            status = self.execute()
            for out in (self.report, self.out):
                if out is not None:
                    out.flush()
            return status
        finally:
            if self.file is not None:
                self.file.close()

    def execute(self) -> int:
        if self.options.explain is not None and self.hook is not None:
            return self.explain(self.hook)
        if self.options.paths == ["-"]:
            return self.standard_input()
        job = self.job()
        search = Search(job.configs, force_exclude=self.options.force_exclude)
        paths = list(search.files(self.options.paths or ["."]))
        for failure in search.errors:
            self.say(str(failure))
        if not paths and not search.errors and not self.options.force_exclude:
            self.say("warning: no Dockerfile or Compose file was found under the given paths")
        self.prepare(paths, job)
        self.open_report(paths)
        jobs = self.options.jobs or os.cpu_count() or 1
        outcomes = run.outcomes(paths, job, jobs)
        if self.shows_progress(len(paths)):
            from dockmend._report.progress import shown

            outcomes = shown(outcomes, len(paths))
        self.show(outcomes, job.configs, self.out)
        return self.status(bool(search.errors))

    def prepare(self, paths: Sequence[str], job: run.Job) -> None:
        """Let hooks do what they do once for all files, with a bar where that takes long."""
        steps = run.prepare(paths, job)
        if self.has_terminal():
            from dockmend._report.progress import watch

            watch(steps)
        for _ in steps:
            pass

    def explain(self, hook: Hook) -> int:
        """Say what the hook has to say of a path, for each file."""
        job = self.job()
        for name in self.options.paths:
            for line in run.explain(name, os.path.abspath(self.options.explain), hook, job):
                self.out.text(f"{printable_path(line)}\n")
        return 0

    def standard_input(self) -> int:
        """Report on standard input or, with `--fix`, give it back mended; whatever happens, it comes out."""
        if sys.stdin is None:
            raise Failure.at("standard input", "is closed; give a path, or text to read")
        text = files.decode(sys.stdin.buffer.read())
        name = self.options.stdin_filename
        mended = text
        try:
            job = self.job()
            if name and self.options.force_exclude and Search(job.configs).excludes(name):
                return 0
            self.open_report([])
            outcome = run.process_text(text, name or "-", os.path.abspath(name) if name else None, job)
            self.show([outcome], job.configs, self.err if self.mode == run.MEND else self.out)
            mended = outcome.text
        finally:
            if self.mode == run.MEND:
                self.out.exact(mended)
        return self.status(failed=False)

    def job(self) -> run.Job:
        options = self.options
        if options.context is not None and not os.path.isdir(options.context):
            raise Failure.at("--context", f"{options.context} is not a folder")
        return run.Job(
            self.mode,
            Configs(options.config),
            options.select,
            options.extend_select or (),
            options.ignore or (),
            options.unsafe_fixes,
            options.context and os.path.abspath(options.context),
            options.fail_on,
            self.changed(),
            {"pin-digest": {"update": True}} if options.update else {},
            options.add_ignores,
        )

    def changed(self) -> Changes | None:
        patch = self.options.patch
        if self.options.since is None and patch is None:
            return None
        from dockmend._engine import changes

        if patch is None:
            # Set where pre-commit was told which range of commits it is about, as in CI.
            given = os.environ.get("PRE_COMMIT_FROM_REF") if os.environ.get("PRE_COMMIT") else None
            return changes.since(given or self.options.since, os.getcwd())
        text = files.decode(sys.stdin.buffer.read()) if patch == "-" else files.read(patch).text
        return changes.in_patch(text, "standard input" if patch == "-" else patch, os.getcwd())

    def open_report(self, paths: Iterable[str]) -> None:
        """Open the file that the report goes to, none of those it is about, before anything is mended."""
        name = self.options.output_file
        if name is None:
            return
        if os.path.realpath(name) in map(os.path.realpath, paths):
            raise Failure.at(name, "is a file to report on; give `--output-file` another name")
        self.file = files.writer(name)
        self.report = Output(self.file, name)

    def show(self, outcomes: Iterable[run.Outcome], configs: Configs, terminal: Output) -> None:
        """Write the report as the outcomes come, then what is to be said of all of them on the terminal."""
        terminal_style = style_of(sys.stderr if terminal is self.err else sys.stdout)
        out, style = (terminal, terminal_style) if self.report is None else (self.report, Style())
        if self.mode == run.DIFF:
            for patch in self.patches(self.counted(outcomes)):
                out.exact(patch)
            if not self.options.quiet:
                out.flush()
                self.err.text(self.tally.promised())
            return
        name = self.format(configs)
        if self.options.statistics:
            for _ in self.counted(outcomes):
                pass
            for line in self.tally.statistics(style):
                out.text(line)
            return
        for piece in _report.load(name)(self.counted(outcomes), style):
            out.text(piece)
        if self.options.quiet or (self.report is None and name not in {"full", "concise"}):
            return
        if self.options.show_fixes:
            for line in self.tally.fixes(terminal_style):
                terminal.text(line)
        for line in self.contexts(terminal_style):
            terminal.text(line)
        terminal.text(self.tally.summary(terminal_style))

    def counted(self, outcomes: Iterable[run.Outcome]) -> Iterator[run.Outcome]:
        for outcome in outcomes:
            self.tally.add(outcome)
            for line in (*outcome.errors, *outcome.notes):
                self.say(str(line))
            for path in outcome.made:
                self.say(f"{path}: note: this file is new; add it to the commit")
            yield outcome

    def contexts(self, style: Style) -> Iterable[str]:
        """What becomes of build contexts; an editor's text has to come back sooner."""
        edits = self.tally.ignore_files.values()
        if not edits or self.options.paths == ["-"]:
            return ()
        from dockmend._report import contexts
        from dockmend._report.progress import watch

        made = self.mode == run.MEND
        return contexts.report(edits, style, watch if self.has_terminal() else None, made=made)

    def patches(self, outcomes: Iterable[run.Outcome]) -> Iterator[str]:
        """Each file's patch once: Dockerfiles with one context would each make its .dockerignore."""
        seen: set[str] = set()
        for outcome in outcomes:
            for path, patch in outcome.patches:
                if path not in seen:
                    seen.add(path)
                    yield patch

    def format(self, configs: Configs) -> str:
        """The format asked for, else the one that the current folder's configuration names."""
        if self.options.output_format is not None:
            return str(self.options.output_format)
        config = configs.of(os.getcwd())
        name = config.output_format or "full"
        if name not in _report.FORMATS:
            listed = ", ".join(_report.FORMATS)
            message = f'`output-format` must be one of {listed}, not "{name}"{nearest(name, _report.FORMATS)}'
            raise Failure.at(config.path or "", message)
        return name

    def has_terminal(self) -> bool:
        """Whether somebody watches standard error and wants to."""
        return not self.options.quiet and sys.stderr is not None and sys.stderr.isatty()

    def shows_progress(self, total: int) -> bool:
        if not self.has_terminal():
            return False
        from dockmend._report.progress import MANY

        return total > MANY

    def say(self, line: str) -> None:
        """One line on standard error, once."""
        if line not in self.said:
            self.said.add(line)
            self.err.text(f"{printable_path(line)}\n")

    def status(self, failed: bool) -> int:
        if failed or self.tally.errors:
            return 2
        found = self.tally.patches if self.mode == run.DIFF else self.tally.failing
        # pre-commit sets it, goes by `git diff`, and so misses files that git does not know.
        if self.tally.made and os.environ.get("PRE_COMMIT"):
            found = True
        return 1 if found and not self.options.exit_zero else 0
