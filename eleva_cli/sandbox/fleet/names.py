"""Names and addresses in many scripts; a number makes each address one person's."""

from __future__ import annotations

from random import Random

_NAMES = (
    ("Ana", "Silva", "ana.silva"),
    ("João", "Gonçalves", "joao.goncalves"),
    ("Inês", "D'Ávila e Sousa", "ines+consultas"),
    ("Łukasz", "Żółć", "lukasz.zolc"),
    ("Björn", "Straße", "bjorn.straße"),
    ("Siobhán", "O'Brien", "siobhan.obrien"),
    ("Nguyễn", "Thị Hương", "nguyen.huong"),
    ("Ελένη", "Παπαδοπούλου", "ελενη.παπα"),
    ("Ольга", "Щербакова", "olga.shch"),
    ("محمد", "الأحمد", "m.alahmad"),
    ("נועה", "כהן", "noa.cohen"),
    ("प्रिया", "शर्मा", "priya.sharma"),
    ("小明", "王", "xiaoming.wang"),
    ("さくら", "佐藤", "佐藤.さくら"),
    ("민준", "김", "minjun.kim"),
    ("สมชาย", "ใจดี", "somchai.j"),
    ("Ọlá", "Adébáyọ̀", "ola.adebayo"),
    ("Zoë 🌿", "van der Berg-Löwe", "zoe_vdb"),
    ("Ng", "Ng", "ng"),
    ("Maria", "Silva", "maria.silva"),
)
_HOSTS = ("example.test", "praxis.example.test", "mail.example.test", "bücher.test")


def name_of(chance: Random) -> tuple[str, str, str]:
    """Give a first name, a last name and the start of an address."""
    return chance.choice(_NAMES)


def address(start: str, number: int, chance: Random) -> str:
    """Make an address that only one number has."""
    return f"{start}.{number}@{chance.choice(_HOSTS)}"


def odd(email: str, chance: Random) -> str:
    """Write an address in other case and with blanks around it."""
    local, _, host = email.partition("@")
    written = chance.choice((email.upper(), f"{local.title()}@{host}", email))
    return chance.choice((f" {written}", f"{written} ", f"  {written}\t"))
