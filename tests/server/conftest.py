from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_lsp
from lsprotocol import types
from pytest_lsp import ClientServerConfig, LanguageClient, make_test_lsp_client

from lsp_client import SERVER, Session


def _client() -> LanguageClient:
    made = make_test_lsp_client()

    @made.feature(types.CLIENT_REGISTER_CAPABILITY)  # type: ignore[untyped-decorator]
    def register(params: types.RegistrationParams) -> None:
        made.registered = [one.method for one in params.registrations]  # type: ignore[attr-defined]

    return made


@pytest_lsp.fixture(config=ClientServerConfig(server_command=SERVER, client_factory=_client))  # type: ignore[untyped-decorator]
async def client(lsp_client: LanguageClient) -> AsyncIterator[None]:
    """The client's end of a server's process that has been told nothing yet."""
    yield
    await lsp_client.shutdown_session()


@pytest.fixture
def session(client: LanguageClient, tmp_path: Path) -> Session:
    """An editor that has not said yet what it can do."""
    return Session(client, tmp_path)
