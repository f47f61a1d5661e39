"""What must hold within a table: its columns, types, values and keys, as its schema says."""

from __future__ import annotations

import pandas as pd
import pandera.pandas as pa

from geodata.findings import Finding
from geodata.layers import Layer

_FINDING_OF_PANDERA_CHECK = {
    "column_in_dataframe": "missing_column",
    "not_nullable": "missing_value",
    "field_uniqueness": "duplicate_key",
}


def row_key(layer: Layer, frame: pd.DataFrame, position: int) -> str | None:
    """Return the key of the row at a position, if the layer has keys and the row has one."""
    if layer.key is None or layer.key not in frame.columns:
        return None
    value = frame[layer.key].iloc[position]
    return None if pd.isna(value) else str(value)


def finding_at(
    layer: Layer, frame: pd.DataFrame, position: int, code: str, **values: object
) -> Finding:
    """Return a finding about the row at a position (counted from 0)."""
    return Finding(code, layer.name, position + 1, row_key(layer, frame, position), values)


def conform(layer: Layer, frame: pd.DataFrame) -> tuple[pd.DataFrame, list[Finding]]:
    """Return the table with its columns typed as the schema says, and what is wrong with it.

    Parameters
    ----------
    layer
        The layer the table should be.
    frame
        The table as it was read; columns that the schema does not name are kept.

    Returns
    -------
    frame
        The typed table, rows numbered from 0; as it was read where something is wrong.
    findings
        What is wrong, row by row.
    """
    frame = frame.reset_index(drop=True)
    try:
        typed = layer.schema.validate(frame, lazy=True)
    except pa.errors.SchemaErrors as errors:
        return frame, _findings(layer, frame, errors.failure_cases)
    whole = {
        column: "int64" if typed[column].dtype == pd.Int64Dtype() else "bool"
        for column in layer.schema.columns
        if column in typed
        and typed[column].dtype in (pd.Int64Dtype(), pd.BooleanDtype())
        and not typed[column].isna().any()
    }
    return typed.astype(whole), []


def _findings(layer: Layer, frame: pd.DataFrame, failures: pd.DataFrame) -> list[Finding]:
    findings: dict[tuple[object, ...], Finding] = {}
    for failure in failures.itertuples(index=False):
        code = _code(str(failure.check))
        if code is None:
            continue
        if code == "missing_column":
            column = str(failure.failure_case)
            finding = Finding(code, layer.name, values={"column": column})
            findings[(code, column)] = finding
        elif failure.index is not None:
            position = int(failure.index)
            values = _values(layer, str(failure.column), failure.failure_case, code)
            finding = finding_at(layer, frame, position, code, **values)
            findings[(code, failure.column, position)] = finding
    return sorted(findings.values(), key=lambda f: (f.row or 0, str(f.values.get("column"))))


def _code(check: str) -> str | None:
    if check.startswith(("coerce_dtype", "dtype")):
        return "wrong_type"
    return _FINDING_OF_PANDERA_CHECK.get(check, check)


def _values(layer: Layer, column: str, value: object, code: str) -> dict[str, object]:
    values: dict[str, object] = {"column": column, "value": value}
    if code == "wrong_type":
        values["expected"] = str(layer.schema.columns[column].dtype).lower()
    if code == "unknown_value":
        values["choices"] = ", ".join(layer.schema.columns[column].metadata["choices"])
    return values
