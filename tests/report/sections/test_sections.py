"""Single sections: what each must say, and must not."""

import copy

import pytest

from equipoise.report import numerals
from equipoise.report.blocks import Figure, Table
from equipoise.report.folder import Written
from equipoise.report.sections import (
    baseline,
    blinding,
    checklist,
    deviations,
    estimands,
    flow,
    individuals,
    methods,
    missing_data,
    multiplicity,
    outcomes,
    provenance,
    responders,
    safety,
    sensitivity,
    sessions,
    subgroups,
)
from equipoise.report.trial import open_trial


def opened(data):
    return open_trial(Written(tuple(data["results"]), data["tables"], data["manifest"], data["protocol"]))


@pytest.fixture
def data(written):
    return copy.deepcopy(written.frontline())


@pytest.fixture
def blinded(written):
    return copy.deepcopy(written.frontline(blinded=True))


def tables(section):
    return {block.id: block for block in section.blocks if isinstance(block, Table)}


def lines(table):
    return {line.header: line.cells for line in table.lines}


def words(section):
    said = []
    for block in section.blocks:
        if isinstance(block, Table):
            said += [block.caption, *block.heads, *block.notes]
            said += [text for line in block.lines for text in (line.header, *line.cells)]
        else:
            entries = getattr(block, "entries", ())
            said += [f"{entry.lead} {entry.text}" for entry in entries]
            said += [text for pair in getattr(block, "rows", ()) for text in pair]
            said += [getattr(block, name) for name in ("text", "title", "caption") if hasattr(block, name)]
    return " ".join(said)


def test_the_flow_counts_who_was_treated(data):
    figure = next(block for block in flow.section(opened(data)).blocks if isinstance(block, Figure))
    assert figure.title == "30 of 49 assessed were randomized, 28 received a dose"


def test_the_flow_has_one_column_when_blinded(blinded):
    table = tables(flow.section(opened(blinded)))["table-flow"]
    assert table.heads == ("All participants, n",)


def test_a_visit_that_nobody_had_is_left_out_of_the_flow(data):
    for arm in data["tables"]["flow"]["arms"]:
        arm["followed"].append({"visit": "RETREAT", "label": "After retreatment", "n": 0})
    figure = next(block for block in flow.section(opened(data)).blocks if isinstance(block, Figure))
    assert "After retreatment" not in figure.drawings[0]


def test_the_baseline_table_has_no_p_values(data):
    table = tables(baseline.section(opened(data)))["table-baseline"]
    said = " ".join([*table.heads, *(line.header for line in table.lines)]).lower()
    assert " p " not in said
    assert "p value" not in said
    assert lines(table)["Female"] == ("8 (53%)",) * 3
    assert table.heads[0].replace("\N{NO-BREAK SPACE}", " ") == "Psilocybin 25 mg (n = 15)"


def test_the_estimand_table_has_the_five_attributes(data):
    table = tables(estimands.section(opened(data)))["table-estimands-1"]
    assert [line.header for line in table.lines if line.header[0].isdigit()] == [
        "1. Population",
        "2. Treatment",
        "3. Variable",
        "4. Intercurrent events",
        "5. Summary",
    ]
    assert "(1 on niacin 100 mg)" in lines(table)["4. Intercurrent events"][0]


def test_the_estimand_table_withholds_treatment_when_blinded(blinded):
    table = tables(estimands.section(opened(blinded)))["table-estimands-1"]
    assert "2. Treatment" not in lines(table)


def test_many_estimands_are_spread_evenly_over_tables(data):
    rows = data["tables"]["estimands"]
    data["tables"]["estimands"] = [{**rows[0], "id": str(place)} for place in range(7)]
    found = tables(estimands.section(opened(data))).values()
    assert [len(table.heads) for table in found] == [2, 2, 3]


def test_covariates_are_named_as_people_read_them(data):
    data["tables"]["estimands"][0] |= {
        "estimator": "ancova",
        "covariates": ["madrs.total@PREP1"],
        "strata": True,
    }
    table = tables(estimands.section(opened(data)))["table-estimands-1"]
    assert lines(table)["Estimator"][0] == (
        "Analysis of covariance, adjusted for MADRS total at preparation 1 and stratification factors"
    )


def test_what_was_not_tested_shows_no_p_value(data):
    table = tables(outcomes.section(opened(data)))["table-results"]
    row = lines(table)["PCL-5 total change at day 28"]
    assert row[3] == "–"
    assert row[5] == "Descriptive, not tested"


def test_a_p_value_that_came_against_the_rules_is_not_printed(data):
    row = next(row for row in data["results"] if row["estimand"] == "ptsd")
    row["p_value"] = 0.046
    assert ".046" not in words(outcomes.section(opened(data)))
    row["tested"] = True
    assert ".046" in words(outcomes.section(opened(data)))


def test_proportions_are_printed_in_percentage_points(data):
    table = tables(outcomes.section(opened(data)))["table-results"]
    assert lines(table)["MADRS response at day 28"][2] == "46.7 (11.8 to 69.0)"


def test_visits_after_unblinding_are_set_apart(data):
    table = tables(outcomes.section(opened(data)))["table-madrs-2e-total"]
    headers = [line.header for line in table.lines]
    place = headers.index("No randomized comparison from here on")
    assert headers[place - 1] == "Day 28"
    assert headers[place + 1] == "Week 8"


def test_every_planned_score_has_its_course_and_table(data):
    section = outcomes.section(opened(data))
    figures = [block.id for block in section.blocks if isinstance(block, Figure)]
    assert {
        "figure-course-madrs-2e-total",
        "figure-course-spfi-2e-burnout",
        "figure-course-pcl5-2e-total",
    } <= set(figures)


def test_a_score_no_estimand_asks_about_is_only_described(data):
    extra = [
        {**row, "score": "phq9.total", "label": "PHQ-9 total"} for row in data["tables"]["descriptives"][:14]
    ]
    data["tables"]["descriptives"] += extra
    found = tables(outcomes.section(opened(data)))
    assert "PHQ-9 total (scale 0 to 60, higher is worse)" in lines(found["table-other-measures"])


def test_a_published_result_stands_beside_ours(data):
    section = outcomes.section(opened(data))
    figure = next(
        block for block in section.blocks if getattr(block, "id", "") == "figure-difference-spfi-2e-burnout"
    )
    assert "Published: Back AL et al." in figure.drawings[0]
    assert "−4.1 (−8.2 to 0.1)" in figure.drawings[0]


def test_a_published_result_is_drawn_once_though_several_arms_are_compared(written):
    section = sensitivity.section(opened(copy.deepcopy(written.three_arms())))
    figure = next(block for block in section.blocks if getattr(block, "id", "") == "figure-sensitivity-1")
    assert figure.drawings[0].count(">Published: Back AL et al.<") == 1


def test_sensitivity_analyses_stand_beside_what_they_examine(data):
    figure = next(
        block
        for block in sensitivity.section(opened(data)).blocks
        if getattr(block, "id", "") == "figure-sensitivity-1"
    )
    assert "analyzed 2 ways, first as planned" in figure.title


def test_notes_are_printed_once_with_all_they_hold_for(data):
    for row in data["results"]:
        row["notes"] = [
            "1 of 30 without the variable, left out",
            "new_antidepressant (composite): 2 affected",
        ]
    notes = tables(outcomes.section(opened(data)))["table-results"].notes
    assert sum(note.startswith("1 of 30 without the variable") for note in notes) == 1
    assert any(note.startswith("A new antidepressant is started (composite): 2 affected") for note in notes)


def test_individual_courses_are_withheld_when_blinded(blinded):
    assert "Withheld" in words(individuals.section(opened(blinded)))


def test_no_participant_is_named(data):
    section = individuals.section(opened(data))
    drawn = "".join(
        drawing for block in section.blocks if isinstance(block, Figure) for drawing in block.drawings
    )
    assert "FR-0" not in drawn
    assert drawn.count('class="one"') == 2 * 3 * 30


def test_responders_are_shown_with_their_intervals(data):
    section = responders.section(opened(data))
    assert "Wilson" in words(section)
    table = tables(section)["table-responders"]
    assert lines(table)["Day 28"][0] == "11 of 15"


def test_sessions_are_counted_against_what_was_planned(data):
    table = tables(sessions.section(opened(data)))["table-sessions"]
    assert lines(table)["Integration (3)"] == ("44 of 45", "14 (93%)", "44 of 45", "14 (93%)")


def test_safety_keeps_the_open_label_dose_apart(data):
    found = tables(safety.section(opened(data)))
    assert lines(found["table-terms-randomized"])["Headache"][:3] == ("4 (27%)", "5", "4 / 1 / 0")
    assert found["table-terms-open-label"].groups == (("Niacin 100 mg", 3),)


def test_welcome_effects_are_counted(data):
    found = tables(safety.section(opened(data)))["table-felt-randomized"]
    assert lines(found)["Elevated mood"] == ("6 / 0 / 0", "1 / 0 / 0")


def test_safety_says_when_terms_of_the_dosing_day_are_withheld(blinded):
    blinded["tables"]["adverse_events"]["dosing_day_by_term"] = False
    assert "would tell the arms" in words(safety.section(opened(blinded)))


def test_blinding_shows_guesses_index_certainty_and_expectancy(data):
    section = blinding.section(opened(data))
    found = tables(section)
    assert {"table-guesses", "table-certainty", "table-expectancy"} <= set(found)
    assert "James's index" in words(section)
    assert lines(found["table-guesses"])["In fact niacin 100 mg"] == ("5", "8", "2", "8 of 15")


def test_guesses_are_withheld_when_blinded_and_expectancy_is_pooled(blinded):
    section = blinding.section(opened(blinded))
    assert "Withheld" in words(section)
    assert tables(section)["table-expectancy"].groups == (("All participants", 2),)


def test_guesses_of_the_primary_visit_are_summed_for_the_first_page(data):
    found, visit = blinding.guesses(opened(data))
    assert visit == "Day 28"
    assert [(one.right, one.asked, one.index) for one in found] == [(12, 15, 0.67), (12, 15, 0.67)]


def test_important_deviations_come_first(data):
    table = tables(deviations.section(opened(data)))["table-deviations"]
    assert [line.header for line in table.lines if line.heading] == ["Important", "Minor"]
    assert deviations.important(opened(data)) == 1


def test_missing_data_are_counted_by_visit_and_arm(data):
    table = tables(missing_data.section(opened(data)))["table-missing"]
    assert lines(table)["Week 24"] == ("2 of 15 (13%)", "2 of 15 (13%)")
    assert missing_data.of_primary(opened(data))[0] == (("Psilocybin 25 mg", 0, 15), ("Niacin 100 mg", 0, 15))


def test_subgroups_are_estimates_without_p_values(data):
    data["tables"]["subgroups"] = [
        {
            "subgroup": "female",
            "label": "Women",
            "estimate": -8.35,
            "ci_low": -15.87,
            "ci_high": -0.83,
            "n_arm": 8,
            "n_reference": 5,
            "p_value": 0.03,
        }
    ]
    said = words(subgroups.section(opened(data)))
    assert "−8.35 (−15.87 to −0.83)" in said
    assert "8 vs 5" in said
    assert ".03" not in said


def test_the_testing_procedure_stops_where_it_stopped(data):
    table = tables(multiplicity.section(opened(data)))["table-testing"]
    row = lines(table)["PCL-5 total change at day 28"]
    assert row == (
        "No",
        "–",
        "Descriptive, not tested",
        "The sequence stopped at “SPFI burnout sum change at day 28”",
    )


def test_methods_are_written_from_the_protocol(data):
    said = words(methods.section(opened(data)))
    for part in (
        "This is a randomized trial with 2 arms at 1 site.",
        "Registered as ClinicalTrials.gov NCT05163496.",
        "permuted blocks in the ratio 1:1 (psilocybin 25 mg, niacin 100 mg)",
        "Block sizes were 2 and 4, concealed from sites (assumption: no source says).",
        "Participants were masked until unblinding after day 28",
        "Raters were masked until the database was locked.",
        "No source says why this number.",
        "Seizure history",
        "Dose of the comparator.",
    ):
        assert part in said


def test_methods_withhold_ratio_block_sizes_and_order_when_blinded(blinded):
    said = words(methods.section(opened(blinded)))
    assert "1:1" not in said
    assert "Block sizes are withheld." in said
    assert "2 and 4" not in said


def test_the_checklist_has_the_thirty_items_of_consort_2025(data):
    table = tables(checklist.section(opened(data)))["table-checklist"]
    items = {int("".join(filter(str.isdigit, line.header))) for line in table.lines}
    assert items == set(range(1, 31))


def test_the_checklist_points_at_sections_that_exist(data):
    titles = {
        module.TITLE
        for module in (
            flow,
            baseline,
            estimands,
            outcomes,
            sensitivity,
            sessions,
            safety,
            methods,
            provenance,
        )
    }
    places = {place for _, _, place in checklist.ITEMS}
    assert places <= titles | {"Key points", checklist.AUTHORS}


def test_provenance_says_which_questions_were_fixed_in_time(data):
    table = tables(provenance.section(opened(data)))["table-fixed"]
    assert lines(table)["PCL-5 total change at day 28"][0] == "Post hoc"
    assert lines(table)["MADRS total change at day 28"][0] == "Before first unblinding"


def test_an_estimand_without_a_verdict_counts_as_post_hoc(data):
    data["tables"]["provenance"]["estimands"][0]["fixed"] = None
    table = tables(provenance.section(opened(data)))["table-fixed"]
    assert lines(table)["MADRS total change at day 28"][0] == "Post hoc"


def test_provenance_prints_hashes_versions_seed_and_command(data):
    said = words(provenance.section(opened(data)))
    for part in ("equipoise analyze frontline.yaml", "20241205", "numpy 2.4.6", "4f0c2d8e19b7a653"):
        assert part in said


def test_a_summary_without_words_is_no_estimate_rather_than_a_wrong_one(data):
    data["results"][0]["summary"] = "hazard_ratio"
    trial = opened(data)
    assert not trial.primaries[0].known
    assert "hazard_ratio" in trial.primaries[0].status


def test_a_visit_only_some_are_offered_is_no_point_of_the_arm_s_course(data):
    def days():
        return {row["day"] for row in opened(data).course("madrs.total")}

    everybody = days()
    before = str(outcomes.course_figure(opened(data), "madrs.total", name="course").drawings)
    chosen = max(data["protocol"]["visits"], key=lambda visit: visit["day"])
    chosen["offered"] = True
    assert days() == everybody - {chosen["day"]}
    assert str(outcomes.course_figure(opened(data), "madrs.total", name="course").drawings) != before


def test_every_number_of_the_results_says_by_which_method(data, modeled):
    found = modeled.added(data)
    table = tables(outcomes.section(opened(found)))["table-results"]
    assert lines(table)["MADRS total change at day 28"][-1] == "a"
    assert lines(table)["MADRS total at day 28, adjusted for baseline"][-1] == "c"
    notes = " ".join(table.notes)
    assert "(a) MMRM. Mixed model over day 1, day 7 and day 28" in notes
    assert "Variance: model-based, Kenward-Roger." in notes
    assert "(c) ANCOVA. OLS." in notes


def test_methods_say_how_results_were_computed(data, modeled):
    said = words(methods.section(opened(modeled.added(data))))
    assert "mixed model for repeated measures, all visits at once; missing values are taken to be" in said
    assert "As computed: mixed model over day 1, day 7 and day 28" in said
    assert "Variance: model-based, Kenward-Roger." in said


def test_an_imputing_estimator_is_not_said_to_take_values_as_missing_at_random(data):
    plan = data["protocol"]["estimands"][0]
    plan["estimator"], plan["missing"] = {"name": "mmrm-jr"}, "missing_at_random"
    data["tables"]["estimands"][0] |= {"estimator": "mmrm-jr", "missing": "missing_at_random"}
    said = words(methods.section(opened(data)))
    assert "imputed by jump to reference; analysis of covariance at the visit; values missing before" in said
    table = tables(estimands.section(opened(data)))["table-estimands-1"]
    assert lines(table)["Missing values"][0] == "Imputed; gaps before a later value at random"


def test_a_score_without_changes_has_no_column_for_them(data):
    for row in data["tables"]["descriptives"]:
        row["change_mean"] = None
    table = tables(outcomes.section(opened(data)))["table-madrs-2e-total"]
    assert table.groups == (("Psilocybin 25 mg", 2), ("Niacin 100 mg", 2))
    assert {len(line.cells) for line in table.lines if not line.heading} == {4}


def test_a_model_s_finding_is_no_title_of_observed_means(data, modeled):
    def title(found):
        blocks = outcomes.section(opened(found)).blocks
        return next(one.title for one in blocks if getattr(one, "id", "") == "figure-course-madrs-2e-total")

    assert "lower" in title(data)
    assert title(modeled.added(data)) == "MADRS total over time"


def test_notes_name_visits_as_people_read_them(data):
    data["results"][0]["notes"] = ["3 of 30 without the variable at D28", "looked at twice"]
    notes = tables(outcomes.section(opened(data)))["table-results"].notes
    assert any(note.startswith("3 of 30 without the variable at day 28:") for note in notes)
    assert any(note.startswith("Looked at twice:") for note in notes)


LOOKS = [
    {
        "estimand": "primary", "method": "Lan-DeMets spending of O'Brien-Fleming type", "alpha": 0.05, "text": "one interim look planned",
        "looks": [
            {"look": "half", "participants": 15, "fraction": 0.5, "bound": 2.9626, "nominal": 0.00305, "futility": 0.97},
            {"look": "end", "participants": 30, "fraction": 1.0, "bound": 1.9686, "nominal": 0.049, "futility": None},
        ],
    }
]  # fmt: skip


def test_interim_looks_show_their_boundaries_beside_the_tests(data):
    assert "table-looks-1" not in tables(multiplicity.section(opened(data)))
    data["tables"]["group_sequential"] = LOOKS
    section = multiplicity.section(opened(data))
    table = tables(section)["table-looks-1"]
    assert lines(table)["half"] == ("15", "50%", "2.963", ".003", "0.970")
    assert lines(table)["end"][4] == numerals.ABSENT
    assert "One interim look planned." in words(section)
    data["tables"]["multiplicity"] = None
    assert set(tables(multiplicity.section(opened(data)))) == {"table-looks-1"}


def test_a_blinded_report_says_nothing_of_looks(blinded):
    blinded["tables"]["group_sequential"] = LOOKS
    assert not tables(multiplicity.section(opened(blinded)))
