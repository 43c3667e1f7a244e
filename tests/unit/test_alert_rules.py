"""The rules for alerts in the docs, tried by Prometheus's own tool where it is installed."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
RULES = re.search(
    r"```yaml\n(groups:.*?)```", (ROOT / "docs" / "alerts.md").read_text("utf-8"), re.DOTALL
)[1]  # type: ignore[index]
PROMTOOL = shutil.which("promtool")

#: Each moment is given in minutes. A series goes on with its last value.
CASES = """
rule_files: [rules.yml]
evaluation_interval: 5m
tests:
  - interval: 5m
    input_series:
      - series: altegio_sync_last_success_timestamp_seconds{company="77",command="sync"}
        values: 0x600
      - series: altegio_sync_last_success_timestamp_seconds{company="77",command="changes"}
        values: 0+300x600
      - series: altegio_sync_gap_days{company="77"}
        values: 0x36 1x20 0x20 2x600
      - series: altegio_sync_gap_days{company="78"}
        values: 0x600
    alert_rule_test:
      - {eval_time: 26h, alertname: AltegioSyncNoSuccess, exp_alerts: []}
      - eval_time: 26h30m
        alertname: AltegioSyncNoSuccess
        exp_alerts:
          - exp_labels: {severity: critical, company: "77", command: sync}
            exp_annotations: {summary: "No success for 26 hours: sync of company 77"}
      - {eval_time: 4h, alertname: AltegioSyncGap, exp_alerts: []}
      - {eval_time: 11h, alertname: AltegioSyncGap, exp_alerts: []}
      - eval_time: 14h
        alertname: AltegioSyncGap
        exp_alerts:
          - exp_labels: {severity: warning, company: "77"}
            exp_annotations:
              summary: "2 days of company 77 are not known to be complete"
  - interval: 5m
    name: a company never succeeds, beside one that does
    input_series:
      - series: altegio_sync_last_success_timestamp_seconds{company="77",command="sync"}
        values: 0+300x600
      - series: altegio_sync_last_run_timestamp_seconds{company="77",command="sync"}
        values: 0+300x600
      - series: altegio_sync_last_run_timestamp_seconds{company="78",command="sync"}
        values: 0+300x600
    alert_rule_test:
      - eval_time: 1h
        alertname: AltegioSyncNoSuccess
        exp_alerts:
          - exp_labels: {severity: critical, company: "78", command: sync}
            exp_annotations: {summary: "No success for 26 hours: sync of company 78"}
  - interval: 5m
    name: there are no metrics
    input_series:
      - series: up
        values: 0x600
    alert_rule_test:
      - eval_time: 1h
        alertname: AltegioSyncNoSuccess
        exp_alerts:
          - exp_labels: {severity: critical}
            exp_annotations: {summary: "No success for 26 hours:  of company "}
"""


def promtool(folder: Path, *words: str) -> tuple[int, str]:
    assert PROMTOOL is not None
    ran = subprocess.run(
        [PROMTOOL, *words], capture_output=True, check=False, text=True, cwd=folder
    )
    return ran.returncode, ran.stdout + ran.stderr


@pytest.mark.skipif(PROMTOOL is None, reason="promtool is not installed")
def test_the_rules_fire_when_they_should_and_not_before(tmp_path: Path) -> None:
    (tmp_path / "rules.yml").write_text(RULES)
    (tmp_path / "cases.yml").write_text(CASES)
    (tmp_path / "wrong.yml").write_text(CASES.replace("2 days of", "3 days of"))

    code, said = promtool(tmp_path, "check", "rules", "rules.yml")
    assert (code, "2 rules found" in said) == (0, True)
    code, said = promtool(tmp_path, "test", "rules", "cases.yml")
    assert (code, said) == (0, "Unit Testing:  cases.yml\n  SUCCESS\n\n")
    assert promtool(tmp_path, "test", "rules", "wrong.yml")[0] != 0


def test_the_rules_name_metrics_of_the_contract() -> None:
    assert set(re.findall(r"altegio_sync_\w+", RULES)) == {
        "altegio_sync_last_success_timestamp_seconds",
        "altegio_sync_last_run_timestamp_seconds",
        "altegio_sync_gap_days",
    }
