"""``sanshe plan``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from geodata.language import current_language
from planner.cli.app import CityArgument, JsonOption, LanguageOption, StandardOption, app
from planner.cli.printing import output, print_frame, progress
from planner.cli.region_plan import plan_of_region
from planner.errors import PlanError
from planner.messages import text

if TYPE_CHECKING:
    from planner.plan import Plan

_ACTIONS_SHOWN = 10


@app.command(
    epilog="Examples / 示例：  sanshe plan taicang --budget-yuan 20000000 --out my-plan/ ; "
    "sanshe plan my-province/ --budget-yuan 900000000 --cluster local:8"
)
def plan(
    city: CityArgument,
    lang: LanguageOption,
    new_halls: Annotated[
        int | None,
        typer.Option(help="How many to build at the most; 5 if no goal is given. 新建数量"),
    ] = None,
    budget_yuan: Annotated[
        float | None, typer.Option(help="What they may cost together, in yuan. 总预算（元）")
    ] = None,
    target_share: Annotated[
        float | None,
        typer.Option(help="Share of residents to be served, 0 to 1, at least cost. 目标覆盖率"),
    ] = None,
    forbid: Annotated[
        list[str] | None,
        typer.Option(help="Candidate site that must not be used; may be repeated. 排除的候选地点"),
    ] = None,
    every_town: Annotated[
        float | None,
        typer.Option(help="Share to be served in every town, 0 to 1. 每个镇（区）最低覆盖率"),
    ] = None,
    rural_at_least_urban: Annotated[
        bool,
        typer.Option(
            "--rural-at-least-urban", help="Rural share no lower than urban. 农村覆盖率不低于城镇"
        ),
    ] = False,
    new_posts: Annotated[
        int | None,
        typer.Option(help="Posts to recruit; the standard's number if left out. 新增社工岗位数"),
    ] = None,
    projects_budget_yuan: Annotated[
        float | None,
        typer.Option(help="A year's projects together, in yuan. 服务项目年度预算（元）"),
    ] = None,
    standard: StandardOption = "taicang-2013",
    out: Annotated[
        Path | None, typer.Option(help="Folder to write to; plan-CITY/ if left out. 输出文件夹")
    ] = None,
    time_limit: Annotated[
        float, typer.Option(help="Seconds for the siting model. 选址求解时限（秒）")
    ] = 60.0,
    seed: Annotated[int, typer.Option(help="Seed of everything that draws lots. 随机种子")] = 0,
    report: Annotated[
        bool, typer.Option(help="Whether to write the report and the workbook too. 是否输出专报")
    ] = True,
    cluster: Annotated[
        str | None,
        typer.Option(
            help="For a region: the Dask cluster to work on, tcp://HOST:PORT, or local:N processes "
            "here; one county after the other if left out. 计算集群"
        ),
    ] = None,
    worker_memory: Annotated[
        str,
        typer.Option(help="With local:N: memory of each process, such as 3GiB. 每个进程的内存上限"),
    ] = "auto",
    dry_run: Annotated[
        bool,
        typer.Option(
            "--dry-run", help="For a region: only say what it would take. 仅估算用时与资源"
        ),
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Find who is not served and what to do: halls, social workers, projects; write map and tables.

    找出未被服务的居民，推荐新建服务厅、增设社工岗位与购买项目，输出离线地图与表格。

    A region of many counties (sanshe region) is planned under one budget: sites only. Counties
    that are done are not computed again. 多县区域：统一预算下选址，可断点续算。
    """
    from geodata.city import open_city, short_name
    from geodata.region import is_region
    from planner.exports import RECORD_FILE, export
    from planner.plan import make_plan
    from planner.request import PlanRequest
    from planner.standard import Standard

    goals = (new_halls, budget_yuan, target_share)
    PlanRequest(
        *goals,
        time_limit_s=time_limit,
        new_posts=new_posts,
        projects_budget_yuan=projects_budget_yuan,
        every_town_share=every_town,
    )
    many = is_region(city)
    _refuse_options(
        {"--cluster": cluster, "--dry-run": dry_run or None}
        if not many
        else {
            "--every-town": every_town,
            "--rural-at-least-urban": rural_at_least_urban or None,
            "--new-posts": new_posts,
            "--projects-budget-yuan": projects_budget_yuan,
        },
        "only_for_regions" if not many else "not_for_regions",
    )
    if many:
        plan_of_region(
            city,
            standard=standard,
            out=out,
            cluster=cluster,
            worker_memory=worker_memory,
            dry_run=dry_run,
            lang=lang.value,
            as_json=as_json,
            asked={
                "new_halls": new_halls,
                "budget_yuan": budget_yuan,
                "target_share": target_share,
                "forbidden_sites": tuple(forbid or ()),
                "time_limit_s": time_limit,
                "seed": seed,
            },
        )
        return
    with progress() as say:
        say("open")
        profile = Standard.load(standard)
        opened = open_city(city)
        made = make_plan(
            opened,
            profile,
            new_halls=new_halls,
            budget_yuan=budget_yuan,
            target_share=target_share,
            forbidden_sites=tuple(forbid or ()),
            time_limit_s=time_limit,
            seed=seed,
            new_posts=new_posts,
            projects_budget_yuan=projects_budget_yuan,
            every_town_share=every_town,
            rural_at_least_urban=rural_at_least_urban,
            progress=say,
        )
        say("write")
        folder = out or Path(f"plan-{short_name(city)}")
        written = export(made, folder, language=lang.value, report=report)
    if as_json:
        typer.echo((folder / RECORD_FILE).read_text("utf-8"), nl=False)
        return
    _print_plan(made, written[0])


def _refuse_options(options: dict[str, object], code: str) -> None:
    """Refuse what is given though it does not go with what is planned."""
    given = [name for name, value in options.items() if value is not None]
    if given:
        raise PlanError(code, options=", ".join(given))


def _print_plan(made: Plan, map_file: Path) -> None:
    summary = made.summary
    values = {
        **summary,
        "city": made.city.name if current_language() == "zh" else made.city.name_en,
        "standard": getattr(made.standard.name, current_language()),
        "cost_million": summary["cost_yuan"] / 1e6,
        "cost_wan": summary["cost_yuan"] / 1e4,
    }
    output.print(text("cli.headline_now", **values))
    output.print(text("cli.headline_after", **values))
    proof = "proven" if summary["status"] == "optimal" else "unproven"
    output.print(text(f"cli.{proof}", **values))
    if summary["approximate"]:
        output.print(text("cli.approximate"))
    if summary["modelled_layers"]:
        layers = text("map.list").join(
            text(f"layer.{layer}") for layer in summary["modelled_layers"]
        )
        output.print(text("cli.modelled", layers=layers))
    columns = {
        "rank": "d",
        "site_id": "",
        "community_name": "",
        "town_name": "",
        "residents_gained": ",d",
        "minutes_before": ".0f",
        "minutes_after": ".0f",
        "cost_yuan": ",.0f",
    }
    print_frame(made.recommendations, columns)
    _print_society(made)
    output.print(text("cli.map", path=map_file.resolve()))


def _print_society(made: Plan) -> None:
    """Print where social workers are short, and the first of the ranked actions."""
    if len(made.staffing):
        spent = {"new_posts": 0, "projects": 0, "projects_yuan_per_year": 0.0}
        output.print(text("cli.society", **(spent | dict(made.summary))))
    if made.actions.empty:
        return
    first = made.actions.head(_ACTIONS_SHOWN)
    output.print(text("cli.actions", shown=len(first), all=len(made.actions)))
    fields = first["field"].map(lambda name: text(f"map.field.{name}"), na_action="ignore")
    what = first["action"].map(lambda name: text(f"action.{name}"))
    first = first.assign(action=what, field=fields)
    columns = {
        "rank": "d",
        "action": "",
        "name": "",
        "field": "",
        "town_name": "",
        "persons_met": ",.0f",
        "yuan_per_year": ",.0f",
        "yuan_per_person": ",.1f",
    }
    print_frame(first, columns)
