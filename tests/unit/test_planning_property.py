"""For any small business: planning after applying is empty, and no link is wrong."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from eleva_cli.inputs.decisions import Decided
from eleva_cli.journal import plans
from eleva_cli.migrate import Decision, DecisionKind
from eleva_cli.moves import PARTS, Mapped, Part, Policy
from eleva_cli.observe.claims import Scope
from eleva_cli.plan import LinkOrganization, SetRole, subject
from eleva_cli.planning import Wishes
from tests.moving_world import MovingWorld, moving
from tests.planning_world import Desk, World

# Each example has a journal, and a disk would be waited for at every commit.
MEMORY = "/dev/shm" if Path("/dev/shm").is_dir() else None
FEW = range(1, 5)
CUSTOMERS = [f"cus_{n}" for n in FEW]
ORGANIZATIONS = [f"org_{n}" for n in FEW]
USERS = [f"user_{n}" for n in FEW]
STRANGERS = ["cus_gone", "cus_live"]
METADATA = st.fixed_dictionaries(
    {},
    optional={
        "workos_org_id": st.sampled_from([*ORGANIZATIONS, "org_gone", " org_1 "]),
        "workosOrgId": st.sampled_from(ORGANIZATIONS),
        "workos_user_id": st.sampled_from([*USERS, "user_gone", "no id"]),
        "workosUserId": st.sampled_from(USERS),
    },
)
EMAILS = st.sampled_from(["a@x.test", "A@X.test", "b@x.test", "c@x.test"])
STATUSES = st.sampled_from(["active", "trialing", "past_due", "canceled", None])
KINDS: tuple[DecisionKind, ...] = ("link", "relink", "skip")
CHOICES = [Decision(kind=kind) for kind in KINDS]
OLD = {
    "price_same": ("expert_top", 5_900),
    "price_less": ("expert_community", 2_000),
    "price_odd": ("prod_odd", 5_900),
}
KEYS = st.sampled_from([None, "top-expert-monthly", "community-expert-monthly"])
ROLES = st.sampled_from(["owner", "member", "expert_top", "expert_community"])
CHOICES += [Decision(kind="choose", choice=c) for c in (*CUSTOMERS, *ORGANIZATIONS)]


@st.composite
def worlds(draw: st.DrawFn) -> World:
    world = World(elsewhere={"cus_live"})
    for name in draw(st.permutations(CUSTOMERS)):
        world.customer(
            name,
            status=draw(STATUSES),
            email=draw(st.none() | EMAILS),
            metadata=draw(METADATA),
        )
    links = draw(st.permutations([*CUSTOMERS, *STRANGERS, *[None] * 4]))
    for name, link in zip(ORGANIZATIONS, links, strict=False):
        named = draw(st.none() | st.sampled_from([*CUSTOMERS, *STRANGERS]))
        metadata = {} if named is None else {"stripe_customer_id": named}
        external = draw(st.none() | st.sampled_from([*CUSTOMERS, "cus_live", "x"]))
        world.organization(name, link=link, external=external, **metadata)
    for name in USERS:
        world.user(name, email=draw(EMAILS), verified=draw(st.booleans()))
        for home in draw(st.sets(st.sampled_from(ORGANIZATIONS), max_size=2)):
            status = draw(st.sampled_from(["active", "active", "pending"]))
            role = draw(st.sampled_from(["owner", "member"]))
            world.join(name, home, status=status, role=role)
    return world


@st.composite
def subscribed(draw: st.DrawFn) -> MovingWorld:
    """A business on old and new prices, linked or not, with any roles."""
    world = MovingWorld()
    world.stock()
    for price, (product, cents) in OLD.items():
        world.sell(price, product, cents)
    prices = st.sampled_from([*OLD, "price_top-expert-monthly"])
    for number in FEW:
        world.subscriber(
            number,
            draw(prices),
            role=draw(ROLES),
            discounted=draw(st.integers(0, 4)) == 0,
        )
    for _ in range(draw(st.integers(0, 2))):
        name = world.hold(
            draw(st.sampled_from(CUSTOMERS)),
            *draw(st.lists(prices, min_size=1, max_size=2, unique=True)),
            status=draw(st.sampled_from(["active", "past_due", "canceled"])),
            metadata=draw(METADATA),
        )
        if draw(st.integers(0, 3)) == 0:
            world.owe(name, draw(st.sampled_from(["draft", "open"])))
    for link, place in zip(
        CUSTOMERS, draw(st.permutations(ORGANIZATIONS)), strict=True
    ):
        if draw(st.integers(0, 3)) == 0:
            found = world.organizations[place]
            world.organizations[place] = replace(found, stripe_customer_id=link)
    return world


@st.composite
def asked(draw: st.DrawFn) -> Scope:
    return Scope(
        everyone=draw(st.booleans()),
        match_email=draw(st.booleans()),
        organization_policy=draw(st.sampled_from(["sole", "owner"])),
    )


def deciding(desk: Desk, scope: Scope, choices: dict[str, Decision]) -> Wishes:
    """Pin choices to the facts of now, as a person's file would be."""
    if not choices:
        return Wishes(scope=scope)
    first = desk.plan(Wishes(scope=scope))
    facts = {row.lane: row.review.facts for row in plans.lanes(desk.store, first.plan)}
    rows = {
        customer: Decided(
            customer=customer, decision=choice, facts=facts.get(customer, ""), cells={}
        )
        for customer, choice in choices.items()
    }
    return Wishes(scope=scope, decisions=rows)


def links_of(world: World) -> dict[str, str]:
    found = world.organizations.values()
    return {o.id: o.stripe_customer_id for o in found if o.stripe_customer_id}


@settings(max_examples=40, suppress_health_check=list(HealthCheck))
@given(
    world=worlds(),
    scope=asked(),
    choices=st.dictionaries(st.sampled_from(CUSTOMERS), st.sampled_from(CHOICES)),
)
def test_applied_plans_leave_nothing_and_link_nobody_twice(
    world: World, scope: Scope, choices: dict[str, Decision]
) -> None:
    """With any decisions; what is linked otherwise is only taken by a relink."""
    with TemporaryDirectory(dir=MEMORY) as folder, Desk.at(Path(folder), world) as desk:
        wishes = deciding(desk, scope, choices)
        before = links_of(world)
        actions = desk.actions(desk.plan(wishes))
        for action in actions:
            if isinstance(action, LinkOrganization) and action.before is not None:
                assert choices[action.after].kind == "relink"
        world.apply(actions)
        after = links_of(world)
        kept = {org for org in before if before[org] == after.get(org)}

        assert max(Counter(after.values()).values(), default=0) <= 1
        assert len(before) - len(kept) == sum(
            isinstance(a, LinkOrganization) and a.before is not None for a in actions
        )
        rest = desk.actions(desk.plan(wishes))
        world.apply(rest)
        assert not [a for a in rest if isinstance(a, LinkOrganization)]
        assert desk.actions(desk.plan(wishes)) == []
        if not choices:
            assert rest == []


@settings(max_examples=30, suppress_health_check=list(HealthCheck))
@given(
    world=subscribed(),
    parts=st.sets(st.sampled_from(PARTS), min_size=1).filter(lambda p: p != {"links"}),
    keys=st.fixed_dictionaries({}, optional=dict.fromkeys(OLD, KEYS)),
    policy=st.sampled_from([None, "keep", "now"]),
    max_rise=st.sampled_from([0, 5_000]),
)
def test_applied_plans_leave_no_subscription_and_no_role_behind(
    world: MovingWorld,
    parts: set[Part],
    keys: dict[str, str | None],
    policy: Policy | None,
    max_rise: int,
) -> None:
    """Whatever is mapped where; and nobody pays more than was allowed."""
    rows = [Mapped(old=old, key=key, policy=policy) for old, key in keys.items()]
    wishes = moving(*rows, parts=sorted(parts), max_rise=max_rise)
    before = {name: world.renewal(name, ()).total for name in world.subscriptions}
    with TemporaryDirectory(dir=MEMORY) as folder, Desk.at(Path(folder), world) as desk:
        actions = desk.actions(desk.plan(wishes))
        world.apply(actions)
        for name, paid in before.items():
            assert world.renewal(name, ()).total <= paid + max_rise
        written = Counter(subject(action) for action in actions)
        kinds = {action.kind for action in actions}

        assert [] == desk.actions(desk.plan(wishes))
        assert not [who for who, times in written.items() if times > 1]
        if "roles" not in parts:
            assert SetRole.kind not in kinds
        if "links" not in parts:
            assert LinkOrganization.kind not in kinds


@settings(max_examples=15, suppress_health_check=list(HealthCheck))
@given(world=worlds(), scope=asked(), data=st.data())
def test_the_order_of_objects_does_not_matter(
    world: World, scope: Scope, data: st.DataObject
) -> None:
    """Equal worlds, equal plans: even the plan's name."""
    shuffled = World(**vars(world))
    for name in ("customers", "organizations", "users"):
        items = list(getattr(world, name).items())
        setattr(shuffled, name, dict(data.draw(st.permutations(items))))
    shuffled.memberships = data.draw(st.permutations(world.memberships))
    names = []
    for one in (world, shuffled):
        with (
            TemporaryDirectory(dir=MEMORY) as folder,
            Desk.at(Path(folder), one) as desk,
        ):
            names.append(desk.plan(Wishes(scope=scope)).plan)

    assert names[0] == names[1]


@settings(max_examples=15, suppress_health_check=list(HealthCheck))
@given(world=worlds(), scope=asked(), who=st.sampled_from(CUSTOMERS))
def test_a_customer_alone_is_decided_as_among_all(
    world: World, scope: Scope, who: str
) -> None:
    """Reading less for a pilot must not mean judging otherwise."""
    found = []
    for customers in ((), (who,)):
        chosen = Scope(
            everyone=True,
            customers=customers,
            match_email=scope.match_email,
            organization_policy=scope.organization_policy,
        )
        with (
            TemporaryDirectory(dir=MEMORY) as folder,
            Desk.at(Path(folder), world) as desk,
        ):
            plan = desk.plan(Wishes(scope=chosen))
            rows = plans.lanes(desk.store, plan.plan)
            found.append(
                {row.lane: (row.digest, row.review.facts) for row in rows}[who]
            )

    assert found[0] == found[1]
