"""``plan report`` as a user meets it: where the page goes, what it never overwrites, and what it says of what is no plan."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.command import run
from tests.planner.report.rich import rich_plan


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return rich_plan().save(tmp_path / "plans" / "tiny")


def test_the_page_lies_beside_the_plan(folder: Path, tmp_path: Path) -> None:
    done = run("report", "plans/tiny", cwd=tmp_path)
    assert done.stdout == "Report written to plans/tiny.html\n"
    assert not done.stderr
    first = (folder.parent / "tiny.html").read_bytes()
    assert first.startswith(b"<!doctype html>")
    run("report", folder)
    assert (folder.parent / "tiny.html").read_bytes() == first
    run("report", ".", "--html", tmp_path / "deep" / "page.html", cwd=folder)
    assert (tmp_path / "deep" / "page.html").read_bytes() == first


def test_what_is_no_report_is_never_overwritten(folder: Path, tmp_path: Path) -> None:
    mine = tmp_path / "mine.html"
    mine.write_text("<p>mine</p>")
    assert "is not a report" in run("report", folder, "--html", mine, code=2).stderr
    assert mine.read_text() == "<p>mine</p>"
    assert "must end in .html" in run("report", folder, "--html", tmp_path / "mine.txt", code=2).stderr
    assert "inside a plan folder" in run("report", folder, "--html", folder / "page.html", code=2).stderr
    assert not (folder / "page.html").exists()


def test_what_is_no_plan_is_bad_input(folder: Path, tmp_path: Path) -> None:
    assert "is not a plan folder" in run("report", tmp_path, code=2).stderr
    assert not tmp_path.with_suffix(".html").exists()
    (folder / "demands.parquet").write_bytes(b"nothing")
    assert "damaged" in run("report", folder, code=2).stderr


def test_a_plan_that_was_changed_is_named(folder: Path) -> None:
    text = (folder / "scenario.yaml").read_text(encoding="utf-8")
    (folder / "scenario.yaml").write_text(text.replace("Scrap", "Waste"), encoding="utf-8")
    assert "was changed after it was written: scenario.yaml" in run("report", folder).stderr


@pytest.mark.skipif(hasattr(os, "geteuid") and os.geteuid() == 0, reason="root may write everywhere")
def test_a_place_that_cannot_be_written(folder: Path, tmp_path: Path) -> None:
    shut = tmp_path / "shut"
    shut.mkdir(mode=0o500)
    assert "cannot be written" in run("report", folder, "--html", shut / "page.html", code=2).stderr
