"""A consent form is plain text that covers what the protocol asks, asks what was understood, and has one digest."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.conduct.consenting import FORM

from equipoise.conduct.consent import document

ELEMENTS = {
    "acute_effects": "It changes perception",
    "vulnerability": "Suggestible",
    "touch": "Touch",
    "confidentiality": "Who learns of it",
}


def said(text: str) -> list[str]:
    return [one.message for one in document.problems(text, elements=ELEMENTS)]


def test_a_form_is_read_section_by_section() -> None:
    found = document.read(FORM)
    assert found.title == "Taking part"
    assert [one.heading for one in found.sections] == ["What the drug does", "How we treat you"]
    assert [block.kind for block in found.sections[0].blocks] == ["paragraph", "paragraph"]
    assert found.sections[1].blocks[0].lines == (
        "We touch you only as we agreed before.",
        "Nobody learns that you take part, unless you tell them.",
    )
    assert found.elements == {
        "acute_effects": (1,),
        "vulnerability": (2,),
        "touch": (3,),
        "confidentiality": (3,),
    }
    assert [[choice.right for choice in one.choices] for one in found.questions] == [
        [False, True],
        [True, False],
    ]
    assert found.questions[0].explanation == "You may stop at any time. You need not say why."


def test_a_whole_form_has_no_problem() -> None:
    assert said(FORM) == []


def test_every_element_that_is_left_out_is_named_at_once() -> None:
    text = FORM.replace("[acute_effects] ", "").replace("[touch] ", "")
    assert said(text) == [
        "nothing says `acute_effects`: It changes perception",
        "nothing says `touch`: Touch",
    ]


def test_an_element_the_protocol_does_not_know_is_named() -> None:
    assert said(FORM.replace("[touch]", "[touch] [tough]")) == ["the protocol has no consent element `tough`"]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (FORM.replace("# Taking part\n", "", 1), "the form has no title"),
        ("# Title", "the form has no section"),
        (
            FORM.replace("# Taking part", "# Taking part\n\nWelcome."),
            "line 3 stands before the first section",
        ),
        (
            FORM.replace("## How we treat you", "## Empty\n\n## How we treat you"),
            "the section `Empty` is empty",
        ),
        (FORM.partition("?")[0], "no question finds out whether the text was understood"),
        (FORM.replace("+ Whenever", "- Whenever"), "question 1 has 0 right answers"),
        (FORM.replace("- Only when", "+ Only when"), "question 1 has 2 right answers"),
        (FORM.replace("- I fall asleep\n", ""), "question 2 has no wrong answer"),
        (
            FORM.replace("= You may stop at any time. You need not say why.\n", ""),
            "question 1 explains nothing",
        ),
        (FORM + "\x00", "the character U+0000 cannot be stored"),
        (FORM + "x" * 200_001, "the text has 200,5"),
    ],
)
def test_what_is_wrong_with_a_form_is_said(text: str, problem: str) -> None:
    assert any(one.startswith(problem) for one in said(text)), said(text)


def digest(text: str) -> str:
    return document.digest(site="SEA", number=1, language="en", text=document.normal(text))


def test_the_digest_is_of_what_is_read_and_not_of_how_it_was_typed() -> None:
    accents = FORM.replace("Taking", "Tak\u00edng")
    assert digest(accents) == digest(accents.replace("\u00ed", "i\u0301").replace("\n", "\r\n") + "\n\n")
    assert digest(accents) != digest(FORM)
    other = document.digest(site="NYC", number=1, language="en", text=document.normal(FORM))
    assert other != digest(FORM)


@settings(max_examples=60)
@given(st.text(max_size=400))
def test_no_text_breaks_the_reading(text: str) -> None:
    document.problems(text, elements=ELEMENTS)
    assert document.normal(document.normal(text)) == document.normal(text)
