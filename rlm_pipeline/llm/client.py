"""The connection to a model's server: Claude, or a server of one's own that nothing leaves."""

import ipaddress
import os
from typing import TYPE_CHECKING, Any

from rlm_pipeline.configuration import Analysis
from rlm_pipeline.errors import ModelError

if TYPE_CHECKING:
    import anthropic

CONNECT_SECONDS = 10.0
"""How long a connection may take; an answer may take `analysis.timeout_seconds`."""

_NO_KEY = (
    "there is no key for Claude: set ANTHROPIC_API_KEY in the environment, or set analysis.base_url to a local server "
    "that speaks the Messages API"
)


def connect(settings: Analysis, *, transport: Any = None) -> "anthropic.AsyncAnthropic":
    """A client that retries nothing by itself; `transport` replaces the network in tests.

    A local server gets neither the environment's proxies nor its `ANTHROPIC_` variables.

    Raises:
        ModelError: `base_url` is on another machine that `allowed_hosts` does not name; or there is no key for Claude.

    """
    import anthropic
    import httpx2

    timeout = httpx2.Timeout(settings.timeout_seconds, connect=CONNECT_SECONDS)
    # As many calls are under way as the settings say; none waits for a connection.
    limits = httpx2.Limits(max_connections=None)
    if settings.base_url is None:
        chosen = {"transport": transport, "trust_env": False} if transport else {}
        http = anthropic.DefaultAsyncHttpxClient(timeout=timeout, limits=limits, follow_redirects=False, **chosen)
        try:
            client = anthropic.AsyncAnthropic(max_retries=0, http_client=http)
        except anthropic.AnthropicError as error:
            raise ModelError(f"{_NO_KEY}. A profile was looked for, too: {error}") from error
        if client.api_key is None and client.auth_token is None and client.credentials is None:
            raise ModelError(_NO_KEY)
        return client
    require_allowed(settings)
    return anthropic.AsyncAnthropic(
        api_key="local",
        base_url=settings.base_url,
        max_retries=0,
        open_telemetry=False,
        default_headers=_without_headers_of_the_environment(),
        http_client=httpx2.AsyncClient(trust_env=False, timeout=timeout, limits=limits, transport=transport),
    )


def require_allowed(settings: Analysis) -> None:
    """Refuse a local server that is not on this machine, unless its host is named.

    Raises:
        ModelError: the host is neither a loopback address nor one of `allowed_hosts`.

    """
    import httpx2

    try:
        url = httpx2.URL(settings.base_url or "")
    except httpx2.InvalidURL:
        url = httpx2.URL("")
    if url.scheme not in {"http", "https"} or not url.host:
        raise ModelError(f"analysis.base_url {settings.base_url!r} is no address; expected http://127.0.0.1:PORT")
    if url.host not in settings.allowed_hosts and not _is_loopback(url.host):
        raise ModelError(
            f"analysis.base_url names the host {url.host!r}, which is not this machine: nothing was sent. If records "
            f"may go there, add it: analysis.allowed_hosts: [{url.host}]"
        )


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _without_headers_of_the_environment() -> dict[str, Any]:
    """What takes back each header of `ANTHROPIC_CUSTOM_HEADERS`, which may hold a credential of Claude's."""
    import anthropic

    lines = os.environ.get("ANTHROPIC_CUSTOM_HEADERS", "").split("\n")
    return {line.partition(":")[0].strip(): anthropic.omit for line in lines if ":" in line}
