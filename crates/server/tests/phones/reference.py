"""Numbers in every shape that people type, and what the reference says of each.

    python3 reference.py COUNT SEED > numbers.tsv

Needs the package `phonenumbers`. Columns: text, region, verdict, kind, E.164, extension. Verdict is `valid` or why not.
"""
import random
import sys

import phonenumbers as pn
from phonenumbers import PhoneNumberFormat as F, PhoneNumberType as T

KINDS = {value: name for name, value in vars(T).items() if isinstance(value, int)}
WIDE = str.maketrans("0123456789+-() ", "０１２３４５６７８９＋－（）　")


def said(text, region):
    try:
        number = pn.parse(text, region)
    except pn.NumberParseException as error:
        return ("refused", "-", "-", "-")
    if not pn.is_valid_number(number):
        return ("invalid", "-", "-", "-")
    return ("valid", KINDS[pn.number_type(number)], pn.format_number(number, F.E164), number.extension or "-")


def shapes(number, region):
    """One number in the ways that people write it."""
    national = pn.format_number(number, F.NATIONAL)
    digits = pn.national_significant_number(number)
    yield national
    yield pn.format_number(number, F.INTERNATIONAL)
    yield pn.format_number(number, F.E164)
    yield national.translate(WIDE)
    yield digits
    yield "0" + digits
    yield f"+{number.country_code} 0{digits}"
    yield f"+{number.country_code} (0){digits}"
    yield digits + str(random.randrange(10))
    yield digits[:-1]
    yield national.replace("-", "").replace(" ", "").translate(WIDE)
    yield pn.format_number(number, F.E164)[:-1]
    yield pn.format_number(number, F.E164) + "1"
    if random.random() < 0.05:
        yield national + " ext. 5"


def numbers(count):
    regions = sorted(pn.SUPPORTED_REGIONS)
    kinds = [T.MOBILE, T.FIXED_LINE, T.VOIP, T.TOLL_FREE, T.PREMIUM_RATE, T.SHARED_COST, T.PERSONAL_NUMBER, T.PAGER, T.UAN]
    made = 0
    while made < count:
        for region in regions:
            kind = random.choice(kinds[:2] + kinds[:2] + kinds)
            example = pn.example_number_for_type(region, kind)
            if example is None:
                continue
            digits = pn.national_significant_number(example)
            tail = random.randrange(2, max(3, len(digits) - 1))
            mixed = digits[:-tail] + "".join(random.choice("0123456789") for _ in range(tail))
            try:
                number = pn.parse(f"+{example.country_code}{mixed}")
            except pn.NumberParseException:
                continue
            for text in shapes(number, region):
                yield text, region
                made += 1


if __name__ == "__main__":
    random.seed(int(sys.argv[2]))
    seen = set()
    for text, region in numbers(int(sys.argv[1])):
        if (text, region) not in seen:
            seen.add((text, region))
            print(text, region, *said(text, region), sep="\t")
