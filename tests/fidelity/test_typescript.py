"""The exported TypeScript under the official compiler, and its values under node.

Everything is compiled at once: starting the compiler is what takes the time.
"""

from __future__ import annotations

import json
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from eleva_cli.catalog import Catalogue
from eleva_cli.catalog.exports import constants, export
from eleva_cli.catalog.exports.literals import Record, Row, Text, Value
from eleva_cli.catalog.exports.modules import Module
from tests import wares
from tests.outside.installed import NPM, node, why_not

pytestmark = pytest.mark.skipif(why_not() is not None, reason=str(why_not()))

CONSUMER = Path(__file__).with_name("consumer.ts").read_text("utf-8")
# what an application may ask for beyond --strict
FLAGS = (
    "--strict", "--target", "es2022", "--lib", "es2019", "--module", "nodenext",
    "--noUncheckedIndexedAccess", "--exactOptionalPropertyTypes", "--noImplicitReturns",
    "--noUnusedLocals", "--noUnusedParameters", "--isolatedModules", "--declaration",
    "--isolatedDeclarations", "--verbatimModuleSyntax", "--erasableSyntaxOnly",
    "--skipLibCheck", "--pretty", "false", "--outDir", "out", "--rootDir", ".",
)  # fmt: skip
CONSOLE = "declare const console: { log(...texts: unknown[]): void };\n"
STRIPE = "declare module 'stripe' { export interface Stripe { id: string } }\n"
CHANGED = """
import * as keys from './keys.js';
import type { BillingInterval, ExpertTier, TeamTier } from './keys.js';

const tiers: readonly ExpertTier[] = ['community', 'top', 'elite'];
const team: TeamTier = 'starter';
const often: BillingInterval = 'annual';
const added: 'elite-expert-monthly' = keys.EXPERT_LOOKUP_KEYS.elite.monthly;
const none: Record<string, never> = keys.LECTURER_LOOKUP_KEYS;
const studio: 'studio-monthly' = keys.STUDIO_LOOKUP_KEYS.monthly;
console.log(tiers, added, none, studio, keys.getTeamLookupKey(team, often));
// @ts-expect-error the family is gone
console.log(keys.LECTURER_LOOKUP_KEYS.annual);
"""
EMPTY = """
import {
  ALL_LOOKUP_KEYS, EXPERT_INVITE_LOOKUP_KEYS, EXPERT_LOOKUP_KEYS, LECTURER_LOOKUP_KEYS,
  TEAM_LOOKUP_KEYS, getExpertLookupKey, getTeamLookupKey, isValidLookupKey,
} from './keys.js';
import type { BillingInterval, ExpertLookupKey, ExpertTier, TeamTier } from './keys.js';

const nothing: readonly [] = ALL_LOOKUP_KEYS;
const often: BillingInterval = 'monthly';
export type Nobody = ExpertTier | TeamTier | ExpertLookupKey;
console.log(
  nothing, often, EXPERT_INVITE_LOOKUP_KEYS, EXPERT_LOOKUP_KEYS, LECTURER_LOOKUP_KEYS,
  TEAM_LOOKUP_KEYS, getExpertLookupKey, getTeamLookupKey, isValidLookupKey('x'),
);
// @ts-expect-error there is no tier
getExpertLookupKey('community', 'monthly');
"""
# values, and what the functions say of each tier and interval
TELL = """
const told = {};
for (const name of process.argv.slice(1)) {
  const module = await import(`./out/${name}/keys.js`);
  const values = Object.fromEntries(
    Object.entries(module).filter(([, value]) => typeof value !== 'function'));
  const asked = {};
  for (const [kind, get] of [['EXPERT', module.getExpertLookupKey],
                             ['TEAM', module.getTeamLookupKey]]) {
    const tiers = Object.keys(values[`${kind}_LOOKUP_KEYS`] ?? {});
    for (const tier of [...tiers, 'toString'])
      for (const interval of ['monthly', 'annual', 'valueOf']) {
        let answer;
        try { answer = get?.(tier, interval); } catch (error) { answer = error.name; }
        asked[JSON.stringify([kind, tier, interval])] = answer;
      }
  }
  const asks = [...(values.ALL_LOOKUP_KEYS ?? []), 'nothing', 'includes',
                'team-practitioner-seat-monthly'];
  const valid = asks.filter((key) => module.isValidLookupKey?.(key));
  told[name] = { values, asked, valid };
}
console.log(JSON.stringify(told));
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Compiled:
    """What the compiler complained of, by folder, and what node said."""

    complaints: Mapping[str, list[str]]
    told: Mapping[str, Any]


@pytest.fixture(scope="module")
def compiled(tmp_path_factory: pytest.TempPathFactory) -> Compiled:
    """Compile each catalogue with its consumer, in a folder of its own."""
    folder = tmp_path_factory.mktemp("typescript")
    (folder / "package.json").write_text('{"type": "module"}')
    without_top = wares.without_family(wares.default(), "team")
    programs: dict[str, tuple[str, str]] = {
        "default": (export(wares.default(), "typescript"), CONSUMER),
        "changed": (export(wares.changed(), "typescript"), CHANGED),
        "empty": (export(wares.empty(), "typescript"), EMPTY),
        "hostile": (export(wares.hostile(), "typescript"), "export {};"),
        "wrong": (export(without_top, "typescript"), CONSUMER),
    }
    for number, text in enumerate(wares.STYLES):
        programs[f"style{number}"] = (text, "export {};")
    (folder / "globals.d.ts").write_text(CONSOLE)
    (folder / "stripe.d.ts").write_text(STRIPE)
    files = ["globals.d.ts", "stripe.d.ts"]
    for name, (keys, consumer) in programs.items():
        (folder / name).mkdir()
        for file, text in (("keys.ts", keys), ("consumer.ts", consumer)):
            (folder / name / file).write_text(text, "utf-8", newline="\n")
            files.append(f"{name}/{file}")
    complaints: dict[str, list[str]] = {name: [] for name in programs}
    for line in tsc(folder, files):
        complaints.setdefault(line.partition("/")[0], []).append(line)
    return Compiled(complaints=complaints, told=tell(folder, list(programs)))


def tsc(folder: Path, files: list[str]) -> list[str]:
    """Return the compiler's complaints; it writes JavaScript all the same."""
    script = NPM / "node_modules" / "typescript" / "bin" / "tsc"
    done = subprocess.run(
        [node(), str(script), *FLAGS, *files],
        cwd=folder, capture_output=True, text=True, encoding="utf-8", check=False,
    )  # fmt: skip
    assert not done.stderr, done.stderr
    return done.stdout.splitlines()


def tell(folder: Path, names: list[str]) -> Mapping[str, Any]:
    done = subprocess.run(
        [node(), "--input-type=module", "--eval", TELL, *names],
        cwd=folder, capture_output=True, text=True, encoding="utf-8", check=True,
    )  # fmt: skip
    told: dict[str, Any] = json.loads(done.stdout)
    return told


@pytest.mark.parametrize(
    "name", ["default", "changed", "empty", "hostile", "style0", "style1"]
)
def test_it_compiles_under_strict(compiled: Compiled, name: str) -> None:
    """With consumers that hold each export to its exact type and use."""
    strict_enough = [each for each in compiled.complaints[name] if "TS90" not in each]
    # the application's own styles need not declare what can be inferred
    assert (strict_enough if "style" in name else compiled.complaints[name]) == []


def test_a_missing_key_does_not_compile(compiled: Compiled) -> None:
    """The counter-example: the consumer notices what is gone."""
    assert any("wrong/consumer.ts" in line for line in compiled.complaints["wrong"])
    assert set(compiled.complaints) <= {
        "default", "changed", "empty", "hostile", "wrong", "style0", "style1",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("name", "catalogue"),
    [
        ("default", wares.default()),
        ("changed", wares.changed()),
        ("empty", wares.empty()),
        ("hostile", wares.hostile()),
    ],
)
def test_its_values_are_the_catalogues(
    compiled: Compiled, name: str, catalogue: Catalogue
) -> None:
    """As node sees them: each key, each feature, each name, whatever is in it."""
    wanted: dict[str, Any] = {
        each.name: each.entries for each in constants.constants(catalogue)
    }
    wanted["ALL_LOOKUP_KEYS"] = list(constants.all_keys(catalogue))
    wanted["FEATURE_NAMES"] = {each.key: each.name for each in catalogue.features}
    wanted["PRODUCT_FEATURES"] = {
        each.id: list(each.features) for each in catalogue.products
    }

    assert compiled.told[name]["values"] == wanted


def test_its_functions_answer_with_the_keys(compiled: Compiled) -> None:
    """Whatever is asked for; what an object inherits is no tier and no interval."""
    asked = {
        tuple(json.loads(question)): answer
        for question, answer in compiled.told["default"]["asked"].items()
    }

    assert asked["EXPERT", "top", "annual"] == "top-expert-annual"
    assert asked["TEAM", "enterprise", "monthly"] == "team-enterprise-monthly"
    for (_, tier, interval), answer in asked.items():
        is_sold = tier != "toString" and interval != "valueOf"
        assert (answer != "RangeError") == is_sold


def test_it_knows_its_own_keys_only(compiled: Compiled) -> None:
    """All fourteen, the reserved ones too; not the seat's, nor a method's name."""
    assert compiled.told["default"]["valid"] == list(
        constants.all_keys(wares.default())
    )


@pytest.mark.parametrize(("number", "text"), list(enumerate(wares.STYLES)))
def test_a_file_is_read_as_node_runs_it(
    compiled: Compiled, number: int, text: str
) -> None:
    """Our own small reader and the language agree on every constant."""
    module = Module(text)
    names = [name for name in module.exported if name.endswith("_LOOKUP_KEYS")]
    values = compiled.told[f"style{number}"]["values"]

    assert {name: plain(module.value(name)) for name in names} == values


def plain(value: Value | None) -> object:
    match value:
        case Text(value=text):
            return text
        case Row(items=items):
            return [plain(item) for item in items]
        case Record(entries=entries):
            return {name: plain(entry) for name, entry in entries.items()}
        case None:
            return None
