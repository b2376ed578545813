"""A planted business, served, looked at by real processes, held against its truth."""

from __future__ import annotations

import csv
import io
import json
import re
import sqlite3
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

from eleva_cli.inputs.catalogue import read
from eleva_cli.sandbox import seed
from tests import planted_goods, planted_people, planted_tokens
from tests.planted_business import PLANTERS, Field, Plant, catalogue_text, plant
from tests.proof.ground import Ground, Json
from tests.proof.rig import Answer, Child, Laptop, Rig
from tests.sound_business import DAY, Town

PACES = (
    "stripe-endpoint", "stripe-global", "workos-endpoint", "workos-all",
    "workos-users-read", "workos-users-write",
)  # fmt: skip
# A server without limits: how fast it goes is no part of what is shown.
CONFIG = 'catalog = "catalog.toml"\n[limits]\n' + "".join(
    f'"{name}" = 10000\n' for name in PACES
)
SOON = ("--again-after", "0.1")
PATIENCE_S = 900.0
Pair = tuple[str, str]


@dataclass(kw_only=True)
class Scene:
    """One business with its faults, its server, and a laptop that looks at it."""

    field: Field
    ground: Ground
    laptop: Laptop
    tokens: Path

    @classmethod
    def of(
        cls, rig: Rig, people: int, codes: Sequence[str] = (), **settings: Any
    ) -> Scene:
        """Plant faults of some codes among so many sound people, and serve it."""
        number = len(rig.grounds)
        file = rig.folder / f"catalog-{number}.toml"
        file.write_text(catalogue_text(), "utf-8")
        town = Town(catalogue=read(file), now=int(time.time()))
        field = plant(town, *codes)
        first_sound = len(town.houses)
        town.grow(people)
        ground = Ground(rig.folder / f"world-{number}.db", **settings)
        rig.grounds.append(ground)
        seed.load(ground.front.store, town.document())
        laptop = rig.laptop(ground, CONFIG)
        (laptop.folder / "here" / "catalog.toml").write_text(catalogue_text(), "utf-8")
        tokens = rig.folder / f"tokens-{number}"
        scene = cls(field=field, ground=ground, laptop=laptop, tokens=tokens)
        scene._seal(first_sound)
        return scene

    @property
    def town(self) -> Town:
        return self.field.town

    @property
    def plants(self) -> Sequence[Plant]:
        return self.field.plants

    def _seal(self, first_sound: int) -> None:
        """Do to the store what was planted, and make tokens."""
        store, plants = self.ground.front.store, self.plants
        with store.write() as session:
            for one in plants:
                if one.stored:
                    one.stored(session)
            sealing = planted_tokens.Sealing.of(session, store.settings(), time.time())
            signs = [sign for one in plants for sign in one.signs]
            sound = planted_tokens.sound_signs(self.town, first_sound)
            texts = list(sealing.tokens([*signs, *sound]))
            for one in plants:
                if one.signed:
                    one.signed(session)
        self.tokens.write_text("\n".join(texts), "utf-8")

    def verify(self, *words: str, form: str = "json") -> Answer:
        """Look once; tokens are handed in."""
        return self.start("--tokens", str(self.tokens), *words, form=form).wait(
            PATIENCE_S
        )

    def start(self, *words: str, form: str = "json") -> Child:
        """Begin to look."""
        return self.laptop.start("verify", *SOON, *words, form=form)

    def age(self, days: int) -> None:
        """Have all looks so far been so many days ago, then do what was to follow."""
        journal = next((self.laptop.folder / "state").rglob("*.db"))
        with closing(sqlite3.connect(journal)) as connection:
            connection.execute(
                "update audits set began_at = began_at - :s, ended_at = ended_at - :s",
                {"s": days * DAY},
            )
            connection.commit()
        with self.ground.front.store.write() as session:
            for one in self.plants:
                if one.between:
                    one.between(session)

    def expected(self, of: Callable[[Plant], frozenset[Pair]]) -> set[Pair]:
        """Return what must be told of everybody, notes included."""
        return self.town.notes() | {pair for one in self.plants for pair in of(one)}

    def deep(self, of: Callable[[Plant], frozenset[Pair]]) -> set[Pair]:
        """Return what only a look at all entitlements is sure to see."""
        return {pair for one in self.plants if one.is_exact for pair in of(one)}


def told(answer: Answer) -> set[Pair]:
    """Return code and subject of everything that was told."""
    return {(one["code"], one["subject"]) for one in answer.data["findings"]}


def counted(findings: Sequence[Mapping[str, Any]]) -> Counter[str]:
    """Count what counts, by code."""
    return Counter(one["code"] for one in findings if one.get("counts"))


# each format's own parser: how often each code is in it, as one who reads it sees


def _of_json(text: str) -> Counter[str]:
    body: Json = json.loads(text)
    found = counted(body["findings"])
    assert found == Counter(body["data"]["audit"]["by_code"])
    return found


def _of_ndjson(text: str) -> Counter[str]:
    lines = [json.loads(line) for line in text.splitlines()]
    return counted([line for line in lines if line["type"] == "finding"])


def _of_csv(text: str) -> Counter[str]:
    rows = csv.DictReader(io.StringIO(text, newline=""))
    return Counter(row["code"] for row in rows if row["counts"] == "true")


def _of_junit(text: str) -> Counter[str]:
    root = ET.fromstring(text)
    found = {suite.get("name", ""): suite for suite in root.iter("testsuite")}
    failed = Counter(
        {name: len(list(suite.iter("failure"))) for name, suite in found.items()}
    )
    assert failed.total() == int(root.get("failures", "0"))
    return +failed


def _of_rows(text: str) -> Counter[str]:
    """Read the table of codes, as Markdown or as a page has it."""
    part = text.partition("Findings by code")[2].partition("Findings, worst first")[0]
    row = re.compile(r"^[|\s]*([a-z][a-z-]+)[|\s]+(?:error|warning|note)[|\s]+([\d,]+)")
    found = Counter[str]()
    for line in part.splitlines():
        if match := row.match(line):
            found[match[1]] += int(match[2].replace(",", ""))
    return found


def _of_html(text: str) -> Counter[str]:
    """Read the chart, and hold it against the rows that the page lists."""
    bar = re.compile(r'<tr><th [^>]*>([a-z-]+)</th>.*?<td class="number">([\d,]+)</td>')
    found = Counter({code: int(n.replace(",", "")) for code, n in bar.findall(text)})
    data = re.search(
        r'<script type="application/json"[^>]*>(.*?)</script>', text, re.DOTALL
    )
    assert data is not None
    listed = [row for row in json.loads(data[1])["flaws"] if row[0] != "note"]
    assert Counter(row[1] for row in listed) == found
    return found


def by_severity(text: str) -> Counter[str]:
    """Count what counts in JSON by severity, as GitHub's annotations are."""
    found = [one for one in json.loads(text)["findings"] if one.get("counts")]
    return Counter(str(one["severity"]) for one in found)


def annotated(text: str) -> Counter[str]:
    """Count errors and warnings of a job's log, those that are only counted as well."""
    found = Counter(re.findall(r"^::(error|warning) ", text, re.MULTILINE))
    for count, severity in re.findall(
        r"^and ([\d,]+) more (error|warning)", text, re.MULTILINE
    ):
        found[severity] += int(count.replace(",", ""))
    return found


READERS: Mapping[str, Callable[[str], Counter[str]]] = {
    "json": _of_json,
    "ndjson": _of_ndjson,
    "csv": _of_csv,
    "junit": _of_junit,
    "markdown": _of_rows,
    "table": _of_rows,
    "html": _of_html,
}
FAULTS = (planted_goods, planted_people, planted_tokens)  # each makes its own known
ALL_CODES = tuple(sorted(PLANTERS))
