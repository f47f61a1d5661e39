"""What the command prints: results on stdout as table, CSV or JSON; the rest on stderr."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import typer
from rich.console import Console
from rich.table import Table

from planner.messages import text

if TYPE_CHECKING:
    import pandas as pd

output = Console(soft_wrap=True, highlight=False)
messages = Console(stderr=True, soft_wrap=True, highlight=False)
_WIDTH_OF_PIPES = 200


@contextmanager
def progress() -> Iterator[Callable[..., None]]:
    """Say on stderr which stage has begun: a spinner on a terminal, else a line for each.

    What is yielded takes the stage and what its text leaves open.
    """
    if not messages.is_terminal:
        yield lambda stage, **values: messages.print(text(f"progress.{stage}", **values))
        return
    with messages.status("") as status:
        yield lambda stage, **values: status.update(text(f"progress.{stage}", **values))


def print_frame(
    frame: pd.DataFrame, columns: dict[str, str], *, as_json: bool = False, as_csv: bool = False
) -> None:
    """Print a frame: as JSON or CSV whole, else some columns as a table.

    Parameters
    ----------
    frame
        What to print; its index is left out.
    columns
        Which columns a person reads, each with its number format ("" for text).
    as_json, as_csv
        For scripts: every column, under its own name.
    """
    if as_json:
        print_json(frame)
    elif as_csv:
        typer.echo(frame.to_csv(index=False, lineterminator="\n"), nl=False)
    else:
        _print_table(frame, columns)


def print_json(frame: pd.DataFrame) -> None:
    """Print a frame as a list of records; missing values as null."""
    typer.echo(json.dumps(records(frame), ensure_ascii=False, indent=1, default=plain))


def records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """Return a frame as a list of records; missing values as None."""
    return frame.astype(object).where(frame.notna(), None).to_dict("records")


def plain(value: Any) -> Any:
    """Return the plain number inside a numpy one; None for none."""
    number = value.item()
    return None if isinstance(number, float) and math.isnan(number) else number


def _print_table(frame: pd.DataFrame, columns: dict[str, str]) -> None:
    """Print columns of a frame, each in its number format; missing values as a dash."""
    table = Table(box=None, header_style="bold", pad_edge=False)
    for column, form in columns.items():
        table.add_column(
            text(f"column.{column}"), justify="right" if form else "left", overflow="fold"
        )
    shown = frame[list(columns)].astype(object)
    for row in shown.where(shown.notna(), None).itertuples(index=False):
        cells = [_cell(value, form) for value, form in zip(row, columns.values(), strict=True)]
        table.add_row(*cells)
    width = None if output.is_terminal else _WIDTH_OF_PIPES
    Console(highlight=False, markup=False, width=width).print(table)


def _cell(value: Any, form: str) -> str:
    from pandas import isna

    if isna(value):
        return "–"
    return format(value, form) if form and not isinstance(value, str) else str(value)
