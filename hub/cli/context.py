"""What every command needs: the console, the settings, the store, who acts and why."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Annotated

import typer
from rich.console import Console

from hub import operations
from hub.bootstrap import open_store
from hub.clock import utc_now
from hub.records.calendar import LOCAL
from hub.settings import Settings, SettingsError, load
from hub.store.deliveries import NoSuchDelivery, StateConflict
from hub.store.engine import Store, StoreUnavailable, is_away

console = Console()
Reason = Annotated[str, typer.Option("--reason", help="Why; it goes into the audit.")]
Delivery = Annotated[int, typer.Argument(help="Number of the delivery.")]
Day = Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d", "%Y-%m-%dT%H:%M"])]


def settings() -> Settings:
    """Read the settings; a wrong one ends the command with code 2 and every problem."""
    try:
        return load(os.environ)
    except SettingsError as error:
        console.print(f"[red]Settings cannot be used:[/]\n{error}")
        raise typer.Exit(2) from None


def broker_address(found: Settings) -> tuple[str, str]:
    """Return AMQP and management address; without a broker ends the command with code 2."""
    if not found.broker_url:
        console.print("[red]HUB_BROKER_URL is not set: there is no broker to look at.[/]")
        raise typer.Exit(2)
    return found.broker_url, found.broker_management_url


def one_of(option: str, value: str, *allowed: str) -> None:
    """End the command with code 2 unless the option has an allowed value."""
    if value not in allowed:
        console.print(f"[red]{option} is {' or '.join(allowed)}, not {value!r}[/]")
        raise typer.Exit(2)


def here(day: datetime | None) -> datetime | None:
    """Return a time that was typed as one of the ward's zone."""
    return day and day.replace(tzinfo=LOCAL)


@contextmanager
def opened() -> Iterator[Store]:
    """Open the installation's store for the length of the block."""
    store = open_store(settings())
    try:
        yield store
    finally:
        store.close()


def by(reason: str) -> operations.By:
    """Return who acts, why and when."""
    return {"actor": os.environ.get("USER", "cli"), "reason": reason, "now": utc_now()}


BUSY = (
    "Cơ sở dữ liệu đang bận hoặc không trả lời, hãy thử lại; việc đã xong không làm hai lần.\n"
    "The database was busy or away, try again; what was done is not done twice."
)


def operate(work: Callable[[Store], None]) -> None:
    """Do one thing to a delivery and say whether it was done."""
    try:
        with opened() as store:
            work(store)
    except (StateConflict, NoSuchDelivery) as error:
        console.print(f"[red]Chưa làm / Not done:[/] {error}")
        raise typer.Exit(1) from None
    except StoreUnavailable as error:
        if not is_away(error):
            raise
        console.print(f"[red]Có thể chưa làm / Perhaps not done:[/] {BUSY}")
        raise typer.Exit(1) from None
    console.print("[green]✓[/] Done.")
