"""The SQL that turns lists into evidence; `:s` is the snapshot, `:only` JSON or null.

Indexes are named where SQLite, which has no statistics here, would rather read a
whole snapshot for each row.

Each runs once over a whole snapshot. What must be read one by one comes out as
readings: (customer, what to read, where the answer counts).
"""

from __future__ import annotations

from eleva_cli.evidence import Source

SCOPE = """
  update customers set in_scope = 1, scope_reason = 'subscription'
  where snapshot = :s and id in (
    select customer from subscriptions where snapshot = :s and (
      products = '[]' or exists (
        select 1 from json_each(products) p
        where p.value not in (select value from json_each(:excluded)))))
"""
EVERYONE = "update customers set in_scope = 1, scope_reason = 'all' where snapshot = :s"
WANTED = """
  update customers set in_scope = 1, scope_reason = 'named'
  where snapshot = :s and id in (select value from json_each(:only))
"""
STANDING = """
  update customers set (standing, money_cents, currency) = (
    select max(case
        when status = 'active' and amount_cents > 0 then 4
        when status in ('trialing', 'active') then 3
        when status in ('past_due', 'unpaid', 'paused', 'incomplete') then 2
        else 1 end),
      sum(case when status in ('active', 'past_due') then amount_cents else 0 end),
      max(s.currency)
    from subscriptions s indexed by subscriptions_customer
    where s.snapshot = :s and s.customer = customers.id)
  where snapshot = :s and id in (select customer from subscriptions where snapshot = :s)
"""
# A subscriber is meant before somebody who once paid for an appointment.
MAPPED_BY_EMAIL = """
  update mapping set customer = coalesce(
    (select max(c.id) from customers c indexed by customers_email
     where c.snapshot = :s and c.in_scope = 1
     and c.email_hash = mapping.email_hash having count(*) = 1),
    (select max(c.id) from customers c indexed by customers_email
     where c.snapshot = :s
     and c.email_hash = mapping.email_hash having count(*) = 1))
  where snapshot = :s and customer is null and email_hash is not null
"""
MAPPED_USER_BY_EMAIL = """
  update mapping set user = (
    select max(u.id) from users u indexed by users_email
    where u.snapshot = :s and u.email_hash = mapping.email_hash
    having count(*) = 1 and max(u.is_verified) = 1)
  where snapshot = :s and user is null and organization is null
"""
MAPPED = """
  update customers set in_scope = 1, scope_reason = 'mapping' where snapshot = :s
  and id in (select customer from mapping where snapshot = :s and customer is not null)
"""
UNRESOLVED = """
  insert or ignore into problems
  select :s, customer, 'mapping', 'mapping-unresolved', '[]', 'mapping line ' || line
  from mapping where snapshot = :s and customer is not null
  and organization is null and user is null
"""
CLAIMS: dict[Source, str] = {
    "mapping": """
      select customer, organization, coalesce(user, '') from mapping
      where snapshot = :s and customer is not null and organization is not null
    """,
    "customer-names-organization": """
      select id, organization, coalesce(user, '') from customers
      where snapshot = :s and in_scope = 1 and organization is not null
      union all
      select c.id, j.value, coalesce(c.user, '')
      from customers c, json_each(c.more_organizations) j
      where c.snapshot = :s and c.in_scope = 1 and c.more_organizations != '[]'
    """,
    "organization-names-customer": """
      select c.id, o.id, coalesce(c.user, '') from organizations o
      join customers c on c.snapshot = :s and c.id = o.names_customer
      where o.snapshot = :s and o.names_customer is not null and c.in_scope = 1
      union all
      select c.id, o.id, coalesce(c.user, '')
      from organizations o cross join json_each(o.more_customers) j
      cross join customers c on c.snapshot = :s and c.id = j.value
      where o.snapshot = :s and o.more_customers != '[]' and c.in_scope = 1
    """,
    "link": """
      select c.id, o.id, coalesce(c.user, '') from organizations o
      join customers c on c.snapshot = :s and c.id = o.customer
      where o.snapshot = :s and o.customer is not null and c.in_scope = 1
    """,
}
CLAIM = """
  with q (customer, organization, user) as ({query})
  insert or ignore into claims
  select :s, customer, :source, :strength, organization, user from q
"""

MAPPED_USERS = """
  select c.id, m.user, 'mapping' from mapping m
  join customers c on c.snapshot = :s and c.id = m.customer
  where m.snapshot = :s and m.organization is null and m.user is not null and {among}
"""
_HOMELESS = """
  c.snapshot = :s and c.in_scope = 1 and not exists (
    select 1 from claims k where k.snapshot = :s and k.customer = c.id
    and k.strength < :strength)
  and not exists (
    select 1 from mapping m where m.snapshot = :s and m.customer = c.id)
"""
# Users that a customer names, where nothing stronger tells its organization.
HOMELESS = f"""
  select c.id, c.user, 'customer-names-user' from customers c
  where c.user is not null and {_HOMELESS} and {{among}}
  union all
  select c.id, j.value, 'customer-names-user'
  from customers c, json_each(c.more_users) j
  where c.more_users != '[]' and {_HOMELESS} and {{among}}
"""
# Users that share an address with a customer, unless the customer names them anyway.
BY_EMAIL = """
  select c.id, u.id, 'email' from customers c
  cross join users u indexed by users_email
    on u.snapshot = :s and u.email_hash = c.email_hash and u.is_verified = 1
  where c.snapshot = :s and c.in_scope = 1 and c.email_hash is not null
    and c.user is not u.id and {among}
    and (select count(*) from customers d indexed by customers_email
         where d.snapshot = :s and d.email_hash = c.email_hash and d.in_scope = 1) = 1
    and (select count(*) from users v where v.snapshot = :s
         and v.email_hash = c.email_hash) = 1
"""
SHARED_EMAIL = """
  insert or ignore into problems
  select :s, c.id, 'email', 'email-ambiguous', '[]', '' from customers c
  where c.snapshot = :s and c.in_scope = 1 and c.email_hash is not null
    and exists (select 1 from users u where u.snapshot = :s
                and u.email_hash = c.email_hash)
    and ((select count(*) from customers d indexed by customers_email
          where d.snapshot = :s and d.email_hash = c.email_hash and d.in_scope = 1) > 1
      or (select count(*) from users v where v.snapshot = :s
          and v.email_hash = c.email_hash) > 1)
"""
# Customers that know their organization and not their person.
NAMELESS = """
  select c.id, min(k.organization), 'person' from customers c
  join claims k on k.snapshot = :s and k.customer = c.id
  join organizations o on o.snapshot = :s and o.id = k.organization
  where c.snapshot = :s and c.in_scope = 1 and c.user is null and {among}
  group by c.id having count(distinct k.organization) = 1 and max(k.user) = ''
"""
# With --customers: who else is in the organizations that those customers claim.
NEIGHBOURS = """
  select min(k.customer), k.organization, 'neighbour' from claims k
  join organizations o on o.snapshot = :s and o.id = k.organization
  where k.snapshot = :s and k.customer in (select value from json_each(:only))
  group by k.organization
"""
EVERYBODY = "true"
THE_ONLY = "c.id in (select value from json_each(:only))"
_THEIR_USERS = """
  (select m.user from memberships m where m.snapshot = :s and m.status = 'active'
   and m.organization in (
     select organization from claims k where k.snapshot = :s
     and k.customer in (select value from json_each(:only))))
"""
NEIGHBOURS_BY_MAPPING = f"""
  c.id not in (select value from json_each(:only)) and m.user in {_THEIR_USERS}
"""
NEIGHBOURS_BY_NAME = f"""
  c.id not in (select value from json_each(:only)) and (c.user in {_THEIR_USERS}
    or exists (select 1 from json_each(c.more_users) n where n.value in {_THEIR_USERS}))
"""
NEIGHBOURS_BY_EMAIL = f"""
  c.id not in (select value from json_each(:only)) and u.id in {_THEIR_USERS}
"""

# The best twenty and one of each contested organization, those of the mapping apart.
RIVALS = """
  insert into rivals
  with one as (
    select organization, customer, min(strength) as strength from claims
    where snapshot = :s and organization in (
      select organization from claims where snapshot = :s
      group by organization having count(distinct customer) > 1)
    group by organization, customer),
  ranked as (
    select one.organization, one.strength = 1 as is_mapped, one.customer,
      one.strength, row_number() over (
        partition by one.organization, one.strength = 1
        order by c.standing desc, c.money_cents desc, c.created, c.id) as place
    from one join customers c on c.snapshot = :s and c.id = one.customer
    where c.in_scope = 1)
  select :s, organization, is_mapped, place, customer, strength
  from ranked where place <= :most
"""
# Whom something names and no list shows, with the place that names them.
ABSENT = """
  insert into absent
  select :s, id, 'unknown', max(place) from (
    select customer as id, id as place from organizations
      where snapshot = :s and customer is not null
    union all select names_customer, id from organizations
      where snapshot = :s and names_customer is not null
    union all select j.value, o.id from organizations o, json_each(o.more_customers) j
      where o.snapshot = :s and o.more_customers != '[]'
    union all select customer, 'mapping line ' || line from mapping
      where snapshot = :s and customer is not null
    union all select customer, id from subscriptions
      where snapshot = :s and status in ('active', 'trialing', 'past_due')
    union all select value, '--customers' from json_each(:only)) named
  where not exists (
    select 1 from customers c where c.snapshot = :s and c.id = named.id)
  group by id
"""
