"""The options of the commands that can run on Ray."""

from typing import Annotated, Literal

import typer

Engine = Annotated[
    Literal["local", "ray"],
    typer.Option(help="ray uses several processes or machines; it requires 'comb-coder[scale]'."),
]
Address = Annotated[
    str, typer.Option(help="Address of a running Ray cluster; without it, Ray is started on this machine.")
]
Count = Annotated[int, typer.Option("--workers", min=0, help="Processes on Ray; by default, one per processor.")]


def check_engine(engine: str, address: str, workers: int) -> None:
    """Refuse Ray's options for another engine."""
    if engine == "local" and (address or workers):
        name = "--address" if address else "--workers"
        raise typer.BadParameter("belongs to another engine; add: --engine ray", param_hint=name)
