"""The journal's tables, one migration after the other.

A migration and the record of it share one transaction. A file with a migration
that this version does not know was written by a newer version and is refused.
"""

from __future__ import annotations

from sqlite_utils import Database  # noqa: TC002 - only the journal imports it
from sqlite_utils.migrations import Migrations

APPLICATION_ID = 0x656C7661  # "elva": tells our file from any other SQLite file
migrations = Migrations("eleva")

FIRST = """
create table facts (name text primary key, value text not null) strict;

create table snapshots (
  id integer primary key, started_at real not null, ended_at real,
  bound integer not null
) strict;
create table customers (
  snapshot integer not null, id text not null, created integer not null,
  email_hash text, email_mask text, is_live integer not null,
  organization text, user text, stamp text not null,
  more_organizations text not null, more_users text not null,
  in_scope integer not null default 0, scope_reason text,
  standing integer not null default 0, money_cents integer not null default 0,
  currency text,
  primary key (snapshot, id)
) strict, without rowid;
create index customers_scope on customers (snapshot, in_scope, id);
create index customers_email on customers (snapshot, email_hash);
create table subscriptions (
  snapshot integer not null, id text not null, customer text not null,
  status text not null, created integer not null,
  amount_cents integer not null, currency text not null, products text not null,
  primary key (snapshot, id)
) strict, without rowid;
create index subscriptions_customer on subscriptions (snapshot, customer);
create table organizations (
  snapshot integer not null, id text not null, customer text,
  names_customer text, more_customers text not null,
  primary key (snapshot, id)
) strict, without rowid;
create index organizations_customer on organizations (snapshot, customer);
create index organizations_names on organizations (snapshot, names_customer);
create table users (
  snapshot integer not null, id text not null, email_hash text,
  is_verified integer not null,
  primary key (snapshot, id)
) strict, without rowid;
create index users_email on users (snapshot, email_hash);
create table memberships (
  snapshot integer not null, id text not null, user text not null,
  organization text not null, status text not null, role text not null,
  is_directory integer not null,
  primary key (snapshot, id)
) strict, without rowid;
create index memberships_user on memberships (snapshot, user);
create index memberships_organization on memberships (snapshot, organization);
create table absent (
  snapshot integer not null, id text not null, state text not null,
  named_by text not null,
  primary key (snapshot, id)
) strict, without rowid;
create table endpoints (
  snapshot integer not null, id text not null, host text not null,
  is_enabled integer not null, events text not null,
  primary key (snapshot, id)
) strict, without rowid;
create table mapping (
  snapshot integer not null, line integer not null,
  organization text, user text, customer text, email_hash text,
  primary key (snapshot, line)
) strict, without rowid;
create index mapping_customer on mapping (snapshot, customer);
create table claims (
  snapshot integer not null, customer text not null, source text not null,
  strength integer not null, organization text not null, user text not null,
  primary key (snapshot, customer, source, organization, user)
) strict, without rowid;
create index claims_organization on claims (snapshot, organization);
create table problems (
  snapshot integer not null, customer text not null, source text not null,
  code text not null, options text not null, place text not null,
  primary key (snapshot, customer, source, code, options, place)
) strict, without rowid;
create table rivals (
  snapshot integer not null, organization text not null, is_mapped integer not null,
  place integer not null, customer text not null, strength integer not null,
  primary key (snapshot, organization, is_mapped, place)
) strict, without rowid;
create table people (
  snapshot integer not null, customer text not null, user text not null,
  primary key (snapshot, customer)
) strict, without rowid;

create table plans (
  id text primary key, kind text not null, account text not null, mode text not null,
  snapshot integer not null, created_at real not null,
  counts text not null, notes text not null
) strict;
create table plan_lanes (
  plan text not null, lane text not null, shuffle integer not null,
  state text not null, held text, digest text not null, facts text not null,
  organization text, options text not null, suggestion text not null,
  primary key (plan, lane)
) strict, without rowid;
create index plan_lanes_state on plan_lanes (plan, state, held);
create table plan_actions (
  plan text not null, lane text not null, position integer not null,
  phase integer not null, kind text not null, subject text not null,
  destruction text, action text not null,
  primary key (plan, lane, position)
) strict, without rowid;
create index plan_actions_subject on plan_actions (plan, subject);
create table plan_findings (
  plan text not null, lane text not null, position integer not null,
  code text not null, severity text not null, subject text not null,
  message text not null, hint text not null, evidence text not null,
  primary key (plan, lane, position)
) strict, without rowid;
create index plan_findings_code on plan_findings (plan, code);

create table runs (
  id text primary key, kind text not null, account text not null, mode text not null,
  plan text, state text not null, started_at real not null, ended_at real,
  host text not null, pid integer not null, person text not null,
  heartbeat_at real not null, undo_of text, note text not null default '',
  turn integer not null default 1
) strict;
create table steps (
  run text not null, lane text not null, position integer not null,
  phase integer not null, shuffle integer not null, kind text not null,
  subject text not null, action text not null, state text not null,
  generation integer not null default 0, key text,
  attempts integer not null default 0,
  sent_at real, ended_at real, verified_at real, due_at real, request_id text,
  code text, message text, amends integer,
  primary key (run, lane, position)
) strict, without rowid;
create index steps_order on steps (run, phase, shuffle, lane, position);
create index steps_state on steps (run, state);
create index steps_subject on steps (run, subject);
create table leases (
  lane text primary key, run text not null, expires_at real not null
) strict;
"""


@migrations(name="0001_first")
def first(db: Database) -> None:
    """Create every table of the first version."""
    _run(db, FIRST)


AUDITS = """
create table audits (
  id integer primary key autoincrement, account text not null, mode text not null,
  began_at real not null, ended_at real,
  depth text not null default '{}', partial text not null default '',
  counts text not null default '{}', calls integer not null default 0,
  shop text not null default '', catalogue text not null default ''
) strict;
create index audits_account on audits (account, mode, id);
create table audit_customers (
  audit integer not null, id text not null, state text not null,
  organizations text not null, users text not null,
  primary key (audit, id)
) strict, without rowid;
create table audit_subscriptions (
  audit integer not null, id text not null, customer text not null,
  is_living integer not null, body text not null,
  primary key (audit, id)
) strict, without rowid;
create index audit_subscriptions_customer on audit_subscriptions
  (audit, customer, is_living);
create table audit_organizations (
  audit integer not null, id text not null, customer text,
  changed_at integer, is_read integer not null default 0,
  primary key (audit, id)
) strict, without rowid;
create index audit_organizations_customer on audit_organizations (audit, customer);
create table audit_members (
  audit integer not null, organization text not null, id text not null,
  user text not null, status text not null, role text not null,
  is_directory integer not null, email_mask text not null,
  is_verified integer not null, changed_at integer,
  primary key (audit, organization, id)
) strict, without rowid;
create index audit_members_user on audit_members (audit, user, status);
create table audit_entitled (
  audit integer not null, customer text not null, keys text not null,
  read_at real not null,
  primary key (audit, customer)
) strict, without rowid;
create table audit_flaws (
  audit integer not null, fingerprint text not null, code text not null,
  name text not null, body text not null,
  primary key (audit, fingerprint)
) strict, without rowid;
create index audit_flaws_code on audit_flaws (audit, code);
create index audit_flaws_name on audit_flaws (audit, name);
"""


@migrations(name="0002_audits")
def audits(db: Database) -> None:
    """Add what `verify` saw, and what it found wrong."""
    _run(db, AUDITS)


MADE = "alter table steps add column made text"


@migrations(name="0003_made")
def made(db: Database) -> None:
    """Add which object a step wrote: a lane's later steps need what it made."""
    _run(db, MADE)


INBOX = """
create table inbox (
  event text primary key, service text not null, type text not null,
  created integer not null, customer text, organization text, about text not null,
  source text not null, received_at real not null, times integer not null default 1,
  state text not null, run text, ended_at real, problem text not null default ''
) strict;
create index inbox_state on inbox (state, received_at);
create index inbox_customer on inbox (customer, state);
"""


@migrations(name="0004_inbox")
def inbox(db: Database) -> None:
    """Add the events that our own handler has taken, and what came of them."""
    _run(db, INBOX)


PROMISES = """
alter table audit_customers add column promises text not null default '[]';
create index audit_customers_promises on audit_customers (audit, id)
  where promises <> '[]'
"""


@migrations(name="0005_promises")
def promises(db: Database) -> None:
    """Add which grants a customer announces, so that half-done ones are found."""
    _run(db, PROMISES)


SUBSCRIBERS = """
alter table customers add column is_discounted integer not null default 0;
alter table subscriptions add column body text not null default '';
alter table memberships add column roles text not null default '[]';
alter table organizations add column is_joined integer not null default 0;
create table unpaid (
  snapshot integer not null, invoice text not null, subscription text not null,
  customer text not null, status text not null,
  primary key (snapshot, invoice)
) strict, without rowid;
create index unpaid_customer on unpaid (snapshot, customer)
"""


@migrations(name="0006_subscribers")
def subscribers(db: Database) -> None:
    """Add what moving subscribers to the catalogue needs to know of them."""
    _run(db, SUBSCRIBERS)


NAMES = """
alter table customers add column more_names integer not null default 0
"""


@migrations(name="0007_names")
def names(db: Database) -> None:
    """Add how many metadata names a customer has that are not kept: 50 may be there."""
    _run(db, NAMES)


def _run(db: Database, statements: str) -> None:
    for statement in statements.split(";\n"):
        if statement.strip():
            db.conn.execute(statement)


def known() -> set[str]:
    """Return the names of the migrations that this version can apply."""
    return {
        "0001_first",
        "0002_audits",
        "0003_made",
        "0004_inbox",
        "0005_promises",
        "0006_subscribers",
        "0007_names",
    }
