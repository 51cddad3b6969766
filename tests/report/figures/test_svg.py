"""Building blocks of figures."""

from hypothesis import given
from hypothesis import strategies as st

from equipoise.report.figures import svg


def test_text_and_attributes_are_escaped():
    assert svg.text("<b>&", 1, 2, class_='x" onload="y') == (
        '<text x="1" y="2" class="x&#34; onload=&#34;y">&lt;b&gt;&amp;</text>'
    )


def test_numbers_are_short_and_never_negative_zero():
    assert (
        svg.line(-0.0001, 1 / 3, 2.0, 1e3, class_="a")
        == '<line x1="0" y1="0.33" x2="2" y2="1000" class="a"/>'
    )


def test_attributes_that_are_none_are_left_out():
    assert svg.element("g", class_=None, font_size=3) == '<g font-size="3"/>'


@given(st.text(max_size=60), st.floats(20, 400), st.floats(8, 20))
def test_wrapped_lines_fit_and_keep_every_letter(content, width, font):
    lines = svg.wrap(content, width, font)
    assert "".join("".join(lines).split()) == "".join(content.split())
    widest_letter = font * svg.WIDE_EM
    assert all(svg.measure(line, font) <= max(width, widest_letter) + 1e-6 for line in lines)


def test_arms_differ_in_marker_and_class_whatever_their_number():
    first_five = [(svg.arm_class(place), svg.arm_marker(place)) for place in range(1, 6)]
    assert len({one for one, _ in first_five}) == len({one for _, one in first_five}) == 5
    assert svg.arm_class(6) == svg.arm_class(1)
    assert svg.arm_class(0) == "arm-0"


def test_both_canvases_have_names_of_their_own():
    wide, narrow = svg.canvases("figure-x")
    assert wide.name != narrow.name
    assert wide.wide
    assert not narrow.wide
