"""Evidence as a page to read and file, from what `evidence.py` knows."""

import re
from collections import Counter
from html import escape
from typing import Any

CODE = re.compile(r"`([^`\n]+)`")
STYLE = """
body { font: 16px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 75rem; padding: 0 1rem }
body, code { color: #111; background: #fff }
table { border-collapse: collapse; width: 100%; margin: 0 0 2rem }
th, td { border: 1px solid #999; padding: .4rem; text-align: left; vertical-align: top }
thead { background: #eee }
code { font-size: .8rem; overflow-wrap: anywhere }
.passed { color: #14532d }
.failed, .skipped, .not-run { color: #991b1b; font-weight: 700 }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .2rem 1rem }
dd { margin: 0 }
"""


def page(known: dict[str, Any]) -> str:
    """Return the evidence as a page that needs nothing else."""
    facts = {
        "Commit": known["commit"]
        if known["files_as_committed"]
        else f"{known['commit']}, with changes: a draft",
        "Date": known["date"],
        "Result": "every row holds" if known["complete"] else "NOT COMPLETE",
        "Rows": ", ".join(f"{number} {state}" for state, number in known["counts"].items()),
        "Cases run": ", ".join(f"{number} {kind}" for kind, number in known["cases_run"].items()),
        **known["machine"],
    }
    lines = [
        '<!doctype html><html lang="en"><meta charset="utf-8">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        f"<title>Evidence</title><style>{STYLE}</style><h1>Evidence</h1>",
        "<dl>"
        + "".join(f"<dt>{escape(str(k))}</dt><dd>{escape(str(v))}</dd>" for k, v in facts.items())
        + "</dl>",
    ]
    lines += overview(known["rows"])
    if known["problems"]:
        lines.append("<h2>What is wrong</h2><ul>")
        lines += [f"<li class=failed>{escape(one)}</li>" for one in known["problems"]] + ["</ul>"]
    part = None
    for row in known["rows"]:
        if row["part"] != part:
            lines.append("</tbody></table>" if part is not None else "")
            part = row["part"]
            lines.append(f"<h2>{escape(part)}</h2><table><thead><tr><th scope=col>Row<th scope=col>Asks")
            lines.append("<th scope=col>How<th scope=col>Tests of this commit</thead><tbody>")
        lines.append(row_of_page(row))
    lines.append("</tbody></table><h2>Versions</h2><p>")
    lines.append(
        ", ".join(f"{escape(name)} {escape(text)}" for name, text in sorted(known["versions"].items()))
    )
    lines.append("</p><h2>SHA-256</h2><ul>")
    lines += [f"<li>{escape(name)} <code>{digest}</code></li>" for name, digest in known["sha256"].items()]
    return "\n".join([*lines, "</ul></html>", ""])


def overview(rows: list[dict[str, Any]]) -> list[str]:
    """Return a table of how many rows of each part stand how."""
    states = list(dict.fromkeys(row["state"] for row in rows))
    found = Counter((row["part"], row["state"]) for row in rows)
    lines = ["<h2>Overview</h2><table><thead><tr><th scope=col>Part"]
    lines += [f"<th scope=col>{state}" for state in states] + ["</thead><tbody>"]
    for part in dict.fromkeys(row["part"] for row in rows):
        cells = "".join(f"<td>{found[part, state] or ''}" for state in states)
        lines.append(f"<tr><th scope=row>{escape(part)}{cells}")
    return [*lines, "</tbody></table>"]


def row_of_page(row: dict[str, Any]) -> str:
    """Return a row of the page's table."""
    how = [row["done_by"]]
    lacking = "What remains" if row["part"].startswith("Threats") else "Not covered yet"
    how += [f"{lacking}: {row['not_covered_yet']}"] if row["not_covered_yet"] else []
    how += [f"Yours: {row['yours']}"] if row["yours"] else []
    tests = []
    for one in row["tests"]:
        verdict = one["verdict"]
        cases = one["passed"] + one["failed"] + one["skipped"]
        kind = verdict.replace(" ", "-")
        tests.append(
            f"<p><span class={kind}>{verdict}</span> ({cases}) <code>{escape(one['test'])}</code></p>"
        )
    said = "".join(f"<p>{prose(one)}</p>" for one in how if one)
    return (
        f"<tr><th scope=row>{escape(row['id'])}<br>{escape(row['title'])}<br><em>{row['state']}</em>"
        f"<td>{prose(row['asks'])}<td>{said}<td>{''.join(tests)}"
    )


def prose(text: str) -> str:
    """Return a sentence of the matrix as HTML."""
    return CODE.sub(r"<code>\1</code>", escape(text, quote=False))
