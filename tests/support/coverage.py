"""Which test has called which operation: read from the audit trails of the servers under test.

The trail tells what a server has done, whatever client asked for it: boto3, the `aws` CLI in a shell, bytes made by
hand. A scenario of an operation is a test in whose body a server answered it without an error.
"""

import json
import os
import re
from collections import defaultdict
from pathlib import Path

import pytest
from botocore.loaders import Loader

from support.trail import Reader

ROOT = Path(__file__).parents[2]
# Services whose every operation is to be served, and those of which some are.
WHOLE = ("iam", "sts", "eks-auth")
PARTLY = ("organizations", "cloudtrail", "eks")
OPTION = "every_operation_has_a_scenario"
# The first is about the policy types that are not served, and has but an error for each of the others. The second is never
# done: management events cannot be stopped.
REFUSED_BY_NATURE = ("organizations:DescribeEffectivePolicy", "cloudtrail:StopLogging")


def output() -> Path:
    """Where a whole run leaves what it has seen; `cargo xtask coverage` makes the table of it."""
    target = os.environ.get("CARGO_TARGET_DIR")
    return (Path(target) if target else ROOT / "target") / "coverage-operations.json"


def operations(service: str) -> list[str]:
    """The operations of a service's model."""
    return sorted(Loader().load_service_model(service, "service-2")["operations"])


def served(service: str) -> set[str]:
    """The operations that the server's table of a service has."""
    source = ROOT / "crates" / "services" / "src" / f"{service.replace('-', '_')}.rs"
    text = source.read_text() if source.exists() else ""
    return set(re.findall(r"Entry::of::<(?:\w+::)*(\w+)>", text))


class Coverage:
    """Collects scenarios; with several processes, each its own, and the first one all of them."""

    def __init__(self, config: pytest.Config, servers: list):
        self._config = config
        self._servers = servers
        self._readers: dict = {}
        self._scenarios: dict[str, set[str]] = defaultdict(set)

    def _news(self) -> list[dict]:
        news = []
        for server in list(self._servers):
            reader = self._readers.setdefault(server, Reader(server.data))
            news += reader.new()
        return news

    @pytest.hookimpl(hookwrapper=True)
    def pytest_runtest_call(self, item):
        # What fixtures have called is no scenario: which test they are set up for first is chance.
        self._news()
        yield
        for record in self._news():
            service = record["eventSource"].removesuffix(".amazonaws.com")
            operation = f"{service}:{record['eventName']}"
            answered = "errorCode" not in record or operation in REFUSED_BY_NATURE
            if answered and service in WHOLE + PARTLY:
                self._scenarios[operation].add(item.nodeid)

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node):
        for operation, tests in getattr(node, "workeroutput", {}).get("scenarios", {}).items():
            self._scenarios[operation].update(tests)

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session, exitstatus):
        if hasattr(self._config, "workeroutput"):
            # pytest-xdist sends it to the first process.
            self._config.workeroutput["scenarios"] = {name: sorted(tests) for name, tests in self._scenarios.items()}
            return
        if not self._is_whole() or exitstatus != pytest.ExitCode.OK:
            return
        output().parent.mkdir(parents=True, exist_ok=True)
        found = {name: sorted(tests) for name, tests in sorted(self._scenarios.items())}
        output().write_text(json.dumps(found, indent=1) + "\n")
        if self._config.getini(OPTION) and self.missing():
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter, exitstatus):
        if hasattr(self._config, "workeroutput") or not self._is_whole() or not self._config.getini(OPTION):
            return
        if missing := self.missing():
            terminalreporter.section("operations without a scenario", red=True)
            for operation in missing:
                terminalreporter.line(operation)

    def missing(self) -> list[str]:
        """The operations that should have a scenario and have none."""
        wanted = [f"{service}:{name}" for service in WHOLE for name in operations(service)]
        wanted += [f"{service}:{name}" for service in PARTLY for name in sorted(served(service))]
        return [operation for operation in wanted if operation not in self._scenarios]

    def _is_whole(self) -> bool:
        """Whether nothing was chosen: every test of the directory ran."""
        config = self._config
        chosen = config.args_source == pytest.Config.ArgsSource.ARGS
        option = config.option
        return not (chosen or option.keyword or option.markexpr or option.collectonly or option.deselect)
